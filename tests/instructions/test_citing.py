"""§ citations as links."""

import re

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from instructions.citing import link_citations, link_plain
from instructions.models import GuidelineVersion
from instructions.render import render_markdown
from projects.models import Project

TITLES = {"c-4": "Care", "c-4-2": 'Medical "advice"'}


def linked(html: str) -> str:
    return link_citations(html, titles=TITLES, address="/g/")


def test_a_citation_of_a_clause_becomes_a_link() -> None:
    assert linked("<p>As §4.2 says</p>") == (
        '<p>As <a class="cite" href="/g/#c-4-2" title="Medical &quot;advice&quot;">§4.2</a>'
        " says</p>"
    )


@pytest.mark.parametrize("text", ["§ 4", "§4", "§\u00a04", "§04", "(§4)", "§4."])
def test_ways_to_write_it(text: str) -> None:
    assert 'href="/g/#c-4"' in linked(text)


@pytest.mark.parametrize(
    "html",
    [
        "§9",
        "§4444",
        "§",
        "§ x",
        "<code>§4</code>",
        "<pre><code>§4</code> §4</pre>",
        '<a href="/x">see <em>§4</em></a>',
        '<span title="§4">x</span>',
    ],
)
def test_what_is_no_citation_stays(html: str) -> None:
    assert linked(html) == html


def test_several_after_a_doubled_sign_are_a_link_each() -> None:
    html = linked("as §§ 4, 9 and 4.2 say")
    assert re.findall(r'href="([^"]*)"[^>]*>([^<]*)<', html) == [
        ("/g/#c-4", "4"),
        ("/g/#c-4-2", "4.2"),
    ]


def test_after_code_it_links_again() -> None:
    assert linked("<code>§4</code> §4").count("href") == 1


def test_plain_text_is_escaped() -> None:
    html = link_plain("<b>§4</b>\nsecond", titles=TITLES, address="/g/")
    assert html.startswith("&lt;b&gt;<a ")
    assert html.endswith("&lt;/b&gt;\nsecond")


@given(st.text(alphabet="<>§4.2&`[]*ab \n\"'", max_size=60))
def test_taking_the_links_away_gives_what_was_rendered(text: str) -> None:
    html = render_markdown(text)
    back = re.sub(r'<a class="cite"[^>]*>(.*?)</a>', r"\1", linked(html))
    assert back == html


def test_the_filter_links_to_the_version_that_was_worked_by(project: Project) -> None:
    version = GuidelineVersion.objects.get(guideline__project=project)
    template = Template("{% load citing %}{{ text|cited:version }}")
    html = template.render(Context({"text": "By §1, **not** §7.", "version": version}))
    assert html == (
        '<p>By <a class="cite" href="/projects/harbour/guideline/versions/1/#c-1"'
        ' title="Be helpful">§1</a>, <strong>not</strong> §7.</p>\n'
    )
