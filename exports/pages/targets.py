"""Places that exports are sent to: an owner's settings, and what is on its way there."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from exports.models import Target, Upload
from exports.pages.access import export_and_member
from exports.snapshots.targets import add_target, give_up_target, target_for
from exports.snapshots.uploads import cancel_upload, send
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from projects.models import Membership

TEXTS = ("kind", "name", "url", "endpoint_url", "region", "key", "secret")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: HttpRequest, slug: str) -> HttpResponse:
    """POST adds one."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _page(request, member)
    given = {name: request.POST.get(name, "") for name in TEXTS}
    try:
        made = add_target(
            by=member.user,
            project=member.project,
            is_private="is_private" in request.POST,
            **given,
        )
    except TouchstoneError as error:
        return _page(request, member, refused=error)
    messages.success(request, f"Exports can be sent to {made.name} now.")
    return redirect("export-targets", slug)


@login_required
@require_POST
def target_give_up(request: HttpRequest, slug: str, public_id: UUID) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    target = member.project.export_targets.filter(public_id=public_id).first()
    if target is None:
        raise NotFound("There is no such target in this project.")
    try:
        give_up_target(by=member.user, target=target)
        messages.success(request, f"Nothing is sent to {target.name} any more.")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export-targets", slug)


@login_required
@require_POST
def export_send(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send it to a target by name, or stop an upload that is on its way."""
    found, member = export_and_member(person(request), public_id)
    action = request.POST.get("action", "")
    try:
        if action == "send":
            name = request.POST.get("target", "")
            send(by=member.user, export=found, target=target_for(member.user, found.project, name))
        elif action == "cancel":
            cancel_upload(by=member.user, upload=_upload(found.uploads, request))
        else:
            raise InvalidInput.field("action", "must be one of: send, cancel")
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("export", public_id)


def _upload(uploads: object, request: HttpRequest) -> Upload:
    try:
        public_id = UUID(request.POST.get("upload", ""))
    except ValueError:
        raise InvalidInput.field("upload", "must be the upload's id") from None
    found = uploads.select_related("export__project").filter(public_id=public_id).first()  # type: ignore[attr-defined]
    if found is None:
        raise NotFound("There is no such upload of this export.")
    return found  # type: ignore[no-any-return]


def _page(
    request: HttpRequest, member: Membership, *, refused: TouchstoneError | None = None
) -> HttpResponse:
    problems = refused.problems if isinstance(refused, InvalidInput) else ()
    kept = {name: value for name, value in request.POST.items() if name != "secret"}
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "targets": member.project.export_targets.filter(given_up_at=None)
        .select_related("by")
        .order_by("name", "pk"),
        "kinds": [(value, label, "") for value, label in Target.Kind.choices],
        "given": kept,
        "kind": kept.get("kind") or Target.Kind.FILES.value,
        "is_private": refused is None or "is_private" in kept,
        "refused": refused,
        "problems": problems,
        "wrong": {problem.field: problem.rule for problem in problems},
    }
    status = refused.status if refused else 200
    return render(request, "exports/targets.html", context, status=status)
