"""Who I am and where I belong, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import person
from projects.errors import NotFound
from projects.models import Membership, Role, User
from projects.paging import page, page_of


class MeSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["username", "pseudonym", "is_staff"]
        read_only_fields = fields


class MyProjectSerializer(serializers.ModelSerializer[Membership]):
    slug = serializers.CharField(source="project.slug", read_only=True)
    name = serializers.CharField(source="project.name", read_only=True)
    description = serializers.CharField(source="project.description", read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    arena_access = serializers.CharField(source="project.arena_access", read_only=True)

    class Meta:
        model = Membership
        fields = ["slug", "name", "description", "role", "arena_access"]
        read_only_fields = fields


@extend_schema(operation_id="me_retrieve", responses=MeSerializer)
@api_view(["GET"])
def me(request: Request) -> Response:
    """The person whose token this is."""
    return Response(MeSerializer(person(request)).data)


@extend_schema(operation_id="projects_list", responses=page_of(MyProjectSerializer))
@api_view(["GET"])
def projects(request: Request) -> Response:
    """My projects, with my role in each."""
    mine = Membership.objects.filter(user=person(request)).select_related("project")
    return page(request, mine, MyProjectSerializer, ordering=("pk",))


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@permission_classes([])
def unknown(request: Request, rest: str) -> Response:
    """Any other address below the API: a problem like all others, not a page."""
    raise NotFound("There is no such address in the API; the schema at /api/v1/schema/ has all.")
