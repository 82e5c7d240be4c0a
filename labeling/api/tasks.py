"""A project's tasks over the API, for its staff: the list, and how one of them waits."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.assigning import listing
from labeling.assigning.changing import change_task
from labeling.assigning.listing import LOOKED_THROUGH, filters_from, number_from, task_for
from labeling.assigning.overlap import MOST_OVERLAP
from labeling.intake.prompt_files import PRIORITIES
from labeling.judging.rules import shows_names
from labeling.models import Lane, Task
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import InvalidInput
from projects.models import Role

PAGE = 100


class TaskSerializer(serializers.Serializer[Task]):
    """A task as it waits. `is_open`: another labeler may be given it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Task.Kind.choices)
    state = serializers.ChoiceField(choices=Task.State.choices)
    is_open = serializers.BooleanField()
    is_disputed = serializers.BooleanField()
    is_gold = serializers.BooleanField(source="lane.is_gold")
    priority = serializers.SerializerMethodField()
    language = serializers.CharField(source="lane.language")
    skills = serializers.ListField(child=serializers.CharField(), source="lane.skills")
    overlap = serializers.IntegerField()
    n_assigned = serializers.IntegerField()
    n_submitted = serializers.IntegerField()
    n_skipped = serializers.IntegerField()
    prompt = serializers.IntegerField(source="prompt_id")
    external_id = serializers.CharField(source="prompt.external_id")
    created_at = serializers.DateTimeField()

    def get_priority(self, task: Task) -> str:
        return Lane.Priority(task.lane.priority).label.lower()


class TasksSerializer(serializers.Serializer[Any]):
    """`next` is null at the end. With `tag` or `text` a page may hold few tasks, or none, and yet
    have a next one, as so many are looked through at a time."""

    next = serializers.URLField(allow_null=True)
    results = TaskSerializer(many=True)


class TaskChangeSerializer(serializers.Serializer[Any]):
    """What is not sent stays as it is."""

    priority = serializers.CharField(
        required=False, help_text=f"One of {', '.join(reversed(PRIORITIES))}."
    )
    language = serializers.CharField(
        required=False, help_text="As “de” or “pt-br”; empty: anybody's."
    )
    skills = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="All of them are needed."
    )
    overlap = serializers.IntegerField(
        min_value=1, max_value=MOST_OVERLAP, required=False, help_text="How many labelers."
    )


def _filter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, description=description)


FILTERS = [
    OpenApiParameter("kind", str, enum=Task.Kind.values),
    OpenApiParameter("state", str, enum=Task.State.values),
    OpenApiParameter("priority", str, enum=list(PRIORITIES)),
    _filter("language", "Tasks that name this language."),
    _filter("skill", "Tasks that need this skill."),
    _filter("tag", "Tasks whose prompt has this tag."),
    _filter("text", "Tasks whose prompt holds this text, or has it as its external id."),
    OpenApiParameter("labeler", int, description="Tasks that this person was given."),
    OpenApiParameter("disputed", str, enum=["1"], description="Tasks that labelers disagree on."),
    OpenApiParameter("before", int, description="Tasks below this id; `next` has it."),
]


@extend_schema(
    operation_id="tasks_list",
    parameters=FILTERS,
    responses=TasksSerializer,
    description=f"The newest first, {PAGE} a page. A tag or a text is looked for among "
    f"{LOOKED_THROUGH:,} tasks at a time. Gold tasks are listed for owners alone.",
)
@api_view(["GET"])
def tasks(request: Request, slug: str) -> Response:
    member = membership(person(request), slug, roles=STAFF)
    given = request.query_params
    filters, before = filters_from(given), number_from(given, "before")
    if filters.labeler is not None and not shows_names(member):
        raise InvalidInput.field("labeler", "is not shown to reviewers in this project")
    is_owner = member.role == Role.OWNER
    found = listing.find(member.project, filters, most=PAGE, before=before, with_gold=is_owner)
    following = None
    if found.following is not None:
        query = given.copy()
        query["before"] = str(found.following)
        following = request.build_absolute_uri(f"?{query.urlencode()}")
    rows = [TaskSerializer(task).data for task in listing.in_order(found.pks)]
    return Response({"next": following, "results": rows})


@extend_schema(methods=["GET"], operation_id="tasks_read", responses=TaskSerializer)
@extend_schema(
    methods=["PATCH"],
    operation_id="tasks_change",
    request=TaskChangeSerializer,
    responses=TaskSerializer,
)
@api_view(["GET", "PATCH"])
def task(request: Request, slug: str, pk: int) -> Response:
    """One task; PATCH changes how it waits and for how many."""
    roles = STAFF if request.method == "GET" else OWNERS
    member = membership(person(request), slug, roles=roles)
    found = task_for(member, pk)
    if request.method == "PATCH":
        found = change_task(by=member.user, task=found, **_changes(request))
    return Response(TaskSerializer(found).data)


def _changes(request: Request) -> dict[str, Any]:
    """The fields that were sent; one that says nothing is refused, not passed over."""
    if not isinstance(request.data, dict):
        raise InvalidInput.field("body", "must be a JSON object")
    names = ("priority", "language", "skills", "overlap")
    given = {name: request.data[name] for name in names if name in request.data}
    for name, value in given.items():
        if value is None:
            raise InvalidInput.field(name, "must not be null; leave it out to keep it")
    return given
