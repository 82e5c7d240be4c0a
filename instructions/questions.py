"""Questions on clauses, and the owner's answers, which everybody sees beside the clause."""

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from instructions.models import Clause, ClauseQuestion, Guideline
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound, TooMany
from projects.models import Project, User
from projects.text import clean_text

TEXT_LIMIT = 4_000
ANCHOR_LIMIT = 40
MOST_OPEN = 30
"""Questions that one person may have waiting in a project."""


def ask(
    *, by: User, project: Project, anchor: str, text: str, version: int | None = None
) -> ClauseQuestion:
    """Ask on a clause: of version `version`, else of the newest version that has it.

    Who sends the same question again, as a second click does, gets the first one.
    """
    membership(by, project.slug)
    anchor = clean_text(anchor, field="anchor", limit=ANCHOR_LIMIT)
    text = clean_text(text, field="text", limit=TEXT_LIMIT).strip()
    clause = clause_at(project, anchor, version=version)
    with transaction.atomic():
        guideline = Guideline.objects.select_for_update().get(project=project)
        mine = ClauseQuestion.objects.filter(
            guideline=guideline, asked_by=by, answered_at=None, hidden_at=None
        )
        same = mine.filter(anchor=anchor, text=text).first()
        if same is not None:
            return same
        if mine.count() >= MOST_OPEN:
            raise TooMany(f"{MOST_OPEN} of your questions wait for an answer. Ask again later.")
        question = ClauseQuestion.objects.create(
            guideline=guideline, version=clause.version, anchor=anchor, text=text, asked_by=by
        )
        audit.record(verb="question.asked", by=by, project=project, subject=question, anchor=anchor)
    return question


def answer(*, by: User, question: ClauseQuestion, text: str) -> ClauseQuestion:
    """Answer, or answer better: the last answer is the one that is shown."""
    project = question.guideline.project
    membership(by, project.slug, roles=OWNERS)
    text = clean_text(text, field="answer", limit=TEXT_LIMIT).strip()
    with transaction.atomic():
        question = _locked(question)
        question.answer, question.answered_by = text, by
        question.answered_at = timezone.now()
        question.save(update_fields=["answer", "answered_by", "answered_at"])
        audit.record(verb="question.answered", by=by, project=project, subject=question, text=text)
    return question


def hide(*, by: User, question: ClauseQuestion) -> ClauseQuestion:
    """Take a question with its answer out of sight: a doubled or mistaken one."""
    return _set_hidden(by, question, is_hidden=True)


def show(*, by: User, question: ClauseQuestion) -> ClauseQuestion:
    """Bring a hidden one back."""
    return _set_hidden(by, question, is_hidden=False)


def open_questions(project: Project) -> int:
    """How many questions wait for an owner."""
    return ClauseQuestion.objects.filter(
        guideline__project=project, answered_at=None, hidden_at=None
    ).count()


def questions_of(project: Project, *, with_hidden: bool = False) -> QuerySet[ClauseQuestion]:
    """Those without an answer first and the oldest of them on top; then the last answered."""
    rows = ClauseQuestion.objects.filter(guideline__project=project)
    if not with_hidden:
        rows = rows.filter(hidden_at=None)
    return rows.select_related("asked_by", "answered_by", "version").order_by(
        F("answered_at").desc(nulls_first=True), "asked_at", "pk"
    )


def question_in(project: Project, pk: int) -> ClauseQuestion:
    found = (
        ClauseQuestion.objects.select_related("guideline__project", "version")
        .filter(guideline__project=project, pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("There is no such question.")
    return found


def clause_at(project: Project, anchor: str, *, version: int | None = None) -> Clause:
    """The clause that a reader means. Raises InvalidInput where no version has it."""
    wanted: dict[str, Any] = {} if version is None else {"version__number": version}
    found = (
        Clause.objects.select_related("version")
        .filter(version__guideline__project=project, anchor=anchor, **wanted)
        .order_by("-version__number")
        .first()
    )
    if found is None:
        raise InvalidInput.field("anchor", "is no clause of this guideline")
    return found


def _set_hidden(by: User, question: ClauseQuestion, *, is_hidden: bool) -> ClauseQuestion:
    project = question.guideline.project
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        question = _locked(question)
        if (question.hidden_at is not None) == is_hidden:
            raise Conflict(f"The question is {'hidden' if is_hidden else 'shown'} already.")
        question.hidden_at = timezone.now() if is_hidden else None
        question.save(update_fields=["hidden_at"])
        verb = "question.hidden" if is_hidden else "question.shown"
        audit.record(verb=verb, by=by, project=project, subject=question)
    return question


def _locked(question: ClauseQuestion) -> ClauseQuestion:
    return ClauseQuestion.objects.select_for_update().get(pk=question.pk)
