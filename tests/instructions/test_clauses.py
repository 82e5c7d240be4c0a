"""A guideline is cut into clauses, checked, and rendered with anchors, badges and examples."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructions.clauses import (
    ClauseText,
    GuidelineSyntaxError,
    parse_clauses,
    render_guideline,
)

DEMO = Path(__file__).parents[2] / "demo" / "guideline.md"


def test_numbered_headings_become_clauses() -> None:
    text = "# Title\n\n## 4 Care\n\n### 4.2 Medical advice {harmless, truthful}\n\nBody.\n"
    assert parse_clauses(text) == [
        ClauseText("4", "c-4", "Care", (), 1, "", 0),
        ClauseText("4.2", "c-4-2", "Medical advice", ("harmless", "truthful"), 2, "Body.", 1),
    ]


def test_a_heading_inside_code_is_not_a_clause() -> None:
    assert len(parse_clauses("## 1 One\n\n```\n## 2 Two\n```\n")) == 1


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("## 1 A\n\n## 1 B", 3, "already on line 1"),
        ("## 1 A\n## 01 B", 2, "already on line 1"),
        ("\n## 1 A {kind}", 2, "unknown tag 'kind'"),
        ("## 1 A\n:::good\nx", 2, "never closed"),
        ("## 1 A\n:::good\n:::bad\n:::", 3, "still open"),
        ("## 1 A\n:::ugly\n:::", 2, "opens with"),
        ("[" * 100_000, 1, "too long or too dense"),
        ("## 1 A\n### 1.1 A {format} b", 2, "braces in a heading"),
        ("## 1 A\n### 1.1 A {format} {helpful}", 2, "braces in a heading"),
        ("## 1 A\n### 1.1 " + "long " * 250, 2, "a heading has at most 1,000"),
    ],
)
def test_a_broken_rule_is_named_with_its_line(text: str, line: int, rule: str) -> None:
    with pytest.raises(GuidelineSyntaxError) as caught:
        parse_clauses(text)
    assert caught.value.line == line
    assert rule in caught.value.rule


def test_a_clause_is_a_section_with_anchor_badge_and_examples() -> None:
    html = render_guideline("## 1 <i>A</i> {format}\n\n:::bad\n<script>\n:::\n")
    assert '<section id="c-1" class="clause">' in html
    assert '&lt;i&gt;A&lt;/i&gt; <span class="badge tag-format">format</span></h2>' in html
    assert '<div class="example bad">' in html
    assert "<script" not in html


def test_the_demo_guideline_is_in_form() -> None:
    text = DEMO.read_text(encoding="utf-8")
    clauses = parse_clauses(text)
    assert {tag for clause in clauses for tag in clause.tags} == {
        "helpful", "truthful", "harmless", "format",
    }  # fmt: skip
    html = render_guideline(text)
    assert html.count("<section") == html.count("</section>") == len(clauses)
    assert html.count('<div class="example') == text.count(":::good") + text.count(":::bad")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["## 1 A", "## 2 <b>", "x {format}", ":::good", ":::", "```", "~~~", "\u202e", "- y"]
        )
    )
)
def test_any_guideline_renders_or_names_the_rule(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        clauses = parse_clauses(text)
    except GuidelineSyntaxError:
        with pytest.raises(GuidelineSyntaxError):
            render_guideline(text)
        return
    html = render_guideline(text)
    assert html.count("<section") == len(clauses)
    assert "<b>" not in html
