"""What is held out of a project: as it stands, or as it stood when a snapshot began. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from exports.records import Message


class Held(NamedTuple):
    """Keys of prompts, and texts that are none."""

    prompts: np.ndarray[Any, np.dtype[np.int64]] = np.zeros(0, np.int64)
    texts: Sequence[list[Message]] = ()
