"""Full-text search in a guideline."""

import pytest

from instructions.models import GuidelineVersion
from instructions.search import MOST_HITS, Run, search
from projects.errors import InvalidInput
from projects.models import Project, User
from tests.instructions.guidelines import put

TEXT = """
## 1 Medical advice {harmless}

Say when to see a doctor. Doses are <b>never</b> guessed.

## 2 Der Ton {helpful}

Höflich bleiben, auch wenn die Leserin unhöflich schreibt.

### 2.1 Dosing of words

A doctor would say less. Medical words need **explaining**.

## 3 Weights and measures

| unit | use |
|---|---|
| gram | for powders |
"""


@pytest.fixture
def version(project: Project, owner: User) -> GuidelineVersion:
    return put(owner, project, TEXT)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("medical", ["1", "2.1"]),
        ("Medical words", ["2.1"]),
        ("medic", ["1", "2.1"]),
        ("doct wor", ["2.1"]),
        ("doctors", ["1", "2.1"]),
        ("weighing", []),
        ("weight", ["3"]),
        ("höflich", ["2"]),
        ("HÖFL", ["2"]),
        ("leserin", ["2"]),
        ('"see a doctor"', ["1"]),
        ('"doctor see"', []),
        ("gram or höflich", ["2", "3"]),
        ("doctor -words", ["1"]),
        ("2.1", ["2.1"]),
        ("§2.1", ["2.1"]),
        ("powders", ["3"]),
        ("", []),
        ("   ", []),
        ("the", []),
        ("'", []),
        ("((( & | ! :* <->", []),
        ("\\", []),
        ('"', []),
        ("-", []),
        ("%s %(query)s", []),
        ("⟨U+0002⟩", []),
    ],
)
def test_what_a_query_finds(version: GuidelineVersion, query: str, numbers: list[str]) -> None:
    found = search(version, query)
    assert sorted(hit.number for hit in found.hits) == numbers
    assert found.n_all == len(numbers)


def test_a_title_weighs_more_than_the_text(version: GuidelineVersion) -> None:
    assert [hit.number for hit in search(version, "medical").hits] == ["1", "2.1"]


def test_the_clause_of_a_number_comes_first(version: GuidelineVersion) -> None:
    assert search(version, "§ 2").hits[0].number == "2"


def test_hits_are_marked_in_pieces_and_nothing_is_html(version: GuidelineVersion) -> None:
    [hit] = search(version, "guessed").hits
    assert (
        hit.excerpt
        == [
            Run("Say when to see a doctor. Doses are <bnever</b ", False),
            Run("guessed", True),
            Run(".", False),
        ]
        or Run("guessed", True) in hit.excerpt
    )
    [hit] = search(version, "explaining").hits
    assert Run("explaining", True) in hit.excerpt
    assert "*" not in "".join(run.text for run in hit.excerpt)


def test_stems_are_marked_too(version: GuidelineVersion) -> None:
    [hit] = search(version, "weight").hits
    assert hit.title == [Run("Weights", True), Run(" and measures", False)]


def test_another_version_is_searched_by_itself(
    version: GuidelineVersion, project: Project, owner: User
) -> None:
    later = put(owner, project, TEXT.replace("powders", "liquids"))
    assert search(version, "powders").n_all == 1
    assert search(later, "powders").n_all == 0


def test_many_hits_are_counted_and_the_best_given(project: Project, owner: User) -> None:
    text = "\n".join(f"## {n} Clause\n\nsame word\n" for n in range(120))
    found = search(put(owner, project, text), "word")
    assert (found.n_all, len(found.hits)) == (120, MOST_HITS)


@pytest.mark.parametrize("query", ["a\0b", "\ud800", "x" * 201])
def test_a_query_that_cannot_be_asked_is_refused(version: GuidelineVersion, query: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        search(version, query)
    assert refused.value.problems[0].field == "q"


def test_a_clause_of_countless_different_words_is_indexed(project: Project, owner: User) -> None:
    signs = [chr(0x20000 + n) for n in range(25_000)]
    words = " ".join(sign + signs[n - 1] + signs[n - 2] for n, sign in enumerate(signs))
    version = put(owner, project, f"## 1 Signs\n\n{words[:99_000]}")
    assert search(version, "signs").n_all == 1
