"""Battles: begun, continued, and settled once both replies are in."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from arena.access import is_member
from arena.battling import pairing, rates
from arena.models import Battle, Turn
from arena.visitors import Visitor
from projects.errors import Conflict, NotFound, Unavailable
from projects.models import Project
from projects.text import clean_text
from workers.drawing import Draw, Message, request_draws
from workers.models import Generation, LanguageModel

LONGEST_MESSAGE = 8_000
MOST_TURNS = 20
SETTLED_AT_ONCE = 200


def start(*, project: Project, visitor: Visitor, message: str) -> Battle:
    """Begin a battle of two models with this message. Their replies are drawn by workers."""
    message = clean_text(message, field="message", limit=LONGEST_MESSAGE)
    pair = pairing.choose(project=project, is_member=is_member(project=project, user=visitor.user))
    rates.spend(rates.BATTLES, visitor=visitor.digest)
    with transaction.atomic():
        battle = Battle.objects.create(
            project=project,
            model_a=pair.model_a,
            model_b=pair.model_b,
            pair_chance=pair.chance,
            visitor=visitor.digest,
            user=visitor.user,
        )
        _add_turn(battle, message, earlier=[])
    return battle


def add_turn(*, battle: Battle, visitor: Visitor, message: str) -> Turn:
    """Go on with the conversation: both models get this message and their own replies so far.

    A turn that could not be finished is left out of what they get, and may be tried again.
    """
    message = clean_text(message, field="message", limit=LONGEST_MESSAGE)
    with transaction.atomic():
        battle = lock(battle=battle, visitor=visitor)
        turns = list(battle.turns.order_by("number"))
        _require_open(battle, turns)
        rates.spend(rates.MESSAGES, visitor=visitor.digest or str(battle.public_id))
        return _add_turn(battle, message, earlier=turns)


def lock(*, battle: Battle, visitor: Visitor) -> Battle:
    """The battle's row, locked, if it is this visitor's."""
    found = (
        Battle.objects.of(visitor=visitor.digest, user=visitor.user)
        .select_for_update(of=("self",))
        .select_related("project", "model_a", "model_b")
        .filter(pk=battle.pk)
        .first()
    )
    if found is None:
        raise NotFound("There is no such battle.")
    return found


def settle_turn(*, generation_id: int) -> None:
    """Settle the turn this generation belongs to, if both its replies are in. Idempotent."""
    turn = _streaming().filter(Q(generation_a=generation_id) | Q(generation_b=generation_id))
    for pk in turn.values_list("pk", flat=True):
        _settle(pk)


def settle_overdue() -> int:
    """Settle turns whose generations finished without anybody having been told; how many."""
    overdue = _streaming().filter(
        Q(generation_a__state=Generation.State.FAILED)
        | Q(generation_b__state=Generation.State.FAILED)
        | Q(generation_a__state=Generation.State.DONE, generation_b__state=Generation.State.DONE)
    )
    pks = list(overdue.order_by("pk").values_list("pk", flat=True)[:SETTLED_AT_ONCE])
    for pk in pks:
        _settle(pk)
    return len(pks)


def _require_open(battle: Battle, turns: list[Turn]) -> None:
    if battle.is_voted:
        raise Conflict("This battle has its vote. Begin a new one to go on.")
    if any(turn.state == Turn.State.STREAMING for turn in turns):
        raise Conflict("The replies to the last message are still being written.")
    if sum(turn.state == Turn.State.COMPLETE for turn in turns) >= MOST_TURNS:
        raise Conflict(f"A battle has at most {MOST_TURNS} turns. Vote, or begin a new one.")
    pks = {battle.model_a_id, battle.model_b_id}
    if LanguageModel.objects.drawable().filter(pk__in=pks).count() < len(pks):
        raise Unavailable("This conversation cannot go on just now. You can vote on it as it is.")


def _add_turn(battle: Battle, message: str, *, earlier: list[Turn]) -> Turn:
    asked: Message = {"role": "user", "content": message}
    told = [turn for turn in earlier if turn.state == Turn.State.COMPLETE]
    a, b = request_draws(
        project=battle.project,
        draws=[
            Draw(battle.model_a, [*_history((t.message, t.reply_a) for t in told), asked]),
            Draw(battle.model_b, [*_history((t.message, t.reply_b) for t in told), asked]),
        ],
        queue=Generation.Queue.INTERACTIVE,
    )
    number = earlier[-1].number + 1 if earlier else 1
    return Turn.objects.create(
        battle=battle, number=number, message=message, generation_a=a, generation_b=b
    )


def _history(said: Iterable[tuple[str, str]]) -> list[Message]:
    messages: list[Message] = []
    for message, reply in said:
        messages += [
            {"role": "user", "content": message},
            {"role": "assistant", "content": reply},
        ]
    return messages


def _streaming() -> QuerySet[Turn]:
    return Turn.objects.filter(state=Turn.State.STREAMING)


def _settle(pk: int) -> None:
    """The generations are read under the turn's lock, so that of two that finish at the same
    moment the later one sees the earlier."""
    with transaction.atomic():
        turn = _streaming().select_for_update().filter(pk=pk).first()
        if turn is None:
            return
        drawn = Generation.objects.in_bulk([turn.generation_a_id, turn.generation_b_id])
        a, b = drawn[turn.generation_a_id], drawn[turn.generation_b_id]
        if Generation.State.FAILED in (a.state, b.state):
            turn.state = Turn.State.VOID
        elif a.is_finished and b.is_finished:
            turn.state = Turn.State.COMPLETE
            turn.reply_a, turn.reply_b = a.output, b.output
        else:
            return
        turn.save(update_fields=["state", "reply_a", "reply_b"])
