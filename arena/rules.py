"""The rules an arena works by."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from arena.models import ArenaRules
from projects import audit
from projects.access import OWNERS, membership
from projects.checks import check_all, decimal_from, number_from, one_of, yes_or_no
from projects.errors import InvalidInput
from projects.models import Project, User
from projects.text import clean_name, clean_text
from workers.models import LanguageModel

TERMS_LIMIT = 20_000
MOST_LEAK_WORDS = 200
LEAK_WORD_LIMIT = 80
SWITCHES = ("requires_sign_in", "offers_side_by_side", "offers_direct")
RANGES = {
    "battles_a_session": (1, 10_000),
    "battles_an_account": (1, 10_000),
    "battles_a_network": (1, 1_000_000),
    "votes_a_day": (1, 100_000),
    "even_percent": (0, 100),
    "newcomer_votes": (0, 1_000_000),
    "provisional_below": (0, 1_000_000),
    "listed_from": (1, 1_000_000),
}
DECIMALS = {"newcomer_boost": (1.0, 20.0), "anchor_rating": (-100_000.0, 100_000.0)}
NAMES = (*SWITCHES, *RANGES, *DECIMALS, "challenge", "terms", "anchor", "leak_words")


def rules_of(project: Project) -> ArenaRules:
    """The arena's rules; unsaved defaults where its owner never changed them."""
    return ArenaRules.objects.filter(project=project).first() or ArenaRules(project=project)


def change_rules(*, by: User, project: Project, **changes: Any) -> ArenaRules:
    """Change any of NAMES; they hold for what happens from now on.

    Names every broken rule at once; nothing changes then.
    """
    membership(by, project.slug, roles=OWNERS)
    clean = check_all({name: _check(name, value) for name, value in changes.items()})
    if "anchor" in clean:
        clean["anchor_id"] = clean.pop("anchor")
    with transaction.atomic():
        ArenaRules.objects.get_or_create(project_id=project.pk)
        rules = ArenaRules.objects.select_for_update().get(project_id=project.pk)
        changed = {name: value for name, value in clean.items() if getattr(rules, name) != value}
        if not changed:
            return rules
        before = {name: getattr(rules, name) for name in changed}
        for name, value in changed.items():
            setattr(rules, name, value)
        rules.save(update_fields=[name.removesuffix("_id") for name in changed])
        audit.record(
            verb="arena_rules.changed",
            by=by,
            project=project,
            subject=rules,
            before=before,
            after=changed,
        )
    return rules


def _check(name: str, value: Any) -> Callable[[], Any]:
    if name in SWITCHES:
        return lambda: yes_or_no(value, field=name)
    if name in RANGES:
        return lambda: number_from(value, *RANGES[name], field=name)
    if name in DECIMALS:
        return lambda: decimal_from(value, *DECIMALS[name], field=name)
    if name == "challenge":
        return lambda: one_of(value, ArenaRules.Challenge.values, field=name)
    if name == "terms":
        return lambda: clean_text(value, field=name, limit=TERMS_LIMIT, required=False).strip()
    if name == "anchor":
        return lambda: _anchor(value)
    if name == "leak_words":
        return lambda: _leak_words(value)
    return lambda: _refuse(name)


def _refuse(name: str) -> None:
    raise InvalidInput.field(name, "is not a rule of an arena")


def _anchor(value: Any) -> int | None:
    """A model's id, or nothing for none."""
    if value in (None, ""):
        return None
    pk = number_from(value, 1, 999_999_999, field="anchor")
    if not LanguageModel.objects.filter(pk=pk).exists():
        raise InvalidInput.field("anchor", "must be one of the models")
    return pk


def _leak_words(value: Any) -> list[str]:
    """One a line, or a list; written twice is once."""
    return lines_of(value, field="leak_words", most=MOST_LEAK_WORDS, limit=LEAK_WORD_LIMIT)


def lines_of(value: Any, *, field: str, most: int, limit: int) -> list[str]:
    """Words or phrases, one a line or in a list, each once whatever its capitals."""
    if isinstance(value, str):
        value = clean_text(value, field=field, limit=most * (limit + 1), required=False).split("\n")
    if not isinstance(value, list):
        raise InvalidInput.field(field, "must be a list")
    if len(value) > 2 * most:
        raise InvalidInput.field(field, f"must be at most {most}")
    kept: dict[str, str] = {}
    for line in value:
        word = clean_name(line, field=field, limit=limit, required=False)
        if word:
            kept.setdefault(word.casefold(), word)
    if len(kept) > most:
        raise InvalidInput.field(field, f"must be at most {most}, are {len(kept)}")
    return list(kept.values())
