"""What stands between a member and the work: each gate says what to do about it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from instructions.acknowledging import must_acknowledge
from instructions.models import GuidelineVersion, Quiz
from instructions.quizzes import waiting
from labeling.gold.results import qualified
from labeling.judging.rules import rules_of
from labeling.models import Assignment, Labeler, Task, WorkRules
from projects.compiled import Compiled
from projects.errors import Conflict, NotFound
from projects.models import Membership, User
from projects.tokens import Bearer, note_use


@dataclass(frozen=True)
class Barrier:
    """Why no task of a kind may be given now, and where to go about it."""

    kind: str
    """guideline, acknowledgement, quiz, paused, daily_cap or unqualified."""
    sentence: str
    url_name: str
    url_args: tuple[str | int, ...]

    @property
    def url(self) -> str:
        return reverse(self.url_name, args=self.url_args)


class NotNow(Conflict):
    """A member may not be given work now; `barrier` says why."""

    def __init__(self, barrier: Barrier) -> None:
        self.barrier = barrier
        super().__init__(barrier.sentence)


@dataclass(frozen=True)
class Terms:
    """What decides which tasks of a kind a member may be given."""

    KINDS_WITH_GOLD: ClassVar = frozenset({Task.Kind.COMPARISON.value, Task.Kind.RANKING.value})

    member: Membership
    rules: WorkRules
    barrier: Barrier | None = None
    version_id: int | None = None
    languages: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    left_today: int | None = None
    """Submissions until the daily cap; None: no cap."""
    must_qualify: bool = False
    """Only gold tasks are given, until enough of them are done."""


def barrier(member: Membership, kind: str) -> Barrier | None:
    """Why this member may not be given work of this kind now; None where nothing hinders."""
    return terms_of(member, kind).barrier


def terms_for(by: User | Bearer, slug: str, kind: str) -> Terms:
    """As `terms_of`, for the member that this person must be. One statement where no gate needs
    a closer look; a stranger's project is not found."""
    member: Any
    if isinstance(by, Bearer):
        member = _MEMBER_BEARING.first(digest=by.digest, slug=slug, kind=kind)
        if member is not None:
            note_use(member.token_id, member.token_used_at)
    else:
        member = _MEMBER.first(user=by.pk, slug=slug, kind=kind)
        if member is not None:
            member.user = by
    if member is None:
        raise NotFound("There is no such project, or you are not a member of it.")
    return _terms(member, kind)


def terms_of(member: Membership, kind: str) -> Terms:
    return terms_for(member.user, member.project.slug, kind)


def _members(slug: str, kind: str) -> QuerySet[Membership]:
    """Members with all that the gates look at first."""
    versions = GuidelineVersion.objects.filter(guideline__project=OuterRef("project"))
    quizzes = Quiz.objects.filter(
        guideline__project=OuterRef("project"), is_active=True, kinds__contains=[kind]
    )
    as_labeler = Labeler.objects.filter(project=OuterRef("project"), user=OuterRef("user"))
    return (
        Membership.objects.filter(project__slug=slug)
        .select_related("project__work_rules", "project__guideline")
        .defer("project__guideline__draft", "project__description", "project__created_at")
        .annotate(
            # The key alone: a version's text may be hundreds of pages.
            version_id=versions.order_by("-number").values("pk")[:1],
            has_quiz=Exists(quizzes),
            is_known_as_labeler=Exists(as_labeler),
        )
    )


_MEMBER = Compiled(
    lambda user, slug, kind: _members(slug, kind).filter(user=user), user=int, slug=str, kind=str
)
_MEMBER_BEARING = Compiled(
    lambda digest, slug, kind: (
        _members(slug, kind)
        .filter(**Bearer.held_by("user", digest))
        .annotate(**Bearer.columns_of("user"))
        .select_related("user")
        .defer("user__password", "user__last_login", "user__date_joined")
    ),
    digest=str,
    slug=str,
    kind=str,
)


def _terms(member: Any, kind: str) -> Terms:
    project = member.project
    rules = rules_of(project)
    if member.version_id is None:
        return Terms(member, rules, barrier=_no_guideline(member))
    labeler = (
        Labeler.objects.filter(project=project, user=member.user).first()
        if member.is_known_as_labeler
        else None
    )
    left_today = _left_today(member, kind, rules, labeler)
    has_gold = kind in Terms.KINDS_WITH_GOLD
    is_qualified = qualified(member) if rules.qualify_percent and has_gold else True
    return Terms(
        member,
        rules,
        barrier=_paused(member, labeler)
        or _to_acknowledge(member)
        or (_quiz_to_pass(member, kind) if member.has_quiz else None)
        or _capped(member, left_today)
        or _unqualified(member, is_qualified),
        version_id=member.version_id,
        languages=labeler.languages if labeler else [],
        skills=labeler.skills if labeler else [],
        left_today=left_today,
        must_qualify=is_qualified is None,
    )


def _no_guideline(member: Membership) -> Barrier:
    return Barrier(
        kind="guideline",
        sentence="This project has no published guideline yet. Its owner writes and publishes "
        "one; then there is something to judge by.",
        url_name="guideline",
        url_args=(member.project.slug,),
    )


def _paused(member: Membership, labeler: Labeler | None) -> Barrier | None:
    if labeler is None or labeler.paused_at is None:
        return None
    reason = f" {labeler.pause_reason}" if labeler.pause_reason else ""
    return Barrier(
        kind="paused",
        sentence=f"Your work in this project is paused.{reason} Somebody will look at it with "
        "you and lift the pause.",
        url_name="my-scorecard",
        url_args=(member.project.slug,),
    )


def _to_acknowledge(member: Membership) -> Barrier | None:
    if not member.project.guideline.requires_acknowledgement:
        return None
    if not must_acknowledge(user=member.user, project=member.project):
        return None
    return Barrier(
        kind="acknowledgement",
        sentence="The guideline changed. Read what is new and confirm it; then your work goes on.",
        url_name="guideline",
        url_args=(member.project.slug,),
    )


def _quiz_to_pass(member: Membership, kind: str) -> Barrier | None:
    quizzes = waiting(user=member.user, project=member.project, kind=kind)
    if not quizzes:
        return None
    return Barrier(
        kind="quiz",
        sentence=f"Pass the quiz “{quizzes[0].title}” first; it is about the guideline.",
        url_name="quizzes",
        url_args=(member.project.slug,),
    )


def _left_today(
    member: Membership, kind: str, rules: WorkRules, labeler: Labeler | None
) -> int | None:
    """How many submissions are left of this local day's; reviews are not counted."""
    cap = rules.daily_cap if labeler is None or labeler.daily_cap is None else labeler.daily_cap
    if not cap or kind == Task.Kind.REVIEW:
        return None
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    done = Assignment.objects.filter(
        labeler=member.user_id,
        state__in=(Assignment.State.SUBMITTED, Assignment.State.REOPENED),
        ended_at__gte=midnight,
        task__project=member.project_id,
    ).exclude(task__kind=Task.Kind.REVIEW)
    return max(0, cap - done.count())


def _capped(member: Membership, left_today: int | None) -> Barrier | None:
    if left_today != 0:
        return None
    return Barrier(
        kind="daily_cap",
        sentence="You have done as many tasks today as this project allows. There is more "
        "tomorrow.",
        url_name="project",
        url_args=(member.project.slug,),
    )


def _unqualified(member: Membership, is_qualified: bool | None) -> Barrier | None:
    if is_qualified is not False:
        return None
    return Barrier(
        kind="unqualified",
        sentence="The first tasks of this project let people in, and yours came out below what "
        "it asks for. Its owner can give you another try.",
        url_name="my-scorecard",
        url_args=(member.project.slug,),
    )
