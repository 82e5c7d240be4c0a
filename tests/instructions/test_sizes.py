"""Guidelines of hundreds of pages, and text made to be slow: the cost stays in proportion.

No clock is read: the sizes are such that what grows with the square would not come to an end.
"""

import pytest

from bench.guideline_text import guideline_text
from instructions.clauses import (
    LONGEST_GUIDELINE,
    MOST_CLAUSES,
    GuidelineSyntaxError,
    cited,
    parse_clauses,
    preamble_of,
    problems_in,
    render_guideline,
)
from instructions.diff import guideline_diff
from instructions.word_diff import word_changes


def test_three_hundred_pages_are_in_bounds() -> None:
    text = guideline_text(clauses=2_000, characters=1_000_000)
    assert len(parse_clauses(text)) == 2_000
    html = render_guideline(text)
    assert html.count("<section") == 2_000
    assert html.count('<pre class="plain">') == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("## 1 A\n" + "x" * LONGEST_GUIDELINE, "at most 1,200,000 characters"),
        ("## 1 A\n" + "*a* " * 100_001, "signs of Markdown"),
        ("\n".join(f"## {n // 900 + 1}.{n % 900} A" for n in range(MOST_CLAUSES + 1)), "3,000"),
        ("".join(f"## {n} A\n" + ":::bad\n:::\n" * 900 for n in range(7)), "6,000 examples"),
        ("## 1 A\n" + "x" * 100_001, "clause 1 is too long or too dense"),
        ("x" * 100_001 + "\n## 1 A", "what stands before the first clause is too long"),
    ],
)
def test_what_is_out_of_bounds_is_said(text: str, rule: str) -> None:
    with pytest.raises(GuidelineSyntaxError) as caught:
        parse_clauses(text)
    assert rule in caught.value.rule


@pytest.mark.parametrize(
    "line",
    [
        "## 1 a" + " " * 900 + "{",
        "## 1 " + "a " * 450 + "{",
        "#" * 900,
        ":::" + " " * 900 + "x y",
        "`" * 900,
        "## 1 a {" + "," * 900,
        "## 1" + ".1" * 400 + " a",
    ],
)
def test_hostile_lines_cost_no_more_than_their_length(line: str) -> None:
    assert 1 <= len(problems_in("\n".join([line] * 1_000))) <= 20


def test_citing_is_linear() -> None:
    text = "§§ 1" + ", 1" * 30_000 + "§" * 30_000 + "§ 1." * 10_000
    assert cited(text, ["c-1"]) == ["c-1"]


def test_every_broken_rule_is_named_with_its_line() -> None:
    text = "## 1 A {nice}\n\n:::ugly\n\n## 1 B\n\n:::good\nopen"
    assert [(problem.line, problem.rule.split(" ")[0]) for problem in problems_in(text)] == [
        (1, "unknown"),
        (3, "an"),
        (5, "clause"),
        (7, "the"),
    ]
    assert problems_in("## 1 A\n") == []


def test_the_beginning_is_found_without_the_rest() -> None:
    assert preamble_of("\n# T\r\n\nWelcome.\n\n## 1 A\n\nBody.") == "# T\n\nWelcome."
    assert preamble_of("") == ""


def test_comparing_two_large_guidelines_with_nothing_alike_is_bounded() -> None:
    one, other = (
        parse_clauses(guideline_text(clauses=1_500, characters=600_000, seed=seed))
        for seed in (1, 2)
    )
    diff = guideline_diff(one, other)
    assert len(diff.changes) + diff.n_same >= 1_500


def test_comparing_words_without_anything_in_common_is_bounded() -> None:
    old, new = " ".join(map(str, range(20_000))), " ".join(map(str, range(20_000, 40_000)))
    gone, come = word_changes(old, new)
    assert (gone.kind, gone.text.split()) == ("gone", old.split())
    assert (come.kind, come.text.split()) == ("new", new.split())
    changed = word_changes("a b " * 20_000, "b a " * 20_000)
    assert sum(len(piece.text.split()) for piece in changed if piece.kind == "same") == 39_999
