"""Who has read what the guideline's versions changed, and what a reader has yet to read."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from instructions.models import Acknowledgement, Guideline, GuidelineVersion
from instructions.publish import current_version, versions_of
from instructions.versions import Outline, outline
from projects import audit
from projects.access import OWNERS, membership
from projects.errors import Conflict, NotFound
from projects.models import Membership, Project, User


@dataclass(frozen=True, slots=True)
class ChangesForReader:
    """What somebody has not confirmed yet."""

    version: GuidelineVersion
    """The one that counts now."""
    since: GuidelineVersion | None
    """The last one they know; None for the guideline as a whole."""
    is_required: bool
    """Whether their work waits for it."""
    outline: Outline | None
    """What changed since then, in counts and names; None for the guideline as a whole."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A member, and the last version that they confirmed."""

    member: Membership
    number: int | None
    at: datetime | None
    is_current: bool


def must_acknowledge(*, user: User, project: Project) -> bool:
    """Whether this person's work waits until they confirm the current version. One query."""
    newest = (
        GuidelineVersion.objects.filter(guideline=OuterRef("guideline"))
        .order_by("-number")
        .values("pk")[:1]
    )
    confirmed = Acknowledgement.objects.filter(version=OuterRef("pk"), user=user)
    return (
        GuidelineVersion.objects.filter(
            guideline__project=project, guideline__requires_acknowledgement=True, pk=newest
        )
        .exclude(published_by=user)
        .exclude(Exists(confirmed))
        .exists()
    )


def changes_for(
    *, user: User, project: Project, last_worked: GuidelineVersion | None = None
) -> ChangesForReader | None:
    """What this member should read before going on; None where there is nothing.

    They know the last version they confirmed or published and the one they began with; a caller
    that knows the version they `last_worked` by says so. The newest of these is compared with the
    current one. Where confirming is required, only a confirmed one is known.
    """
    version = current_version(project)
    if version is None:
        return None
    is_required = must_acknowledge(user=user, project=project)
    since = _confirmed(user, project)
    if not is_required:
        since = _newest(since, last_worked, *_met(user, project))
        if since is None or since.number >= version.number:
            return None
    found = outline(since, version) if since else None
    if found is not None and not found.n_changed and not is_required:
        return None
    return ChangesForReader(version=version, since=since, is_required=is_required, outline=found)


def acknowledge(*, by: User, project: Project, number: int) -> Acknowledgement:
    """Confirm the current version, which `number` names so that no unread one is confirmed."""
    membership(by, project.slug)
    with transaction.atomic():
        version = current_version(project)
        if version is None:
            raise NotFound("This project has no published guideline yet.")
        if version.number != number:
            raise Conflict("A newer version was published meanwhile. Read what it changed.")
        row, is_new = Acknowledgement.objects.get_or_create(version=version, user=by)
        if is_new:
            audit.record(
                verb="guideline.acknowledged",
                by=by,
                project=project,
                subject=version,
                number=version.number,
            )
    return row


def require_acknowledgement(*, by: User, project: Project, is_required: bool) -> Guideline:
    """Whether work waits until its labeler has confirmed the current version."""
    membership(by, project.slug, roles=OWNERS)
    with transaction.atomic():
        Guideline.objects.get_or_create(project=project)
        guideline = Guideline.objects.select_for_update().get(project=project)
        if guideline.requires_acknowledgement != is_required:
            guideline.requires_acknowledgement = is_required
            guideline.save(update_fields=["requires_acknowledgement"])
            audit.record(
                verb="guideline.acknowledgement_required"
                if is_required
                else "guideline.acknowledgement_optional",
                by=by,
                project=project,
                subject=guideline,
            )
    return guideline


def readers(project: Project) -> list[Reader]:
    """Every member with what they confirmed last; those who have not the current one first."""
    current = current_version(project)
    rows = (
        Acknowledgement.objects.filter(version__guideline__project=project)
        .order_by("user_id", "-version__number")
        .distinct("user_id")
        .values_list("user_id", "version__number", "created_at")
    )
    last = {user: (number, at) for user, number, at in rows}
    found = []
    for member in (
        Membership.objects.filter(project=project)
        .select_related("user")
        .order_by("user__username", "pk")
    ):
        number, at = last.get(member.user_id, (None, None))
        is_current = current is not None and (
            number == current.number or current.published_by_id == member.user_id
        )
        found.append(Reader(member=member, number=number, at=at, is_current=is_current))
    return sorted(found, key=lambda reader: reader.is_current)


def who_has_not(project: Project) -> list[User]:
    """The members who have not confirmed the current version."""
    return [reader.member.user for reader in readers(project) if not reader.is_current]


def _confirmed(user: User, project: Project) -> GuidelineVersion | None:
    return versions_of(project).filter(acknowledgements__user=user).first()


def _met(user: User, project: Project) -> list[GuidelineVersion | None]:
    """What they published themselves, and what they began with."""
    joined_at = (
        Membership.objects.filter(project=project, user=user)
        .values_list("created_at", flat=True)
        .first()
    )
    own = versions_of(project).filter(published_by=user).first()
    if joined_at is None:
        return [own]
    at_joining = versions_of(project).filter(published_at__lte=joined_at).first()
    # Who was there before the guideline began with its first version.
    return [own, at_joining or versions_of(project).last()]


def _newest(*versions: GuidelineVersion | None) -> GuidelineVersion | None:
    known = (version for version in versions if version is not None)
    return max(known, key=lambda version: version.number, default=None)
