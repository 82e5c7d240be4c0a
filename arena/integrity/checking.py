"""The periodic look at all of an arena's votes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from arena.integrity import bursting, flags, freezing, rows
from arena.integrity.bursts import Burst, find, held_back
from arena.integrity.evidence import Bools, Cast, Expected
from arena.integrity.residual import POINTS, Drift, drifts
from arena.integrity.rows import Looked
from arena.integrity.voters import Finding, suspects
from arena.models import CountedVote, IntegrityCheck, VoteFlag
from arena.rating.bradley_terry import fit
from arena.rating.tallies import tally_codes
from arena.rules import rules_of
from projects.models import Project
from workers.models import LanguageModel

Reason = VoteFlag.Reason
DRIFT_HOURS = 24
MOST_LISTED = 100
MOST_FINDINGS = 50
PAUSE = timedelta(minutes=5)
"""Between two checks of an arena, unless a burst is under way: each leaves a row for good."""


def check_all() -> int:
    """Check every arena in which something was cast since its last check; how many."""
    done = 0
    for project in Project.objects.filter(pk__in=_voted_on()).order_by("pk"):
        if _is_due(project):
            check(project=project)
            done += 1
    return done


def check(*, project: Project) -> IntegrityCheck:
    """Test all voters, networks and bursts; make the flags what was found; freeze the board where
    what is left of the votes still does not agree with the ratings before."""
    looked = rows.latest(project=project)
    voters = suspects(looked.cast.only(looked.is_known), looked.expected)
    networks = suspects(looked.by_network(looked.network != rows.NO_ONE), looked.expected)
    newcomers = looked.cast.only(bursting.newcomers_of(looked))
    bursts = find(newcomers, looked.expected)
    found = _flags_of(looked, voters, networks) | _flags_of_bursts(newcomers, bursts, looked)
    with transaction.atomic():
        # One check an arena at a time; voting goes on meanwhile.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        raised, lifted = flags.follow(project=project, found=found)
        drifted = _drifts(project, looked, flagged={vote for vote, _ in found})
        made = IntegrityCheck.objects.create(
            project=project,
            n_votes=len(looked),
            n_voters=int(np.unique(looked.cast.voter[looked.is_known]).size),
            findings={
                "voters": _told(voters, looked),
                "networks": _told(networks, looked),
                "bursts": [_told_burst(burst, newcomers, looked) for burst in bursts],
                "drifts": [_told_drift(drift, looked) for drift in drifted],
                "raised": raised,
                "lifted": lifted,
                "last_vote": int(looked.cast.vote[-1]) if len(looked) else 0,
            },
        )
    bursting.remember(project_id=project.pk, bursts=bursts)
    if drifted:
        _freeze(project, drifted, looked)
    return made


def _voted_on() -> list[int]:
    votes = CountedVote.objects.order_by("project").distinct("project")
    return list(votes.values_list("project_id", flat=True))


def _is_due(project: Project) -> bool:
    last = IntegrityCheck.objects.filter(project=project).order_by("-pk").first()
    if last is None:
        return True
    is_urgent = bursting.is_under_way(project_id=project.pk)
    if timezone.now() - last.checked_at < PAUSE and not is_urgent:
        return False
    votes = CountedVote.objects.filter(project=project).order_by("-vote")
    newest = votes.values_list("vote_id", flat=True).first()
    return bool(newest != last.findings.get("last_vote"))


def _flags_of(
    looked: Looked, voters: Iterable[Finding], networks: Iterable[Finding]
) -> dict[tuple[int, str], dict[str, Any]]:
    """All votes of whoever is suspected: not only those that gave them away, or their other votes
    would go on counting."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for whose, column, findings in (
        ("voter", looked.cast.voter, voters),
        ("network", looked.network, networks),
    ):
        for finding in findings:
            detail = _detail(finding, looked) | {"whose": whose}
            for vote in looked.cast.vote[column == finding.voter].tolist():
                found.setdefault((vote, finding.kind), detail)
    return found


def _flags_of_bursts(
    newcomers: Cast, bursts: list[Burst], looked: Looked
) -> dict[tuple[int, str], dict[str, Any]]:
    return {
        (vote, Reason.BURST.value): {
            "model": looked.models[burst.model],
            "direction": burst.direction,
        }
        for vote, burst in held_back(newcomers, bursts).items()
    }


def _drifts(project: Project, looked: Looked, *, flagged: set[int]) -> list[Drift]:
    """What the votes of the last day, less what is flagged, say against all before them."""
    if not len(looked):
        return []
    since = _drift_since(project)
    newer = CountedVote.objects.filter(project=project, cast_at__gte=since)
    first = newer.order_by("vote").values_list("vote", flat=True).first()
    if first is None:
        return []
    latest = looked.cast.vote >= first
    weights = np.where(np.isin(looked.cast.vote, list(flagged)), 0.0, looked.weight)
    before = ~latest
    expected, covariance, n_before = _known_before(looked, before, weights)
    kept = latest & (weights > 0) & ~looked.is_import
    return drifts(looked.cast.only(kept), weights[kept], expected, covariance, n_before)


def _drift_since(project: Project) -> datetime:
    since = timezone.now() - timedelta(hours=DRIFT_HOURS)
    return max(since, rules_of(project).unfrozen_at or since)


def _known_before(looked: Looked, before: Bools, weights: Any) -> tuple[Expected, Any, int]:
    cast = looked.cast.only(before)
    names = [f"{at:06d}" for at in range(len(looked.models))]
    tallies = tally_codes(
        names, cast.a, cast.b, (cast.points * 2).astype(np.int64), weights=weights[before]
    )
    fitted = fit(tallies)
    theta = (np.asarray(fitted.ratings) - 1000.0) / POINTS
    expected = Expected(theta, looked.expected.drawn, looked.expected.tied)
    return expected, np.asarray(fitted.covariance) / POINTS**2, len(cast)


def _freeze(project: Project, drifted: list[Drift], looked: Looked) -> None:
    names = _names([looked.models[drift.model] for drift in drifted])
    told = ", ".join(
        f"{names[looked.models[drift.model]]} by {drift.points:+.0f}" for drift in drifted[:3]
    )
    freezing.freeze(
        project=project,
        why=f"The latest votes disagree with the ratings before them: {told} points."[:300],
        good_until=_drift_since(project),
    )


def _told(findings: list[Finding], looked: Looked) -> list[dict[str, Any]]:
    worst = sorted(findings, key=lambda each: each.p_value)[:MOST_FINDINGS]
    return [_detail(finding, looked) | {"kind": finding.kind} for finding in worst]


def _detail(finding: Finding, looked: Looked) -> dict[str, Any]:
    return {
        "model": looked.models[finding.model],
        "votes": finding.n_votes,
        "rate": round(finding.rate, 3),
        "expected": round(finding.expected, 3),
        "p": float(f"{finding.p_value:.2g}"),
        "e": float(f"{min(finding.e_value, 1e300):.2g}"),
    }


def _told_burst(burst: Burst, newcomers: Cast, looked: Looked) -> dict[str, Any]:
    last = len(newcomers) - 1 if burst.last is None else burst.last
    return {
        "model": looked.models[burst.model],
        "direction": burst.direction,
        "first_vote": int(newcomers.vote[burst.first]),
        "last_vote": int(newcomers.vote[last]),
        "is_going_on": burst.is_going_on,
    }


def _told_drift(drift: Drift, looked: Looked) -> dict[str, Any]:
    return {
        "model": looked.models[drift.model],
        "votes": drift.n_votes,
        "points": round(drift.points, 1),
        "p": float(f"{drift.p_value:.2g}"),
    }


def _names(models: Iterable[int]) -> dict[int, str]:
    return dict(LanguageModel.objects.filter(pk__in=models).values_list("pk", "name"))
