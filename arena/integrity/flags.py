"""Flags on votes: what tests find, and what an owner says. Nothing is ever deleted."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from arena.integrity.weighing import weigh_again
from arena.models import Vote, VoteFlag
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, NotFound
from projects.models import Project, User
from projects.text import clean_name

Reason = VoteFlag.Reason
WHY_LIMIT = 200
FOUND_BY_CHECKS = (Reason.SKEWED, Reason.CONCENTRATED, Reason.BURST)
NO_LONGER_FOUND = "The latest check no longer finds it."

Found = Mapping[tuple[int, str], Mapping[str, Any]]


def set_aside(*, by: User, vote: Vote, why: str) -> VoteFlag:
    """An owner doubts a vote: it weighs nothing from now on."""
    why = clean_name(why, field="why", limit=WHY_LIMIT)
    project = _owned(by, vote)
    with transaction.atomic():
        # Of two owners at once the second waits, and then finds the flag of the first.
        Vote.objects.select_for_update(no_key=True).get(pk=vote.pk)
        if vote.flags.filter(reason=Reason.MANUAL, lifted_at=None).exists():
            raise Conflict("An owner has set this vote aside already.")
        flag = VoteFlag.objects.create(vote=vote, reason=Reason.MANUAL, detail={"why": why}, by=by)
        weigh_again(project=project, votes=[vote.pk])
        audit.record(verb="vote.set_aside", by=by, project=project, subject=vote, why=why)
    return flag


def lift(*, by: User, flag: VoteFlag, why: str) -> None:
    """An owner sees no ground for a flag. The tests do not raise it on this vote again."""
    _lift_all(by=by, project=_owned(by, flag.vote), flags=[flag.pk], why=why)


def lift_reason(*, by: User, vote: Vote, reason: str, why: str) -> int:
    """Lift a reason from all votes of this vote's voter; from how many."""
    project = _owned(by, vote)
    standing = VoteFlag.objects.filter(
        vote__project=project, vote__voter=vote.voter, reason=reason, lifted_at=None
    ).exclude(vote__voter="")
    flags = list(standing.values_list("pk", flat=True))
    return _lift_all(by=by, project=project, flags=flags, why=why)


def _lift_all(*, by: User, project: Project, flags: Collection[int], why: str) -> int:
    why = clean_name(why, field="why", limit=WHY_LIMIT)
    with transaction.atomic():
        standing = list(
            VoteFlag.objects.select_for_update()
            .filter(pk__in=flags, lifted_at=None)
            .order_by("pk")
            .values_list("pk", "vote_id", "reason")
        )
        if not standing:
            raise Conflict("This flag was lifted already.")
        pks = [pk for pk, _, _ in standing]
        VoteFlag.objects.filter(pk__in=pks).update(
            lifted_at=timezone.now(), lifted_by=by, lifted_why=why
        )
        weigh_again(project=project, votes={vote for _, vote, _ in standing})
        audit.record(
            verb="vote_flags.lifted",
            by=by,
            project=project,
            reasons=sorted({reason for _, _, reason in standing}),
            votes=[vote for _, vote, _ in standing[:100]],
            n_votes=len(standing),
            why=why,
        )
    return len(standing)


def follow(*, project: Project, found: Found) -> tuple[int, int]:
    """Make the flags of the periodic tests what the latest check found: how many were raised and
    lifted. Where an owner lifted a flag it stays lifted. Call inside the check's transaction."""
    ours = VoteFlag.objects.filter(vote__project=project, reason__in=FOUND_BY_CHECKS, by=None)
    standing = {
        (vote, reason): pk
        for pk, vote, reason in ours.filter(lifted_at=None).values_list("pk", "vote_id", "reason")
    }
    pardoned = set(ours.filter(lifted_by__isnull=False).values_list("vote_id", "reason"))
    new = sorted(found.keys() - standing.keys() - pardoned)
    gone = sorted(standing.keys() - found.keys())
    VoteFlag.objects.bulk_create(
        [VoteFlag(vote_id=key[0], reason=key[1], detail=dict(found[key])) for key in new],
        batch_size=2_000,
        # A vote cast at this moment may have got the flag by itself.
        ignore_conflicts=True,
    )
    VoteFlag.objects.filter(pk__in=[standing[key] for key in gone], lifted_at=None).update(
        lifted_at=timezone.now(), lifted_why=NO_LONGER_FOUND
    )
    weigh_again(project=project, votes={vote for vote, _ in (*new, *gone)})
    return len(new), len(gone)


def flagged_votes(*, project: Project, reason: str = "", lifted: bool = False) -> QuerySet[Vote]:
    """Votes with a standing flag, or with a lifted one, the latest first."""
    # Each vote asks for its own flags. A list of all votes that are flagged in the project would be
    # made anew for each vote where the planner takes the tables for empty.
    of_vote = VoteFlag.objects.filter(vote=OuterRef("pk"), lifted_at__isnull=not lifted)
    if reason:
        of_vote = of_vote.filter(reason=reason)
    return (
        Vote.objects.filter(Exists(of_vote), project=project)
        .select_related("battle__model_a", "battle__model_b", "counted", "user")
        .prefetch_related("flags__by", "flags__lifted_by")
        .order_by("-pk")
    )


def _owned(by: User, vote: Vote) -> Project:
    found = membership(by, vote.project.slug, roles=OWNERS).project
    if not vote.battle.is_anonymous:
        raise NotFound("Only votes on battles are counted.")
    return found
