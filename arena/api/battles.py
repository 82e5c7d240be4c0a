"""Battles, votes and boards over the API: the same domain functions as the pages."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from arena.access import arena_project, board_project, own_battle
from arena.battling import battles, votes
from arena.boards import standings
from arena.boards.downloads import as_json
from arena.models import Battle, Turn, Verdict
from arena.visitors import Visitor, visitor_of_token
from projects.errors import InvalidInput
from projects.models import User
from workers.models import LanguageModel


class BattleMessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(max_length=battles.LONGEST_MESSAGE)


class BattleVerdictSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Verdict.choices)


class BattleTurnSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    message = serializers.CharField()
    state = serializers.ChoiceField(choices=Turn.State.choices)
    reply_a = serializers.CharField()
    reply_b = serializers.CharField()


class RevealedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    is_open = serializers.BooleanField()


class BattleSerializer(serializers.Serializer[Any]):
    """`verdict`, `model_a` and `model_b` are null before the vote."""

    id = serializers.UUIDField()
    project = serializers.SlugField()
    turns = BattleTurnSerializer(many=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True)
    model_a = RevealedSerializer(allow_null=True)
    model_b = RevealedSerializer(allow_null=True)


class StandingSerializer(serializers.Serializer[Any]):
    upper_rank = serializers.IntegerField()
    lower_rank = serializers.IntegerField()
    model = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    is_open = serializers.BooleanField()
    rating = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    votes = serializers.IntegerField()
    wins = serializers.IntegerField()
    losses = serializers.IntegerField()
    ties = serializers.IntegerField()
    online_elo = serializers.FloatField(allow_null=True)
    component = serializers.IntegerField()
    is_provisional = serializers.BooleanField()
    same_weights_as = serializers.ListField(child=serializers.CharField())


BOARD = inline_serializer(
    "Leaderboard",
    {
        "project": serializers.SlugField(),
        "name": serializers.CharField(),
        "cut_off_at": serializers.DateTimeField(),
        "votes": serializers.IntegerField(),
        "digest": serializers.CharField(),
        "method": serializers.DictField(),
        "is_regularised": serializers.BooleanField(),
        "components": serializers.IntegerField(),
        "provisional_below": serializers.IntegerField(),
        "standings": StandingSerializer(many=True),
    },
)


@extend_schema(
    operation_id="battles_create",
    request=BattleMessageSerializer,
    responses={201: BattleSerializer},
)
@api_view(["POST"])
def start(request: Request, slug: str) -> Response:
    """Begin a battle. Its replies are being written; ask for the battle until they are."""
    visitor = _visitor(request)
    project = arena_project(slug=slug, user=visitor.user)
    battle = battles.start(project=project, visitor=visitor, message=_field(request, "message"))
    return Response(_battle(battle), status=status.HTTP_201_CREATED)


@extend_schema(operation_id="battles_retrieve", responses=BattleSerializer)
@api_view(["GET"])
def battle(request: Request, public_id: UUID) -> Response:
    """A battle of yours. Who the two models are is told after the vote."""
    return Response(_battle(own_battle(visitor=_visitor(request), public_id=public_id)))


@extend_schema(
    operation_id="battles_turns_create",
    request=BattleMessageSerializer,
    responses={201: BattleTurnSerializer},
)
@api_view(["POST"])
def add_turn(request: Request, public_id: UUID) -> Response:
    """Go on with the conversation before the vote."""
    visitor = _visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    turn = battles.add_turn(battle=found, visitor=visitor, message=_field(request, "message"))
    return Response(_turn(turn), status=status.HTTP_201_CREATED)


@extend_schema(
    operation_id="battles_vote_create", request=BattleVerdictSerializer, responses=BattleSerializer
)
@api_view(["POST"])
def vote(request: Request, public_id: UUID) -> Response:
    """Vote once, for good. The same verdict sent again is answered the same."""
    visitor = _visitor(request)
    found = own_battle(visitor=visitor, public_id=public_id)
    votes.cast(battle=found, visitor=visitor, verdict=_field(request, "verdict"))
    return Response(_battle(own_battle(visitor=visitor, public_id=public_id)))


@extend_schema(operation_id="leaderboards_retrieve", responses=BOARD)
@api_view(["GET"])
@permission_classes([AllowAny])
def leaderboard(request: Request, slug: str) -> Response:
    """A project's board, as of the last vote. Open to anyone where the arena is."""
    user = None if isinstance(request.user, AnonymousUser) else request.user
    project = board_project(slug=slug, user=user)
    return Response(as_json(project=project, board=standings.current(project=project)))


def _visitor(request: Request) -> Visitor:
    if not isinstance(request.user, User):
        raise TypeError("these views are for signed-in people only")
    return visitor_of_token(request.user)


def _field(request: Request, name: str) -> str:
    value = request.data.get(name) if isinstance(request.data, dict) else None
    if not isinstance(value, str):
        raise InvalidInput.field(name, "must be a text")
    return value


def _battle(found: Battle) -> dict[str, Any]:
    is_voted = found.is_voted
    return {
        "id": found.public_id,
        "project": found.project.slug,
        "turns": [_turn(turn) for turn in found.turns.order_by("number")],
        "verdict": found.vote.verdict if is_voted else None,
        "model_a": _model(found.model_a) if is_voted else None,
        "model_b": _model(found.model_b) if is_voted else None,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "number": turn.number,
        "message": turn.message,
        "state": turn.state,
        "reply_a": turn.reply_a,
        "reply_b": turn.reply_b,
    }


def _model(model: LanguageModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "organisation": model.organisation,
        "licence": model.licence,
        "is_open": model.is_open,
    }
