"""Pages about a project: its beginning, its members, its settings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects import members as membering
from projects.access import OWNERS, STAFF, membership, person
from projects.errors import Conflict, InvalidInput, NotPermitted, TouchstoneError
from projects.founding import RANGES, change_settings, create_project
from projects.models import ArenaAccess, Membership, Role

SETTINGS = ("name", "description", "arena_access", *RANGES)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    user = person(request)
    if not user.is_staff:
        raise NotPermitted("Only staff may begin a project.")
    values = {name: request.POST.get(name, "") for name in ("slug", "name")}
    refused: TouchstoneError | None = None
    if request.method == "POST":
        try:
            project = create_project(by=user, owner=user, **values)
        except (InvalidInput, Conflict) as error:
            refused = error
        else:
            messages.success(request, "The project is there. Write its guideline first.")
            return redirect("guideline-edit", project.slug)
    context = {"values": values, "errors": errors_by_field(refused, default="slug")}
    return render(request, "projects/new.html", context, status=refused.status if refused else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, slug: str) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    project = member.project
    values = {name: getattr(project, name) for name in SETTINGS}
    refused: TouchstoneError | None = None
    if request.method == "POST":
        values = {name: request.POST[name] for name in SETTINGS if name in request.POST}
        try:
            if not values:
                raise InvalidInput.field("name", "is missing, and every other setting too")
            change_settings(by=user, project=project, **values)
        except InvalidInput as error:
            refused = error
        else:
            messages.success(request, "The settings are saved.")
            return redirect("project-settings", slug)
    context = {
        "project": project,
        "member": member,
        "values": values,
        "errors": errors_by_field(refused),
        "arena_choices": ArenaAccess.choices,
    }
    status = refused.status if refused else 200
    return render(request, "projects/settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """The members; POST adds somebody who has an account."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS if request.method == "POST" else STAFF)
    if request.method != "POST":
        return _members_page(request, member)
    username, role = request.POST.get("username", ""), request.POST.get("role", "")
    try:
        added = membering.add_member(by=user, project=member.project, username=username, role=role)
    except (InvalidInput, Conflict) as error:
        return _members_page(request, member, adding=error)
    messages.success(request, f"{added.user.username} is a {added.role} now.")
    return redirect("members", slug)


@login_required
@never_cache
@require_POST
def invite_person(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an account with a password that the page shows this once."""
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    try:
        invited, password = membering.invite_person(
            by=user,
            project=member.project,
            username=request.POST.get("username", ""),
            role=request.POST.get("role", ""),
            full_name=request.POST.get("full_name", ""),
        )
    except (InvalidInput, Conflict) as error:
        return _members_page(request, member, inviting=error)
    return _members_page(request, member, invited=invited, password=password)


@login_required
@require_POST
def member_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    changed = membering.change_role(
        by=user, project=member.project, member_id=pk, role=request.POST.get("role", "")
    )
    messages.success(request, f"{changed.user.username} is a {changed.role} now.")
    return redirect("members" if changed.user != user else "project", slug)


@login_required
@require_POST
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user = person(request)
    member = membership(user, slug, roles=OWNERS)
    removed = membering.remove_member(by=user, project=member.project, member_id=pk)
    messages.success(request, f"{removed.user.username} is no longer a member.")
    return redirect("home") if removed.user == user else redirect("members", slug)


def errors_by_field(refused: TouchstoneError | None, default: str = "") -> dict[str, str]:
    """What to show beside each field of a form; `default` gets what names no field."""
    if isinstance(refused, InvalidInput):
        return {problem.field: problem.rule for problem in refused.problems}
    return {default: str(refused)} if refused else {}


def _members_page(
    request: HttpRequest,
    member: Membership,
    *,
    adding: TouchstoneError | None = None,
    inviting: TouchstoneError | None = None,
    invited: Membership | None = None,
    password: str = "",
) -> HttpResponse:
    refused = adding or inviting
    context = {
        "project": member.project,
        "member": member,
        "is_owner": member.role == Role.OWNER,
        "memberships": member.project.memberships.select_related("user").order_by(
            "user__username", "pk"
        ),
        "roles": Role.choices,
        "values": request.POST,
        "adding_errors": errors_by_field(adding, default="username"),
        "inviting_errors": errors_by_field(inviting, default="username"),
        "invited": invited,
        "password": password,
    }
    status = refused.status if refused else 200
    return render(request, "projects/members.html", context, status=status)
