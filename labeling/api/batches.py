"""Batch draws over the API."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.batches import planning, steering
from labeling.batches.planning import estimate, plan_from
from labeling.batches.progress import progress_of, reasons_of
from labeling.models import Batch
from labeling.pages.batches import batch_for, file_of, own_batch
from projects.access import OWNERS, STAFF, membership, person
from projects.checks import an_object, yes_or_no
from projects.paging import page, page_of


class NewBatchSerializer(serializers.Serializer[Any]):
    """Which prompts, which models, how often. Empty filters are all prompts."""

    name = serializers.CharField()
    models = serializers.ListField(child=serializers.CharField(), help_text="Their names.")
    tag = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment]
    search = serializers.CharField(required=False, help_text="Text in a message.")
    unanswered = serializers.BooleanField(
        required=False, help_text="Leave out prompts that a model has answered already."
    )
    samples = serializers.IntegerField(
        min_value=1,
        max_value=planning.MOST_SAMPLES,
        required=False,
        help_text="Of each prompt, model and system prompt.",
    )
    temperature_from = serializers.FloatField(min_value=0, max_value=2, required=False)
    temperature_to = serializers.FloatField(
        min_value=0, max_value=2, required=False, help_text="Of the last sample."
    )
    max_tokens = serializers.IntegerField(
        min_value=1, max_value=planning.MOST_TOKENS, required=False
    )
    system_prompts = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="In place of the models' own; a prompt that brings one keeps it.",
    )
    seed = serializers.IntegerField(min_value=0, max_value=planning.LARGEST_SEED, required=False)
    makes = serializers.ChoiceField(
        choices=Batch.Makes.choices, required=False, help_text="Tasks made of what is drawn."
    )
    dry_run = serializers.BooleanField(required=False, help_text="Tell the estimate alone.")


class ShareSerializer(serializers.Serializer[Any]):
    model = serializers.CharField(source="model.name")
    draws = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    output_tokens_at_most = serializers.IntegerField()
    cost_at_most = serializers.DecimalField(14, 4, allow_null=True)


class EstimateSerializer(serializers.Serializer[Any]):
    """Prompt tokens are guessed from characters; a cost is of output, in US dollars, at most."""

    prompts = serializers.IntegerField()
    draws = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    output_tokens_at_most = serializers.IntegerField()
    cost_at_most = serializers.DecimalField(14, 4, allow_null=True)
    models = ShareSerializer(many=True, source="shares")


class ProgressSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    asked = serializers.IntegerField()
    cut = serializers.IntegerField(help_text="Of those done: ended by max_tokens.")
    rate = serializers.FloatField(allow_null=True, help_text="Draws a second, lately.")
    seconds_left = serializers.IntegerField(allow_null=True)


class BatchSerializer(serializers.ModelSerializer[Batch]):
    by = serializers.CharField(source="by.username", read_only=True)
    models = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields = [
            *("id", "name", "state", "note", "by", "filters", "models", "samples"),
            *("temperature_from", "temperature_to", "max_tokens", "system_prompts", "seed"),
            *("makes", "n_tasks", "output_tokens", "progress", "created_at", "finished_at"),
        ]
        read_only_fields = fields

    def get_models(self, batch: Batch) -> list[str]:
        return sorted(model.name for model in batch.language_models.all())

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, batch: Batch) -> dict[str, Any]:
        return dict(ProgressSerializer(progress_of(batch)).data)


class FailureSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    number = serializers.IntegerField()


class OneBatchSerializer(BatchSerializer):
    failures = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "failures"]
        read_only_fields = fields

    @extend_schema_field(FailureSerializer(many=True))
    def get_failures(self, batch: Batch) -> list[dict[str, Any]]:
        return [{"reason": reason, "number": number} for reason, number in reasons_of(batch)]


@extend_schema(
    methods=["POST"],
    operation_id="batches_create",
    request=NewBatchSerializer,
    responses={200: EstimateSerializer, 202: BatchSerializer},
)
@extend_schema(methods=["GET"], operation_id="batches_list", responses=page_of(BatchSerializer))
@api_view(["GET", "POST"])
def batches(request: Request, slug: str) -> Response:
    """The project's batch draws, the newest first; POST starts one, or tells what it comes to."""
    user = person(request)
    if request.method != "POST":
        project = membership(user, slug, roles=STAFF).project
        rows = project.batches.select_related("by").prefetch_related("language_models")
        return page(request, rows, BatchSerializer, ordering=("-pk",))
    project = membership(user, slug, roles=OWNERS).project
    given = dict(an_object(request.data, field="batch"))
    is_dry = yes_or_no(given.pop("dry_run", False), field="dry_run")
    plan = plan_from(given)
    if is_dry:
        return Response(EstimateSerializer(estimate(project, plan)).data)
    batch, _ = steering.start(by=user, project=project, plan=plan)
    return Response(BatchSerializer(batch).data, status=202)


@extend_schema(operation_id="batches_retrieve", responses=OneBatchSerializer)
@api_view(["GET"])
def batch(request: Request, slug: str, pk: int) -> Response:
    """One batch draw: how far it is, and why draws of it failed."""
    _, found = batch_for(person(request), slug, pk)
    return Response(OneBatchSerializer(found).data)


@extend_schema(operation_id="batches_pause", request=None, responses=BatchSerializer)
@api_view(["POST"])
def batch_pause(request: Request, slug: str, pk: int) -> Response:
    """Let what is being written end, and begin nothing more."""
    member, found = batch_for(person(request), slug, pk)
    return Response(BatchSerializer(steering.pause(by=member.user, batch=found)).data)


@extend_schema(operation_id="batches_resume", request=None, responses=BatchSerializer)
@api_view(["POST"])
def batch_resume(request: Request, slug: str, pk: int) -> Response:
    """Go on with a paused or cancelled batch from where it was."""
    member, found = batch_for(person(request), slug, pk)
    return Response(BatchSerializer(steering.resume(by=member.user, batch=found)).data)


@extend_schema(operation_id="batches_cancel", request=None, responses=BatchSerializer)
@api_view(["POST"])
def batch_cancel(request: Request, slug: str, pk: int) -> Response:
    """Draw no more of it; what is drawn stays."""
    member, found = batch_for(person(request), slug, pk)
    return Response(BatchSerializer(steering.cancel(by=member.user, batch=found)).data)


@extend_schema(operation_id="batches_retry", request=None, responses=BatchSerializer)
@api_view(["POST"])
def batch_retry(request: Request, slug: str, pk: int) -> Response:
    """Draw what failed once more."""
    member, found = batch_for(person(request), slug, pk)
    steering.try_failed_again(by=member.user, batch=found)
    found.refresh_from_db()
    return Response(BatchSerializer(found).data)


@extend_schema(
    operation_id="batches_generations",
    responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="JSON lines.")},
)
@api_view(["GET"])
def batch_generations(request: Request, pk: int) -> HttpResponseBase:
    """Everything drawn so far, a line each, with who drew it; for owners."""
    user = person(request)
    return file_of(user, own_batch(user, pk))
