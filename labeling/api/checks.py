"""Self-checks over the API: of one's own answer, and for a project's staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.assigning import queue
from labeling.checking.checks import ask_check, decide_claim
from labeling.checking.panel import Panel, ShownClaim, panel_of
from labeling.checking.results import Measure, Results, results_of
from labeling.checking.rules import NAMES, change_check_rules, check_rules_of
from labeling.models import Assignment, CheckClaim, CheckRules
from projects.access import STAFF, person, project_for
from projects.errors import InvalidInput, NotFound


class CheckClaimSerializer(serializers.Serializer[ShownClaim]):
    """`is_stale`: the words are no longer in the answer as it is kept."""

    id = serializers.IntegerField(source="row.pk")
    clause = serializers.CharField(source="number")
    title = serializers.CharField()
    quote = serializers.CharField(source="row.quote")
    starts_at = serializers.IntegerField(source="row.starts_at")
    problem = serializers.CharField(source="row.problem")
    severity = serializers.ChoiceField(choices=CheckClaim.Severity.choices, source="row.severity")
    state = serializers.ChoiceField(choices=CheckClaim.State.choices, source="row.state")
    reason = serializers.ChoiceField(
        choices=CheckClaim.Reason.choices, source="row.reason", allow_blank=True
    )
    is_stale = serializers.BooleanField()


class ChecksSerializer(serializers.Serializer[Panel]):
    """`is_on` is false where chance left the check out of this task."""

    is_on = serializers.BooleanField()
    n_left = serializers.IntegerField()
    is_waiting = serializers.BooleanField()
    said = serializers.CharField(allow_blank=True)
    claims = CheckClaimSerializer(many=True)


class CheckedSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    turns = serializers.ListField(child=serializers.DictField(), required=False)


class DecisionSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=CheckClaim.State.choices)
    reason = serializers.ChoiceField(
        choices=CheckClaim.Reason.choices, required=False, allow_blank=True
    )


class CheckRulesSerializer(serializers.ModelSerializer[CheckRules]):
    class Meta:
        model = CheckRules
        fields = ["is_on", "model", "off_percent", "most_checks", "token_budget", "measured_since"]
        read_only_fields = fields


class CheckSettingsSerializer(serializers.Serializer[Any]):
    """Any of them; `model` is the key of a language model."""

    is_on = serializers.BooleanField(required=False)
    model = serializers.IntegerField(required=False, allow_null=True)
    off_percent = serializers.IntegerField(required=False)
    most_checks = serializers.IntegerField(required=False)
    token_budget = serializers.IntegerField(required=False)


class DifferenceSerializer(serializers.Serializer[Measure]):
    """With the check minus without it; shares from -1 to 1, times in seconds.

    `verdict` is too_few, unclear, lower or higher.
    """

    key = serializers.CharField()
    on = serializers.FloatField(source="difference.on", default=None)
    off = serializers.FloatField(source="difference.off", default=None)
    difference = serializers.FloatField(source="difference.value", default=None)
    low = serializers.FloatField(source="difference.low", default=None)
    high = serializers.FloatField(source="difference.high", default=None)
    n_on = serializers.IntegerField(source="difference.n_on", default=0)
    n_off = serializers.IntegerField(source="difference.n_off", default=0)
    # No choice field: it would be one more enumeration of the name in the schema.
    verdict = serializers.CharField(source="difference.verdict", default="too_few")


class ClauseClaimsSerializer(serializers.Serializer[Any]):
    anchor = serializers.CharField()
    n_acted = serializers.IntegerField()
    n_dismissed = serializers.IntegerField()
    n_open = serializers.IntegerField()


class CheckResultsSerializer(serializers.Serializer[Results]):
    since = serializers.DateTimeField()
    n_on = serializers.IntegerField()
    n_off = serializers.IntegerField()
    measures = DifferenceSerializer(many=True)
    clauses = ClauseClaimsSerializer(many=True)


class SelfCheckSerializer(serializers.Serializer[Any]):
    rules = CheckRulesSerializer()
    results = CheckResultsSerializer(allow_null=True)


@extend_schema(operation_id="checks_read", methods=["GET"], responses=ChecksSerializer)
@extend_schema(
    operation_id="checks_ask",
    methods=["POST"],
    request=CheckedSerializer,
    responses={201: ChecksSerializer},
)
@api_view(["GET", "POST"])
def checks(request: Request, pk: int) -> Response:
    """The checks of my answer; POST has it checked as it is sent. It is not kept as a draft."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    if request.method != "POST":
        return Response(_panel(found))
    sent = _object(request)
    written: dict[str, Any] = {name: sent[name] for name in ("text", "turns") if name in sent}
    ask_check(by=user, assignment=found, written=written)
    return Response(_panel(found, written), status=201)


@extend_schema(operation_id="claims_decide", request=DecisionSerializer, responses=ChecksSerializer)
@api_view(["POST"])
def claim(request: Request, pk: int, claim: int) -> Response:
    """Dismiss a claim, say that I acted on it, or take either back."""
    user = person(request)
    found, sent = queue.assignment_for(user, pk), _object(request)
    decide_claim(
        by=user,
        assignment=found,
        claim_id=claim,
        state=sent.get("state", ""),
        reason=sent.get("reason", ""),
    )
    return Response(_panel(found))


@extend_schema(operation_id="self_check_read", methods=["GET"], responses=SelfCheckSerializer)
@extend_schema(
    operation_id="self_check_change",
    methods=["PATCH"],
    request=CheckSettingsSerializer,
    responses=SelfCheckSerializer,
)
@api_view(["GET", "PATCH"])
def self_check(request: Request, slug: str) -> Response:
    """Whether checks are on, and whether they help. Owners may change the settings."""
    user = person(request)
    project = project_for(user, slug, roles=STAFF)
    if request.method == "PATCH":
        sent = _object(request)
        unknown = sorted(set(sent) - set(NAMES))
        if unknown or not sent:
            raise InvalidInput.field("body", f"must hold some of {', '.join(NAMES)}")
        change_check_rules(by=user, project=project, **sent)
    rules = check_rules_of(project)
    results = results_of(project, rules) if rules.pk is not None else None
    return Response(SelfCheckSerializer({"rules": rules, "results": results}).data)


def _panel(found: Assignment, written: dict[str, Any] | None = None) -> dict[str, Any]:
    panel = panel_of(found, written)
    if panel is None:
        raise NotFound("There are no checks in this project.")
    return dict(ChecksSerializer(panel).data)


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return request.data
