"""Writing a guideline's draft and publishing it as a version that never changes."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from instructions.clauses import (
    ClauseText,
    GuidelineSyntaxError,
    parse_clauses,
    render_guideline,
)
from instructions.models import Clause, Guideline, GuidelineVersion
from instructions.render import LONGEST_MARKDOWN
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, Problem
from projects.models import Project, User
from projects.text import clean_text

NOTE_LIMIT = 500
TITLE_LIMIT = 200
NUMBER_LIMIT = 20


def current_version(project: Project) -> GuidelineVersion | None:
    """The version that counts now: the last one published."""
    return versions_of(project).first()


def versions_of(project: Project) -> QuerySet[GuidelineVersion]:
    """Newest first."""
    return (
        GuidelineVersion.objects.filter(guideline__project=project)
        .select_related("published_by")
        .order_by("-number")
    )


def draft_of(project: Project) -> Guideline:
    """The guideline with its draft; an empty one that is not stored where none was begun."""
    found = Guideline.objects.filter(project=project).first()
    return found or Guideline(project=project)


def save_draft(
    *, by: User, project: Project, text: str, last_seen: datetime | None = None
) -> Guideline:
    """Keep `text` as the draft.

    With `last_seen`, the `draft_saved_at` that the writer knows of, somebody else's later change
    is a Conflict instead of being overwritten.
    """
    membership(by, project.slug, roles=OWNERS)
    text = clean_text(text, field="text", limit=LONGEST_MARKDOWN, required=False)
    with transaction.atomic():
        guideline = _locked(project)
        if last_seen is not None and guideline.draft_saved_at != last_seen:
            raise Conflict(
                "The draft was changed elsewhere. Copy your text, load the page again and put "
                "the two together."
            )
        guideline.draft = text
        guideline.draft_saved_at = timezone.now()
        guideline.save(update_fields=["draft", "draft_saved_at"])
    return guideline


def publish(*, by: User, project: Project, change_note: str) -> GuidelineVersion:
    """Make the draft the next version. Raises InvalidInput naming line and rule."""
    membership(by, project.slug, roles=OWNERS)
    note = clean_text(change_note, field="change_note", limit=NOTE_LIMIT, required=False).strip()
    with transaction.atomic():
        guideline = _locked(project)
        current = current_version(project)
        if current is not None and current.text == guideline.draft:
            raise Conflict("There is nothing to publish: the draft is the current version.")
        clauses = check(guideline.draft)
        version = GuidelineVersion.objects.create(
            guideline=guideline,
            number=(guideline.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
            text=guideline.draft,
            html=render_guideline(guideline.draft),
            change_note=note,
            published_by=by,
        )
        Clause.objects.bulk_create(_row(version, clause) for clause in clauses)
        audit.record(
            verb="guideline.published",
            by=by,
            project=project,
            subject=version,
            number=version.number,
            clauses=len(clauses),
        )
    return version


def check(text: str) -> list[ClauseText]:
    """The clauses of a guideline fit to publish, or InvalidInput."""
    try:
        clauses = parse_clauses(text)
    except GuidelineSyntaxError as error:
        raise InvalidInput(Problem("text", error.rule, line=error.line)) from error
    if not clauses:
        rule = "needs at least one clause: a numbered heading like “## 1 Be helpful {helpful}”"
        raise InvalidInput.field("text", rule)
    for clause in clauses:
        if len(clause.title) > TITLE_LIMIT or len(clause.number) > NUMBER_LIMIT:
            rule = (
                f"the heading of clause {clause.number} is too long: a title has at most "
                f"{TITLE_LIMIT} characters and a number {NUMBER_LIMIT}"
            )
            raise InvalidInput.field("text", rule)
    return clauses


def preview(text: str) -> str:
    """The draft as labelers would see it. Raises InvalidInput as `publish` does for its form."""
    text = clean_text(text, field="text", limit=LONGEST_MARKDOWN, required=False)
    try:
        return render_guideline(text)
    except GuidelineSyntaxError as error:
        raise InvalidInput(Problem("text", error.rule, line=error.line)) from error


def _locked(project: Project) -> Guideline:
    """The guideline's row, held until the transaction ends, so that versions count up singly."""
    Guideline.objects.get_or_create(project=project)
    return Guideline.objects.select_for_update().get(project=project)


def _row(version: GuidelineVersion, clause: ClauseText) -> Clause:
    return Clause(
        version=version,
        position=clause.position,
        number=clause.number,
        anchor=clause.anchor,
        title=clause.title,
        level=clause.level,
        tags=list(clause.tags),
        body=clause.body,
    )
