"""Who gave reason for care lately. It costs them a small calculation before the next battle and
nothing else; see `arena/battling/challenge.py`."""

from collections.abc import Iterable

from django.core.cache import cache

HOURS = 24


def suspect(*, project_id: int, digests: Iterable[str]) -> None:
    """Remember browsers or networks, as keyed digests, for a day."""
    keys = [_key(project_id, digest) for digest in digests if digest]
    cache.set_many(dict.fromkeys(keys, 1), timeout=HOURS * 3600)


def is_suspect(*, project_id: int, digests: Iterable[str]) -> bool:
    keys = [_key(project_id, digest) for digest in digests if digest]
    return bool(keys) and bool(cache.get_many(keys))


def _key(project_id: int, digest: str) -> str:
    return f"arena:suspect:{project_id}:{digest}"
