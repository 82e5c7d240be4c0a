"""Leaderboards over the API, by the same parameters as the pages.

`board` is a named board's address; or else `category`, `language`, `style=1`, `open=1` and
`every=1` (each vote as one, whatever it weighs) narrow the main one; `votes` is the fewest to be
listed.
"""

from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from arena.access import board_project, is_member
from arena.boards import dump, feeds, histories, naming, standings, tables
from arena.boards.downloads import as_json
from arena.pages.board_address import Asked, read
from projects.models import Project, User
from projects.sending import FileStream


class StandingSerializer(serializers.Serializer[Any]):
    upper_rank = serializers.IntegerField()
    lower_rank = serializers.IntegerField()
    sure_upper_rank = serializers.IntegerField(allow_null=True)
    sure_lower_rank = serializers.IntegerField(allow_null=True)
    model = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    is_open = serializers.BooleanField()
    price = serializers.FloatField(allow_null=True)
    size = serializers.FloatField(allow_null=True)
    rating = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    votes = serializers.IntegerField()
    weight = serializers.FloatField(allow_null=True)
    wins = serializers.IntegerField(allow_null=True)
    losses = serializers.IntegerField(allow_null=True)
    ties = serializers.IntegerField(allow_null=True)
    both_bad = serializers.IntegerField(allow_null=True)
    average_win_rate = serializers.FloatField(allow_null=True)
    online_elo = serializers.FloatField(allow_null=True)
    component = serializers.IntegerField()
    is_provisional = serializers.BooleanField()
    same_weights_as = serializers.ListField(child=serializers.CharField())


class LeaderboardSerializer(serializers.Serializer[Any]):
    project = serializers.SlugField()
    name = serializers.CharField()
    board = serializers.CharField()
    cut_off_at = serializers.DateTimeField()
    frozen_at = serializers.DateTimeField(allow_null=True)
    votes = serializers.IntegerField()
    weight = serializers.FloatField()
    digest = serializers.CharField()
    method = serializers.DictField()
    is_regularised = serializers.BooleanField()
    converged = serializers.BooleanField()
    components = serializers.IntegerField()
    provisional_below = serializers.IntegerField()
    listed_from = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())
    standings = StandingSerializer(many=True)
    unlisted = serializers.ListField(child=serializers.DictField())
    style_effects = serializers.ListField(child=serializers.DictField())
    removal = serializers.DictField(allow_null=True)


class NamedBoardSerializer(serializers.Serializer[Any]):
    board = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField()


class WinRatesSerializer(serializers.Serializer[Any]):
    models = serializers.ListField(child=serializers.CharField())
    observed = serializers.ListField(child=serializers.ListField())
    predicted = serializers.ListField(child=serializers.ListField())
    n_votes = serializers.ListField(child=serializers.ListField())


class CategoriesSerializer(serializers.Serializer[Any]):
    models = serializers.ListField(child=serializers.CharField())
    categories = serializers.ListField(child=serializers.DictField())
    cells = serializers.ListField(child=serializers.ListField())


class HistorySerializer(serializers.Serializer[Any]):
    days = serializers.ListField(child=serializers.DateField())
    lines = serializers.ListField(child=serializers.DictField())


class ChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(["new", "rose", "fell", "leads"])
    model = serializers.CharField()
    rank_before = serializers.IntegerField(allow_null=True)
    rank_after = serializers.IntegerField()
    rating_before = serializers.FloatField(allow_null=True)
    rating_after = serializers.FloatField()
    n_votes = serializers.IntegerField()


BOARD = OpenApiParameter("board", str, description="The address of a named board.")
FILTERS = [
    BOARD,
    *(
        OpenApiParameter(name, str)
        for name in ("category", "language", "style", "open", "every", "votes")
    ),
]


@extend_schema(
    operation_id="leaderboards_retrieve", parameters=FILTERS, responses=LeaderboardSerializer
)
@api_view(["GET"])
@permission_classes([AllowAny])
def leaderboard(request: Request, slug: str) -> Response:
    """A project's board, as of the last vote. Open to anyone where the arena is."""
    project, asked = _asked(request, slug)
    board = standings.current(project=project, selection=asked.selection)
    return Response(as_json(project=project, board=board))


@extend_schema(operation_id="leaderboards_boards_list", responses=NamedBoardSerializer(many=True))
@api_view(["GET"])
@permission_classes([AllowAny])
def boards(request: Request, slug: str) -> Response:
    """The named boards of a project that you may see."""
    project, user = _project(request, slug)
    found = naming.boards_of(project, public_only=not is_member(project=project, user=user))
    return Response(
        [{"board": one.slug, "name": one.name, "description": one.description} for one in found]
    )


@extend_schema(
    operation_id="leaderboards_rates_retrieve", parameters=FILTERS, responses=WinRatesSerializer
)
@api_view(["GET"])
@permission_classes([AllowAny])
def win_rates(request: Request, slug: str) -> Response:
    """How often each model won against each other, and how often the ratings say it would."""
    project, asked = _asked(request, slug)
    return Response(asdict(tables.win_rates(project=project, selection=asked.selection)))


@extend_schema(
    operation_id="leaderboards_categories_retrieve",
    parameters=FILTERS,
    responses=CategoriesSerializer,
)
@api_view(["GET"])
@permission_classes([AllowAny])
def categories(request: Request, slug: str) -> Response:
    """How each model stands in each category."""
    project, asked = _asked(request, slug)
    return Response(asdict(tables.by_category(project=project, selection=asked.selection)))


@extend_schema(
    operation_id="leaderboards_history_retrieve", parameters=FILTERS, responses=HistorySerializer
)
@api_view(["GET"])
@permission_classes([AllowAny])
def history(request: Request, slug: str) -> Response:
    """Ratings after each day with votes, or after longer spans where there are many days."""
    project, asked = _asked(request, slug)
    return Response(asdict(histories.history(project=project, selection=asked.selection)))


@extend_schema(
    operation_id="leaderboards_changes_list",
    parameters=[BOARD],
    responses=ChangeSerializer(many=True),
)
@api_view(["GET"])
@permission_classes([AllowAny])
def changes(request: Request, slug: str) -> Response:
    """Who is new, rose, fell or leads, the latest first."""
    project, asked = _asked(request, slug)
    named = asked.board.slug if asked.board else ""
    return Response([asdict(one) for one in feeds.changes(project=project, board=named)])


@extend_schema(
    operation_id="leaderboards_votes_retrieve",
    parameters=[BOARD],
    responses={(200, "application/gzip"): OpenApiTypes.BINARY},
)
@api_view(["GET"])
@permission_classes([AllowAny])
def votes(request: Request, slug: str) -> FileResponse:
    """The votes behind a board as gzipped JSON lines, without texts; `manage.py rate --from FILE`
    gives the board again."""
    project, asked = _asked(request, slug)
    path = dump.file_of(project=project, board=asked.board)
    return FileStream(path.open("rb"), content_type="application/gzip")


def _asked(request: Request, slug: str) -> tuple[Project, Asked]:
    project, user = _project(request, slug)
    member = is_member(project=project, user=user)
    return project, read(request.GET, project=project, is_member=member)


def _project(request: Request, slug: str) -> tuple[Project, User | None]:
    user = None if isinstance(request.user, AnonymousUser) else request.user
    return board_project(slug=slug, user=user), user
