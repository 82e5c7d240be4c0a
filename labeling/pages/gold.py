"""Gold tasks: their pages for owners, and what a labeler is told after one."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from instructions.publish import current_version
from labeling.assigning import queue
from labeling.gold import making as gold_making
from labeling.gold import results as gold
from labeling.gold.files import LARGEST_FILE, LONGEST_ANSWER, LONGEST_REASON, MOST_ANSWERS
from labeling.gold.told import answered, answers_shown, expected_said
from labeling.intake.prompts import ImportRefused
from labeling.judging.rules import rules_of
from labeling.judging.told import LETTERS
from labeling.models import Assignment, Flag, Task
from labeling.pages.task_page import rendered
from labeling.quality.overview import WORDS
from projects.access import OWNERS, membership, person
from projects.errors import Conflict, InvalidInput, NotFound, TooLarge, TouchstoneError
from projects.models import Membership

PAGE = 25
PREFERENCES = [(str(value), words) for value, words in WORDS.items()]
KINDS = (Task.Kind.COMPARISON.value, Task.Kind.RANKING.value)


@login_required
@never_cache
@require_safe
def gold_list(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    return _list(request, member)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gold_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A gold task written by hand; `kind` is comparison or ranking."""
    member = membership(person(request), slug, roles=OWNERS)
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        return _form(request, member, {"kind": kind if kind in KINDS else KINDS[0]})
    try:
        item = _written(request.POST)
        gold_making.write_gold(by=member.user, project=member.project, item=item)
    except InvalidInput as error:
        return _form(request, member, _values(request.POST), refused=error)
    messages.success(request, "The gold task is in the queue, among the others.")
    return redirect("gold", slug)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gold_from(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A gold task with the answers of a task that was judged; `pk` is that task's."""
    member = membership(person(request), slug, roles=OWNERS)
    task = gold_making.judged_task(member.project, pk)
    if request.method != "POST":
        return _form(request, member, _suggested(task), of=task)
    try:
        expected = _expected(request.POST, task.kind)
        reason = request.POST.get("reason", "")
        gold_making.make_gold(by=member.user, task=task, expected=expected, reason=reason)
    except (InvalidInput, Conflict) as error:
        values = _values(request.POST) | {"kind": task.kind}
        return _form(request, member, values, of=task, refused=error)
    messages.success(request, "The gold task is in the queue, among the others.")
    return redirect("gold", slug)


@login_required
@require_POST
def gold_import(request: HttpRequest, slug: str) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise InvalidInput.field("file", "is missing: choose a JSONL file")
        data = file.read(LARGEST_FILE + 1)
        number = gold_making.import_golds(by=member.user, project=member.project, data=data)
    except (InvalidInput, TooLarge) as error:
        return _list(request, member, refused=error)
    messages.success(request, f"{number} gold task{'' if number == 1 else 's'} added.")
    return redirect("gold", slug)


@login_required
@require_POST
def gold_retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = membership(person(request), slug, roles=OWNERS)
    gold_making.retire_gold(by=member.user, gold=gold_making.gold_of(member.project, pk))
    messages.success(request, "Retired. Its results no longer count for or against anybody.")
    return redirect("gold", slug)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def gold_feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """What was expected of a gold task its labeler has judged; posting a note disputes it."""
    user = person(request)
    found = queue.assignment_for(user, pk)
    # Before it is judged nothing is looked up: the time taken would tell a gold task.
    is_judged = found.state in (Assignment.State.SUBMITTED, Assignment.State.REOPENED)
    feedback = gold.feedback_for(found) if is_judged else None
    if feedback is None:
        raise NotFound("There is nothing to be told about this task.")
    if request.method == "POST":
        gold.dispute(by=user, assignment=found, note=request.POST.get("note", ""))
        messages.success(request, "Thank you. An owner of the project reads your note.")
        return redirect("gold-feedback", pk)
    told = answered(found, feedback)
    context = {
        "assignment": found,
        "task": found.task,
        "project": found.task.project,
        "version": found.guideline_version,
        "messages_rendered": rendered(found.task.prompt.messages),
        "told": told,
        "answers": answers_shown(found.task, told.order),
    }
    return render(request, "labeling/gold_feedback.html", context)


def _list(
    request: HttpRequest, member: Membership, *, refused: TouchstoneError | None = None
) -> HttpResponse:
    project = member.project
    page = Paginator(gold_making.golds_of(project), PAGE).get_page(request.GET.get("page"))
    disputes = Flag.objects.filter(
        task__in=[each.task_id for each in page], resolved_at=None
    ).select_related("by")
    context = {
        "project": project,
        "member": member,
        "rules": rules_of(project),
        "page": page,
        "golds": [
            {
                "gold": each,
                "expected": expected_said(each.task.kind, each.expected, _order(each.task)),
                "percent": None if each.mean is None else round(100 * each.mean),
                "disputes": [flag for flag in disputes if flag.task_id == each.task_id],
            }
            for each in page
        ],
        "could_be": gold_making.could_be_gold(project),
        "refused": refused,
        "n_hidden": refused.total - len(refused.problems)
        if isinstance(refused, ImportRefused)
        else 0,
    }
    status = refused.status if refused else 200
    return render(request, "labeling/gold.html", context, status=status)


def _order(task: Task) -> list[int]:
    places = task.candidates.order_by("position").values_list("response_id", flat=True)
    return [pk for pk in places if pk is not None]


def _form(
    request: HttpRequest,
    member: Membership,
    values: Mapping[str, Any],
    *,
    of: Task | None = None,
    refused: TouchstoneError | None = None,
) -> HttpResponse:
    kind = values["kind"]
    context = {
        "project": member.project,
        "member": member,
        "values": values,
        "kind": kind,
        "of": of,
        "refused": refused,
        "preferences": PREFERENCES,
        "version": current_version(member.project),
        "longest_answer": LONGEST_ANSWER,
        "longest_reason": LONGEST_REASON,
    }
    if of is None:
        number = 2 if kind == Task.Kind.COMPARISON else MOST_ANSWERS
        context["answers"] = _blank_answers(values, number)
        context["choices"] = range(1, number + 1)
    else:
        order = [answer.pk for answer in gold_making.answers_of(of)]
        places = values.get("places", {})
        context["messages_rendered"] = rendered(of.prompt.messages)
        context["answers"] = [
            shown | {"name": str(at), "place": places.get(at)}
            for at, shown in enumerate(answers_shown(of, order))
        ]
        context["choices"] = range(1, len(order) + 1)
    status = refused.status if refused else 200
    return render(request, "labeling/gold_form.html", context, status=status)


def _blank_answers(values: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    texts, places = values.get("answers", {}), values.get("places", {})
    return [
        {
            "name": str(at),
            "label": f"Answer {LETTERS[at]}",
            "text": texts.get(at, ""),
            "place": places.get(at),
            "is_needed": at < 2,
        }
        for at in range(number)
    ]


def _written(post: QueryDict) -> dict[str, Any]:
    """The form as a line of an import; answers left blank are left out with their places."""
    kind = post.get("kind", "")
    if kind not in KINDS:
        raise InvalidInput.field("kind", f"must be one of {', '.join(KINDS)}")
    texts = [post.get(f"answer-{at}", "") for at in range(MOST_ANSWERS)]
    given = [at for at, text in enumerate(texts) if text.strip()]
    return {
        "prompt": post.get("prompt", ""),
        "answers": [texts[at] for at in given],
        "reason": post.get("reason", ""),
        **_expected(post, kind, given),
    }


def _expected(post: QueryDict, kind: str, given: list[int] | None = None) -> dict[str, Any]:
    if kind == Task.Kind.COMPARISON:
        chosen = post.getlist("preferences")
        known = {value for value, _ in PREFERENCES}
        if not set(chosen) <= known:
            raise InvalidInput.field("preferences", "must be steps of the scale")
        return {
            "preferences": [int(value) for value in chosen],
            "both_bad": "both_bad" in post,
        }
    places = _places(post)
    answers = sorted(places) if given is None else given
    missing = [at for at in answers if at not in places]
    if missing:
        raise InvalidInput.field("tiers", f"answer {missing[0] + 1} needs a place")
    tiers = [
        [position for position, at in enumerate(answers) if places[at] == place]
        for place in sorted({places[at] for at in answers})
    ]
    return {"tiers": tiers, "all_bad": "all_bad" in post}


def _places(post: QueryDict) -> dict[int, int]:
    given = {at: post.get(f"place-{at}", "") for at in range(MOST_ANSWERS)}
    return {at: int(place) for at, place in given.items() if place in "123456789" and place}


def _values(post: QueryDict) -> dict[str, Any]:
    kind = post.get("kind", "")
    return {
        "kind": kind if kind in KINDS else KINDS[0],
        "prompt": post.get("prompt", ""),
        "answers": {at: post.get(f"answer-{at}", "") for at in range(MOST_ANSWERS)},
        "places": _places(post),
        "preferences": post.getlist("preferences"),
        "both_bad": "both_bad" in post,
        "all_bad": "all_bad" in post,
        "reason": post.get("reason", ""),
    }


def _suggested(task: Task) -> dict[str, Any]:
    found = gold_making.suggested(task)
    return {
        "kind": task.kind,
        "preferences": [str(each) for each in found.get("preferences", [])],
        "both_bad": found.get("both_bad", False),
        "all_bad": found.get("all_bad", False),
        "places": {
            at: place for place, tier in enumerate(found.get("tiers", []), start=1) for at in tier
        },
        "reason": gold_making.reason_given(task),
    }
