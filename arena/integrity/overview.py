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

SHORT = {
    VoteFlag.Reason.LEAK: "Name told",
    VoteFlag.Reason.FAST: "Too fast",
    VoteFlag.Reason.SKEWED: "One-sided",
    VoteFlag.Reason.CONCENTRATED: "One model",
    VoteFlag.Reason.BURST: "Burst",
    VoteFlag.Reason.MANUAL: "By an owner",
}


@dataclass(frozen=True)
class ReasonRow:
    """`label` says the reason in a sentence, `short` in a word or two."""

    code: str
    label: str
    short: str
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
        ReasonRow(code, label, SHORT[VoteFlag.Reason(code)], *counts.get(code, (0, 0)))
        for code, label in VoteFlag.Reason.choices
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
    """How rarely an honest voter would look so."""
    odds = each["e"] if each["e"] and each["p"] > 1 / each["e"] else 1 / max(each["p"], 1e-300)
    return f"1 in {odds:,.0f}" if odds < 1e9 else "less than 1 in 1,000,000,000"


def _named(rows: Any, names: dict[int, str]) -> list[dict[str, Any]]:
    return [row | {"name": names.get(row["model"], "A model that is gone")} for row in rows]


def _names(findings: dict[str, Any]) -> dict[int, str]:
    told = (findings.get(key, ()) for key in ("voters", "networks", "bursts", "drifts"))
    models = {row["model"] for rows in told for row in rows}
    return dict(LanguageModel.objects.filter(pk__in=models).values_list("pk", "name"))


def evidence_of(flag: VoteFlag) -> str:
    """What was found, in a sentence."""
    told = flag.detail
    if flag.reason == VoteFlag.Reason.LEAK:
        place, _, number = str(told.get("place", "")).partition(" ")
        where = "the message" if place == "message" else f"the answer of {place}"
        return f"“{told.get('word', '')}” in {where}, turn {number}."
    if flag.reason == VoteFlag.Reason.FAST:
        return (
            f"{told.get('seconds')} seconds after the message was sent, with "
            f"{told.get('characters')} characters to read."
        )
    if flag.reason == VoteFlag.Reason.MANUAL:
        return str(told.get("why", ""))
    model = LanguageModel.objects.filter(pk=told.get("model")).first()
    if model is None:
        return ""
    if flag.reason == VoteFlag.Reason.BURST:
        return f"They {'favour' if told.get('direction', 0) > 0 else 'harm'} {model.name}."
    whose = "This network" if told.get("whose") == "network" else "This voter"
    seen, expected = 100 * told.get("rate", 0), 100 * told.get("expected", 0)
    if flag.reason == VoteFlag.Reason.SKEWED:
        return (
            f"{whose} gave {model.name} {seen:.0f} % of the points in {told.get('votes')} votes; "
            f"{expected:.0f} % were to be expected."
        )
    return (
        f"{model.name} was in {seen:.0f} % of the {told.get('votes')} battles {whose.lower()} "
        f"voted on; it was drawn in {expected:.0f} %."
    )
