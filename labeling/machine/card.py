"""The card of a judge: its verdicts beside what people said of the same pairs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.db.models.functions import Length

from labeling.machine import statistics
from labeling.machine.statistics import FEWEST, Pair, WithPeople
from labeling.models import Comparison, Judge, JudgeVerdict, Task
from labeling.quality import agreement
from labeling.reviewing.verdicts import usable
from projects.models import Project
from workers.models import LanguageModel

MOST = 20_000
"""The newest pairs that are looked at."""
WORDS = {-1: "first", 0: "equal", 1: "second"}
Key = tuple[int, int]


@dataclass(frozen=True)
class Card:
    """All that is measured of a judge. `people_agreeing` is of people among themselves, on those
    of these pairs that several judged."""

    n_asked: int
    n_decided: int
    n_judged_by_people: int
    is_cut: bool
    with_people: WithPeople
    people_agreeing: agreement.Agreement | None
    position: statistics.Position
    length: statistics.Length
    length_of_people: statistics.Length
    own_family: statistics.OwnFamily
    abstentions: list[tuple[str, int]]
    calibrations: list[statistics.Calibration]
    by_language: list[statistics.Group]
    by_tag: list[statistics.Group]
    fewest: int = FEWEST

    @property
    def n_abstained(self) -> int:
        return self.n_asked - self.n_decided

    @property
    def is_thin(self) -> bool:
        """Too few pairs in common with people to say much."""
        return self.with_people.n < FEWEST


@dataclass
class PeopleSaid:
    """What people said of pairs, by the keys of the two responses, the lower one first."""

    majority: dict[Key, str] = field(default_factory=dict)
    rows: list[tuple[Key, int, int]] = field(default_factory=list)
    """Pair, labeler, and -1, 0 or 1."""


def card_of(judge: Judge) -> Card:
    pairs, said, is_cut = _pairs(judge)
    known = [pair for pair in pairs if pair.people]
    sources = sorted({pair.confidence_from for pair in pairs if pair.confidence_from})
    return Card(
        n_asked=len(pairs),
        n_decided=sum(pair.is_decided for pair in pairs),
        n_judged_by_people=len(known),
        is_cut=is_cut,
        with_people=statistics.with_people(known),
        people_agreeing=_among_people(said),
        position=statistics.position(pairs),
        length=statistics.length_of_judge(known),
        length_of_people=statistics.length_of_people(known),
        own_family=statistics.own_family(known),
        abstentions=statistics.abstentions(pairs),
        calibrations=[statistics.calibration(known, source=source) for source in sources],
        by_language=statistics.by_group(known, lambda pair: (pair.language,)),
        by_tag=statistics.by_group(known, lambda pair: pair.tags),
    )


def measured_agreement(
    judge: Judge,
    *,
    comparisons: QuerySet[Comparison] | None = None,
    tasks: Iterable[int] | None = None,
) -> WithPeople:
    """How far the judge says what people said; `agreeing.low` is the lower bound of the share.

    `comparisons` limits whose word counts, to those of an audit, say; `tasks` where it counts.
    Pairs on which the judge abstained, or people are divided, are left out.
    """
    pairs, _, _ = _pairs(judge, comparisons=comparisons, tasks=tasks)
    return statistics.with_people(pairs)


def people_said(
    project: Project, pairs: Sequence[Key], comparisons: QuerySet[Comparison] | None = None
) -> PeopleSaid:
    """What usable comparisons say of these pairs; both bad says nothing of which is better.

    The majority is of first, equal and second; where two have as many there is none.
    """
    rows = usable(
        Comparison.objects.filter(prompt__project=project) if comparisons is None else comparisons
    )
    wanted = set(pairs)
    keys = {pk for pair in wanted for pk in pair}
    found = rows.filter(response_a__in=keys, preference__isnull=False).order_by("pk")
    columns = found.values_list("response_a_id", "response_b_id", "preference", "labeler_id")
    said, counts = PeopleSaid(), defaultdict[Key, Counter[int]](Counter)
    for a, b, preference, labeler in columns:
        key = (min(a, b), max(a, b))
        if key not in wanted:
            continue
        sign = int(np.sign(preference or 0))
        sign = sign if a < b else -sign
        said.rows.append((key, labeler, sign))
        counts[key][sign] += 1
    for key, counted in counts.items():
        (sign, most), *others = counted.most_common(2)
        if not others or others[0][1] < most:
            said.majority[key] = WORDS[sign]
    return said


def _pairs(
    judge: Judge,
    *,
    comparisons: QuerySet[Comparison] | None = None,
    tasks: Iterable[int] | None = None,
) -> tuple[list[Pair], PeopleSaid, bool]:
    """Under several versions of the guideline the last verdict on a pair counts."""
    rows = JudgeVerdict.objects.filter(judge=judge, state=JudgeVerdict.State.DONE)
    if tasks is not None:
        rows = rows.filter(task__in=tasks)
    columns = rows.annotate(n_first=Length("first__text"), n_second=Length("second__text")).values(
        *COLUMNS, "n_first", "n_second"
    )
    newest: dict[Key, dict[str, Any]] = {}
    fetched = list(columns.order_by("-pk")[: MOST + 1])
    for row in fetched[:MOST]:
        newest.setdefault((row["first_id"], row["second_id"]), row)
    said = people_said(judge.project, list(newest), comparisons)
    pairs = [_pair(judge.model, row, said.majority.get(key, "")) for key, row in newest.items()]
    return pairs, said, len(fetched) > MOST


COLUMNS = (
    *("first_id", "second_id", "outcome", "abstention", "said_forward", "said_backward"),
    *("confidence", "confidence_from", "task__prompt__language", "task__prompt__tags"),
    *("first__generation__model_id", "second__generation__model_id"),
    *("first__generation__model__weights", "second__generation__model__weights"),
)


def _pair(model: LanguageModel, row: Mapping[str, Any], people: str) -> Pair:
    return Pair(
        outcome=row["outcome"],
        abstention=row["abstention"],
        said_forward=row["said_forward"],
        said_backward=row["said_backward"],
        people=people,
        confidence=row["confidence"],
        confidence_from=row["confidence_from"],
        lengths=(row["n_first"], row["n_second"]),
        own=_own(model, row),
        language=row["task__prompt__language"],
        tags=tuple(row["task__prompt__tags"]),
    )


def _own(model: LanguageModel, row: Mapping[str, Any]) -> str:
    """Which response comes from the judge's model or weights, where only one does."""
    sides = [side for side in ("first", "second") if _is_family(model, row, side)]
    return sides[0] if len(sides) == 1 else ""


def _is_family(model: LanguageModel, row: Mapping[str, Any], side: str) -> bool:
    weights = row[f"{side}__generation__model__weights"]
    same_weights = bool(model.weights) and weights == model.weights
    return row[f"{side}__generation__model_id"] == model.pk or same_weights


def _among_people(said: PeopleSaid) -> agreement.Agreement | None:
    places = {key: at for at, key in enumerate(dict.fromkeys(key for key, _, _ in said.rows))}
    units = [places[key] for key, _, _ in said.rows]
    found = agreement.measure(units, [sign for _, _, sign in said.rows]) if units else None
    return found if found is not None and found.n_units else None


def tasks_in_common(judge: Judge) -> QuerySet[Task]:
    """Tasks the judge judged and people did, where the two can be read side by side."""
    verdicts = JudgeVerdict.objects.filter(judge=judge, state=JudgeVerdict.State.DONE)
    return Task.objects.filter(pk__in=verdicts.values("task"), n_submitted__gt=0)
