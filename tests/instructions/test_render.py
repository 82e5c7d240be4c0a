"""Hostile text must come out as inert, bounded HTML, whatever it is."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructions.formulas import MATHML_ATTRIBUTES
from instructions.render import (
    ALLOWANCE,
    ALLOWED_TAGS,
    GROWTH,
    LONGEST_MARKDOWN,
    MOST_FORMULAS,
    plain_text,
    render_markdown,
)

OF_MATHML = {name for names in MATHML_ATTRIBUTES.values() for name in names}


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
        assert set(attributes) <= {"class", "href", "rel", "start", "tabindex", *OF_MATHML}
        assert attributes.get("tabindex", "0") == "0"
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a" and "href" in attributes:
            assert re.match(
                r"/leaving/\?to=(https?%3A%2F%2F|mailto%3A)", attributes["href"] or "", re.I
            )
            assert attributes["rel"] == "nofollow noopener noreferrer"


def display(mathml: str) -> str:
    return f'<span class="formula" tabindex="0"><math display="block">{mathml}</math></span>'


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
    r"$\text{<img src=x onerror=alert(1)>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\color{red}x$",
    r"$$\label{x}\tag{<script>}\eqref{x}$$",
    r"$\text{</mtext></math><script>alert(1)</script>}$",
    "$</math><style>*{display:none}</style>$",
    r"\[ \class{x}{y} \style{color:red}{z} \]",
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
    "dollars": "$" * 100_000,
    "short formulas": "$a$ " * 30_000,
    "environments": "\\begin{align}\n" * 8_000,
    "display marks": "$$a\n" * 20_000,
    "escaped dollars": "\\$" * 50_000,
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


FORMULAS = {
    "$x^2$": "<p><math><msup><mi>x</mi><mn>2</mn></msup></math></p>\n",
    r"\(a\) b": "<p><math><mi>a</mi></math> b</p>\n",
    "$$a$$": f"<p>{display('<mi>a</mi>')}</p>\n",
    "b $$a$$ c": f"<p>b {display('<mi>a</mi>')} c</p>\n",
    r"\[ a = b \]": f"<p>{display('<mi>a</mi><mo>=</mo><mi>b</mi>')}</p>\n",
    "b\n$$\na\n- b\n$$\nc": (
        f"<p>b</p>\n<p>{display('<mi>a</mi><mo>−</mo><mi>b</mi>')}</p>\n<p>c</p>\n"
    ),
    "- $$\n  a\n  $$": f"<ul>\n<li>\n<p>{display('<mi>a</mi>')}</p>\n</li>\n</ul>\n",
}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_typeset(text: str) -> None:
    assert render_markdown(text) == FORMULAS[text]


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "$5-$6",
        "US$5 and US$6",
        "$HOME/$USER and $PATH.",
        "It costs $20 (or 15€), they said 30$.",
        "between $5 million and 10$ less",
        "$10/month or 12$",
        "$ a $",
        "a$b$c",
        "$",
        "$$",
        "$$ x",
    ],
)
def test_money_and_variables_stay_text(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


def test_an_escaped_bracket_is_no_formula() -> None:
    assert render_markdown(r"\[1\], \[sic\]") == "<p>[1], [sic]</p>\n"


def test_code_holds_no_formula() -> None:
    assert render_markdown("`$a$`") == "<p><code>$a$</code></p>\n"
    assert render_markdown("```\n$$\na\n$$\n```") == "<pre><code>$$\na\n$$\n</code></pre>\n"


def test_a_formula_that_does_not_parse_is_shown_as_its_source() -> None:
    assert render_markdown(r"$\foo<b$") == r"<p><code>$\foo&lt;b$</code></p>" + "\n"
    assert render_markdown("$$\n\\foo\n$$") == "<pre><code>$$\n\\foo\n$$</code></pre>\n"


def test_alignment_rules_and_boxes_are_classes() -> None:
    html = render_markdown("\\begin{align}\na &= \\boxed{1} \\\\\nb &= \\cancel{2}\n\\end{align}")
    assert '<mtd class="align-right"><mi>a</mi></mtd>' in html
    assert '<mrow class="boxed"><mn>1</mn></mrow>' in html
    assert "struck-up" in html
    assert " style=" not in html
    assert "(1)" not in html


def test_operators_nobody_sees_are_left_out_of_a_formula() -> None:
    assert "U+" not in render_markdown(r"$\sin x \mathcal{L} \begin{cases}a&b\end{cases}$")


def test_a_hidden_character_in_a_formula_is_marked() -> None:
    html = render_markdown("$a\u202eb$")
    assert html == '<p><code>$a<span class="invisible">⟨U+202E⟩</span>b$</code></p>\n'


def test_many_brackets_left_open_do_not_multiply_the_work() -> None:
    html = render_markdown("$" + "(" * 400 + "$")
    assert html.count("<mtext>(</mtext>") == 400


@pytest.mark.parametrize(
    "latex",
    [
        r"\sqrt{" * 300 + "x" + "}" * 300,
        r"\sqrt" * 600 + "x",
        "{" * 2_000 + "}" * 2_000,
        r"\newcommand{\a}{((((}\a\a\a\a\a\a\a\a",
        r"\def\a{\a\a}\a",
        "x" * 3_001,
        r"\langle " * 30,
    ],
)
def test_a_formula_that_would_cost_too_much_stays_source(latex: str) -> None:
    assert "<math" not in render_markdown(f"${latex}$")


def test_a_flood_of_formulas_stays_bounded() -> None:
    text = r"$\alpha_1$ " * 3_000
    html = render_markdown(text)
    assert 100 <= html.count("<math>") <= MOST_FORMULAS
    assert html.count(r"<code>$\alpha_1$</code>") == 3_000 - html.count("<math>")


def test_a_table_scrolls_in_itself() -> None:
    html = render_markdown("|a|\n|-|\n|1|")
    assert html.startswith('<div class="scrolls" tabindex="0"><table>')
    assert html.endswith("</table></div>\n")


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
        [
            *HOSTILE,
            *"[]()!*_~`<>|#-&;:\\\"'= \n\t$^{}x",
            *["```py\n", "](", "http://a", "\u202e", "1. "],
            *["$$", "\\(", "\\)", "\\[", "\\]", "\\frac", "\\text"],
        ]
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
