"""What an owner is shown of the votes of an arena: findings, flags, and what they change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.functions import Cast as As

from arena.boards import standings
from arena.models import IntegrityCheck, Tally, Turn, Vote, VoteFlag
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel


@dataclass(frozen=True)
class ReasonRow:
    code: str
    label: str
    n_standing: int
    n_lifted: int


@dataclass(frozen=True)
class ComparedRow:
    """One model on the board as votes weigh, and with every vote as one."""

    model: str
    ranks: str
    rating: float
    unfiltered_ranks: str
    unfiltered_rating: float

    @property
    def difference(self) -> float:
        return self.rating - self.unfiltered_rating

    @property
    def signed(self) -> str:
        """With a real minus, and no sign before what rounds to nothing."""
        rounded = round(self.difference, 1)
        return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


@dataclass(frozen=True)
class FindingRow:
    """A line of the last check, in words."""

    who: str
    what: str
    model: str
    n_votes: int
    seen: str
    expected: str
    surprise: str


@dataclass(frozen=True)
class Overview:
    n_votes: int
    weight: float
    n_flagged: int
    reasons: tuple[ReasonRow, ...]
    compared: tuple[ComparedRow, ...]
    check: IntegrityCheck | None
    findings: tuple[FindingRow, ...]
    bursts: tuple[dict[str, Any], ...]
    drifts: tuple[dict[str, Any], ...]
    frozen_at: datetime | None
    frozen_why: str
    shown_from: datetime | None


def overview(*, project: Project) -> Overview:
    rules = rules_of(project)
    check = IntegrityCheck.objects.filter(project=project).order_by("-pk").first()
    findings = check.findings if check else {}
    names = _names(findings)
    n_votes, weight = _counted(project)
    standing = VoteFlag.objects.filter(vote__project=project, lifted_at=None)
    return Overview(
        n_votes=n_votes,
        weight=weight,
        n_flagged=standing.values("vote").distinct().count(),
        reasons=reasons(project=project),
        compared=_compared(project),
        check=check,
        findings=_finding_rows(findings, names),
        bursts=tuple(_named(findings.get("bursts", ()), names)),
        drifts=tuple(_named(findings.get("drifts", ()), names)),
        frozen_at=rules.frozen_at,
        frozen_why=rules.frozen_why,
        shown_from=rules.frozen_run.computed_at if rules.frozen_run else None,
    )


def reasons(*, project: Project) -> tuple[ReasonRow, ...]:
    """Every reason, with how many flags of it stand and were lifted."""
    rows = (
        VoteFlag.objects.filter(vote__project=project)
        .values("reason")
        .annotate(
            standing=Count("pk", filter=Q(lifted_at=None)),
            lifted=Count("pk", filter=Q(lifted_at__isnull=False)),
        )
        .order_by("reason")
    )
    counts = {row["reason"]: (row["standing"], row["lifted"]) for row in rows}
    return tuple(
        ReasonRow(code, label, *counts.get(code, (0, 0))) for code, label in VoteFlag.Reason.choices
    )


def turns_of(vote: Vote) -> list[Turn]:
    """What was voted on: the path to the turn that was finished last."""
    finished = vote.battle.turns.exclude(state=Turn.State.VOID)
    turns = {turn.pk: turn for turn in finished.order_by("number")}
    at = list(turns.values())[-1] if turns else None
    path = []
    while at is not None:
        path.append(at)
        at = turns.get(at.parent_id or 0)
    return [turn for turn in reversed(path) if turn.state == Turn.State.COMPLETE]


def _counted(project: Project) -> tuple[int, float]:
    """How many votes there are, and what they weigh."""
    weights = F("left_weight") + F("right_weight") + F("tie_weight") + F("bad_weight")
    counts = F("left_wins") + F("right_wins") + F("ties") + F("both_bad")
    sums = Tally.objects.filter(project=project, category="").aggregate(
        n=Sum(counts), weight=Sum(As(weights, FloatField()))
    )
    return int(sums["n"] or 0), float(sums["weight"] or 0.0)


def _compared(project: Project) -> tuple[ComparedRow, ...]:
    filtered = standings.current(project=project, live=True)
    whole = standings.current(project=project, filtered=False, live=True)
    unfiltered = {row.model_id: row for row in whole.rows}
    return tuple(
        ComparedRow(
            model=row.model,
            ranks=row.ranks,
            rating=row.rating,
            unfiltered_ranks=unfiltered[row.model_id].ranks,
            unfiltered_rating=unfiltered[row.model_id].rating,
        )
        for row in filtered.rows
        if row.model_id in unfiltered
    )


def _finding_rows(findings: dict[str, Any], names: dict[int, str]) -> tuple[FindingRow, ...]:
    rows = []
    for key, who in (("voters", "Voter"), ("networks", "Network")):
        for each in findings.get(key, ()):
            is_skew = each["kind"] == "skewed"
            rows.append(
                FindingRow(
                    who=who,
                    what=VoteFlag.Reason(each["kind"]).label,
                    model=names.get(each["model"], "A model that is gone"),
                    n_votes=each["votes"],
                    seen=_share(each["rate"], is_skew),
                    expected=_share(each["expected"], is_skew),
                    surprise=_surprise(each),
                )
            )
    return tuple(rows)


def _share(value: float, is_skew: bool) -> str:
    return f"{100 * value:.0f} % of points" if is_skew else f"in {100 * value:.0f} % of battles"


def _surprise(each: dict[str, Any]) -> str:
    """The chance of an honest voter being so, in words."""
    if each["e"]:
        return "followed vote by vote" if each["p"] > 0.01 else f"p = {each['p']:.1g}"
    return f"p = {each['p']:.1g}"


def _named(rows: Any, names: dict[int, str]) -> list[dict[str, Any]]:
    return [row | {"name": names.get(row["model"], "A model that is gone")} for row in rows]


def _names(findings: dict[str, Any]) -> dict[int, str]:
    told = (findings.get(key, ()) for key in ("voters", "networks", "bursts", "drifts"))
    models = {row["model"] for rows in told for row in rows}
    return dict(LanguageModel.objects.filter(pk__in=models).values_list("pk", "name"))
