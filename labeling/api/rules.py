"""The rules of judging over the API, for whoever labels with a program of their own."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.judging.rules import criteria_of, rules_of
from labeling.models import Criterion, WorkRules
from projects.access import person, project_for


class RulesSerializer(serializers.ModelSerializer[WorkRules]):
    """What a judgement may and must say here. How gold and review work is the owner's matter."""

    class Meta:
        model = WorkRules
        fields = [
            "scale",
            "safety_flags",
            "justify_always",
            "justify_strong",
            "justify_disputed",
            "demonstrations_go_on",
            "daily_cap",
            "idle_seconds",
        ]
        read_only_fields = fields


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    class Meta:
        model = Criterion
        fields = ["key", "name", "description", "form", "is_required"]
        read_only_fields = fields


@extend_schema(operation_id="rules_read", responses=RulesSerializer)
@api_view(["GET"])
def rules(request: Request, slug: str) -> Response:
    """The rules that judgements are checked against."""
    return Response(RulesSerializer(rules_of(project_for(person(request), slug))).data)


@extend_schema(operation_id="criteria_list", responses=CriterionSerializer(many=True))
@api_view(["GET"])
def criteria(request: Request, slug: str) -> Response:
    """What is marked in a comparison beside the preference, in order."""
    found = criteria_of(project_for(person(request), slug))
    return Response(CriterionSerializer(found, many=True).data)
