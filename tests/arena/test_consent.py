import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from arena.battling import consent
from arena.models import ArenaRules, Battle, Consent
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import Project, User
from tests.arena.rows import make_arena, make_contenders, make_visitor
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def enter(project: Project, visitor: Visitor, agreed: str = "") -> None:
    consent.require_entry(project=project, visitor=visitor, agreed=agreed)


def test_terms_are_agreed_to_once_and_again_when_they_change() -> None:
    project, visitor = make_arena(), make_visitor()
    with pytest.raises(Conflict, match="agree to the terms"):
        enter(project, visitor)
    enter(project, visitor, consent.terms_of(project).digest)
    enter(project, visitor)
    ArenaRules.objects.create(project=project, terms="Be kind.")
    with pytest.raises(Conflict):
        enter(project, visitor)
    enter(project, visitor, consent.terms_of(project).digest)
    enter(project, visitor)
    assert Consent.objects.count() == 2


def test_an_account_agrees_for_all_its_browsers(anyone: User) -> None:
    project = make_arena()
    enter(project, Visitor("one", anyone), consent.terms_of(project).digest)
    enter(project, Visitor("another", anyone))
    with pytest.raises(Conflict):
        enter(project, Visitor("another"))


def test_terms_of_another_time_are_not_agreed_to() -> None:
    with pytest.raises(InvalidInput, match="agreed: must be the digest"):
        enter(make_arena(), make_visitor(), "0" * 64)
    assert Consent.objects.count() == 0


def test_an_arena_can_ask_people_to_sign_in(anyone: User, signed_in: SignIn) -> None:
    make_contenders()
    project = make_arena()
    ArenaRules.objects.create(project=project, requires_sign_in=True)
    with pytest.raises(NotPermitted, match="Sign in"):
        enter(project, make_visitor(), consent.terms_of(project).digest)
    page = Client().get(f"/arena/{project.slug}/").content.decode()
    assert "People sign in to take part" in page
    assert "<textarea" not in page
    refused = Client().post(f"/arena/{project.slug}/battles/", {"message": "Hello?"})
    assert (refused.status_code, Battle.objects.count()) == (403, 0)
    assert "<textarea" in signed_in(anyone).get(f"/arena/{project.slug}/").content.decode()


def test_the_page_shows_the_terms_until_they_are_agreed_to(client: Client) -> None:
    make_contenders()
    project = make_arena()
    path, start = f"/arena/{project.slug}/", f"/arena/{project.slug}/battles/"
    refused = client.post(start, {"message": "Keep this text"})
    assert refused.status_code == 409
    assert "Keep this text" in refused.content.decode()
    digest = consent.terms_of(project).digest
    assert f'value="{digest}"' in client.get(path).content.decode()
    assert client.post(start, {"message": "Hello?", "agreed": digest}).status_code == 302
    assert f'value="{digest}"' not in client.get(path).content.decode()
    assert client.post(start, {"message": "Hello?"}).status_code == 302


def test_a_consent_never_changes() -> None:
    project = make_arena()
    enter(project, make_visitor(), consent.terms_of(project).digest)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.update(terms_digest="")
