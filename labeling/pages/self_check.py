"""Self-checks for a project's staff: whether they are on, and whether they help."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling.checking import telling
from labeling.checking.results import results_of
from labeling.checking.rules import NAMES, RANGES, change_check_rules, check_rules_of
from labeling.models import CheckRules
from projects.access import OWNERS, STAFF, membership, person, require
from projects.errors import InvalidInput
from projects.models import Membership, Role
from projects.project_views import errors_by_field
from workers.models import LanguageModel

TYPED = ("model", *RANGES)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def self_check(request: HttpRequest, slug: str) -> HttpResponse:
    """What came of it, for the staff; the settings, for owners."""
    member = membership(person(request), slug, roles=STAFF)
    if request.method != "POST":
        return _page(request, member)
    require(member, roles=OWNERS)
    values: dict[str, Any] = {name: request.POST[name] for name in TYPED if name in request.POST}
    # A box that is not ticked is not sent, so a form of boxes alone tells nothing.
    values |= {"is_on": "is_on" in request.POST} if values else {}
    try:
        if not values:
            raise InvalidInput.field("model", "is missing, and every other setting too")
        change_check_rules(by=member.user, project=member.project, **values)
    except InvalidInput as error:
        return _page(request, member, values=values, refused=error)
    messages.success(request, "Saved. It holds for tasks that are begun from now on.")
    return redirect("self-check", slug)


def _page(
    request: HttpRequest,
    member: Membership,
    *,
    values: dict[str, Any] | None = None,
    refused: InvalidInput | None = None,
) -> HttpResponse:
    project, rules = member.project, check_rules_of(member.project)
    has_begun = rules.pk is not None
    results = results_of(project, rules) if has_begun else None
    kept = {name: getattr(rules, name) for name in NAMES if name != "model"}
    context = {
        "project": project,
        "member": member,
        "is_owner": member.role == Role.OWNER,
        "rules": rules,
        "values": kept | {"model": str(rules.model_id or "")} | (values or {}),
        "errors": errors_by_field(refused),
        "models": _models(rules),
        "results": results,
    }
    if results is not None:
        context |= {
            "headline": telling.headline(results, rules.off_percent),
            "measures": telling.measure_lines(results),
            "plot": telling.plot_of(results),
            "clauses": telling.clause_lines(project, results),
        }
    return render(request, "labeling/self_check.html", context, status=400 if refused else 200)


def _models(rules: CheckRules) -> list[tuple[str, str]]:
    """Those that can be drawn from, and the one in use even if it cannot just now."""
    found = LanguageModel.objects.drawable().order_by("name", "pk").values_list("pk", "name")
    choices = [(str(pk), name) for pk, name in found]
    if rules.model is not None and str(rules.model_id) not in dict(choices):
        choices.append((str(rules.model_id), f"{rules.model.name} (switched off)"))
    return [("", "None"), *choices]
