"""Who wrote which characters: the algebra, and the same algebra in the editor's script."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Route, sync_playwright

from labeling.drafting import provenance
from labeling.drafting.provenance import Shares, Span, Spans
from tests.product.chromium import CHROMIUM, FLAGS

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js"
ALPHABET = "ab \n😀é"
TEXTS = st.text(ALPHABET, max_size=30)
DRAFTS = st.dictionaries(st.integers(1, 5), st.text(ALPHABET, min_size=1, max_size=40), max_size=3)

Step = tuple[str, Any]


@st.composite
def scripts(draw: st.DrawFn) -> tuple[str, dict[int, str], list[list[Any]]]:
    """A text, drafts, and edits of it: [start, end, "typed"] or [start, end, draft, from, to]."""
    text: str = draw(TEXTS)
    drafts: dict[int, str] = draw(DRAFTS)
    edits: list[list[Any]] = []
    length = len(text)
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, length))
        end = draw(st.integers(start, min(length, start + 10)))
        takes: bool = draw(st.booleans())
        if drafts and takes:
            generation = draw(st.sampled_from(sorted(drafts)))
            first = draw(st.integers(0, len(drafts[generation])))
            last = draw(st.integers(first, len(drafts[generation])))
            edits.append([start, end, generation, first, last])
            length += last - first - (end - start)
        else:
            typed = draw(st.text(ALPHABET, max_size=6))
            edits.append([start, end, typed])
            length += len(typed) - (end - start)
    return text, drafts, edits


def edit(text: str, spans: Spans, drafts: dict[int, str], one: list[Any]) -> tuple[str, Spans]:
    start, end, *brought = one
    if len(brought) == 1:
        new, by = brought[0], provenance.persons(len(brought[0]))
    else:
        generation, first, last = brought
        new = drafts[generation][first:last]
        by = provenance.drawn(generation, last - first, first)
    return text[:start] + new + text[end:], provenance.replace(spans, start, end, by)


def states(
    text: str, drafts: dict[int, str], edits: list[list[Any]]
) -> Iterator[tuple[str, Spans]]:
    spans = provenance.persons(len(text))
    yield text, spans
    for one in edits:
        text, spans = edit(text, spans, drafts, one)
        yield text, spans


@given(scripts())
@settings(max_examples=300)
def test_shares_add_up_and_every_marked_part_is_in_its_draft(
    script: tuple[str, dict[int, str], list[list[Any]]],
) -> None:
    for text, spans in states(*script):
        shares = provenance.shares(spans)
        assert shares.person + shares.model == len(text)
        assert shares.person_percent + shares.model_percent == 100
        assert provenance.are_true(spans, text, script[1])
        assert provenance.normalised(spans) == spans
        assert provenance.read(provenance.told(spans)) == spans
        assert "".join(part for _, part in provenance.pieces(spans, text)) == text
        for generation, part in provenance.pieces(spans, text):
            assert generation is None or part in script[1][generation]


@given(scripts(), TEXTS)
def test_what_a_person_changes_is_theirs_and_the_rest_stays_true(
    script: tuple[str, dict[int, str], list[list[Any]]], after: str
) -> None:
    *_, (text, spans) = states(*script)
    edited = provenance.edited(spans, text, after)
    assert provenance.are_true(edited, after, script[1])
    assert provenance.shares(edited).model <= provenance.shares(spans).model


@given(TEXTS, DRAFTS)
def test_what_is_found_by_looking_is_true(text: str, drafts: dict[int, str]) -> None:
    assert provenance.are_true(provenance.derived(text, drafts), text, drafts)


def test_long_runs_of_a_draft_are_found_and_short_ones_are_a_persons() -> None:
    draft = "Rinse the pan while it is still warm and wipe it out."
    text = f"Mine. {draft[6:]} Rinse the pan."
    assert provenance.derived(text, {7: draft}) == (
        Span(5),
        Span(len(draft) - 5, 7, 5),
        Span(len(" Rinse the pan.")),
    )


@pytest.mark.parametrize("step", [1, 24])
def test_looking_takes_no_time_to_speak_of_in_texts_made_to_take_long(step: int) -> None:
    text = ("a" * 49_999 + "b")[::step]
    spans = provenance.derived(text, {1: "a" * 50_000, 2: "ab" * 25_000})
    assert provenance.length_of(spans) == len(text)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "person",
        {},
        [["person", 1, 2]],
        [["person", -1]],
        [["person", True]],
        [[1, 2]],
        [[1, 2, -1]],
        [[1.0, 2, 3]],
        [["1", 2, 3]],
        [[None, 2, 3]],
        [[[], 2, 3]],
        [["person", 10**30]],
        [["person", 1]] * 5_001,
    ],
)
def test_what_is_no_account_is_not_read(value: Any) -> None:
    assert provenance.read(value) is None


def test_an_account_is_false_where_it_is_off_by_a_character() -> None:
    drafts = {4: "abcdef"}
    assert provenance.are_true((Span(3, 4, 1),), "bcd", drafts)
    assert not provenance.are_true((Span(3, 4, 0),), "bcd", drafts)
    assert not provenance.are_true((Span(2, 4, 1),), "bcd", drafts)
    assert not provenance.are_true((Span(3, 5, 1),), "bcd", drafts)
    assert not provenance.are_true((Span(7, 4, 0),), "abcdef", drafts)


def test_changes_told_in_order_carry_an_account_along() -> None:
    spans = (Span(4), Span(6, 9, 2))
    changes = [("same", 2), ("gone", 4), ("new", 3), ("same", 4)]
    assert provenance.carried(spans, changes) == (Span(5), Span(4, 9, 4))


@pytest.mark.parametrize(
    ("shares", "percent"),
    [(Shares(0, 0), 100), (Shares(1, 999), 1), (Shares(999, 1), 99), (Shares(34, 66), 34)],
)
def test_no_share_is_told_as_none_or_all_that_is_not(shares: Shares, percent: int) -> None:
    assert shares.person_percent == percent


RUN = """async (scripts) => {
    const p = await import("/provenance.js");
    return scripts.map(([text, drafts, edits]) => {
        let now = p.characters(text);
        let spans = p.persons(now.length);
        const known = new Map(drafts.map(([pk, draft]) => [pk, p.characters(draft)]));
        return [[spans, 100, true], ...edits.map(([start, end, ...brought]) => {
            const [generation, first, last] = brought;
            const isTyped = brought.length === 1;
            const draft = known.get(generation);
            const by = isTyped ? p.characters(generation) : draft.slice(first, last);
            const wrote = isTyped ? p.persons(by.length) : p.drawn(generation, by.length, first);
            now = [...now.slice(0, start), ...by, ...now.slice(end)];
            spans = p.replace(spans, start, end, wrote);
            return [spans, p.personPercent(p.shares(spans)), p.areTrue(spans, now, known)];
        })];
    });
}"""
DIFFER = """async (pairs) => {
    const p = await import("/provenance.js");
    return pairs.map(([before, after, spans]) =>
        p.edited(spans, p.characters(before), p.characters(after)));
}"""


@pytest.fixture(scope="module")
def scripted() -> Iterator[Page]:
    """A page that holds the editor's scripts."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name.endswith(".js"):
            body = (SCRIPTS / name).read_text()
            route.fulfill(body=body, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>-</title>", content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto("http://scripts.test/")
        yield page
        browser.close()


def _many(strategy: st.SearchStrategy[Any], number: int) -> list[Any]:
    """Many examples at once, so that the browser is asked once."""
    kept: list[Any] = []

    @given(strategy)
    @settings(max_examples=number, database=None, derandomize=True)
    def collect(example: Any) -> None:
        kept.append(example)

    collect()
    return kept


@pytest.mark.browser
def test_the_editor_keeps_the_same_account(scripted: Page) -> None:
    examples = _many(scripts(), 300)
    sent = [[text, list(drafts.items()), edits] for text, drafts, edits in examples]
    told = scripted.evaluate(RUN, sent)
    assert told == [
        [
            [provenance.told(spans), provenance.shares(spans).person_percent, True]
            for _, spans in states(*each)
        ]
        for each in examples
    ]


@pytest.mark.browser
def test_the_editor_sees_the_same_difference(scripted: Page) -> None:
    examples = _many(st.tuples(scripts(), TEXTS), 200)
    lasts = [([*states(*script)][-1], after) for script, after in examples]
    sent = [[text, after, provenance.told(spans)] for (text, spans), after in lasts]
    assert scripted.evaluate(DIFFER, sent) == [
        provenance.told(provenance.edited(spans, text, after)) for (text, spans), after in lasts
    ]
