"""Who belongs to a project: the pages and the rules behind them."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from projects.errors import Conflict, InvalidInput
from projects.members import add_member, change_role, invite_person, remove_member
from projects.models import AuditEvent, Membership, Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member, make_project, make_user
from tests.threads import in_threads

PAGE = "/projects/harbour/members/"


@pytest.fixture
def own(project: Project) -> tuple[Project, User]:
    """The project with one owner only."""
    Membership.objects.filter(project=project).delete()
    return project, make_member(project, Role.OWNER, "olga-owner")


def role_of(project: Project, user: User) -> str | None:
    found = Membership.objects.filter(project=project, user=user).first()
    return found.role if found else None


def test_an_owner_adds_somebody_by_name(
    own: tuple[Project, User], anyone: User, signed_in: SignIn
) -> None:
    project, owner = own
    response = signed_in(owner).post(PAGE, {"username": " ada-anyone ", "role": "reviewer"})
    assert response["Location"] == PAGE
    assert role_of(project, anyone) == "reviewer"
    event = AuditEvent.objects.get(verb="member.added")
    assert (event.actor, event.subject) == (owner, f"user:{anyone.pk}")


@pytest.mark.parametrize(
    ("username", "role", "status", "words"),
    [
        ("nobody-here", "labeler", 400, "nobody with an account"),
        ("", "labeler", 400, "must not be blank"),
        ("a\0b", "labeler", 400, "must not hold a NUL character"),
        ("ada-anyone", "king", 400, "must be one of owner, reviewer, labeler"),
        ("x" * 151, "labeler", 400, "must be at most 150 characters"),
        ("olga-owner", "labeler", 409, "is a member already"),
    ],
)
def test_bad_input_names_field_and_rule_and_stores_nothing(
    own: tuple[Project, User],
    anyone: User,
    signed_in: SignIn,
    username: str,
    role: str,
    status: int,
    words: str,
) -> None:
    project, owner = own
    response = signed_in(owner).post(PAGE, {"username": username, "role": role})
    assert response.status_code == status
    assert words in response.content.decode()
    assert project.memberships.count() == 1


def test_an_invited_person_can_sign_in_with_the_password_shown_once(
    own: tuple[Project, User], signed_in: SignIn
) -> None:
    project, owner = own
    response = signed_in(owner).post(
        f"{PAGE}invite/", {"username": "nina", "full_name": "Nina N.", "role": "labeler"}
    )
    password = response.context["password"]
    assert f"<code>{password}</code>" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert Client().login(username="nina", password=password)
    assert role_of(project, User.objects.get(username="nina")) == "labeler"


@pytest.mark.parametrize("username", ["NINA", "two words", "", "a\0b", "x" * 151])
def test_an_account_that_cannot_be_is_not_made(own: tuple[Project, User], username: str) -> None:
    project, owner = own
    make_user("nina")
    before = User.objects.count()
    with pytest.raises(InvalidInput) as refused:
        invite_person(by=owner, project=project, username=username, role="labeler")
    assert refused.value.problems[0].field == "username"
    assert User.objects.count() == before


def test_an_owner_changes_a_role(own: tuple[Project, User], signed_in: SignIn) -> None:
    project, owner = own
    lena = make_member(project, Role.LABELER)
    member = Membership.objects.get(user=lena)
    response = signed_in(owner).post(f"{PAGE}{member.pk}/role/", {"role": "reviewer"})
    assert response["Location"] == PAGE
    assert role_of(project, lena) == "reviewer"
    event = AuditEvent.objects.get(verb="member.role_changed")
    assert event.detail == {"before": "labeler", "after": "reviewer"}


def test_the_last_owner_stays(own: tuple[Project, User], signed_in: SignIn) -> None:
    project, owner = own
    make_member(project, Role.REVIEWER)
    member = Membership.objects.get(project=project, user=owner)
    browser = signed_in(owner)
    assert browser.post(f"{PAGE}{member.pk}/role/", {"role": "labeler"}).status_code == 409
    assert browser.post(f"{PAGE}{member.pk}/remove/").status_code == 409
    assert role_of(project, owner) == "owner"


def test_an_owner_removes_a_member(own: tuple[Project, User], signed_in: SignIn) -> None:
    project, owner = own
    lena = make_member(project, Role.LABELER)
    member = Membership.objects.get(user=lena)
    assert signed_in(owner).post(f"{PAGE}{member.pk}/remove/")["Location"] == PAGE
    assert role_of(project, lena) is None
    assert User.objects.filter(pk=lena.pk).exists()


def test_members_of_another_project_are_out_of_reach(
    own: tuple[Project, User], signed_in: SignIn
) -> None:
    elsewhere = make_project("elsewhere")
    member = Membership.objects.get(user=make_member(elsewhere, Role.LABELER))
    browser = signed_in(own[1])
    assert browser.post(f"{PAGE}{member.pk}/role/", {"role": "owner"}).status_code == 404
    assert browser.post(f"{PAGE}{member.pk}/remove/").status_code == 404
    assert role_of(elsewhere, member.user) == "labeler"


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_both_leave_at_once() -> None:
    project = make_project()
    owners = [make_member(project, Role.OWNER) for _ in range(2)]

    def leave(owner: User) -> str:
        member = Membership.objects.get(project=project, user=owner)
        try:
            remove_member(by=owner, project=project, member_id=member.pk)
        except Conflict:
            return "stayed"
        return "left"

    assert sorted(in_threads(leave, owners)) == ["left", "stayed"]
    assert project.memberships.filter(role=Role.OWNER).count() == 1


def test_the_database_refuses_a_second_membership_and_an_unknown_role(
    own: tuple[Project, User], anyone: User
) -> None:
    project, owner = own
    for user, role in ((owner, "labeler"), (anyone, "king")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(project=project, user=user, role=role)


def test_the_same_role_again_changes_nothing(own: tuple[Project, User]) -> None:
    project, owner = own
    member = Membership.objects.get(project=project, user=owner)
    change_role(by=owner, project=project, member_id=member.pk, role="owner")
    assert not AuditEvent.objects.filter(verb="member.role_changed").exists()


def test_the_command_line_adds_a_member(own: tuple[Project, User], anyone: User) -> None:
    call_command("add_member", "harbour", "ada-anyone", "--role", "reviewer", verbosity=0)
    assert role_of(own[0], anyone) == "reviewer"
    with pytest.raises(CommandError, match="is a member already"):
        call_command("add_member", "harbour", "ada-anyone")
    with pytest.raises(CommandError, match="no project at 'nowhere'"):
        call_command("add_member", "nowhere", "ada-anyone")


def test_a_deactivated_person_is_not_added(own: tuple[Project, User]) -> None:
    make_user("gone", is_active=False)
    with pytest.raises(InvalidInput):
        add_member(by=own[1], project=own[0], username="gone", role="labeler")
