"""What the API takes and gives of the work: tasks out, judgements in."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling import models
from labeling.autonomy.presenting import proposed_to
from labeling.judging.drafts import CHOICES
from labeling.judging.guards import FEWEST_RANKED, HIGHEST_MARK, MOST_RANKED
from labeling.judging.told import preference_in
from labeling.reviewing.subjects import Judgement, subject_of
from projects.prepared import Prepared

# On the path of every task: Django REST framework takes longer to look its fields up, anew for each
# answer, than the answer takes otherwise. Those classes therefore say what they give by hand.
_TIME = serializers.DateTimeField()
# The level stands with the texts, as a statement of its own would be one more for every task.
_TEXTS = Prepared(
    """
    SELECT response.id, response.text, COALESCE((
        SELECT level FROM labeling_autonomy WHERE project_id = %s AND kind = 'comparison'), 0)
    FROM labeling_response response WHERE response.id = ANY (%s::bigint[])
    """
)


class MessageSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=["system", "user", "assistant"])
    content = serializers.CharField()


class PromptSerializer(serializers.ModelSerializer[models.Prompt]):
    messages = MessageSerializer(many=True, read_only=True)

    class Meta:
        model = models.Prompt
        fields = ["id", "external_id", "messages", "tags", "language", "source", "created_at"]
        read_only_fields = fields

    def to_representation(self, instance: models.Prompt) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "external_id": instance.external_id,
            "messages": [
                {"role": message["role"], "content": message["content"]}
                for message in instance.messages
            ],
            "tags": instance.tags,
            "language": instance.language,
            "source": instance.source,
            "created_at": _TIME.to_representation(instance.created_at),
        }


class AskedSerializer(serializers.Serializer[models.Prompt]):
    """A prompt as its labeler is asked it. What it is called, where and when it came from may tell
    a gold task from the others, so none of that is here."""

    messages = MessageSerializer(many=True)
    language = serializers.CharField()

    def to_representation(self, instance: models.Prompt) -> dict[str, Any]:
        return {"messages": instance.messages, "language": instance.language}


class KindSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=models.Task.Kind.choices)


class CandidateSerializer(serializers.Serializer[Any]):
    """One answer as it stands before the labeler. In a comparison place 0 is side a."""

    place = serializers.IntegerField(min_value=0, max_value=MOST_RANKED - 1)
    side = serializers.ChoiceField(choices=["a", "b"], required=False)
    text = serializers.CharField()


class JudgementShownSerializer(serializers.Serializer[Any]):
    """What is reviewed, without its author; sides and places as in `candidates`."""

    text = serializers.CharField(required=False)
    turns = MessageSerializer(many=True, required=False, allow_null=True)
    preference = serializers.IntegerField(required=False, allow_null=True)
    both_bad = serializers.BooleanField(required=False)
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), required=False
    )
    all_bad = serializers.BooleanField(required=False)
    marks = serializers.DictField(required=False)
    flags = serializers.DictField(required=False)
    justification = serializers.CharField(required=False)


class ReviewShownSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=models.Task.Kind.choices)
    cause = serializers.ChoiceField(choices=models.Task.Cause.choices)
    is_adjudication = serializers.BooleanField()
    clauses = serializers.ListField(child=serializers.CharField())
    judgements = JudgementShownSerializer(many=True)


class ProposedSerializer(serializers.Serializer[Any]):
    """What a model proposes: the side it takes, and what confirming it submits as preference."""

    side = serializers.ChoiceField(choices=models.JudgeVerdict.Side.choices)
    preference = serializers.IntegerField()
    confidence = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()


class AssignmentSerializer(serializers.Serializer[models.Assignment]):
    """A task in hand. Who wrote the candidates is not told. `review` is there in reviews only,
    `proposal` only where a model's is to be confirmed or overruled."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=models.Task.Kind.choices, source="task.kind")
    state = serializers.ChoiceField(choices=models.Assignment.State.choices)
    prompt = AskedSerializer(source="task.prompt")
    candidates = CandidateSerializer(many=True)
    guideline_version = serializers.IntegerField(source="guideline_version.number")
    is_disputed = serializers.BooleanField(source="task.is_disputed")
    draft = serializers.DictField()
    active_seconds = serializers.FloatField()
    leased_until = serializers.DateTimeField()
    review = ReviewShownSerializer(required=False)
    proposal = ProposedSerializer(required=False)

    def to_representation(self, instance: models.Assignment) -> dict[str, Any]:
        order, review = list(instance.presented), None
        if instance.task.kind == models.Task.Kind.REVIEW:
            order, review = _under_review(instance.task)
        candidates, level = _candidates(
            order, is_pair=_is_pair(instance, review), project_id=instance.task.project_id
        )
        shown = {
            "id": instance.pk,
            "kind": instance.task.kind,
            "state": instance.state,
            "prompt": AskedSerializer(instance.task.prompt).data,
            "candidates": candidates,
            "guideline_version": instance.guideline_version.number,
            "is_disputed": instance.task.is_disputed,
            "draft": instance.draft,
            "active_seconds": instance.active_seconds,
            "leased_until": _TIME.to_representation(instance.leased_until),
        }
        proposal = proposed_to(instance, level=level)
        if proposal is not None:
            shown["proposal"] = ProposedSerializer(proposal).data
        return shown | ({"review": review} if review else {})


class ActivitySerializer(serializers.Serializer[Any]):
    """Time at work since the task was opened, and how the text came in. Both optional.

    `evidence` holds numbers of characters and the pastes: `{"typed": 410, "pasted": 96, "bulk":
    0, "pastes": [{"field": "text", "at_seconds": 31.5, "chars": 96, "text": "…"}]}`.
    """

    active_seconds = serializers.FloatField(min_value=0, required=False)
    evidence = serializers.DictField(required=False)


class PulseSerializer(ActivitySerializer):
    active_seconds = serializers.FloatField(min_value=0)


class MarkField(serializers.Field[Any, Any, Any, Any]):
    """A criterion's mark: `a`, `equal` or `b`; or two ratings from 0 to 4, for A and for B."""


MARKS = extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["a", "equal", "b"]},
            {
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "maximum": HIGHEST_MARK},
                "minItems": 2,
                "maxItems": 2,
            },
        ]
    }
)(MarkField)


class _WorkSerializer(ActivitySerializer):
    """The fields of every kind; which ones a kind takes is said beside them."""

    text = serializers.CharField(required=False, help_text="The answer of a demonstration.")
    turns = MessageSerializer(
        many=True,
        required=False,
        help_text="How a demonstration goes on after its answer: user, assistant, and so on.",
    )
    spans = serializers.ListField(
        child=serializers.ListField(),
        required=False,
        help_text='Who wrote the answer: ["person", length] or [generation, length, offset].',
    )
    turn_spans = serializers.ListField(
        child=serializers.ListField(allow_null=True),
        required=False,
        help_text="The same of each of `turns`; null for a user's.",
    )
    marks = serializers.DictField(
        child=MARKS(), required=False, help_text="By criterion, of a comparison."
    )
    flags = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Safety flags by side (a, b) of a comparison or by place of a ranking.",
    )
    justification = serializers.CharField(required=False)
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(min_value=0)),
        required=False,
        help_text=f"Of a ranking, {FEWEST_RANKED} to {MOST_RANKED} places, the best tier first.",
    )
    all_bad = serializers.BooleanField(required=False, help_text="Of a ranking.")
    verdict = serializers.CharField(
        required=False, help_text=f"Of a review: {', '.join(models.Review.Verdict.values)}."
    )
    reason = serializers.CharField(required=False, help_text="Of a review.")
    clauses = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Of a review: anchors."
    )
    fix = serializers.DictField(
        required=False, help_text="Of a review: how it should be, in the fields of its kind."
    )


class DraftSerializer(_WorkSerializer):
    """An unfinished judgement: the fields of its kind, as far as they are known."""

    preference = serializers.ChoiceField(
        choices=CHOICES, required=False, help_text="Of a comparison, as the page has it."
    )


class JudgementSerializer(_WorkSerializer):
    """A judgement: the fields of its kind."""

    preference = serializers.IntegerField(
        min_value=-3,
        max_value=3,
        required=False,
        allow_null=True,
        help_text="Of a comparison: -3 is A, 3 is B; on the simple scale -1, 0 or 1.",
    )
    both_bad = serializers.BooleanField(required=False, help_text="Of a comparison.")


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False)


class FlagSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=models.Flag.Reason.choices)
    note = serializers.CharField(required=False)


class SubmittedSerializer(serializers.Serializer[models.Submission]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=models.Task.Kind.choices, source="assignment.task.kind")
    assignment = serializers.IntegerField(source="assignment_id")
    guideline_version = serializers.IntegerField(source="guideline_version.number")
    supersedes = serializers.IntegerField(source="supersedes_id", allow_null=True)
    seconds = serializers.FloatField()
    active_seconds = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: models.Submission) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "kind": instance.assignment.task.kind,
            "assignment": instance.assignment_id,
            "guideline_version": instance.guideline_version.number,
            "supersedes": instance.supersedes_id,  # type: ignore[attr-defined] # on an abstract model
            "seconds": instance.seconds,
            "active_seconds": instance.active_seconds,
            "created_at": _TIME.to_representation(instance.created_at),
        }


class SubmittedAndNextSerializer(serializers.Serializer[Any]):
    """`next` is null where there is none for me; `barrier` says why, where something hinders."""

    submitted = SubmittedSerializer()
    next = AssignmentSerializer(allow_null=True)
    barrier = serializers.CharField()


def _is_pair(assignment: models.Assignment, review: dict[str, Any] | None) -> bool:
    kind = review["kind"] if review else assignment.task.kind
    return bool(kind == models.Task.Kind.COMPARISON)


def _candidates(
    order: list[int], *, is_pair: bool, project_id: int
) -> tuple[list[dict[str, Any]], int]:
    """The answers in their order, and at which level the project compares."""
    if not order:
        return [], 0
    rows = _TEXTS.rows((project_id, list(order)))
    texts = {pk: text for pk, text, _ in rows}
    told = [
        {"place": place, **({"side": "ab"[place]} if is_pair else {}), "text": texts[pk]}
        for place, pk in enumerate(order)
    ]
    return told, rows[0][2]


def _under_review(task: models.Task) -> tuple[list[int], dict[str, Any]]:
    subject = subject_of(task)
    return subject.order, {
        "kind": subject.task.kind,
        "cause": task.cause,
        "is_adjudication": subject.is_adjudication,
        "clauses": task.clauses,
        "judgements": [_judgement(row, subject.order) for row in subject.rows],
    }


def _judgement(row: Judgement, order: list[int]) -> dict[str, Any]:
    if isinstance(row, models.Demonstration):
        return {"text": row.response.text, "turns": row.response.turns}
    if isinstance(row, models.Comparison):
        return {
            "preference": preference_in(row, order),
            "both_bad": row.both_bad,
            "justification": row.justification,
        }
    places = {pk: place for place, pk in enumerate(order)}
    return {
        "tiers": [[places[pk] for pk in tier if pk in places] for tier in row.tiers],
        "all_bad": row.all_bad,
        "justification": row.justification,
    }
