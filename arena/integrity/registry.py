"""The words that would tell who is who, from the models this site knows and the owner's own."""

from functools import lru_cache

from arena.integrity.leaks import Word, words_of
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel


def words(project: Project) -> tuple[Word, ...]:
    models = LanguageModel.objects.order_by("pk")
    rows = tuple(models.values_list("name", "served_name", "organisation"))
    return _words(rows, tuple(rules_of(project).leak_words))


@lru_cache(maxsize=32)
def _words(models: tuple[tuple[str, str, str], ...], extra: tuple[str, ...]) -> tuple[Word, ...]:
    names = [name for row in models for name in row[:2] if name]
    return words_of(names, {row[2] for row in models if row[2]}, extra)
