"""What follows from a submission, in its own transaction: gold results, disputes, reviews."""

import secrets
from collections.abc import Iterable

from labeling.gold import results as gold
from labeling.models import Comparison, Ranking, Review, Submission, Task, WorkRules
from labeling.reviewing.asking import ask_adjudication, ask_review
from labeling.reviewing.disputes import Judged, comparisons_disputed, rankings_disputed


def submitted(row: Submission, rules: WorkRules) -> None:
    """Called once after every new judgement row.

    A demonstration or a task of one labeler costs no statement here; a task of several costs two.
    Nothing follows from what reviewers write.
    """
    task = row.assignment.task
    if isinstance(row, Review) or task.kind == Task.Kind.REVIEW:
        return
    if gold.is_gold(task):
        gold.record_result(row, rules)
        return
    if isinstance(row, Comparison | Ranking) and task.overlap > 1:
        _look_for_dispute(row, rules)
    _ask_for_review(row, rules)


def may_follow(task: Task, rules: WorkRules) -> bool:
    """Whether anything could follow from a first judgement of this task.

    Wherever gold is mixed in, of no task it is said that nothing could: the quicker way there
    would tell which ones are gold.
    """
    has_gold = bool(rules.gold_percent or rules.qualify_percent)
    return (
        task.kind == Task.Kind.REVIEW
        or gold.is_gold(task)
        or (task.kind != Task.Kind.DEMONSTRATION and (has_gold or task.overlap > 1))
        or rules.review_mode in (WorkRules.ReviewMode.ALL, WorkRules.ReviewMode.SAMPLE)
    )


def disputed(rows: Iterable[Comparison | Ranking]) -> bool:
    """Whether these judgements of one task contradict each other."""
    judgements = list(rows)
    comparisons = [
        Judged(
            side_a=row.response_a_id,
            side_b=row.response_b_id,
            preference=row.preference,
            is_simple=row.scale == Comparison.Scale.SIMPLE,
        )
        for row in judgements
        if isinstance(row, Comparison)
    ]
    rankings = [row.tiers for row in judgements if isinstance(row, Ranking)]
    return comparisons_disputed(comparisons) or rankings_disputed(rankings)


def _look_for_dispute(row: Comparison | Ranking, rules: WorkRules) -> None:
    # Locked first, so that of two who submit at once the later one sees the other's judgement.
    task = Task.objects.select_for_update().get(pk=row.assignment.task_id)
    rows: list[Comparison] | list[Ranking]
    if isinstance(row, Comparison):
        rows = list(Comparison.objects.current().filter(assignment__task=task))
    else:
        rows = list(Ranking.objects.current().filter(assignment__task=task))
    is_disputed = disputed(rows)
    if is_disputed != task.is_disputed:
        Task.objects.filter(pk=task.pk).update(is_disputed=is_disputed)
    is_settled_by_reviewers = (
        rules.review_mode == WorkRules.ReviewMode.DISPUTED
        or rules.consensus == WorkRules.Consensus.ADJUDICATED
    )
    is_complete = task.n_submitted >= task.overlap
    if is_disputed and is_complete and is_settled_by_reviewers and not task.adjudications.exists():
        ask_adjudication(by=None, task=task)


def _ask_for_review(row: Submission, rules: WorkRules) -> None:
    assignment, mode = row.assignment, rules.review_mode
    if row.supersedes is not None:
        # Corrected after a verdict: whoever gave it has not seen this.
        earlier = assignment.reviews.filter(state=Task.State.COMPLETE).order_by("-pk").first()
        cause = earlier.cause if earlier else ""
    elif mode == WorkRules.ReviewMode.ALL:
        cause = Task.Cause.ALL
    elif mode == WorkRules.ReviewMode.SAMPLE and secrets.randbelow(100) < rules.review_percent:
        cause = Task.Cause.SAMPLED
    else:
        cause = ""
    if cause:
        ask_review(by=None, project=assignment.task.project, assignments=[assignment], cause=cause)
