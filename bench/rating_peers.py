"""Other programs' ratings as contestants, in an environment that has them.

    python -m bench.rating_peers TASK FOLDER REPEATS OUT

They run with their own defaults, from the form of votes that they ask for. FastChat's ratings are
in one file of its repository, fastchat/serve/monitor/rating_systems.py, which no package holds;
FASTCHAT_RATINGS names a copy.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.rating_votes import FEATURES, POINTS, Votes, measured

Run = Callable[[], Mapping[str, float] | None]


def evalica_bt(votes: Votes) -> Run:
    import evalica

    a, b = votes.names()
    winners = evalica_winners(votes)

    def run() -> Mapping[str, float]:
        scores = evalica.bradley_terry(a, b, winners).scores
        # Its default tie weight and tolerance; its scores are strengths, ours their logarithms.
        return {str(model): 1000 + POINTS * float(np.log(s)) for model, s in scores.items()}

    return run


def evalica_elo(votes: Votes) -> Run:
    import evalica

    a, b = votes.names()
    winners = evalica_winners(votes)
    return lambda: dict(evalica.elo(a, b, winners, k=4.0).scores)


def evalica_winners(votes: Votes) -> list[Any]:
    import evalica

    verdicts = (evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X)
    return [verdicts[points] for points in votes.half_points.tolist()]


def fastchat() -> Any:
    spec = importlib.util.spec_from_file_location("ratings", os.environ["FASTCHAT_RATINGS"])
    if spec is None or spec.loader is None:
        raise ImportError("FASTCHAT_RATINGS names no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["ratings"] = module
    spec.loader.exec_module(module)
    return module


def frame(votes: Votes) -> Any:
    import pandas as pd

    a, b = votes.names()
    return pd.DataFrame({"model_a": a, "model_b": b, "winner": votes.winners()})


def fastchat_bt(votes: Votes) -> Run:
    ratings, rows = fastchat(), frame(votes)
    return lambda: dict(ratings.compute_bt(rows))


def fastchat_bootstrap(votes: Votes) -> Run:
    ratings, rows = fastchat(), frame(votes)

    def run() -> None:
        # In one process, whose seconds are counted.
        matchups, outcomes, models, weights = ratings.preprocess_for_bt(rows)
        rng = np.random.default_rng(seed=0)
        shares = weights / weights.sum()
        for sample in rng.multinomial(n=len(rows), pvals=shares, size=100):
            ratings.fit_bt(matchups, outcomes, sample / len(rows), len(models), np.log(10.0), 1e-6)

    return run


def fastchat_elo(votes: Votes) -> Run:
    ratings, rows = fastchat(), frame(votes)
    return lambda: dict(ratings.compute_elo(rows))


def fastchat_style(votes: Votes) -> Run:
    ratings, rows = fastchat(), frame(votes)
    differences = votes.differences()

    def run() -> Mapping[str, float]:
        matchups, outcomes, models = ratings.preprocess_for_elo(rows)
        features = (differences - differences.mean(axis=0)) / differences.std(axis=0)
        found = ratings.fit_contextual_bt(matchups, features, outcomes, models)[: len(models)]
        return dict(zip(models, 1000 + 400 * found, strict=True))

    return run


def arena_rank_bt(votes: Votes) -> Run:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    rows = frame(votes)

    def run() -> Mapping[str, float]:
        pairs = PairDataset.from_pandas(rows)
        found = BradleyTerry(n_competitors=pairs.n_competitors).compute_ratings_and_cis(pairs)
        values = np.asarray(found["ratings"]).tolist()
        return dict(zip(found["competitors"], values, strict=True))

    return run


def arena_rank_style(votes: Votes) -> Run:
    from arena_rank.models.contextual_bradley_terry import ContextualBradleyTerry
    from arena_rank.utils.data_utils import ContextualPairDataset

    rows = frame(votes)
    rows[list(FEATURES)] = votes.differences()

    def run() -> Mapping[str, float]:
        pairs = ContextualPairDataset.from_pandas(rows, list(FEATURES), reweighted=False)
        model = ContextualBradleyTerry(pairs.n_competitors, len(FEATURES))
        found = model.compute_ratings_and_cis(pairs)
        values = np.asarray(found["ratings"]).tolist()
        return dict(zip(found["competitors"], values, strict=True))

    return run


TASKS = {
    "evalica": evalica_bt, "evalica-elo": evalica_elo, "fastchat": fastchat_bt,
    "fastchat-bootstrap": fastchat_bootstrap, "fastchat-elo": fastchat_elo,
    "fastchat-style": fastchat_style, "arena-rank": arena_rank_bt,
    "arena-rank-style": arena_rank_style,
}  # fmt: skip

if __name__ == "__main__":
    measured(TASKS[sys.argv[1]])
