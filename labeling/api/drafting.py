"""Drafts and rewritings over the API: the same domain functions as the page of a demonstration."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import MessageSerializer
from labeling.assigning import queue
from labeling.drafting import drafts, repairing
from labeling.models import Repair
from labeling.screens.drafting import told_draft, told_repair
from projects.access import person
from projects.errors import InvalidInput


class ModelDraftSerializer(serializers.Serializer[Any]):
    """A model's draft; which model wrote it is not told. Spans name it by `generation`."""

    number = serializers.IntegerField()
    turn = serializers.IntegerField(help_text="The reply it is for, counted from 0.")
    generation = serializers.IntegerField()
    state = serializers.CharField(help_text="waiting, writing, done or failed.")
    text = serializers.CharField(help_text="Empty until it is done.")
    note = serializers.CharField()


class RepairSerializer(ModelDraftSerializer):
    """An answer rewritten by a model, and what became of it."""

    complaint = serializers.CharField()
    clauses = serializers.ListField(child=serializers.CharField())
    outcome = serializers.ChoiceField(choices=Repair.Outcome.choices)


class AskedDraftsSerializer(serializers.Serializer[Any]):
    before = MessageSerializer(
        many=True,
        required=False,
        help_text="The messages after the prompt, to a user's, where a conversation goes on.",
    )


class AskedRepairSerializer(AskedDraftsSerializer):
    text = serializers.CharField(help_text="The answer as it is.")
    complaint = serializers.CharField(required=False, help_text="What is wrong; § cites a clause.")
    clauses = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Anchors of what it goes against."
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=[each.value for each in repairing.SETTLED])


@extend_schema(
    methods=["GET"], operation_id="drafts_list", responses=ModelDraftSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="drafts_draw",
    request=AskedDraftsSerializer,
    responses=ModelDraftSerializer(many=True),
)
@api_view(["GET", "POST"])
def draft_list(request: Request, pk: int) -> Response:
    """The drafts of a demonstration at work; posting asks models for more."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method == "POST":
        before = _object(request).get("before")
        drafts.draw_drafts(by=user, assignment=found, before=before)
        found = queue.assignment_for(user, pk)
    return Response([told_draft(each) for each in drafts.drafts_of(found)])


@extend_schema(methods=["GET"], operation_id="repairs_list", responses=RepairSerializer(many=True))
@extend_schema(
    methods=["POST"],
    operation_id="repairs_ask",
    request=AskedRepairSerializer,
    responses=RepairSerializer(many=True),
)
@api_view(["GET", "POST"])
def repair_list(request: Request, pk: int) -> Response:
    """The rewritings of an answer; posting asks for another by what is wrong with it."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method == "POST":
        given = _object(request)
        fields = ("text", "complaint", "clauses", "before")
        asked = {name: given[name] for name in fields if name in given}
        repairing.request_repair(by=user, assignment=found, **({"text": ""} | asked))
        found = queue.assignment_for(user, pk)
    return Response([told_repair(each) for each in repairing.repairs_of(found)])


@extend_schema(
    operation_id="repairs_settle", request=OutcomeSerializer, responses=OutcomeSerializer
)
@api_view(["PATCH"])
def repair(request: Request, pk: int, number: int) -> Response:
    """Say what became of a rewriting."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    outcome = _object(request).get("outcome")
    row = repairing.settle_repair(by=user, assignment=found, number=number, outcome=outcome)
    return Response({"outcome": row.outcome})


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return request.data
