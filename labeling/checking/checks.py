"""A check from being asked for to what its labeler makes of its claims. Nothing is ever applied."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from labeling.assigning import queue
from labeling.checking.asking import Request, TooLong, request_for
from labeling.checking.reading import Claims, read_claims
from labeling.checking.relevant import relevant_clauses
from labeling.checking.rules import arm_of, check_rules_of
from labeling.judging.drafts import clean_draft
from labeling.machine.fencing import new_marker
from labeling.models import Assignment, Check, CheckArm, CheckClaim, CheckRules, Task
from projects import audit
from projects.checks import one_of
from projects.errors import Conflict, InvalidInput, NotFound, Unavailable
from projects.models import User
from workers.drawing import Draw, request_draws
from workers.models import Generation

ASKED_AT_MOST = 3
"""Times the cap: checks that could not be read do not count, but nobody asks for ever."""
SETTLED_AT_ONCE = 200
BIGGEST_KEY = 2**63 - 1
HELD = (Assignment.State.OPEN, Assignment.State.REOPENED)
Written = dict[str, Any]


def ask_check(*, by: User, assignment: Assignment, written: Any) -> Check:
    """Have the answer as it stands now checked; `written` is the draft: text, perhaps turns."""
    draft = clean_draft(written, Task.Kind.DEMONSTRATION)
    if not replies_in(draft).strip():
        raise InvalidInput.field("text", "must not be blank")
    project = assignment.task.project
    rules = check_rules_of(project)
    with transaction.atomic():
        held = queue.hold(by=by, assignment=assignment)
        if held.state not in HELD:
            raise Conflict("This task is not yours to write any more.")
        if arm_of(held) != CheckArm.Arm.ON or rules.model is None:
            raise Conflict("This task has no self-check.")
        number = _next_number(held, rules)
        request = _request(by, held, draft, rules)
        draw = Draw(
            model=rules.model,
            messages=[
                {"role": message["role"], "content": message["content"]}
                for message in request.messages
            ],
            parameters=request.parameters,
        )
        (generation,) = request_draws(
            project=project, draws=[draw], queue=Generation.Queue.INTERACTIVE
        )
        check = Check.objects.create(
            assignment=held,
            number=number,
            generation=generation,
            guideline_version=held.guideline_version,
            text=replies_in(draft),
            anchors=list(request.anchors),
        )
        audit.record(verb="check.asked", by=by, project=project, subject=check)
    return check


def n_left(assignment: Assignment, rules: CheckRules) -> int:
    """How many more checks this assignment may have."""
    asked = Check.objects.filter(assignment=assignment.pk).aggregate(
        counted=Count("pk", filter=Q(state__in=(Check.State.DRAWING, Check.State.READ))),
        all=Count("pk"),
    )
    left = rules.most_checks - int(asked["counted"])
    return max(0, min(left, ASKED_AT_MOST * rules.most_checks - int(asked["all"])))


def settle_generations(*, generation_ids: Sequence[int]) -> None:
    """Settle the checks these were drawn for; nearly every draw is for something else."""
    found = Check.objects.filter(generation__in=generation_ids, state=Check.State.DRAWING)
    for generation_id in found.order_by("pk").values_list("generation_id", flat=True):
        settle(generation_id=generation_id)


def settle(*, generation_id: int) -> None:
    """Read what was drawn for a check, once. Idempotent."""
    with transaction.atomic():
        checks = Check.objects.select_for_update(of=("self",)).select_related("generation")
        check = checks.filter(generation=generation_id, state=Check.State.DRAWING).first()
        if check is None or not check.generation.is_finished:
            return
        claims = _claims(check)
        if claims is not None:
            CheckClaim.objects.bulk_create(
                CheckClaim(
                    checked=check,
                    position=position,
                    anchor=claim.anchor,
                    quote=claim.quote,
                    starts_at=claim.starts_at,
                    problem=claim.problem,
                    severity=claim.severity,
                )
                for position, claim in enumerate(claims.kept)
            )
            check.state, check.n_dropped = Check.State.READ, min(claims.n_dropped, 1_000)
        elif check.generation.state == Generation.State.DONE:
            check.state = Check.State.UNREADABLE
        else:
            check.state = Check.State.FAILED
        check.settled_at = timezone.now()
        check.save(update_fields=["state", "n_dropped", "settled_at"])


def settle_overdue() -> int:
    """Settle what finished without anybody having been told; returns how many there were."""
    finished = (Generation.State.DONE, Generation.State.FAILED)
    waiting = Check.objects.filter(state=Check.State.DRAWING, generation__state__in=finished)
    found = list(waiting.order_by("pk").values_list("generation_id", flat=True)[:SETTLED_AT_ONCE])
    for generation_id in found:
        settle(generation_id=generation_id)
    return len(found)


def decide_claim(
    *, by: User, assignment: Assignment, claim_id: int, state: Any, reason: Any = ""
) -> CheckClaim:
    """Dismiss a claim, say that it was acted on, or take either back. The answer stays as it is."""
    state = one_of(state, CheckClaim.State.values, field="state")
    reason = one_of(reason or "", ["", *CheckClaim.Reason.values], field="reason")
    if reason and state != CheckClaim.State.DISMISSED:
        raise InvalidInput.field("reason", "is for dismissing only")
    with transaction.atomic():
        held = queue.hold(by=by, assignment=assignment)
        claims = CheckClaim.objects.filter(checked__assignment=held.pk)
        claim = claims.filter(pk=claim_id).first() if 0 <= claim_id <= BIGGEST_KEY else None
        if claim is None:
            raise NotFound("There is no such claim about your answer.")
        if held.state not in HELD:
            raise Conflict("This task is not yours to write any more.")
        if (claim.state, claim.reason) == (state, reason):
            return claim
        before, claim.state, claim.reason = claim.state, state, reason
        claim.decided_at = None if state == CheckClaim.State.OPEN else timezone.now()
        claim.save(update_fields=["state", "reason", "decided_at"])
        audit.record(
            verb="claim.decided",
            by=by,
            project=assignment.task.project,
            subject=claim,
            before=before,
            after=state,
            reason=reason,
        )
    return claim


def replies_in(draft: Mapping[str, Any]) -> str:
    """All that was written as the assistant, as a check reads it."""
    replies = [turn["content"] for turn in draft.get("turns") or [] if turn["role"] == "assistant"]
    return "\n\n".join([draft.get("text") or "", *replies])


def _next_number(held: Assignment, rules: CheckRules) -> int:
    checks = Check.objects.filter(assignment=held.pk)
    if checks.filter(state=Check.State.DRAWING).exists():
        raise Conflict("The last check is still under way.")
    if not n_left(held, rules):
        raise Conflict("This answer has had all the checks it may have.")
    return checks.count() + 1


def _request(by: User, held: Assignment, draft: Written, rules: CheckRules) -> Request:
    prompt = held.task.prompt
    clauses = relevant_clauses(
        user=by,
        project=held.task.project,
        version=held.guideline_version,
        asked="\n".join(message["content"] for message in prompt.messages),
        written=replies_in(draft),
    )
    if not clauses:
        raise Unavailable("The guideline has no numbered clause to hold an answer against.")
    answer = [{"role": "assistant", "content": draft.get("text") or ""}, *draft.get("turns", [])]
    try:
        return request_for(
            conversation=prompt.messages,
            answer=answer,
            clauses=clauses,
            marker=new_marker(),
            token_budget=rules.token_budget,
        )
    except TooLong as error:
        rule = f"is too long for the model to check: {error}"
        raise InvalidInput.field("text", rule) from error


def _claims(check: Check) -> Claims | None:
    if check.generation.state != Generation.State.DONE:
        return None
    clauses = check.guideline_version.clauses.filter(anchor__in=check.anchors)
    numbers = dict(clauses.values_list("number", "anchor"))
    return read_claims(check.generation.output, text=check.text, clauses=numbers)
