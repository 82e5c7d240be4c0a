"""Conversations over the API: the same domain functions as the pages."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from arena.access import arena_project, own_battle
from arena.api.shapes import (
    AnswerReportSerializer,
    ArenaSerializer,
    BattleAgainSerializer,
    BattleMessageSerializer,
    BattleSerializer,
    BattleStartSerializer,
    BattleTurnSerializer,
    BattleVerdictSerializer,
    ConversationSerializer,
    NotedSerializer,
    ReportedSerializer,
    SharedSerializer,
    VotedSerializer,
    VoteNoteSerializer,
    arena_as_json,
    battle_as_json,
    influence_as_json,
    turn_as_json,
)
from arena.battling import (
    battles,
    challenge,
    consent,
    history,
    notes,
    reports,
    sharing,
    tokens,
    votes,
)
from arena.battling.influence import influence_of
from arena.models import Battle
from arena.rules import rules_of
from arena.visitors import Visitor, network_of, visitor_of_token
from projects.errors import InvalidInput
from projects.models import User
from projects.paging import page, page_of


@extend_schema(operation_id="arena_retrieve", responses=ArenaSerializer)
@api_view(["GET"])
def arena(request: Request, slug: str) -> Response:
    """What can be begun in an arena, and the terms to agree to."""
    visitor = _visitor(request)
    project = arena_project(slug=slug, user=visitor.user)
    return Response(arena_as_json(project, visitor))


@extend_schema(
    methods=["GET"], operation_id="battles_list", responses=page_of(ConversationSerializer)
)
@extend_schema(
    methods=["POST"],
    operation_id="battles_create",
    request=BattleStartSerializer,
    responses={201: BattleSerializer},
)
@api_view(["GET", "POST"])
def conversations(request: Request, slug: str) -> Response:
    """Your conversations here; or begin one. Its replies are being written then; ask for it until
    they are."""
    visitor = _visitor(request)
    project = arena_project(slug=slug, user=visitor.user)
    if request.method == "GET":
        rows = history.conversations_of(project=project, visitor=visitor)
        return page(request, rows, ConversationSerializer, ordering=("-pk",))
    body = _body(request)
    consent.require_entry(project=project, visitor=visitor, agreed=body.get(consent.FIELD, ""))
    challenge.require(rules=rules_of(project), visitor=visitor, proof=body.get(challenge.FIELD, ""))
    battle = battles.start(
        project=project,
        visitor=visitor,
        message=_text(body, "message"),
        mode=_text(body, "mode") if "mode" in body else Battle.Mode.BATTLE,
        models=[_text(body, name) for name in ("model_a", "model_b") if name in body],
    )
    return Response(battle_as_json(battle, visitor), status=status.HTTP_201_CREATED)


@extend_schema(operation_id="battles_retrieve", responses=BattleSerializer)
@api_view(["GET"])
def battle(request: Request, public_id: UUID) -> Response:
    """A conversation of yours. Who the two models of a battle are is told after the vote."""
    visitor = _visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    battles.settle_told(battle=found)
    return Response(battle_as_json(found, visitor))


@extend_schema(
    operation_id="battles_turns_create",
    request=BattleMessageSerializer,
    responses={201: BattleTurnSerializer},
)
@api_view(["POST"])
def add_turn(request: Request, public_id: UUID) -> Response:
    """Go on with the conversation, before the vote."""
    visitor, found, body = _deed(request, public_id)
    tokens.require(body.get(tokens.FIELD), battle=found, visitor=visitor)
    turn = battles.add_turn(battle=found, visitor=visitor, message=_text(body, "message"))
    return Response(turn_as_json(turn), status=status.HTTP_201_CREATED)


@extend_schema(
    operation_id="battles_turns_again",
    request=BattleAgainSerializer,
    responses={201: BattleTurnSerializer},
)
@api_view(["POST"])
def send_again(request: Request, public_id: UUID, number: int) -> Response:
    """Ask anew at this turn, with the same message or another. What followed is left aside."""
    visitor, found, body = _deed(request, public_id)
    tokens.require(body.get(tokens.FIELD), battle=found, visitor=visitor)
    message = _text(body, "message") if "message" in body else None
    turn = battles.send_again(battle=found, visitor=visitor, number=number, message=message)
    return Response(turn_as_json(turn), status=status.HTTP_201_CREATED)


@extend_schema(operation_id="battles_turns_stop", request=None, responses=BattleTurnSerializer)
@api_view(["POST"])
def stop(request: Request, public_id: UUID, number: int) -> Response:
    """Let the replies of this turn end with what they have by now; it is settled in a moment."""
    visitor = _visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    return Response(turn_as_json(battles.stop(battle=found, visitor=visitor, number=number)))


@extend_schema(
    operation_id="battles_turns_report",
    request=AnswerReportSerializer,
    responses={201: ReportedSerializer},
)
@api_view(["POST"])
def report(request: Request, public_id: UUID, number: int) -> Response:
    """Say that a reply should not have been given. Said twice of one reply, the first stands."""
    visitor, found, body = _deed(request, public_id)
    made = reports.report(
        battle=found,
        visitor=visitor,
        number=number,
        side=_text(body, "side"),
        reason=_text(body, "reason"),
        note=body.get("note", ""),
    )
    return Response(ReportedSerializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema(
    operation_id="battles_vote_create", request=BattleVerdictSerializer, responses=VotedSerializer
)
@api_view(["POST"])
def vote(request: Request, public_id: UUID) -> Response:
    """Vote once, for good. The same verdict sent again is answered the same."""
    visitor, found, body = _deed(request, public_id)
    tokens.require(body.get(tokens.FIELD), battle=found, visitor=visitor)
    cast = votes.cast(battle=found, visitor=visitor, verdict=_text(body, "verdict"))
    shown = battle_as_json(own_battle(visitor=visitor, public_id=public_id), visitor)
    return Response(shown | influence_as_json(influence_of(cast)))


@extend_schema(
    operation_id="battles_note_create", request=VoteNoteSerializer, responses={201: NotedSerializer}
)
@api_view(["POST"])
def note(request: Request, public_id: UUID) -> Response:
    """Say more of your vote: how much better, and in what. The last said holds."""
    visitor, found, body = _deed(request, public_id)
    made = notes.add_note(
        battle=found,
        visitor=visitor,
        degree=body.get("degree"),
        reasons=body.get("reasons", []),
    )
    return Response(NotedSerializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema(
    methods=["POST"], operation_id="battles_share", request=None, responses={201: SharedSerializer}
)
@extend_schema(methods=["DELETE"], operation_id="battles_share_withdraw", responses={204: None})
@api_view(["POST", "DELETE"])
def share(request: Request, public_id: UUID) -> Response:
    """A link to a finished conversation, until you withdraw it."""
    visitor = _visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    if request.method == "DELETE":
        sharing.withdraw(battle=found, visitor=visitor)
        return Response(status=status.HTTP_204_NO_CONTENT)
    made = sharing.share(battle=found, visitor=visitor)
    link = request.build_absolute_uri(reverse("shared", args=[made.public_id]))
    return Response({"id": made.public_id, "url": link}, status=status.HTTP_201_CREATED)


def _visitor(request: Request) -> Visitor:
    if not isinstance(request.user, User):
        raise TypeError("these views are for signed-in people only")
    return visitor_of_token(request.user, network=network_of(request))


def _deed(request: Request, public_id: UUID) -> tuple[Visitor, Battle, dict[str, Any]]:
    """Who does something, in which conversation of theirs, and what was sent along."""
    visitor = _visitor(request)
    return visitor, own_battle(visitor=visitor, public_id=public_id), _body(request)


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be an object")
    return request.data


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidInput.field(name, "must be a text")
    return value
