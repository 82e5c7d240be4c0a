"""Who belongs to a project, and as what. A project always keeps an owner."""

import secrets

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Membership, Project, Role, User
from projects.text import clean_text

USERNAME_LIMIT = 150
NAME_LIMIT = 150


def add_member(*, by: User | None, project: Project, username: str, role: str) -> Membership:
    """Make a person who has an account a member. `by=None` is the command line."""
    _require_owner(by, project)
    username = clean_text(username, field="username", limit=USERNAME_LIMIT).strip()
    role = _role(role)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidInput.field("username", f"nobody with an account is called “{username}”")
    return _add(by=by, project=project, user=user, role=role)


def invite_person(
    *, by: User, project: Project, username: str, role: str, full_name: str = ""
) -> tuple[Membership, str]:
    """Make an account and its membership; the password is returned this once."""
    _require_owner(by, project)
    username = clean_text(username, field="username", limit=USERNAME_LIMIT).strip()
    name = clean_text(full_name, field="full_name", limit=NAME_LIMIT, required=False).strip()
    role = _role(role)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise InvalidInput.field("username", "may hold letters, digits and @ . + - _") from error
    password = one_time_password()
    with transaction.atomic():
        if User.objects.filter(username__iexact=username).exists():
            raise InvalidInput.field("username", "is taken; add this person as a member instead")
        user = User.objects.create_user(username=username, password=password, first_name=name)
        audit.record(verb="person.created", by=by, project=project, subject=user)
        return _add(by=by, project=project, user=user, role=role), password


def change_role(*, by: User, project: Project, member_id: int, role: str) -> Membership:
    _require_owner(by, project)
    role = _role(role)
    with transaction.atomic():
        found = _locked(project, member_id)
        if found.role == role:
            return found
        if role != Role.OWNER:
            _keep_an_owner(found)
        before, found.role = found.role, role
        found.save(update_fields=["role"])
        audit.record(
            verb="member.role_changed",
            by=by,
            project=project,
            subject=found.user,
            before=before,
            after=role,
        )
    return found


def remove_member(*, by: User, project: Project, member_id: int) -> Membership:
    """Take a member away; what they wrote and judged stays."""
    _require_owner(by, project)
    with transaction.atomic():
        found = _locked(project, member_id)
        _keep_an_owner(found)
        audit.record(
            verb="member.removed", by=by, project=project, subject=found.user, role=found.role
        )
        Membership.objects.filter(pk=found.pk).delete()
    return found


def one_time_password() -> str:
    """Easy to read out and type, with 60 bits of chance."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _require_owner(by: User | None, project: Project) -> None:
    if by is not None:
        membership(by, project.slug, roles=OWNERS)


def _role(role: str) -> str:
    if role not in Role.values:
        raise InvalidInput.field("role", f"must be one of {', '.join(Role.values)}")
    return role


def _add(*, by: User | None, project: Project, user: User, role: str) -> Membership:
    with transaction.atomic():
        found, is_new = Membership.objects.get_or_create(
            project=project, user=user, defaults={"role": role}
        )
        if not is_new:
            raise Conflict(f"{user.username} is a member already, as {found.role}.")
        audit.record(verb="member.added", by=by, project=project, subject=user, role=role)
    return found


def _locked(project: Project, member_id: int) -> Membership:
    """The membership, with every owner's row held: two owners cannot both leave at once."""
    rows = list(
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(project=project)
        .order_by("pk")
    )
    for row in rows:
        if row.pk == member_id:
            return row
    raise NotFound("There is no such member.")


def _keep_an_owner(found: Membership) -> None:
    others = Membership.objects.filter(project=found.project_id, role=Role.OWNER)
    if found.role == Role.OWNER and not others.exclude(pk=found.pk).exists():
        raise Conflict("A project keeps at least one owner. Make somebody else an owner first.")
