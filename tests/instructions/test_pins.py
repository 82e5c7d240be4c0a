"""Pinned clauses."""

import pytest

from instructions import pins
from instructions.models import ClausePin
from instructions.pins import pin, pins_of, unpin
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from tests.conftest import SignIn
from tests.factories import make_guideline_version

pytestmark = pytest.mark.django_db

PINS = "/projects/harbour/guideline/pins/"


def two_clauses(project: Project) -> None:
    version = make_guideline_version(project)
    version.clauses.create(position=2, number="2", anchor="c-2", title="B", level=1, body="")


def test_pins_are_a_persons_own_and_keep_their_order(
    project: Project, owner: User, labeler: User
) -> None:
    two_clauses(project)
    pin(by=labeler, project=project, anchor="c-2")
    assert pin(by=labeler, project=project, anchor="c-1") == ["c-2", "c-1"]
    assert pin(by=labeler, project=project, anchor="c-2") == ["c-2", "c-1"]
    assert pins_of(user=owner, project=project) == []
    assert unpin(by=labeler, project=project, anchor="c-2") == ["c-1"]
    assert unpin(by=labeler, project=project, anchor="c-2") == ["c-1"]


def test_only_clauses_are_pinned_and_only_so_many(
    project: Project, labeler: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_clauses(project)
    with pytest.raises(InvalidInput):
        pin(by=labeler, project=project, anchor="c-9")
    with pytest.raises(NotFound):
        pin(by=stranger, project=project, anchor="c-1")
    monkeypatch.setattr(pins, "MOST_PINS", 1)
    pin(by=labeler, project=project, anchor="c-1")
    with pytest.raises(Conflict):
        pin(by=labeler, project=project, anchor="c-2")
    assert ClausePin.objects.count() == 1


def test_the_page_pins_and_lets_go(project: Project, labeler: User, signed_in: SignIn) -> None:
    browser = signed_in(labeler)
    assert browser.post(PINS, {"anchor": "c-1", "pinned": "1"}).json() == {"pins": ["c-1"]}
    assert browser.get("/projects/harbour/guideline/notes/").json()["pins"] == ["c-1"]
    assert browser.post(PINS, {"anchor": "c-1", "pinned": "0"}).json() == {"pins": []}


@pytest.mark.parametrize(
    "fields",
    [{}, {"anchor": "c-1"}, {"anchor": "c-1", "pinned": "yes"}, {"anchor": "\0", "pinned": "1"}],
)
def test_a_pin_of_no_meaning_is_refused(
    project: Project, labeler: User, signed_in: SignIn, fields: dict[str, str]
) -> None:
    assert signed_in(labeler).post(PINS, fields).status_code == 400
    assert not ClausePin.objects.exists()
