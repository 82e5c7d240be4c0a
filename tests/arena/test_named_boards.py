"""Named boards: made, changed, ordered and taken away by owners."""

from typing import Any

import pytest

from arena.boards import naming
from arena.models import Board, PromptTag
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import AuditEvent, Project, User
from tests.conftest import SignIn


def add(owner: User, project: Project, name: str = "Open models", **values: Any) -> Board:
    return naming.add_board(by=owner, project=project, name=name, **values)


def slugs(project: Project) -> list[str]:
    return [board.slug for board in naming.boards_of(project)]


def test_a_board_gets_its_address_from_its_name_and_keeps_it(owner: User, project: Project) -> None:
    board = add(owner, project, is_open_only=True, category="code")
    assert (board.slug, board.is_open_only, board.category) == ("open-models", True, "code")
    changed = naming.change_board(by=owner, project=project, board_id=board.pk, name="Free models")
    assert (changed.name, changed.slug) == ("Free models", "open-models")
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["board.added", "board.changed"]


def test_saving_what_is_there_already_is_no_deed(owner: User, project: Project) -> None:
    board = add(owner, project)
    before = AuditEvent.objects.count()
    naming.change_board(by=owner, project=project, board_id=board.pk, name="Open models")
    assert AuditEvent.objects.count() == before


def test_two_boards_have_two_addresses(owner: User, project: Project) -> None:
    add(owner, project)
    with pytest.raises(Conflict, match="open-models"):
        add(owner, project)
    assert slugs(project) == ["open-models"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "…"}, "slug"),
        ({"slug": "Größe"}, "slug"),
        ({"slug": "a" * 51}, "slug"),
        ({"slug": "-"}, "slug"),
        ({"description": "x" * 301}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"category": "nothing"}, "category"),
        ({"category": ["code"]}, "category"),
        ({"source": "dreams"}, "source"),
        ({"ties": None}, "ties"),
        ({"intervals": "wide"}, "intervals"),
        ({"is_public": "yes"}, "is_public"),
        ({"position": 3}, "position"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(
    owner: User, project: Project, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        naming.add_board(by=owner, project=project, **{"name": "A board", **values})
    assert field in str(refused.value)
    assert Board.objects.count() == 0


def test_a_retired_tag_stays_with_its_board_and_is_not_taken_anew(
    owner: User, project: Project
) -> None:
    tag = PromptTag.objects.create(project=project, slug="law", name="Law", words=["court"])
    board = add(owner, project, category="tag:law")
    tag.retired_at = board.created_at
    tag.save()
    one: dict[str, Any] = {"by": owner, "project": project}
    naming.change_board(**one, board_id=board.pk, category="tag:law", name="Law")
    with pytest.raises(InvalidInput):
        add(owner, project, "Courts", category="tag:law")


def test_boards_are_ordered_and_taken_away(owner: User, project: Project) -> None:
    first, second, third = (add(owner, project, name) for name in ("One", "Two", "Three"))
    one: dict[str, Any] = {"by": owner, "project": project}
    naming.move_board(**one, board_id=third.pk, direction="up")
    assert slugs(project) == ["one", "three", "two"]
    naming.move_board(**one, board_id=first.pk, direction="up")
    naming.move_board(**one, board_id=second.pk, direction="down")
    assert slugs(project) == ["one", "three", "two"]
    with pytest.raises(InvalidInput):
        naming.move_board(**one, board_id=first.pk, direction="sideways")
    naming.remove_board(**one, board_id=third.pk)
    assert slugs(project) == ["one", "two"]


def test_there_is_a_most_of_boards(
    owner: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST_BOARDS", 2)
    for name in ("One", "Two"):
        add(owner, project, name)
    with pytest.raises(Conflict):
        add(owner, project, "Three")


@pytest.mark.parametrize("pk", [0, 2**63, 10**30])
def test_another_projects_board_is_not_there(
    owner: User, project: Project, stranger: User, pk: int
) -> None:
    elsewhere = Project.objects.get(slug="elsewhere")
    theirs = add(stranger, elsewhere)
    for key in (pk, theirs.pk):
        one: dict[str, Any] = {"by": owner, "project": project, "board_id": key}
        for deed in (naming.change_board, naming.remove_board):
            with pytest.raises(NotFound):
                deed(**one)
        with pytest.raises(NotFound):
            naming.move_board(**one, direction="up")
    assert slugs(elsewhere) == ["open-models"]


def test_the_page_adds_changes_and_removes(
    owner: User, project: Project, signed_in: SignIn
) -> None:
    client, path = signed_in(owner), f"/projects/{project.slug}/boards/"
    form = {"name": "Code", "category": "code", "is_filtered": "1", "is_public": "1"}
    assert client.post(path, form).status_code == 302
    board = Board.objects.get()
    assert (board.slug, board.is_filtered, board.is_public, board.is_open_only) == (
        "code", True, True, False,
    )  # fmt: skip
    assert b"?board=code" in client.get(path).content
    form = {"action": "save", "name": "Code only", "category": "code"}
    assert client.post(f"{path}{board.pk}/", form).status_code == 302
    board.refresh_from_db()
    assert (board.name, board.is_public) == ("Code only", False)
    # The button that removes names the board, and is folded away until asked for.
    folded = client.get(path).content.decode().split("<summary>Remove")[1]
    assert "Remove “Code only”</button>" in folded
    assert client.post(f"{path}{board.pk}/", {"action": "remove"}).status_code == 302
    assert Board.objects.count() == 0


def test_what_was_refused_stays_in_the_form(
    owner: User, project: Project, signed_in: SignIn
) -> None:
    client, path = signed_in(owner), f"/projects/{project.slug}/boards/"
    response = client.post(path, {"name": "Code", "slug": "no good", "description": "Kept words"})
    assert response.status_code == 400
    assert "Kept words" in response.content.decode()
    assert "small letters" in response.content.decode()
    board = add(owner, project)
    form = {"action": "save", "name": "", "description": "Kept too"}
    response = client.post(f"{path}{board.pk}/", form)
    assert response.status_code == 400
    assert "Kept too" in response.content.decode()
    assert client.post(f"{path}{board.pk}/", {"action": "vanish"}).status_code == 400
    assert client.post(path, {"other": "x"}).status_code == 400
