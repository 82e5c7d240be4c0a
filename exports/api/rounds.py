"""Rounds over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from exports.rounds import keeping
from exports.rounds.counting import Facts, facts_of
from exports.rounds.keeping import Span, spans_of
from projects.access import STAFF, person, project_for
from projects.checks import an_object
from projects.errors import InvalidInput, NotFound
from projects.models import Project


class RoundSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()
    began_at = serializers.DateTimeField(allow_null=True, help_text="Null of the first.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null of the one going on.")
    trained = serializers.CharField(help_text="The model that was trained from it, or empty.")
    judgements = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="By kind, as of a minute ago; some minutes where there are many.",
    )
    prompts = serializers.IntegerField(help_text="That were judged.")
    labelers = serializers.IntegerField()
    guideline_versions = serializers.ListField(child=serializers.IntegerField())
    models = serializers.DictField(
        child=serializers.IntegerField(), help_text="Answers that came in it, by model."
    )
    exports = serializers.ListField(child=serializers.UUIDField(), help_text="The newest first.")


class RoundsSerializer(serializers.Serializer[Any]):
    results = RoundSerializer(many=True)


class NewRoundSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="Of the next round: asked twice, it begins once.")
    name = serializers.CharField(required=False)


class RoundChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays."""

    name = serializers.CharField(required=False)
    trained = serializers.CharField(required=False, help_text="A model's name; empty for none.")


@extend_schema(
    methods=["POST"],
    operation_id="rounds_begin",
    request=NewRoundSerializer,
    responses={201: RoundSerializer},
)
@extend_schema(methods=["GET"], operation_id="rounds_list", responses=RoundsSerializer)
@api_view(["GET", "POST"])
def rounds(request: Request, slug: str) -> Response:
    """The project's rounds, from the first on; POST begins the next."""
    user = person(request)
    project = project_for(user, slug, roles=STAFF)
    if request.method == "POST":
        given = an_object(request.data, field="request")
        if unknown := given.keys() - {"number", "name"}:
            raise InvalidInput.field(str(min(unknown)), "is not known here")
        name = given.get("name", "")
        begun = keeping.begin(by=user, project=project, number=given.get("number"), name=name)
        return Response(_told(project, begun.number), status=201)
    return Response({"results": _all_told(project)})


@extend_schema(
    methods=["PATCH"],
    operation_id="rounds_change",
    request=RoundChangeSerializer,
    responses=RoundSerializer,
)
@extend_schema(methods=["DELETE"], operation_id="rounds_take_back", responses={204: None})
@extend_schema(methods=["GET"], operation_id="rounds_retrieve", responses=RoundSerializer)
@api_view(["GET", "PATCH", "DELETE"])
def one_round(request: Request, slug: str, number: int) -> Response:
    """One round. DELETE takes the newest back: what was judged in it is of the one before again."""
    user = person(request)
    project = project_for(user, slug, roles=STAFF)
    if request.method == "DELETE":
        keeping.take_back(by=user, project=project, number=number)
        return Response(status=204)
    if request.method == "PATCH":
        given = dict(an_object(request.data, field="request"))
        keeping.change(by=user, project=project, number=number, given=given)
    return Response(_told(project, number))


def _told(project: Project, number: int) -> dict[str, Any]:
    found = next((told for told in _all_told(project) if told["number"] == number), None)
    if found is None:
        raise NotFound("There is no such round.")
    return found


def _all_told(project: Project) -> list[dict[str, Any]]:
    spans = spans_of(project)
    facts = facts_of(project, spans)
    return [_one_told(span, facts[span.number]) for span in spans]


def _one_told(span: Span, facts: Facts) -> dict[str, Any]:
    trained = span.round.trained
    told = {
        "number": span.number,
        "name": span.round.name,
        "began_at": span.began_at,
        "ended_at": span.ended_at,
        "trained": trained.name if trained else "",
        "judgements": facts.judgements,
        "prompts": facts.counts.get("prompts", 0),
        "labelers": facts.counts.get("labelers", 0),
        "guideline_versions": facts.versions,
        "models": dict(facts.models),
        "exports": [export.public_id for export in facts.exports],
    }
    return dict(RoundSerializer(told).data)
