"""What a judgement may say in a project: its scale, marks, safety flags and justification."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.models import Comparison, Criterion, WorkRules
from projects.checks import an_object, check_all, is_whole, short, yes_or_no
from projects.errors import InvalidInput
from projects.text import clean_text

LONGEST_JUSTIFICATION = 4_000
SIDES = ("a", "b")
SIDE_MARKS = ("a", "equal", "b")
HIGHEST_MARK = 4
STRONGEST = 3
FEWEST_RANKED, MOST_RANKED = 2, 9


def check_comparison(
    rules: WorkRules,
    criteria: Sequence[Criterion],
    *,
    is_disputed: bool,
    preference: Any,
    both_bad: Any,
    justification: Any,
    marks: Any,
    flags: Any,
) -> dict[str, Any]:
    """The columns of a comparison. Names every broken rule at once."""
    asked = why_justify(
        rules,
        is_strong=both_bad is True or is_strong(rules, preference),
        is_disputed=is_disputed,
    )
    return {"scale": rules.scale} | check_all(
        {
            "both_bad": lambda: yes_or_no(both_bad, field="both_bad"),
            "preference": lambda: _preference(rules.scale, preference, both_bad),
            "justification": lambda: _justification(justification, asked),
            "marks": lambda: _marks(criteria, an_object(marks, field="marks")),
            "flags": lambda: _side_flags(rules, an_object(flags, field="flags")),
        }
    )


def check_ranking(
    rules: WorkRules,
    presented: Sequence[int],
    *,
    is_disputed: bool,
    tiers: Any,
    all_bad: Any,
    justification: Any,
    flags: Any,
) -> dict[str, Any]:
    """The columns of a ranking, places turned into the responses that stand there."""
    asked = why_justify(rules, is_strong=all_bad is True, is_disputed=is_disputed)
    return check_all(
        {
            "all_bad": lambda: yes_or_no(all_bad, field="all_bad"),
            "tiers": lambda: _tiers(tiers, presented),
            "justification": lambda: _justification(justification, asked),
            "flags": lambda: _place_flags(rules, presented, an_object(flags, field="flags")),
        }
    )


def is_strong(rules: WorkRules, preference: Any) -> bool:
    """At an end of the seven points; the simple scale has no strength."""
    return rules.scale == Comparison.Scale.SEVEN and preference in (-STRONGEST, STRONGEST)


def why_justify(rules: WorkRules, *, is_strong: bool, is_disputed: bool) -> str:
    """Why this judgement needs a justification; empty where it needs none.

    Strong are the ends of the seven points, and the verdict that no answer is good enough.
    """
    if rules.justify_always:
        return "is needed for every judgement in this project"
    if rules.justify_disputed and is_disputed:
        return "is needed here, as labelers disagree on this task"
    if rules.justify_strong and is_strong:
        return "is needed for a judgement this strong"
    return ""


def _preference(scale: str, preference: Any, both_bad: Any) -> int | None:
    if both_bad is True:
        if preference is not None:
            raise InvalidInput.field("preference", "must be empty when both are bad")
        return None
    end = STRONGEST if scale == Comparison.Scale.SEVEN else 1
    if not is_whole(preference, -end, end):
        rule = f"must be a whole number from -{end} (A) to {end} (B)"
        raise InvalidInput.field("preference", rule)
    return int(preference)


def _justification(value: Any, asked: str) -> str:
    text = clean_text(value, field="justification", limit=LONGEST_JUSTIFICATION, required=False)
    if asked and not text.strip():
        raise InvalidInput.field("justification", asked)
    return text.strip()


def _marks(criteria: Sequence[Criterion], marks: Mapping[str, Any]) -> dict[str, Any]:
    known = {criterion.key: criterion for criterion in criteria}
    for key in marks:
        if key not in known:
            rule = f"{short(key)} is not a criterion of this project"
            raise InvalidInput.field("marks", rule)
    checks = {
        key: (lambda criterion=criterion: _mark(criterion, marks.get(criterion.key)))
        for key, criterion in known.items()
    }
    return {key: mark for key, mark in check_all(checks).items() if mark is not None}


def _mark(criterion: Criterion, mark: Any) -> Any:
    field = f"marks.{criterion.key}"
    if mark is None:
        if criterion.is_required:
            raise InvalidInput.field(field, f"“{criterion.name}” is needed")
        return None
    if criterion.form == Criterion.Form.SIDES:
        if mark not in SIDE_MARKS:
            raise InvalidInput.field(field, "must be a, equal or b")
        return mark
    is_pair = isinstance(mark, list | tuple) and len(mark) == 2
    if not is_pair or not all(is_whole(side, 0, HIGHEST_MARK) for side in mark):
        rule = f"must be two whole numbers from 0 to {HIGHEST_MARK}, for A and for B"
        raise InvalidInput.field(field, rule)
    return list(mark)


def _side_flags(rules: WorkRules, flags: Mapping[str, Any]) -> dict[str, list[str]]:
    """The flags by side; both sides are named wherever the project has flags to raise."""
    for side in flags:
        if side not in SIDES:
            raise InvalidInput.field("flags", f"{short(side)} is not a side: a or b")
    if not rules.safety_flags and not any(flags.values()):
        return {}
    return {side: _flags(rules, flags.get(side), f"flags.{side}") for side in SIDES}


def _place_flags(
    rules: WorkRules, presented: Sequence[int], flags: Mapping[Any, Any]
) -> dict[str, list[str]]:
    places = {str(place): pk for place, pk in enumerate(presented)}
    for place in flags:
        if str(place) not in places:
            raise InvalidInput.field("flags", f"{short(place)} is not a place in this ranking")
    found = {str(place): _flags(rules, raised, f"flags.{place}") for place, raised in flags.items()}
    return {str(places[place]): raised for place, raised in found.items() if raised}


def _flags(rules: WorkRules, raised: Any, field: str) -> list[str]:
    raised = [] if raised is None else raised
    if not isinstance(raised, list | tuple):
        raise InvalidInput.field(field, "must be a list")
    for flag in raised:
        if flag not in rules.safety_flags:
            raise InvalidInput.field(field, f"{short(flag)} is not a safety flag of this project")
    return [flag for flag in rules.safety_flags if flag in raised]


def _tiers(tiers: Any, presented: Sequence[int]) -> list[list[int]]:
    number = len(presented)
    if not FEWEST_RANKED <= number <= MOST_RANKED:
        raise InvalidInput.field("tiers", f"a ranking has {FEWEST_RANKED} to {MOST_RANKED} answers")
    if not isinstance(tiers, list | tuple) or not tiers:
        raise InvalidInput.field("tiers", "must be a list of tiers, the best first")
    for tier in tiers:
        if not isinstance(tier, list | tuple) or not tier:
            raise InvalidInput.field("tiers", "each must be a list of at least one place")
        if not all(is_whole(place, 0, number - 1) for place in tier):
            raise InvalidInput.field("tiers", f"must hold places from 0 to {number - 1}")
    if sorted(place for tier in tiers for place in tier) != list(range(number)):
        raise InvalidInput.field("tiers", "must hold every place exactly once")
    return [[presented[place] for place in tier] for tier in tiers]
