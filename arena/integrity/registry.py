"""The words that would tell who is who, from the models this site knows and the owner's own."""

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection

from arena.integrity.leaks import Word, words_of

# Read at each vote, so that it is read without the cost of building a query.
_MODELS = "SELECT name, served_name, organisation FROM workers_languagemodel ORDER BY id"


def words(leak_words: Sequence[str]) -> tuple[Word, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_MODELS)
        models = tuple(cursor.fetchall())
    return _words(models, tuple(leak_words))


@lru_cache(maxsize=32)
def _words(models: tuple[tuple[str, str, str], ...], extra: tuple[str, ...]) -> tuple[Word, ...]:
    names = [name for row in models for name in row[:2] if name]
    return words_of(names, {row[2] for row in models if row[2]}, extra)
