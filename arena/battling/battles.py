"""Conversations: begun, continued, tried again, stopped, and settled once the replies are in."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from arena.access import is_member
from arena.battling import pairing, rates, told
from arena.battling.paths import judged, path
from arena.models import Battle, Turn
from arena.rules import rules_of
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput, NotFound, Unavailable
from projects.models import Project
from projects.text import clean_text
from workers.drawing import STOPPED, Draw, Message, ask_to_stop, request_draws
from workers.models import Generation, LanguageModel

LONGEST_MESSAGE = 8_000
MOST_TURNS = 20
MOST_TRIES = 60
"""Turns of one battle with all that was tried again."""
SETTLED_AT_ONCE = 200
STOPPING_TAKES = timedelta(seconds=5)
STOPPED_FOR = timedelta(seconds=1)
"""A stopped turn is settled so much later, whether or not a model had to hear of it first."""
HAS_FAILED = Q(generation_a__state=Generation.State.FAILED) | Q(
    generation_b__state=Generation.State.FAILED
)
HAS_ENDED = Q(generation_a__state=Generation.State.DONE) & (
    Q(generation_b__state=Generation.State.DONE) | Q(generation_b=None)
)
Mode = Battle.Mode


def start(
    *,
    project: Project,
    visitor: Visitor,
    message: str,
    mode: str = Mode.BATTLE,
    models: Sequence[str] = (),
) -> Battle:
    """Begin a conversation with this message. The replies are drawn by workers.

    In a battle the two models are drawn by lot and `models` is empty; side by side it names two,
    in a direct chat one, as `choosable` has them.
    """
    message = clean_text(message, field="message", limit=LONGEST_MESSAGE)
    contenders = _contenders(project, visitor, mode=mode, names=models)
    rates.spend_battle(rules=rules_of(project), visitor=visitor)
    with transaction.atomic():
        battle = Battle.objects.create(
            project=project,
            mode=mode,
            visitor=visitor.digest,
            network=visitor.network,
            user=visitor.user,
            **contenders,
        )
        _add_turn(battle, message, earlier=[], number=1)
    return battle


def choosable(*, project: Project, visitor: Visitor) -> list[LanguageModel]:
    """The models that this visitor may choose by name."""
    return pairing.contenders(
        project=project, is_member=is_member(project=project, user=visitor.user)
    )


def modes_of(project: Project) -> list[Mode]:
    """The ways of conversing that this arena offers, battles first."""
    rules = rules_of(project)
    offered = {Mode.SIDE_BY_SIDE: rules.offers_side_by_side, Mode.DIRECT: rules.offers_direct}
    return [mode for mode in Mode if offered.get(mode, True)]


def add_turn(*, battle: Battle, visitor: Visitor, message: str) -> Turn:
    """Go on with the conversation: each model gets this message and its own replies so far.

    A turn that could not be finished is left out of what they get, and may be tried again.
    """
    message = clean_text(message, field="message", limit=LONGEST_MESSAGE)
    settle_told(battle=battle)
    with transaction.atomic():
        battle, turns = _open(battle, visitor)
        earlier = judged(turns)
        if len(earlier) >= MOST_TURNS:
            raise Conflict(f"A conversation has at most {MOST_TURNS} turns. Begin a new one.")
        _spend_message(battle, visitor)
        return _add_turn(battle, message, earlier=earlier, number=_next_number(turns))


def send_again(
    *, battle: Battle, visitor: Visitor, number: int, message: str | None = None
) -> Turn:
    """Ask anew at this turn, with the same message or another; what followed it is left aside.

    Only before the vote, because the vote is on what stands then.
    """
    if message is not None:
        message = clean_text(message, field="message", limit=LONGEST_MESSAGE)
    settle_told(battle=battle)
    with transaction.atomic():
        battle, turns = _open(battle, visitor)
        shown = path(turns)
        at = next((turn for turn in shown if turn.number == number), None)
        if at is None:
            raise NotFound("There is no such turn in this conversation.")
        # A void turn is shown after the conversation that it may have been meant to replace.
        earlier = _up_to(shown, at.parent_id)
        _spend_message(battle, visitor)
        return _add_turn(
            battle,
            at.message if message is None else message,
            earlier=earlier,
            number=_next_number(turns),
            # A model whose sampling names a seed would only say the same again.
            parameters={"seed": secrets.randbelow(2**31)},
        )


def stop(*, battle: Battle, visitor: Visitor, number: int) -> Turn:
    """Let the replies of this turn end with what they have by now. Idempotent.

    Of models that are not named the replies stand as far as they were shown by this moment, though
    one may be written further or to its end: that would tell which was the quicker.
    """
    settle_told(battle=battle)
    with transaction.atomic():
        battle = lock(battle=battle, visitor=visitor)
        turn = battle.turns.select_for_update().filter(number=number).first()
        if turn is None:
            raise NotFound("There is no such turn.")
        if turn.state != Turn.State.STREAMING or turn.stopped_at is not None:
            return turn
        turn.stopped_at = timezone.now()
        shown = told.shown_by(turn, turn.stopped_at) if battle.is_anonymous else None
        if shown is not None:
            turn.shown_a, turn.shown_b = shown
            turn.told_until = turn.stopped_at + STOPPED_FOR
        turn.save(update_fields=["stopped_at", "shown_a", "shown_b", "told_until"])
        ask_to_stop(generation_ids=_drawn_by(turn))
    return turn


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


def settle_turns(*, generation_ids: Sequence[int]) -> None:
    """Settle the turns these generations belong to, where all replies are in and, of models that
    are not named, told. Idempotent. Of two that finish at the same moment the later one sees the
    earlier, as long as both are committed when this is called."""
    drawn_by = Q(generation_a__in=generation_ids) | Q(generation_b__in=generation_ids)
    over = _streaming().filter(drawn_by).filter(HAS_FAILED | HAS_ENDED)
    for pk in over.values_list("pk", flat=True):
        _settle(pk)


def settle_told(*, battle: Battle) -> None:
    """Settle what nobody has looked at since it was told. Idempotent."""
    for pk in _streaming().filter(battle=battle).values_list("pk", flat=True):
        _settle(pk)


def settle_overdue() -> int:
    """Settle turns whose generations finished and whose telling is over, though nobody listened;
    how many were looked at."""
    now = timezone.now()
    is_told = Q(told_until=None) | Q(told_until__lte=now)
    is_overdue = Q(stopped_at__lt=now - STOPPING_TAKES)
    overdue = _streaming().filter(HAS_FAILED | (HAS_ENDED & is_told) | is_overdue)
    pks = list(overdue.order_by("pk").values_list("pk", flat=True)[:SETTLED_AT_ONCE])
    for pk in pks:
        _settle(pk)
    return len(pks)


def _contenders(
    project: Project, visitor: Visitor, *, mode: str, names: Sequence[str]
) -> dict[str, Any]:
    offered = modes_of(project)
    if mode not in offered:
        raise InvalidInput.field("mode", f"must be one of {', '.join(offered)}")
    if mode == Mode.BATTLE:
        member = is_member(project=project, user=visitor.user)
        pair = pairing.choose(project=project, is_member=member)
        return {"model_a": pair.model_a, "model_b": pair.model_b, "pair_chance": pair.chance}
    known = {model.name: model for model in choosable(project=project, visitor=visitor)}
    fields = ("model_a", "model_b")[: 1 if mode == Mode.DIRECT else 2]
    if len(names) < len(fields):
        raise InvalidInput.field(fields[len(names)], "must name a model")
    for field, name in zip(fields, names, strict=False):
        if name not in known:
            raise InvalidInput.field(field, "must name a model that can be asked now")
    if len(fields) == 2 and names[0] == names[1]:
        raise InvalidInput.field("model_b", "must be another model than model_a")
    return {field: known[name] for field, name in zip(fields, names, strict=False)}


def _open(battle: Battle, visitor: Visitor) -> tuple[Battle, list[Turn]]:
    """The battle locked, and its turns, if it may go on."""
    battle = lock(battle=battle, visitor=visitor)
    turns = list(battle.turns.order_by("number"))
    if battle.is_voted:
        raise Conflict("This battle has its vote. Begin a new one to go on.")
    if any(turn.state == Turn.State.STREAMING for turn in turns):
        raise Conflict("The replies to the last message are still being written.")
    if len(turns) >= MOST_TRIES:
        raise Conflict(f"At most {MOST_TRIES} messages with all that is sent again. Begin anew.")
    pks = {pk for pk in (battle.model_a_id, battle.model_b_id) if pk is not None}
    if LanguageModel.objects.drawable().filter(pk__in=pks).count() < len(pks):
        raise Unavailable(
            "This conversation cannot go on just now."
            + ("" if battle.model_b_id is None else " You can vote on it as it is.")
        )
    return battle, turns


def _spend_message(battle: Battle, visitor: Visitor) -> None:
    rates.spend(rates.MESSAGES, visitor=visitor.digest or str(battle.public_id))


def _next_number(turns: Sequence[Turn]) -> int:
    return max(turn.number for turn in turns) + 1


def _up_to(shown: Sequence[Turn], pk: int | None) -> list[Turn]:
    """The whole turns up to this one; none where it is not among them."""
    whole = [turn for turn in shown if turn.state == Turn.State.COMPLETE]
    ends = [at for at, turn in enumerate(whole, start=1) if turn.pk == pk]
    return whole[: ends[0]] if ends else []


def _add_turn(
    battle: Battle,
    message: str,
    *,
    earlier: Sequence[Turn],
    number: int,
    parameters: Mapping[str, Any] | None = None,
) -> Turn:
    asked: Message = {"role": "user", "content": message}
    told = [[*_history((t.message, t.reply_a) for t in earlier), asked]]
    models = [battle.model_a]
    if battle.model_b is not None:
        told.append([*_history((t.message, t.reply_b) for t in earlier), asked])
        models.append(battle.model_b)
    drawn = request_draws(
        project=battle.project,
        draws=[
            Draw(model, messages, parameters or {})
            for model, messages in zip(models, told, strict=True)
        ],
        queue=Generation.Queue.INTERACTIVE,
    )
    return Turn.objects.create(
        battle=battle,
        number=number,
        parent=earlier[-1] if earlier else None,
        message=message,
        generation_a=drawn[0],
        generation_b=drawn[1] if len(drawn) > 1 else None,
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


def _drawn_by(turn: Turn) -> list[int]:
    return [pk for pk in (turn.generation_a_id, turn.generation_b_id) if pk is not None]


def _settle(pk: int) -> None:
    """The generations are read under the turn's lock, so that of two that finish at the same
    moment the later one sees the earlier."""
    with transaction.atomic():
        of_battle = _streaming().select_related("battle").select_for_update(of=("self",))
        turn = of_battle.filter(pk=pk).first()
        if turn is None:
            return
        found = Generation.objects.in_bulk(_drawn_by(turn))
        drawn = [found[each] for each in _drawn_by(turn)]
        is_overdue = (
            turn.stopped_at is not None and timezone.now() - turn.stopped_at > STOPPING_TAKES
        )
        if any(each.state == Generation.State.FAILED for each in drawn):
            turn.state = Turn.State.VOID
        elif all(each.is_finished for each in drawn):
            _complete(turn, drawn)
            if turn.state == Turn.State.COMPLETE and _is_being_told(turn):
                return
        elif is_overdue:
            # A model that has not begun to answer does not hear that it should stop.
            turn.state = Turn.State.VOID
        else:
            return
        turn.save(update_fields=["state", "reply_a", "reply_b"])


def _is_being_told(turn: Turn) -> bool:
    """Of models that are not named: that both replies are in may be known only when they are told,
    because of a long reply it would tell whether it was written late."""
    if not turn.battle.is_anonymous:
        return False
    if turn.told_until is None:
        turn.told_until = told.told_until(turn)
        Turn.objects.filter(pk=turn.pk).update(told_until=turn.told_until)
    return turn.told_until is not None and timezone.now() < turn.told_until


def _complete(turn: Turn, drawn: Sequence[Generation]) -> None:
    if turn.shown is not None:
        replies = [each.output[:end] for each, end in zip(drawn, turn.shown, strict=True)]
    else:
        replies = even([(each.output, each.finish_reason == STOPPED) for each in drawn])
    if not all(reply.strip() for reply in replies):
        turn.state = Turn.State.VOID
        return
    turn.state = Turn.State.COMPLETE
    turn.reply_a, turn.reply_b = [*replies, ""][:2]


def even(replies: Sequence[tuple[str, bool]]) -> list[str]:
    """Replies as a visitor who stopped them saw them: (text, whether it was stopped) of each side.

    Both are shown at one pace, so what the faster one had written beyond the other was never
    seen, and would tell which was the faster.
    """
    stopped = [len(text) for text, was_stopped in replies if was_stopped]
    return [text[: min(stopped)] if stopped else text for text, _ in replies]
