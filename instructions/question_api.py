"""Questions on clauses, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from instructions import questions
from instructions.models import ClauseQuestion
from projects.access import OWNERS, membership, person
from projects.errors import InvalidInput
from projects.paging import page, page_of


class QuestionSerializer(serializers.ModelSerializer[ClauseQuestion]):
    """A question on a clause. Who asked is not told."""

    guideline_version = serializers.IntegerField(source="version.number", read_only=True)

    class Meta:
        model = ClauseQuestion
        fields = [
            "id",
            "anchor",
            "guideline_version",
            "text",
            "asked_at",
            "answer",
            "answered_at",
        ]
        read_only_fields = fields


class NewQuestionSerializer(serializers.Serializer[Any]):
    """`anchor` is a clause's, as “c-4-2”."""

    anchor = serializers.CharField()
    text = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    answer = serializers.CharField()


@extend_schema(
    methods=["POST"],
    operation_id="guideline_questions_create",
    request=NewQuestionSerializer,
    responses={201: QuestionSerializer},
)
@extend_schema(
    methods=["GET"],
    operation_id="guideline_questions_list",
    responses=page_of(QuestionSerializer),
)
@api_view(["GET", "POST"])
def guideline_questions(request: Request, slug: str) -> Response:
    """Questions on the guideline with their answers, the newest first; POST asks one."""
    user = person(request)
    project = membership(user, slug).project
    if request.method != "POST":
        rows = questions.questions_of(project).order_by()
        return page(request, rows, QuestionSerializer, ordering=("-pk",))
    given = _object(request)
    asked = questions.ask(
        by=user, project=project, anchor=given.get("anchor", ""), text=given.get("text", "")
    )
    return Response(QuestionSerializer(asked).data, status=201)


@extend_schema(
    operation_id="guideline_questions_answer",
    request=AnswerSerializer,
    responses=QuestionSerializer,
)
@api_view(["POST"])
def answer(request: Request, slug: str, pk: int) -> Response:
    """Answer a question, or answer it better. For owners."""
    user = person(request)
    project = membership(user, slug, roles=OWNERS).project
    found = questions.question_in(project, pk)
    kept = questions.answer(by=user, question=found, text=_object(request).get("answer", ""))
    return Response(QuestionSerializer(kept).data)


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    return request.data
