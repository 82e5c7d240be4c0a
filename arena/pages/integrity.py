"""Where owners see what is doubted about votes, and have the last word on it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.access import arena_project
from arena.battling import challenge
from arena.integrity import flags, freezing
from arena.integrity.overview import SHORT, evidence_of, overview, reasons, turns_of
from arena.models import Vote, VoteFlag
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TouchstoneError
from projects.models import Membership, User

PAGE_SIZE = 25
LIFTED = "lifted"


@login_required
@never_cache
@require_safe
def integrity(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, membership(person(request), slug, roles=OWNERS))


@login_required
@require_POST
def integrity_freeze(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    try:
        freezing.freeze(
            by=member.user,
            project=member.project,
            why=request.POST.get("why", ""),
            good_until=timezone.now(),
        )
    except InvalidInput as error:
        return _page(request, member, error)
    messages.success(request, "The board stands still. Votes go on being counted.")
    return redirect("integrity", slug)


@login_required
@require_POST
def integrity_unfreeze(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    try:
        freezing.unfreeze(by=member.user, project=member.project, why=request.POST.get("why", ""))
    except (InvalidInput, Conflict) as error:
        return _page(request, member, error)
    messages.success(request, "The board goes on, with every vote since.")
    return redirect("integrity", slug)


@login_required
@never_cache
@require_safe
def integrity_votes(request: HttpRequest, slug: str) -> HttpResponse:
    """The votes that are doubted, by reason."""
    member = membership(person(request), slug, roles=OWNERS)
    only = request.GET.get("only", "")
    reason = only if only in VoteFlag.Reason.values else ""
    is_lifted = only == LIFTED
    found = flags.flagged_votes(project=member.project, reason=reason, lifted=is_lifted)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "page": page,
        "rows": [
            {"vote": vote, "flags": [_badge(flag) for flag in vote.flags.all()]} for vote in page
        ],
        "reasons": reasons(project=member.project),
        "chosen": LIFTED if is_lifted else reason,
        "query": f"&only={only}" if reason or is_lifted else "",
    }
    return render(request, "arena/integrity/votes.html", context)


@login_required
@never_cache
@require_safe
def integrity_vote(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    return _vote_page(request, member, _vote(member, pk))


@login_required
@require_POST
def vote_set_aside(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    vote = _vote(member, pk)
    try:
        flags.set_aside(by=member.user, vote=vote, why=request.POST.get("why", ""))
    except (InvalidInput, Conflict) as error:
        return _vote_page(request, member, vote, error)
    messages.success(request, "The vote is set aside. It weighs nothing from now on.")
    return redirect("integrity-vote", slug, pk)


@login_required
@require_POST
def vote_flag_lift(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Lift a reason from this vote, or from all votes of its voter."""
    member = membership(person(request), slug, roles=OWNERS)
    vote, reason = _vote(member, pk), request.POST.get("reason", "")
    try:
        n_lifted = _lift(request, member.user, vote, reason)
    except (InvalidInput, Conflict) as error:
        return _vote_page(request, member, vote, error, reason)
    votes = "the vote counts" if n_lifted == 1 else f"{n_lifted} votes count"
    messages.success(request, f"Lifted. Unless another reason stands, {votes} again.")
    return redirect("integrity-vote", slug, pk)


@never_cache
@require_safe
def arena_challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """A calculation for the browser, where one is asked before a battle."""
    user = request.user if isinstance(request.user, User) else None
    return JsonResponse(challenge.fresh(project=arena_project(slug=slug, user=user)))


def _lift(request: HttpRequest, by: User, vote: Vote, reason: str) -> int:
    why = request.POST.get("why", "")
    if reason not in VoteFlag.Reason.values:
        raise InvalidInput.field("reason", "must be one of the vote's flags")
    if "all" in request.POST:
        return flags.lift_reason(by=by, vote=vote, reason=reason, why=why)
    flag = vote.flags.filter(reason=reason, lifted_at=None).first()
    if flag is None:
        raise Conflict("This flag was lifted already.")
    flags.lift(by=by, flag=flag, why=why)
    return 1


def _vote(member: Membership, pk: int) -> Vote:
    found = (
        Vote.objects.select_related("project", "battle__model_a", "battle__model_b", "user")
        .filter(project=member.project, pk=pk, counted__isnull=False)
        .first()
    )
    if found is None:
        raise NotFound("There is no such vote in this arena.")
    return found


def _page(
    request: HttpRequest, member: Membership, refused: TouchstoneError | None = None
) -> HttpResponse:
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "overview": overview(project=member.project),
        "why_limit": freezing.WHY_LIMIT,
        "typed": request.POST.get("why", ""),
        "refused": _told(refused),
    }
    status = refused.status if refused else 200
    return render(request, "arena/integrity/overview.html", context, status=status)


def _vote_page(
    request: HttpRequest,
    member: Membership,
    vote: Vote,
    refused: TouchstoneError | None = None,
    reason: str = "",
) -> HttpResponse:
    others = Vote.objects.filter(project=member.project, voter=vote.voter).exclude(voter="")
    found = list(vote.flags.select_related("by", "lifted_by").order_by("pk"))
    context: dict[str, Any] = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "vote": vote,
        "turns": turns_of(vote),
        "standing": [_shown(flag) for flag in found if flag.lifted_at is None],
        "lifted": [_shown(flag) for flag in found if flag.lifted_at is not None],
        "is_set_aside": any(f.reason == "manual" and f.lifted_at is None for f in found),
        "n_of_voter": others.count(),
        "weight": vote.counted.weight,
        "why_limit": flags.WHY_LIMIT,
        "typed": request.POST.get("why", ""),
        "refused": _told(refused),
        "refused_reason": reason,
    }
    status = refused.status if refused else 200
    return render(request, "arena/integrity/vote.html", context, status=status)


def _told(refused: TouchstoneError | None) -> str:
    if isinstance(refused, InvalidInput):
        rules = "; ".join(problem.rule for problem in refused.problems)
        return f"The reason {rules}."
    return str(refused) if refused else ""


def _badge(flag: VoteFlag) -> dict[str, Any]:
    short = SHORT[VoteFlag.Reason(flag.reason)]
    return {"short": short, "label": flag.get_reason_display(), "is_lifted": bool(flag.lifted_at)}


def _shown(flag: VoteFlag) -> dict[str, Any]:
    return {"flag": flag, "evidence": evidence_of(flag)}
