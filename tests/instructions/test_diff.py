"""Clause-level differences."""

from hypothesis import given, settings
from hypothesis import strategies as st

from instructions.clauses import ClauseText, anchor_of, parse_clauses
from instructions.diff import GuidelineDiff, guideline_diff, wording
from instructions.word_diff import Budget

BASE = """
## 1 Be helpful {helpful}

Answer the question that was asked, in its own words, before anything else.

## 2 Be truthful {truthful}

Say only what holds, and say how sure you are of it when you are not.

### 2.1 False premises

When a prompt takes something false for granted, say so first.

### 2.2 Sources

Name a source that the reader can look up.
"""


def between(old: str, new: str) -> GuidelineDiff:
    return guideline_diff(parse_clauses(old), parse_clauses(new))


def told(diff: GuidelineDiff) -> list[tuple[str, str, str]]:
    return [
        (
            change.kind,
            change.before.number if change.before else "",
            change.after.number if change.after else "",
        )
        for change in diff.changes
    ]


def test_the_same_guideline_has_no_changes() -> None:
    diff = between(BASE, BASE)
    assert (diff.changes, diff.n_same, diff.counts, diff.summary) == ((), 4, {}, "")


def test_each_kind_of_change_is_told() -> None:
    new = (
        BASE.replace("{helpful}", "{helpful, format}")
        .replace("say so first", "say so first, in one sentence")
        .replace("### 2.2 Sources", "### 2.4 Sources")
    ) + "\n## 3 Be brief\n\nShort.\n"
    diff = between(BASE, new)
    assert told(diff) == [
        ("retagged", "1", "1"),
        ("changed", "2.1", "2.1"),
        ("renumbered", "2.2", "2.4"),
        ("added", "", "3"),
    ]
    assert diff.summary == "1 clause changed, 1 added, 1 retagged, 1 renumbered"
    assert diff.changed_anchors == ["c-1", "c-2-1"]
    assert told(between(new, BASE))[-1] == ("removed", "3", "")


def test_a_clause_put_in_between_is_the_only_one_added() -> None:
    new = BASE.replace("### 2.2 Sources", "### 2.3 Sources").replace(
        "### 2.1 False premises", "### 2.1 Doubt\n\nSay it plainly.\n\n### 2.2 False premises"
    )
    assert told(between(BASE, new)) == [
        ("added", "", "2.1"),
        ("renumbered", "2.1", "2.2"),
        ("renumbered", "2.2", "2.3"),
    ]


def test_a_clause_that_moved_and_changed_is_found_by_its_wording() -> None:
    new = BASE.replace("### 2.2 Sources\n\nName", "### 2.3 Sources\n\nAlways name").replace(
        "### 2.1 False", "### 2.1 Doubt\n\nSay it plainly.\n\n### 2.2 False"
    )
    diff = between(BASE, new)
    assert ("changed", "2.2", "2.3") in told(diff)
    change = next(change for change in diff.changes if change.kind == "changed")
    title, body = wording(change, Budget())
    assert [piece.kind for piece in title] == ["same"]
    assert [(piece.kind, piece.text) for piece in body][:2] == [
        ("gone", "Name"),
        ("new", "Always name"),
    ]


def test_a_clause_written_anew_under_its_number_is_changed() -> None:
    new = BASE.replace("Name a source that the reader can look up.", "Nothing alike here.")
    assert told(between(BASE, new)) == [("changed", "2.2", "2.2")]


NUMBERS = [f"{n}.{m}" for n in (1, 2) for m in range(1, 5)]
CLAUSE = st.tuples(
    st.sampled_from(["Doubt", "Care"]),
    st.sampled_from(["", "a", "one two three", "one two four", "three four five six"]),
    st.sampled_from([(), ("helpful",)]),
)
GUIDELINE = st.dictionaries(st.sampled_from(NUMBERS), CLAUSE, max_size=8)


def clauses(drawn: dict[str, tuple[str, str, tuple[str, ...]]]) -> list[ClauseText]:
    return [
        ClauseText(number, anchor_of(number), title, tags, 2, body, at)
        for at, (number, (title, body, tags)) in enumerate(sorted(drawn.items()))
    ]


def content(texts: list[ClauseText]) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {text.number: (text.title, text.body, text.tags) for text in texts}


@settings(max_examples=300, deadline=None)
@given(GUIDELINE, GUIDELINE)
def test_applying_the_changes_to_the_older_gives_the_newer(
    one: dict[str, tuple[str, str, tuple[str, ...]]],
    other: dict[str, tuple[str, str, tuple[str, ...]]],
) -> None:
    old, new = clauses(one), clauses(other)
    diff = guideline_diff(old, new)
    before = [change.before for change in diff.changes if change.before]
    after = [change.after for change in diff.changes if change.after]
    kept = [clause for clause in old if clause not in before]
    assert content(kept) | content(after) == content(new)
    assert len(kept) == diff.n_same
    assert len(after) + diff.n_same == len(new)


@settings(max_examples=300, deadline=None)
@given(GUIDELINE, GUIDELINE)
def test_the_way_back_has_the_same_changes(
    one: dict[str, tuple[str, str, tuple[str, ...]]],
    other: dict[str, tuple[str, str, tuple[str, ...]]],
) -> None:
    there = guideline_diff(clauses(one), clauses(other))
    back = guideline_diff(clauses(other), clauses(one))
    assert there.n_same == back.n_same
    added, removed = there.counts.get("added", 0), there.counts.get("removed", 0)
    assert (back.counts.get("removed", 0), back.counts.get("added", 0)) == (added, removed)
    assert len(there.changes) == len(back.changes)
