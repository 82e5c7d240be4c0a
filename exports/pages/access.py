"""Whose exports these are."""

from uuid import UUID

from exports.models import Export
from projects.access import STAFF, require
from projects.errors import NotFound
from projects.models import Membership, User


def export_for(user: User, public_id: UUID) -> Export:
    """An export of a project in which this person may see exports."""
    return export_and_member(user, public_id)[0]


def export_and_member(user: User, public_id: UUID) -> tuple[Export, Membership]:
    found = (
        Export.objects.select_related("project", "by")
        .filter(public_id=public_id, project__memberships__user=user)
        .first()
    )
    if found is None:
        raise NotFound("There is no such export.")
    member = Membership.objects.select_related("project", "user").get(
        project=found.project, user=user
    )
    require(member, roles=STAFF)
    return found, member
