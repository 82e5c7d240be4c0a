"""Who may enter an arena, see its board and go on with a battle. Strangers get 404."""

from uuid import UUID

from arena.models import Battle
from arena.visitors import Visitor
from projects.errors import NotFound
from projects.models import ArenaAccess, Membership, Project, User


def arena_project(*, slug: str, user: User | None) -> Project:
    """The project whose arena this is, if this person may battle there."""
    project = Project.objects.filter(slug=slug).first()
    if project is None or not is_open_to(project=project, user=user):
        raise NotFound("There is no such arena, or it is not open to you.")
    return project


def board_project(*, slug: str, user: User | None) -> Project:
    """The project whose board this is, if this person may see it."""
    project = Project.objects.filter(slug=slug).first()
    if project is None or not may_see_board(project=project, user=user):
        raise NotFound("There is no such leaderboard, or it is not open to you.")
    return project


def home_arena() -> Project | None:
    """The project whose arena is the site's first page."""
    return Project.objects.filter(is_home_arena=True).first()


def is_open_to(*, project: Project, user: User | None) -> bool:
    if project.arena_access == ArenaAccess.CLOSED:
        return False
    return may_see_board(project=project, user=user)


def may_see_board(*, project: Project, user: User | None) -> bool:
    """A board is as open as its arena; with the arena closed, it is its members' only."""
    if project.arena_access == ArenaAccess.PUBLIC:
        return True
    return is_member(project=project, user=user)


def is_member(*, project: Project, user: User | None) -> bool:
    return user is not None and Membership.objects.filter(project=project, user=user).exists()


def own_battle(*, visitor: Visitor, public_id: UUID) -> Battle:
    """This visitor's battle, in an arena that is still open to them."""
    found = (
        Battle.objects.of(visitor=visitor.digest, user=visitor.user)
        .select_related("project", "model_a", "model_b", "vote")
        .filter(public_id=public_id)
        .first()
    )
    if found is None or not is_open_to(project=found.project, user=visitor.user):
        raise NotFound("There is no such battle, or it is not yours.")
    return found
