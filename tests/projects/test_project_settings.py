"""Beginning a project and changing its settings."""

import pytest
from django.core.management import CommandError, call_command

from projects.models import AuditEvent, Membership, Project, User
from tests.conftest import SignIn
from tests.factories import make_user

PAGE = "/projects/harbour/settings/"
FIELDS = {
    "name": "Harbour two",
    "description": "What it is for.",
    "overlap": "3",
    "candidates_per_prompt": "4",
    "lease_minutes": "90",
    "arena_access": "public",
}


def stored(project: Project) -> dict[str, str]:
    project.refresh_from_db()
    return {name: str(getattr(project, name)) for name in FIELDS}


def test_an_owner_changes_the_settings(project: Project, owner: User, signed_in: SignIn) -> None:
    assert signed_in(owner).post(PAGE, FIELDS)["Location"] == PAGE
    assert stored(project) == FIELDS
    event = AuditEvent.objects.get(verb="project.changed")
    assert event.detail["before"]["overlap"] == 1
    assert event.detail["after"]["overlap"] == 3


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("name", " ", "must not be blank"),
        ("name", "x" * 121, "must be at most 120 characters"),
        ("name", "a\0b", "must not hold a NUL character"),
        ("overlap", "0", "must be a whole number from 1 to 20"),
        ("overlap", "1e400", "must be a whole number from 1 to 20"),
        ("candidates_per_prompt", "10", "must be a whole number from 2 to 9"),
        ("lease_minutes", "", "must be a whole number from 1 to 1440"),
        ("lease_minutes", "9" * 5000, "must be a whole number from 1 to 1440"),
        ("arena_access", "some", "must be one of closed, members, public"),
    ],
)
def test_a_broken_rule_is_named_and_nothing_is_stored(
    project: Project, owner: User, signed_in: SignIn, field: str, value: str, rule: str
) -> None:
    before = stored(project)
    response = signed_in(owner).post(PAGE, FIELDS | {field: value})
    assert response.status_code == 400
    assert response.context["errors"][field].startswith(rule)
    assert stored(project) == before


def test_staff_begin_a_project_and_own_it(db: None, signed_in: SignIn) -> None:
    user = make_user(is_staff=True)
    response = signed_in(user).post("/projects/new/", {"slug": "quay", "name": "The quay"})
    assert response["Location"] == "/projects/quay/guideline/edit/"
    member = Membership.objects.get(project__slug="quay")
    assert (member.user, member.role, member.project.name) == (user, "owner", "The quay")


@pytest.mark.parametrize(
    ("slug", "status"),
    [("Harbour", 400), ("", 400), ("a b", 400), ("new", 400), ("a\0", 400), ("harbour", 409)],
)
def test_a_short_name_that_cannot_be_is_refused(
    project: Project, signed_in: SignIn, slug: str, status: int
) -> None:
    response = signed_in(make_user(is_staff=True)).post("/projects/new/", {"slug": slug})
    assert response.status_code == status
    assert "slug" in response.context["errors"]
    assert Project.objects.count() == 1


def test_others_begin_no_project(anyone: User, signed_in: SignIn) -> None:
    browser = signed_in(anyone)
    assert browser.get("/projects/new/").status_code == 403
    assert browser.post("/projects/new/", {"slug": "quay"}).status_code == 403
    assert not Project.objects.filter(slug="quay").exists()


def test_the_command_line_begins_a_project(anyone: User) -> None:
    call_command("create_project", "quay", "--owner", "ada-anyone", "--name", "Quay", verbosity=0)
    assert Membership.objects.get(project__slug="quay").user == anyone
    with pytest.raises(CommandError, match="a project at “quay” already"):
        call_command("create_project", "quay", "--owner", "ada-anyone")
    with pytest.raises(CommandError, match="Nobody"):
        call_command("create_project", "pier", "--owner", "nobody-here")
