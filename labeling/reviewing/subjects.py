"""What a review is about: one submission, or all judgements of a disputed task."""

from collections import Counter
from dataclasses import dataclass

from labeling.models import Assignment, Comparison, Demonstration, Ranking, Task

Judgement = Demonstration | Comparison | Ranking
MODELS: dict[str, type[Judgement]] = {
    Task.Kind.DEMONSTRATION.value: Demonstration,
    Task.Kind.COMPARISON.value: Comparison,
    Task.Kind.RANKING.value: Ranking,
}


@dataclass(frozen=True)
class Subject:
    """`task` is the one that was judged, `rows` its judgements under review, oldest first.

    `order` holds response ids as they stand on the reviewer's screen: for one submission as its
    labeler saw them, for several in one order for all.
    """

    review: Task
    task: Task
    rows: list[Judgement]
    order: list[int]

    @property
    def is_adjudication(self) -> bool:
        return self.review.about_id is not None

    @property
    def row(self) -> Judgement:
        return self.rows[0]


def subject_of(review: Task) -> Subject:
    """The subject of a review task as it stands now."""
    if review.about is not None:
        rows = rows_of(review.about)
        return Subject(review=review, task=review.about, rows=rows, order=_one_order(rows))
    if review.reviewed is None:
        raise ValueError(f"task {review.pk} is no review")
    reviewed = review.reviewed
    row = current_row(reviewed)
    order = [] if isinstance(row, Demonstration) else list(reviewed.presented)
    return Subject(review=review, task=reviewed.task, rows=[row], order=order)


def current_row(assignment: Assignment) -> Judgement:
    """What stands of an assignment: its last row, or what a reviewer made of it."""
    row = submitted_row(assignment)
    while (later := getattr(row, "superseded_by", None)) is not None:
        row = later
    return row


def submitted_row(assignment: Assignment) -> Judgement:
    """The labeler's own last row."""
    rows = MODELS[assignment.task.kind]._default_manager.filter(assignment=assignment)
    return rows.select_related(*_related(assignment.task.kind)).latest("pk")


def rows_of(task: Task) -> list[Judgement]:
    """The judgements of a task's labelers that no correction supersedes, oldest first."""
    rows = MODELS[task.kind].objects.current().filter(assignment__task=task)
    return list(rows.select_related(*_related(task.kind)).order_by("pk"))


def _related(kind: str) -> list[str]:
    own = ["response"] if kind == Task.Kind.DEMONSTRATION else []
    return ["labeler", "guideline_version", "assignment", *own]


def _one_order(rows: list[Judgement]) -> list[int]:
    """By the ids of the responses: what one labeler saw left says nothing here.

    Of comparisons, the pair that was judged most often.
    """
    rankings = [row for row in rows if isinstance(row, Ranking)]
    if rankings:
        return sorted(pk for tier in rankings[0].tiers for pk in tier)
    pairs = Counter(
        (min(row.response_a_id, row.response_b_id), max(row.response_a_id, row.response_b_id))
        for row in rows
        if isinstance(row, Comparison)
    )
    by_number = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return list(by_number[0][0]) if by_number else []
