"""Arrays for tests."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def ints(values: Iterable[Any]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def flags(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.array(list(values), dtype=np.bool_)
