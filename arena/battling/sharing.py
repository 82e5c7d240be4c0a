"""Conversations shown to whoever has the link."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from arena.access import is_open_to
from arena.battling.battles import lock
from arena.battling.paths import judged
from arena.models import Battle, Share, Turn, Vote
from arena.visitors import Visitor
from projects.errors import Conflict, NotFound
from projects.models import User


@dataclass(frozen=True)
class Shared:
    """What a link shows: the conversation as it stood when it was shared."""

    share: Share
    battle: Battle
    turns: list[Turn]


def share(*, battle: Battle, visitor: Visitor) -> Share:
    """A link to a finished conversation; the same one until it is withdrawn.

    A battle is finished with its vote, a chat with named models whenever nothing is being written.
    """
    with transaction.atomic():
        battle = lock(battle=battle, visitor=visitor)
        if battle.is_anonymous and not Vote.objects.filter(battle=battle).exists():
            raise Conflict("A battle can be shared once it has its vote.")
        turns = list(battle.turns.all())
        if not judged(turns) or any(turn.state == Turn.State.STREAMING for turn in turns):
            raise Conflict("A conversation can be shared when its replies are finished.")
        found, _ = Share.objects.get_or_create(battle=battle, withdrawn_at=None)
    return found


def withdraw(*, battle: Battle, visitor: Visitor) -> None:
    """Let the link show nothing any more. Idempotent."""
    with transaction.atomic():
        battle = lock(battle=battle, visitor=visitor)
        battle.shares.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())


def open_share(battle: Battle) -> Share | None:
    return battle.shares.filter(withdrawn_at=None).first()


def shared(*, public_id: UUID, user: User | None) -> Shared:
    """What the link shows, to whoever may be in that arena."""
    found = (
        Share.objects.filter(public_id=public_id, withdrawn_at=None)
        .select_related("battle__project", "battle__model_a", "battle__model_b", "battle__vote")
        .first()
    )
    if found is None or not is_open_to(project=found.battle.project, user=user):
        raise NotFound("There is nothing under this link, or it was withdrawn.")
    by_then = found.battle.turns.filter(created_at__lte=found.created_at)
    return Shared(found, found.battle, judged(list(by_then)))
