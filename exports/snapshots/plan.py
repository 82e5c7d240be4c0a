"""What goes into a snapshot, settled before its first row is written.

The recipe, and the judgements that it selects, in order. Judgements themselves never change, and
everything that is decided on their texts is decided alike whenever it is done; so an interrupted
build goes on from its plan, and a rebuild makes the same bytes of it.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from exports.recipe import Recipe, read
from exports.splitting.held import Held
from projects.errors import Conflict

PLAN = "plan.npz"
VERSION = 2
ABOUT = "about"
IDS = "ids-"
HELD = "held"

Ids = Mapping[str, np.ndarray[Any, np.dtype[np.int64]]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    recipe: Recipe
    ids: Ids
    """Primary keys by source, ascending."""
    dropped: Counter[str] = field(default_factory=Counter)
    """What was not selected, by the first reason."""
    rounds: tuple[dict[str, Any], ...] = ()
    """Of rounds that the recipe chooses by, from when to when each went."""
    arrivals: int | None = None
    """The last that splits know of; None without splits."""
    held: Held = field(default_factory=Held)
    """What was held out."""
    read_sha256: str = ""
    """Of the bytes that it was read from, if it was."""

    @property
    def n_records(self) -> int:
        return sum(len(keys) for keys in self.ids.values())

    def as_bytes(self) -> bytes:
        about = {
            "version": VERSION,
            "recipe": self.recipe.as_dict(),
            "dropped": dict(sorted(self.dropped.items())),
            "sources": list(self.ids),
            "rounds": list(self.rounds),
            "arrivals": self.arrivals,
            "held_texts": self.held.texts,
        }
        text = orjson.dumps(about, option=orjson.OPT_SORT_KEYS)
        arrays = {f"{IDS}{source}": np.asarray(keys, "<i8") for source, keys in self.ids.items()}
        arrays[HELD] = np.asarray(self.held.prompts, "<i8")
        kept = io.BytesIO()
        arrays["about"] = np.frombuffer(text, np.uint8)
        np.savez_compressed(kept, allow_pickle=False, **arrays)
        return kept.getvalue()

    @property
    def sha256(self) -> str:
        return self.read_sha256 or hashlib.sha256(self.as_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Plan":
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            about = orjson.loads(kept[ABOUT].tobytes())
            if about["version"] != VERSION:
                raise Conflict("Its plan is of another version of Touchstone.")
            ids = {source: kept[f"{IDS}{source}"] for source in about["sources"]}
            held = Held(kept[HELD], about["held_texts"])
        return cls(
            recipe=read(about["recipe"]),
            ids=ids,
            dropped=Counter(about["dropped"]),
            rounds=tuple(about["rounds"]),
            arrivals=about["arrivals"],
            held=held,
            read_sha256=hashlib.sha256(data).hexdigest(),
        )
