"""Levels of autonomy over the API, for a project's owners."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.autonomy.changing import RANGES, change_autonomy
from labeling.autonomy.levels import LEVELS
from labeling.autonomy.standing import KindStanding, Place, changes_of, standing_of
from labeling.models import AutonomyChange
from projects.access import OWNERS, membership, person
from projects.checks import an_object
from projects.errors import InvalidInput
from projects.models import Project

GIVEN = ("level", "judge", *RANGES)


class PlaceSerializer(serializers.Serializer[Place]):
    """One level. `agreeing` of `n` audited comparisons, with the interval's bounds; null where
    the level asks for none."""

    level = serializers.IntegerField(source="step.level")
    name = serializers.CharField(source="step.name")
    is_open = serializers.BooleanField()
    words = serializers.CharField()
    n = serializers.IntegerField(source="agreed.n", allow_null=True, default=None)
    agreeing = serializers.IntegerField(source="agreed.agreeing", allow_null=True, default=None)
    low = serializers.FloatField(source="agreed.low", allow_null=True, default=None)
    high = serializers.FloatField(source="agreed.high", allow_null=True, default=None)


class KindStandingSerializer(serializers.Serializer[KindStanding]):
    kind = serializers.CharField()
    level = serializers.IntegerField()
    judge = serializers.IntegerField(source="row.judge_id", allow_null=True)
    bar_percent = serializers.IntegerField(source="row.bar_percent")
    fewest = serializers.IntegerField(source="row.fewest")
    audit_percent = serializers.IntegerField(source="row.audit_percent")
    sure_percent = serializers.IntegerField(source="row.sure_percent")
    levels = PlaceSerializer(many=True, source="places")


class AutonomyChangeSerializer(serializers.ModelSerializer[AutonomyChange]):
    by = serializers.CharField(source="by.username", allow_null=True, default=None)

    class Meta:
        model = AutonomyChange
        fields = [
            *("kind", "from_level", "to_level", "cause", "reason", "figures", "by", "created_at"),
        ]
        read_only_fields = fields


class AutonomySerializer(serializers.Serializer[Any]):
    kinds = KindStandingSerializer(many=True)
    changes = AutonomyChangeSerializer(many=True)


class NewLevelSerializer(serializers.Serializer[Any]):
    """What is not sent stays as it is. `judge` is the key of one of the project's judges."""

    kind = serializers.ChoiceField(choices=list(LEVELS))
    level = serializers.IntegerField(required=False, min_value=1, max_value=5)
    judge = serializers.IntegerField(required=False)
    bar_percent = serializers.IntegerField(required=False)
    fewest = serializers.IntegerField(required=False)
    audit_percent = serializers.IntegerField(required=False)
    sure_percent = serializers.IntegerField(required=False)


@extend_schema(methods=["GET"], operation_id="autonomy_retrieve", responses=AutonomySerializer)
@extend_schema(
    methods=["POST"],
    operation_id="autonomy_set",
    request=NewLevelSerializer,
    responses=AutonomySerializer,
)
@api_view(["GET", "POST"])
def autonomy(request: Request, slug: str) -> Response:
    """Every kind's level, what each level asks for, and the changes; POST sets one kind's."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method == "POST":
        data = an_object(request.data, field="body")
        given = {name: data[name] for name in GIVEN if name in data}
        if not given:
            raise InvalidInput.field("level", "is missing")
        change_autonomy(by=member.user, project=member.project, kind=data.get("kind"), **given)
    return Response(_told(member.project))


def _told(project: Project) -> dict[str, Any]:
    found = {"kinds": standing_of(project), "changes": changes_of(project)}
    return dict(AutonomySerializer(found).data)
