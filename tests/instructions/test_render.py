"""Hostile text must come out as inert, bounded HTML, whatever it is."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructions.render import (
    ALLOWANCE,
    ALLOWED_TAGS,
    GROWTH,
    LONGEST_MARKDOWN,
    plain_text,
    render_markdown,
)


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment came through: {data!r}")


def assert_inert(html: str) -> None:
    for tag, attributes in Seen(html).tags:
        assert tag in ALLOWED_TAGS
        assert set(attributes) <= {"class", "href", "rel", "start"}
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a" and "href" in attributes:
            assert re.match(
                r"/leaving/\?to=(https?%3A%2F%2F|mailto%3A)", attributes["href"] or "", re.I
            )
            assert attributes["rel"] == "nofollow noopener noreferrer"


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<!-- comment --><style>*{display:none}</style>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](%6aavascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](vbscript:x) [y](file:///etc/passwd) [z](data:text/html,<script>)",
    "[x](//evil.example) [y](/logout) [z](#c-1)",
    "![x](data:image/svg+xml;base64,AAAA)",
    '[x](http://a.example "onmouseover=alert(1)")',
    '[x](http://a.example/"onmouseover="alert(1))',
    '```"><script>alert(1)</script>\ncode\n```',
    "```html\n<script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x&#62;",
    "# <b onclick=x>title</b>",
    "|<img src=x>|\n|-|\n|<script>|",
]

FLOODS = {
    "brackets": "[" * 100_000,
    "image brackets": "![" * 50_000,
    "less-than signs": "<" * 100_000,
    "asterisks": "*" * 100_000,
    "emphasis": "*a " * 33_000,
    "backticks": "`" * 100_000,
    "backtick runs": "".join("`" * n + " " for n in range(1, 440)),
    "quotes": ">" * 10_000 + " deep",
    "nested lists": "- " * 10_000 + "deep",
    "lazy quotes": "> " * 18 + "a\n" + "a\n" * 9_000,
    "wide table": "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n" + "|x\n" * 3_000,
    "too long": "a" * (LONGEST_MARKDOWN + 1),
}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_inert(text: str) -> None:
    assert_inert(render_markdown(text))


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_shown_whole_and_unparsed(name: str) -> None:
    html = render_markdown(FLOODS[name])
    assert html.startswith('<pre class="plain">')
    assert Seen(html).text.rstrip("\n") == FLOODS[name].rstrip("\n")


def test_text_nested_beyond_the_parsers_depth_is_not_lost() -> None:
    text = "\n".join("  " * depth + "- item" for depth in range(30)) + " last words"
    assert "last words" in render_markdown(text)


def test_an_image_becomes_its_address_as_text() -> None:
    html = render_markdown("![a *cat*](https://tracker.example/p.png)")
    assert '<span class="inert-image">image: a cat (https://tracker.example/p.png)</span>' in html


def test_a_link_leads_through_the_page_that_shows_its_address() -> None:
    html = render_markdown("[x](https://a.example/?b=1&c=2#d)")
    assert 'href="/leaving/?to=https%3A%2F%2Fa.example%2F%3Fb%3D1%26c%3D2%23d"' in html


def test_only_a_guideline_may_link_to_its_clauses() -> None:
    assert 'href="#c-4-2"' in render_markdown("[4.2](#c-4-2)", clause_links=True)
    assert "<a" not in render_markdown("[4.2](#c-4-2)")
    assert "<a" not in render_markdown("[4.2](#top)", clause_links=True)


def test_headings_are_lowered_into_the_page() -> None:
    assert render_markdown("# A\n\n###### B") == "<h3>A</h3>\n<h6>B</h6>\n"
    assert render_markdown("# A", heading_offset=0) == "<h1>A</h1>\n"


def test_known_code_is_coloured_and_unknown_code_stays_plain() -> None:
    assert '<span class="nb">print</span>' in render_markdown("```python\nprint(1)\n```")
    assert "<pre><code>print(1)\n</code></pre>" in render_markdown("```nonsense\nprint(1)\n```")
    assert "<span" not in render_markdown("```java\n" + "\n" * 1_500 + "```")


def test_table_cells_are_aligned_by_class() -> None:
    html = render_markdown("|a|\n|-:|\n|1|")
    assert '<td class="align-right">1</td>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("a\u202eb", "U+202E"),
        ("a\u2066b", "U+2066"),
        ("a\u200bb", "U+200B"),
        ("a\U000e0041b", "U+E0041"),
        ("a\x00b", "U+0000"),
        ("a\x1bb", "U+001B"),
        ("a\ud800b", "U+D800"),
        ("a\u200db", "U+200D"),
        ("a&#x202e;b", "U+202E"),
        ("<http://a.example/%E2%80%AE>", "U+202E"),
        ("`a\u202eb`", "U+202E"),
    ],
)
def test_an_unseen_character_is_marked(text: str, marker: str) -> None:
    assert f'<span class="invisible">⟨{marker}⟩</span>' in render_markdown(text)


@pytest.mark.parametrize("text", ["👩‍💻", "❤️", "می‌خواهم", "क्‍ष", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣"])
def test_joiners_that_a_script_or_an_emoji_needs_are_kept(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


def test_a_flood_of_unseen_characters_stays_bounded() -> None:
    text = "a\u202e" * 50_000
    assert len(render_markdown(text)) <= GROWTH * len(text) + ALLOWANCE


def test_a_single_line_is_escaped_and_marked() -> None:
    assert plain_text('<b>"x"\n\u202e') == (
        '&lt;b&gt;&quot;x&quot; <span class="invisible">⟨U+202E⟩</span>'
    )


# Surrogates are in the alphabet on purpose: a str may hold them although UTF-8 may not.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
MARKUP = st.lists(
    st.sampled_from(
        [*HOSTILE, *"[]()!*_~`<>|#-&;:\\\"'= \n\t", "```py\n", "](", "http://a", "\u202e", "1. "]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(ANYTHING | MARKUP)
def test_any_text_renders_inert_bounded_and_the_same_twice(text: str) -> None:
    html = render_markdown(text)
    assert_inert(html)
    assert html == render_markdown(text)
    assert len(html) <= GROWTH * len(text) + ALLOWANCE
    html.encode("utf-8")
    assert_inert(plain_text(text))
