"""Model judges and proposed comparisons over the API, for a project's owners."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.machine import judges, proposals, runs, stress
from labeling.machine.card import card_of
from labeling.machine.told import measures_of
from labeling.models import Judge, JudgeVerdict, Proposal
from projects.access import OWNERS, membership, person
from projects.checks import an_object, yes_or_no
from projects.models import Membership
from projects.paging import page, page_of

NEW = ("name", "model", "reads", "token_budget", "criteria", "instruction", "follows_percent")


class JudgeSerializer(serializers.ModelSerializer[Judge]):
    model = serializers.CharField(source="model.name", read_only=True)

    class Meta:
        model = Judge
        fields = [
            *("id", "name", "model", "reads", "token_budget", "criteria", "instruction"),
            *("explains", "follows_percent", "created_at", "retired_at"),
        ]
        read_only_fields = fields


class NewJudgeSerializer(serializers.Serializer[Any]):
    """What a judge is told never changes. `model` is the key of a language model."""

    name = serializers.CharField()
    model = serializers.IntegerField()
    reads = serializers.ChoiceField(choices=Judge.Reads.choices, required=False)
    token_budget = serializers.IntegerField(required=False)
    criteria = serializers.ListField(child=serializers.CharField(), required=False)
    instruction = serializers.CharField(required=False)
    explains = serializers.BooleanField(required=False)
    follows_percent = serializers.IntegerField(required=False)


class NewRunSerializer(serializers.Serializer[Any]):
    """Which comparison tasks, the newest first, and how many pairs at most."""

    most = serializers.IntegerField()
    tag = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    judged = serializers.ChoiceField(choices=["people", "nobody"], required=False)


class JudgeRunSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="run.pk")
    state = serializers.CharField(source="run.state")
    filters = serializers.JSONField(source="run.filters")
    guideline_version = serializers.IntegerField(source="run.guideline_version.number")
    n_pairs = serializers.IntegerField(source="run.n_pairs")
    n_known = serializers.IntegerField(source="run.n_known")
    n_done = serializers.IntegerField()
    n_abstained = serializers.IntegerField()
    created_at = serializers.DateTimeField(source="run.created_at")
    ended_at = serializers.DateTimeField(source="run.ended_at", allow_null=True)


class VerdictSerializer(serializers.ModelSerializer[JudgeVerdict]):
    """`first` and `second` are responses; forward, the first stood as A."""

    guideline_version = serializers.IntegerField(source="guideline_version.number")

    class Meta:
        model = JudgeVerdict
        fields = [
            *("id", "task", "first", "second", "guideline_version", "clauses", "outcome"),
            *("abstention", "said_forward", "said_backward", "confidence", "confidence_from"),
            *("reasons", "finished_at"),
        ]
        read_only_fields = fields


class MeasureSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field of a field's name
    value = serializers.CharField()
    interval = serializers.CharField()
    n = serializers.IntegerField()
    meaning = serializers.CharField()


class CardSerializer(serializers.Serializer[Any]):
    """As on the judge's page."""

    n_asked = serializers.IntegerField()
    n_decided = serializers.IntegerField()
    n_abstained = serializers.IntegerField()
    n_judged_by_people = serializers.IntegerField()
    measures = MeasureSerializer(many=True)
    abstentions = serializers.DictField(child=serializers.IntegerField())
    talked_round = serializers.DictField(allow_null=True)


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """`probability` is the chance a task had of being chosen at all, for weighting."""

    why = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = [
            *("task", "round", "is_proposed", "is_random", "probability", "score", "parts"),
            *("why", "created_at"),
        ]
        read_only_fields = fields

    def get_why(self, row: Proposal) -> str:
        return proposals.why(row)


class ChooseSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(max_value=proposals.MOST_AT_ONCE, min_value=1)


@extend_schema(methods=["GET"], operation_id="judges_list", responses=JudgeSerializer(many=True))
@extend_schema(
    methods=["POST"],
    operation_id="judges_create",
    request=NewJudgeSerializer,
    responses={201: JudgeSerializer},
)
@api_view(["GET", "POST"])
def judge_list(request: Request, slug: str) -> Response:
    """The project's judges; POST sets one up."""
    member = _owner(request, slug)
    if request.method == "GET":
        return Response(JudgeSerializer(judges.judges_of(member.project), many=True).data)
    data = an_object(request.data, field="body")
    given = {name: data[name] for name in NEW if name in data}
    given |= {name: given.get(name) for name in ("name", "model")}
    explains = yes_or_no(data.get("explains", True), field="explains")
    made = judges.add_judge(by=member.user, project=member.project, explains=explains, **given)
    return Response(JudgeSerializer(made).data, status=201)


@extend_schema(operation_id="judges_card", responses=CardSerializer)
@api_view(["GET"])
def judge_card(request: Request, slug: str, pk: int) -> Response:
    """What is measured of a judge beside people."""
    member = _owner(request, slug)
    judge = judges.judge_of(member.project, pk)
    card, tried = card_of(judge), stress.latest_of(judge)
    turned = tried.turned if tried else None
    data = {
        "n_asked": card.n_asked,
        "n_decided": card.n_decided,
        "n_abstained": card.n_abstained,
        "n_judged_by_people": card.n_judged_by_people,
        "measures": measures_of(card),
        "abstentions": dict(card.abstentions),
        "talked_round": {"share": turned.value, "low": turned.low, "high": turned.high}
        if turned
        else None,
    }
    return Response(CardSerializer(data).data)


@extend_schema(
    methods=["GET"], operation_id="judge_runs_list", responses=JudgeRunSerializer(many=True)
)
@extend_schema(
    methods=["POST"],
    operation_id="judge_runs_create",
    request=NewRunSerializer,
    responses={201: JudgeRunSerializer},
)
@api_view(["GET", "POST"])
def judge_runs(request: Request, slug: str, pk: int) -> Response:
    """The judge's latest runs; POST has it judge tasks."""
    member = _owner(request, slug)
    judge = judges.judge_of(member.project, pk)
    if request.method == "GET":
        return Response(JudgeRunSerializer(runs.progress_of(judge), many=True).data)
    data = dict(an_object(request.data, field="body"))
    most = data.pop("most", None)
    run = runs.start_run(by=member.user, judge=judge, filters=data, most=most)
    made = next(each for each in runs.progress_of(judge) if each.run.pk == run.pk)
    return Response(JudgeRunSerializer(made).data, status=201)


@extend_schema(operation_id="judge_verdicts_list", responses=page_of(VerdictSerializer))
@api_view(["GET"])
def judge_verdicts(request: Request, slug: str, pk: int) -> Response:
    """What the judge said, the latest first."""
    member = _owner(request, slug)
    judge = judges.judge_of(member.project, pk)
    rows = JudgeVerdict.objects.filter(judge=judge, state=JudgeVerdict.State.DONE)
    rows = rows.select_related("guideline_version").defer(
        "guideline_version__text", "guideline_version__html"
    )
    return page(request, rows, VerdictSerializer, ordering=("-pk",))


@extend_schema(
    methods=["GET"], operation_id="proposals_list", responses=page_of(ProposalSerializer)
)
@extend_schema(
    methods=["POST"],
    operation_id="proposals_create",
    request=ChooseSerializer,
    responses={201: OpenApiTypes.OBJECT},
)
@api_view(["GET", "POST"])
def proposal_list(request: Request, slug: str) -> Response:
    """The comparisons chosen to come first; POST chooses more."""
    member = _owner(request, slug)
    if request.method == "GET":
        rows = Proposal.objects.filter(round__project=member.project)
        return page(request, rows, ProposalSerializer, ordering=("-pk",))
    number = an_object(request.data, field="body").get("number")
    made = proposals.propose(by=member.user, project=member.project, number=number)
    counts = {"pool": made.n_pool, "proposed": made.n_proposed, "random": made.n_random}
    return Response({"round": made.pk, **counts}, status=201)


def _owner(request: Request, slug: str) -> Membership:
    return membership(person(request), slug, roles=OWNERS)
