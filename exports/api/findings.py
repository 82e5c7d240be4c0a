"""What was found in an export and what is decided about it, over the API."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from exports.models import Export, Finding, PoisoningScan, Quarantine, SignOff
from exports.pages.access import export_for
from exports.pages.findings import N_KEPT, kept_ids
from exports.poisoning import deciding
from exports.poisoning.words import told
from projects.access import STAFF, membership, person
from projects.checks import an_object
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import User
from projects.paging import page, page_of

MOST_IDS = 5_000


class QuarantineSerializer(serializers.ModelSerializer[Quarantine]):
    by = serializers.CharField(source="by.username", read_only=True)

    class Meta:
        model = Quarantine
        fields = ["id", "by", "reason", "n_judgements", "created_at"]
        read_only_fields = fields


class ReleasedQuarantineSerializer(QuarantineSerializer):
    released_by = serializers.CharField(source="released_by.username", read_only=True)

    class Meta(QuarantineSerializer.Meta):
        fields = [
            *QuarantineSerializer.Meta.fields,
            *("released_by", "release_reason", "released_at"),
        ]
        read_only_fields = fields


class FindingSerializer(serializers.ModelSerializer[Finding]):
    sentence = serializers.SerializerMethodField(help_text="As the page of findings tells it.")
    statistics = serializers.DictField(help_text="What the sentence tells, in numbers.")
    n_kept = serializers.IntegerField(
        help_text="Records whose ids are kept: a quarantine keeps out no others."
    )
    quarantine = serializers.SerializerMethodField(help_text="Null if none is in force.")

    class Meta:
        model = Finding
        fields = [
            *("place", "kind", "severity", "sentence", "ngram", "target", "labeler"),
            *("p_value", "q_value", "statistics", "n_records", "n_kept", "quarantine"),
        ]
        read_only_fields = fields

    def get_sentence(self, finding: Finding) -> str:
        return told(
            finding.kind,
            ngram=finding.ngram,
            target=finding.target,
            labeler=finding.labeler,
            statistics=finding.statistics,
        ).sentence

    @extend_schema_field(QuarantineSerializer(allow_null=True))
    def get_quarantine(self, finding: Any) -> dict[str, Any] | None:
        in_force = finding.in_force
        return dict(QuarantineSerializer(in_force[0]).data) if in_force else None


class FindingRecordsSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.CharField(), help_text="Ids of records.")


class SignOffSerializer(serializers.ModelSerializer[SignOff]):
    by = serializers.CharField(source="by.username", read_only=True)

    class Meta:
        model = SignOff
        fields = ["by", "reason", "n_findings", "created_at"]
        read_only_fields = fields


class FindingDecisionSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=deciding.LONGEST_REASON)


class IdPages(CursorPagination):
    """Of ids that all stand in one row: a cursor is the number of those before its page."""

    # PostgreSQL counts the places of an array in 32 bits.
    offset_cutoff = 2**30

    def answer(self, request: Request, finding: Finding) -> Response:
        self.base_url = request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        first = cursor.offset if cursor else 0
        rows = Finding.objects.filter(pk=finding.pk)
        ids, n_kept = rows.values_list(kept_ids(first, MOST_IDS), N_KEPT).get()
        after, before = first + MOST_IDS, max(first - MOST_IDS, 0)
        return Response(
            {
                "next": self._link(after) if after < n_kept else None,
                "previous": self._link(before) if first else None,
                "results": ids,
            }
        )

    def _link(self, first: int) -> str:
        return str(self.encode_cursor(Cursor(offset=first, reverse=False, position=None)))


@extend_schema(operation_id="export_findings_list", responses=page_of(FindingSerializer))
@api_view(["GET"])
def findings(request: Request, public_id: UUID) -> Response:
    """What the scan for poisoning found in this export, the weightiest first. 409 while it has not
    been scanned."""
    export = export_for(person(request), public_id)
    _refuse_unscanned(export)
    in_force = Quarantine.objects.filter(released_at=None).select_related("by")
    # A finding may keep hundreds of thousands of ids.
    rows = export.findings.defer("records").annotate(n_kept=N_KEPT)
    rows = rows.prefetch_related(Prefetch("quarantines", in_force, to_attr="in_force"))
    return page(request, rows, FindingSerializer, ordering=("place", "pk"))


@extend_schema(operation_id="export_findings_records", responses=FindingRecordsSerializer)
@api_view(["GET"])
def finding_records(request: Request, public_id: UUID, place: int) -> Response:
    """Ids of the records that a finding is about, as many as are kept, 5,000 a page."""
    export = export_for(person(request), public_id)
    return IdPages().answer(request, _finding(export, place))


@extend_schema(
    operation_id="export_findings_quarantine",
    request=FindingDecisionSerializer,
    responses={201: QuarantineSerializer},
)
@api_view(["POST"])
def finding_quarantine(request: Request, public_id: UUID, place: int) -> Response:
    """Keep the judgements that a finding names out of later exports, until they are released."""
    user = person(request)
    finding = _finding(export_for(user, public_id), place)
    made = deciding.quarantine(by=user, finding=finding, reason=_reason(request))
    return Response(QuarantineSerializer(made).data, status=201)


@extend_schema(
    operation_id="quarantines_release",
    request=FindingDecisionSerializer,
    responses=ReleasedQuarantineSerializer,
)
@api_view(["POST"])
def quarantine_release(request: Request, pk: int) -> Response:
    """Let the judgements of a quarantine into later exports again."""
    user = person(request)
    quarantine = _quarantine_for(user, pk)
    released = deciding.release(by=user, quarantine=quarantine, reason=_reason(request))
    return Response(ReleasedQuarantineSerializer(released).data)


@extend_schema(
    methods=["POST"],
    operation_id="export_sign_offs_create",
    request=FindingDecisionSerializer,
    responses={201: SignOffSerializer},
)
@extend_schema(
    methods=["GET"], operation_id="export_sign_offs_list", responses=page_of(SignOffSerializer)
)
@api_view(["GET", "POST"])
def export_sign_off(request: Request, public_id: UUID) -> Response:
    """Who let this export go with what was found in it, and why; POST does so under one's name."""
    user = person(request)
    export = export_for(user, public_id)
    if request.method == "POST":
        made = deciding.sign_off(by=user, export=export, reason=_reason(request))
        return Response(SignOffSerializer(made).data, status=201)
    return page(request, export.sign_offs.select_related("by"), SignOffSerializer, ordering=("pk",))


def _refuse_unscanned(export: Export) -> None:
    if PoisoningScan.objects.filter(export=export).exists():
        return
    if deciding.gate_of(export) == "off":
        raise Conflict("This export is not scanned: its recipe leaves the scan for poisoning out.")
    raise Conflict("This export has not been scanned yet.")


def _finding(export: Export, place: int) -> Finding:
    rows = export.findings.select_related("export__project").defer("records")
    found = rows.filter(place=place).first()
    if found is None:
        raise NotFound("There is no such finding.")
    return found


def _quarantine_for(user: User, pk: int) -> Quarantine:
    rows = Quarantine.objects.select_related("project", "by")
    found = rows.filter(pk=pk, project__memberships__user=user).first()
    if found is None:
        raise NotFound("There is no such quarantine.")
    membership(user, found.project.slug, roles=STAFF)
    return found


def _reason(request: Request) -> Any:
    given = an_object(request.data, field="request")
    if unknown := given.keys() - {"reason"}:
        raise InvalidInput.field(str(min(unknown)), "is not known here")
    return given.get("reason")
