"""Model judges for a project's owners: the list, setting one up, its card, its runs and tests."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions.publish import current_version
from labeling.judging.rules import criteria_of
from labeling.machine import judges, runs, stress
from labeling.machine.attacks import ATTACKS
from labeling.machine.card import card_of
from labeling.machine.charts import calibration_plot
from labeling.machine.told import Measure, measures_of
from labeling.models import Judge, JudgeVerdict
from labeling.quality.charts import interval_plot
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, TouchstoneError
from projects.models import Membership
from projects.project_views import errors_by_field

USUAL: dict[str, Any] = {
    "reads": Judge.Reads.RELEVANT,
    "token_budget": "1500",
    "follows_percent": "0",
    "explains": True,
    "criteria": [],
}
TYPED = ("name", "model", "reads", "token_budget", "instruction", "follows_percent")


@login_required
@never_cache
@require_safe
def judge_list(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    rows = [
        {"judge": judge, "card": card_of(judge), "runs": runs.progress_of(judge, most=1)}
        for judge in judges.judges_of(member.project)
    ]
    context = _of(member) | {"rows": rows, "version": current_version(member.project)}
    return render(request, "labeling/judges.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def judge_new(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        return _form(request, member, USUAL)
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in TYPED}
    values["criteria"] = request.POST.getlist("criteria")
    values["explains"] = "explains" in request.POST
    try:
        made = judges.add_judge(by=member.user, project=member.project, **values)
    except (InvalidInput, Conflict) as error:
        return _form(request, member, values, refused=error)
    messages.success(request, f"“{made.name}” is set up. Have it judge some tasks to measure it.")
    return redirect("judge", slug, made.pk)


@login_required
@never_cache
@require_safe
def judge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    return _page(request, member, judges.judge_of(member.project, pk))


@login_required
@require_POST
def judge_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """How many of the new tasks it judges; `retire` ends it."""

    def change(member: Membership, found: Judge) -> str:
        if "retire" in request.POST:
            judges.retire_judge(by=member.user, judge=found)
            return f"“{found.name}” is retired. What it said stays."
        percent = request.POST.get("follows_percent", "")
        changed = judges.change_judge(by=member.user, judge=found, follows_percent=percent)
        return f"It judges {changed.follows_percent} % of new comparisons by itself from now on."

    return _done(request, slug, pk, change)


@login_required
@require_POST
def judge_ask(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def ask(member: Membership, found: Judge) -> str:
        filters = {name: request.POST.get(name, "") for name in ("tag", "language", "judged")}
        most = request.POST.get("most", "")
        runs.start_run(by=member.user, judge=found, filters=filters, most=most)
        return "It is being asked. The card grows as its answers come in."

    return _done(request, slug, pk, ask)


@login_required
@require_POST
def judge_run_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    run = runs.run_of(member.project, pk)
    try:
        runs.cancel_run(by=member.user, run=run)
    except Conflict as error:
        return _page(request, member, run.judge, refused=error)
    messages.success(request, "Cancelled. What it had said stays.")
    return redirect("judge", slug, run.judge_id)


@login_required
@require_POST
def judge_stress(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    def begin(member: Membership, found: Judge) -> str:
        number = request.POST.get("n_attacks", "")
        stress.start_stress_test(by=member.user, judge=found, n_attacks=number)
        return "The attempts are being made. How many succeed is told below as they come in."

    return _done(request, slug, pk, begin)


@login_required
@require_POST
def judge_stress_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    test = stress.stress_test_of(member.project, pk)
    try:
        stress.cancel_stress_test(by=member.user, test=test)
    except Conflict as error:
        return _page(request, member, test.judge, refused=error)
    messages.success(request, "Cancelled.")
    return redirect("judge", slug, test.judge_id)


def _done(
    request: HttpRequest, slug: str, pk: int, deed: Callable[[Membership, Judge], str]
) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    found = judges.judge_of(member.project, pk)
    try:
        said = deed(member, found)
    except (InvalidInput, Conflict) as error:
        return _page(request, member, found, refused=error)
    messages.success(request, said)
    return redirect("judge", slug, pk)


def _form(
    request: HttpRequest,
    member: Membership,
    values: dict[str, Any],
    *,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    models = [(str(model.pk), model.name) for model in judges.models_to_judge()]
    context = _of(member) | {
        "values": values,
        "errors": errors_by_field(refused, default="name"),
        "models": models,
        "reads": Judge.Reads.choices,
        "criteria": criteria_of(member.project),
        "version": current_version(member.project),
    }
    status = refused.status if refused else 200
    return render(request, "labeling/judge_new.html", context, status=status)


def _page(
    request: HttpRequest,
    member: Membership,
    found: Judge,
    *,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    card = card_of(found)
    measures = measures_of(card)
    asked = runs.progress_of(found)
    tried = stress.latest_of(found)
    context = _of(member) | {
        "judge": found,
        "card": card,
        "measures": measures,
        "plot": _plot(measures),
        "calibrations": [(each, calibration_plot(each.bins)) for each in card.calibrations],
        "sources": dict(JudgeVerdict.Source.choices),
        "abstentions": [
            (JudgeVerdict.Abstention(reason).label, number) for reason, number in card.abstentions
        ],
        "runs": asked,
        "stress": tried,
        "n_attacks": len(ATTACKS),
        "fewest_attacks": stress.FEWEST,
        "is_waiting": any(each.is_running and not each.follows for each in asked)
        or (tried is not None and tried.is_running),
        "version": current_version(member.project),
        "judged": [(key, words.capitalize()) for key, words in runs.JUDGED.items()],
        "criteria": [c.name for c in criteria_of(member.project) if c.key in found.criteria],
        "errors": errors_by_field(refused, default="deed"),
    }
    status = refused.status if refused else 200
    return render(request, "labeling/judge.html", context, status=status)


def _plot(measures: list[Measure]) -> Any:
    drawn = [measure.measured for measure in measures if measure.measured is not None]
    return interval_plot(drawn, as_percent=True) if drawn else None


def _of(member: Membership) -> dict[str, Any]:
    return {"project": member.project, "member": member}
