"""Who may see and do what. Views begin with one of these; strangers get 404."""

from django.http import HttpRequest
from rest_framework.request import Request

from projects.compiled import Compiled
from projects.errors import NotFound, NotPermitted
from projects.models import Membership, Project, Role, User

WORKERS = frozenset({Role.OWNER, Role.REVIEWER, Role.LABELER})
STAFF = frozenset({Role.OWNER, Role.REVIEWER})
OWNERS = frozenset({Role.OWNER})
_MEMBERSHIP = Compiled(
    lambda user, slug: Membership.objects.select_related("project", "user").filter(
        user=user, project__slug=slug
    ),
    user=int,
    slug=str,
)


def person(request: HttpRequest | Request) -> User:
    """Whoever is signed in. For views behind `login_required`, whose type does not say so."""
    if not isinstance(request.user, User):
        raise NotFound("Sign in first.")
    return request.user


def membership(user: User, slug: str, *, roles: frozenset[Role] = WORKERS) -> Membership:
    """This person's membership of the project at `slug`, if its role is one of `roles`."""
    found = _MEMBERSHIP.first(user=user.pk, slug=slug)
    if found is None:
        raise NotFound("There is no such project, or you are not a member of it.")
    require(found, roles=roles)
    return found


def require(found: Membership, *, roles: frozenset[Role]) -> None:
    if found.role not in roles:
        allowed = " or ".join(sorted(role.label.lower() for role in roles))
        raise NotPermitted(f"Only an {allowed} of the project may do this.".replace("an r", "a r"))


def project_for(user: User, slug: str, *, roles: frozenset[Role] = WORKERS) -> Project:
    return membership(user, slug, roles=roles).project
