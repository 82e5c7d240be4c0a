"""An observer who tries to tell the sides of battles apart by times and sizes alone.

The models' texts are alike in length, so that whatever the observer finds was told by when and how
much came. Side A's features minus side B's, and those of both together, go to two classifiers; the
better one counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = npt.NDArray[np.float64]
FOLDS = 10
TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Came:
    """One piece of text of one side."""

    at: float
    characters: int


@dataclass(frozen=True)
class Shown:
    """One joint frame: when, how many characters of either side, and its bytes."""

    at: float
    a: int
    b: int
    size: int


def of_pieces(a: Sequence[Came], b: Sequence[Came], *, began: float) -> Floats:
    """The control: both replies as the model server sent them."""
    return _side(a, began) - _side(b, began)


def of_frames(frames: Sequence[Shown], *, began: float, ended: float) -> Floats:
    """What a browser sees. `ended` is the moment of the last event."""
    total_a, total_b = sum(frame.a for frame in frames), sum(frame.b for frame in frames)
    shorter = min(total_a, total_b)
    sign = 1.0 if total_a > total_b else -1.0
    joint, alone = _split(frames, shorter)
    rhythms = [_rhythm(joint), _rhythm(alone), _rhythm(alone[:15]), _rhythm(joint[-15:])]
    seam = alone[0].at - joint[-1].at if joint and alone else 0.0
    last = ended - frames[-1].at if frames else 0.0
    start = frames[0].at - began if frames else 0.0
    both = np.concatenate(
        [*rhythms, rhythms[1] - rhythms[0], [seam, last, start, shorter, abs(total_a - total_b)]]
    )
    return np.concatenate([sign * both, [sign]])


def accuracy(features: Sequence[Floats], is_a_quick: Sequence[bool], *, seed: int = 0) -> float:
    """Of the better of two classifiers, in cross-validation."""
    x, y = np.array(features), np.array(is_a_quick)
    models = (
        make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000)),
        RandomForestClassifier(150, min_samples_leaf=5, random_state=seed, n_jobs=2),
    )
    return max(float(cross_val_score(model, x, y, cv=FOLDS).mean()) for model in models)


def _split(frames: Sequence[Shown], shorter: int) -> tuple[list[Shown], list[Shown]]:
    """The frames in which both had text, and those of one side alone."""
    joint = [frame for frame in frames if frame.a and frame.b]
    return joint, [frame for frame in frames if not (frame.a and frame.b)] if shorter else []


def _rhythm(frames: Sequence[Shown]) -> Floats:
    if len(frames) < 3:
        return np.zeros(9)
    gaps = np.diff([frame.at for frame in frames])
    counts = np.array([max(frame.a, frame.b) for frame in frames], dtype=np.float64)
    sizes = np.array([frame.size for frame in frames], dtype=np.float64)
    seconds = max(frames[-1].at - frames[0].at, TICK_SECONDS)
    return np.array(
        [
            counts[1:].sum() / seconds,
            counts.mean(),
            counts.std(),
            np.abs(np.diff(counts)).mean(),
            gaps.mean(),
            gaps.std(),
            gaps.max(),
            float((gaps > 1.5 * TICK_SECONDS).mean()),
            sizes.mean(),
        ]
    )


def _side(pieces: Sequence[Came], began: float) -> Floats:
    gaps = np.diff([piece.at for piece in pieces]) if len(pieces) > 1 else np.zeros(1)
    sizes = np.array([piece.characters for piece in pieces], dtype=np.float64)
    return np.array(
        [pieces[0].at - began, gaps.mean(), gaps.std(), gaps.max(), sizes.mean(), sizes.std()]
    )
