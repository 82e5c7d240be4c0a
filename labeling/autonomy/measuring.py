"""Audited agreement: a judge's verdicts beside what people said who had not seen them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from labeling.autonomy.bounds import Agreed, agreed
from labeling.autonomy.levels import Level
from labeling.models import Autonomy, Comparison, Judge, JudgeVerdict, Task
from labeling.reviewing.verdicts import usable

WINDOW = 500
"""The newest audited pairs that count; more where a project asks for more."""
READ_AT_ONCE = 2_000
MOST_READ = 40_000
BOTH_BAD = "both_bad"
Key = tuple[int, int]


@dataclass(frozen=True)
class Audited:
    """One pair that people judged blind and the judge decided. `confidence` is 0 to 1, or 0 where
    the judge gave none."""

    at: datetime
    is_same: bool
    confidence: float


@dataclass(frozen=True)
class Measured:
    """The newest audited pairs, newest first: all of them, and those the judge was sure of."""

    every: list[Audited]
    sure: list[Audited]

    def at(self, level: int) -> Agreed:
        """What a level is to be judged by: alone the judge stands only where it is sure."""
        return agreed([each.is_same for each in self.items_at(level)])

    def items_at(self, level: int) -> list[Audited]:
        return self.sure if level == Level.AUDIT else self.every


def measure(autonomy: Autonomy, judge: Judge | None = None) -> Measured:
    """Of the row's judge, or of another one; nothing where there is none."""
    judge = judge or autonomy.judge
    if judge is None:
        return Measured([], [])
    window = max(WINDOW, autonomy.fewest)
    least = autonomy.sure_percent / 100
    every: list[Audited] = []
    sure: list[Audited] = []
    for item in _audited(judge):
        every.append(item)
        if item.confidence >= least:
            sure.append(item)
        if len(sure) >= window:
            break
    return Measured(every[:window], sure[:window])


def _audited(judge: Judge) -> Iterator[Audited]:
    """Newest first, a pair once, by what most of those said who judged it; no such pair where as
    many said otherwise. That both are bad is never what a judge says, so it counts as otherwise."""
    blind = (
        usable(Comparison.objects.filter(prompt__project=judge.project_id))
        .filter(assignment__task__kind=Task.Kind.COMPARISON)
        .exclude(assignment__work_level__is_blind=False)
    )
    columns = blind.order_by("-pk").values_list(
        "response_a_id", "response_b_id", "preference", "both_bad", "created_at"
    )
    seen: set[Key] = set()
    rows = iter(columns[:MOST_READ].iterator(READ_AT_ONCE))
    while batch := list(islice(rows, READ_AT_ONCE)):
        said, newest = _said(batch)
        # The rest of a pair's judgements may stand in the batch before.
        verdicts = _verdicts(judge, [key for key in said if key not in seen])
        seen |= said.keys()
        for key, counted in said.items():
            (what, most), *others = counted.most_common(2)
            is_divided = bool(others) and others[0][1] == most
            if key in verdicts and not is_divided:
                outcome, confidence = verdicts[key]
                yield Audited(newest[key], what == outcome, confidence or 0.0)


def _said(
    rows: Iterable[tuple[int, int, int | None, bool, datetime]],
) -> tuple[dict[Key, Counter[str]], dict[Key, datetime]]:
    said: dict[Key, Counter[str]] = defaultdict(Counter)
    newest: dict[Key, datetime] = {}
    for a, b, preference, both_bad, at in rows:
        key = (min(a, b), max(a, b))
        newest.setdefault(key, at)
        said[key][BOTH_BAD if both_bad else _outcome(preference or 0, is_turned=a > b)] += 1
    return said, newest


def _outcome(preference: int, *, is_turned: bool) -> str:
    if preference == 0:
        return str(JudgeVerdict.Outcome.EQUAL.value)
    is_first = (preference < 0) != is_turned
    return str((JudgeVerdict.Outcome.FIRST if is_first else JudgeVerdict.Outcome.SECOND).value)


def _verdicts(judge: Judge, keys: list[Key]) -> dict[Key, tuple[str, float | None]]:
    """What the judge decided of these pairs, under the last version of the guideline it knew."""
    if not keys:
        return {}
    rows = JudgeVerdict.objects.filter(
        judge=judge, state=JudgeVerdict.State.DONE, first__in={first for first, _ in keys}
    )
    columns = rows.order_by("guideline_version__number", "pk").values_list(
        "first_id", "second_id", "outcome", "confidence"
    )
    found = {(first, second): (outcome, sure) for first, second, outcome, sure in columns}
    decided = {key: found[key] for key in keys if key in found}
    return {key: said for key, said in decided.items() if said[0] != JudgeVerdict.Outcome.ABSTAINED}
