"""The bar with the pages of a project, and who is shown which."""

import pytest

from projects.models import Membership, Project, Role, User
from projects.templatetags.areas import AREAS, areas_of
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def member(project: Project, user: User) -> Membership:
    return Membership.objects.select_related("project").get(project=project, user=user)


def test_an_owner_finds_every_page_in_its_area(project: Project, owner: User) -> None:
    for title, places in AREAS:
        for place in places:
            (area,) = [
                each for each in areas_of(member(project, owner), place.here) if each.is_here
            ]
            assert area.title == title
            shown = [page.title for page in area.pages]
            assert shown == ([each.title for each in places] if len(places) > 1 else [])


def test_a_reviewer_is_shown_what_they_may_enter(
    project: Project, reviewer: User, signed_in: SignIn
) -> None:
    areas = areas_of(member(project, reviewer), "prompts")
    titles = ["Overview", "Guideline", "Work", "Quality", "Exports", "Members"]
    assert [area.title for area in areas] == titles
    browser = signed_in(reviewer)
    for area in areas:
        assert browser.get(area.url).status_code == 200
        for page in area.pages:
            assert browser.get(page.url).status_code == 200


@pytest.mark.parametrize("role", [Role.OWNER, Role.REVIEWER])
def test_only_the_present_area_is_opened(project: Project, owner: User, role: Role) -> None:
    held = member(project, owner)
    held.role = role
    opened = [area.title for area in areas_of(held, "labelers") if area.pages]
    assert opened == ["Quality"]
