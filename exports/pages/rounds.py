"""The project's rounds: what was judged in each, what was exported of it, what it trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena.boards.computed import BoardRow
from arena.boards.standings import current
from exports.models import Export
from exports.pages.words import KINDS
from exports.rounds import keeping
from exports.rounds.counting import Facts, facts_of
from exports.rounds.keeping import Span, spans_of
from projects.access import STAFF, membership, person
from projects.checks import number_from
from projects.errors import InvalidInput, TouchstoneError
from projects.models import Membership, Project, Role
from workers.models import LanguageModel

PAGE_SIZE = 12
SHOWN_MODELS = 12
SHOWN_EXPORTS = 6
BEGIN, CHANGE, TAKE_BACK = "begin", "change", "take_back"
TILES = (
    ("demonstration", "Demonstrations"),
    ("comparison", "Comparisons"),
    ("ranking", "Rankings"),
    ("vote", "Votes"),
    ("prompts", "Prompts"),
    ("labelers", "Labelers"),
)


@dataclass(frozen=True)
class Made:
    """An export, as a round tells of it."""

    export: Export

    @property
    def title(self) -> str:
        return KINDS[self.export.kind].title


@dataclass(frozen=True)
class Shown:
    """A round as its card shows it."""

    span: Span
    facts: Facts
    standing: BoardRow | None
    """Of the model that was trained from it, on the project's board."""
    can_go: bool
    is_wrong: bool
    """Whether what was sent about it was refused."""

    @property
    def tiles(self) -> list[tuple[str, int]]:
        counts = self.facts.counts
        return [(title, counts[name]) for name, title in TILES if counts.get(name)]

    @property
    def models(self) -> list[tuple[str, int]]:
        return self.facts.models[:SHOWN_MODELS]

    @property
    def n_models_more(self) -> int:
        return len(self.facts.models) - len(self.models)

    @property
    def exports(self) -> list[Made]:
        return [Made(export) for export in self.facts.exports[:SHOWN_EXPORTS]]

    @property
    def n_exports_more(self) -> int:
        return len(self.facts.exports) - len(self.exports)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """POST begins the next one, changes one or takes the newest back."""
    member = membership(person(request), slug, roles=STAFF)
    if request.method != "POST":
        return _page(request, member)
    try:
        messages.success(request, _steered(request, member))
    except TouchstoneError as error:
        return _page(request, member, refused=error)
    return redirect("rounds", slug)


def _steered(request: HttpRequest, member: Membership) -> str:
    post, action = request.POST, request.POST.get("action", "")
    number = number_from(post.get("number", ""), 1, keeping.MOST_ROUNDS, field="number")
    given: dict[str, Any] = {"by": member.user, "project": member.project, "number": number}
    if action == BEGIN:
        keeping.begin(**given, name=post.get("name", ""))
        return f"Round {number} goes on from now."
    if action == CHANGE:
        keeping.change(**given, given={name: post.get(name, "") for name in ("name", "trained")})
        return f"Round {number} is changed."
    if action == TAKE_BACK:
        keeping.take_back(**given)
        return f"Round {number} is taken back: what was judged in it is of round {number - 1}."
    raise InvalidInput.field("action", f"must be one of: {BEGIN}, {CHANGE}, {TAKE_BACK}")


def _page(
    request: HttpRequest, member: Membership, *, refused: TouchstoneError | None = None
) -> HttpResponse:
    spans = spans_of(member.project)
    page = Paginator(spans[::-1], PAGE_SIZE).get_page(request.GET.get("page"))
    facts, standings = facts_of(member.project, spans), _standings(member.project, spans)
    wrong = (request.POST.get("action"), request.POST.get("number")) if refused else ("", "")
    shown = [
        Shown(
            span=span,
            facts=facts[span.number],
            standing=standings.get(span.round.trained_id or 0),
            can_go=span.is_current and span.number > 1,
            is_wrong=wrong[0] != BEGIN and wrong[1] == str(span.number),
        )
        for span in page
    ]
    context = {
        "project": member.project,
        "member": member,
        "is_demo": member.project.is_demo,
        "is_owner": member.role == Role.OWNER,
        "page": page,
        "rounds": shown,
        "next": spans[-1].number + 1,
        "models": LanguageModel.objects.order_by("name").values_list("name", flat=True),
        "refused": refused,
        "is_refused_above": refused is not None and not any(each.is_wrong for each in shown),
        "problems": refused.problems if isinstance(refused, InvalidInput) else (),
        "given": request.POST,
    }
    status = refused.status if refused else 200
    return render(request, "exports/rounds.html", context, status=status)


def _standings(project: Project, spans: list[Span]) -> dict[int, BoardRow]:
    """By model; asked for only where a round has trained one."""
    if not any(span.round.trained_id for span in spans):
        return {}
    return {row.model_id: row for row in current(project=project).rows}
