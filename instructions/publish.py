"""Writing a guideline's draft and publishing it as a version that never changes."""

from collections.abc import Iterable
from datetime import datetime

from django.db import OperationalError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from instructions.clauses import (
    LONGEST_GUIDELINE,
    ClauseText,
    GuidelineSyntaxError,
    GuidelineText,
    problems_in,
    read_guideline,
    render_guideline,
    render_text,
)
from instructions.models import Clause, Guideline, GuidelineVersion
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, InvalidInput, NotFound, Problem
from projects.models import Project, User
from projects.text import clean_text

NOTE_LIMIT = 500
TITLE_LIMIT = 200
NUMBER_LIMIT = 20


def current_version(project: Project) -> GuidelineVersion | None:
    """The version that counts now: the last one published."""
    return versions_of(project).first()


def versions_of(project: Project) -> QuerySet[GuidelineVersion]:
    """Newest first. Hundreds of pages of text and HTML are fetched only when they are asked for."""
    return (
        GuidelineVersion.objects.filter(guideline__project=project)
        .select_related("published_by")
        .defer("text", "html")
        .order_by("-number")
    )


def version_numbered(project: Project, number: int) -> GuidelineVersion:
    """The version of that number, or NotFound."""
    # A larger number does not fit the column, and PostgreSQL would say so with an error.
    found = versions_of(project).filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound("There is no such version of this guideline.")
    return found


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
    text = clean_text(text, field="text", limit=LONGEST_GUIDELINE, required=False)
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


def publish(
    *, by: User, project: Project, change_note: str, last_seen: datetime | None = None
) -> GuidelineVersion:
    """Make the draft the next version. Raises InvalidInput naming line and rule.

    With `last_seen` as in `save_draft`, so that nobody publishes what they have not seen.
    """
    membership(by, project.slug, roles=OWNERS)
    note = clean_text(change_note, field="change_note", limit=NOTE_LIMIT, required=False).strip()
    # Hundreds of pages take a second or two to render: before the lock, so that nobody's draft
    # waits for it.
    text = draft_of(project).draft
    read = check(text)
    html = render_text(read)
    with transaction.atomic():
        guideline = _locked(project)
        if guideline.draft != text or last_seen not in (None, guideline.draft_saved_at):
            raise Conflict(
                "The draft was changed meanwhile. Look at it again before you publish it."
            )
        current = current_version(project)
        if current is not None and current.text == text:
            raise Conflict("There is nothing to publish: the draft is the current version.")
        version = GuidelineVersion.objects.create(
            guideline=guideline,
            number=(guideline.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
            text=text,
            html=html,
            change_note=note,
            published_by=by,
        )
        _keep_clauses(version, read.clauses)
        audit.record(
            verb="guideline.published",
            by=by,
            project=project,
            subject=version,
            number=version.number,
            clauses=len(read.clauses),
        )
    return version


def restore(*, by: User, project: Project, number: int, last_seen: datetime) -> Guideline:
    """Make an earlier version's text the draft; publishing it makes a new version of it.

    `last_seen` as in `save_draft`, so that a draft somebody is writing is not overwritten.
    """
    membership(by, project.slug, roles=OWNERS)
    version = version_numbered(project, number)
    with transaction.atomic():
        guideline = save_draft(by=by, project=project, text=version.text, last_seen=last_seen)
        audit.record(
            verb="guideline.restored", by=by, project=project, subject=version, number=number
        )
    return guideline


def check(text: str) -> GuidelineText:
    """A guideline fit to publish, or InvalidInput."""
    try:
        read = read_guideline(text)
    except GuidelineSyntaxError as error:
        raise InvalidInput(Problem("text", error.rule, line=error.line)) from error
    clauses = read.clauses
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
    return read


def faults_of(text: str) -> list[Problem]:
    """What keeps a draft from being published, by line; a few at a time."""
    found = [Problem("text", error.rule, line=error.line) for error in problems_in(text)]
    if not found:
        try:
            check(text)
        except InvalidInput as error:
            found = list(error.problems)
    return found


def preview(text: str) -> str:
    """The draft as labelers would see it. Raises InvalidInput as `publish` does for its form."""
    text = clean_text(text, field="text", limit=LONGEST_GUIDELINE, required=False)
    try:
        return render_guideline(text)
    except GuidelineSyntaxError as error:
        raise InvalidInput(Problem("text", error.rule, line=error.line)) from error


def _locked(project: Project) -> Guideline:
    """The guideline's row, held until the transaction ends, so that versions count up singly."""
    Guideline.objects.get_or_create(project=project)
    return Guideline.objects.select_for_update().get(project=project)


def _keep_clauses(version: GuidelineVersion, clauses: Iterable[ClauseText]) -> None:
    try:
        Clause.objects.bulk_create(_row(version, clause) for clause in clauses)
    except OperationalError as error:
        # PostgreSQL indexes at most a megabyte of different words a clause.
        rule = "a clause holds too many different words to be searched; divide the longest"
        raise InvalidInput.field("text", rule) from error


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
