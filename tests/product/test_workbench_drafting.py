"""Drafts picked from and answers rewritten, by keyboard alone, with a real model."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.product.hands import begin, lay, sign_in, tab_to
from tests.product.running import Product

pytestmark = pytest.mark.product

OFFER = """
from labeling.drafting.rules import change_drafting_rules
from projects.models import Project, User
olga = User.objects.get(username='olga')
project = Project.objects.get(slug='{}')
change_drafting_rules(
    by=olga, project=project, n_drafts=2, offers_repair=True, most_seconds=20
)
"""
WRITTEN = """
import json
from labeling.drafting import provenance
from labeling.drafting.attributing import shares_of
from labeling.models import Demonstration, Repair
from workers.models import Generation
row = Demonstration.objects.get(assignment__task__project__slug='{}')
response, spans = row.response, provenance.read(row.response.spans)
drafts = {{each.pk: each.output for each in Generation.objects.filter(project=row.prompt.project)}}
shares = shares_of(response)
print(json.dumps({{
    'origin': response.origin,
    'text': response.text,
    'holds': provenance.are_true(spans, response.text, drafts),
    'generations': len({{span.generation for span in spans if span.generation}}),
    'share': f'{{shares.person_percent}} % yours, {{shares.model_percent}} % drafts',
    'pasted': row.evidence.get('pasted', 0) + row.evidence.get('bulk', 0),
    'repairs': list(Repair.objects.values_list('complaint', 'clauses', 'outcome')),
}}))
"""
DRAWN_MS = 90_000


@pytest.fixture
def slug(page: Page, product: Product) -> str:
    slug = lay(product, demonstrations=1)
    product.shell(OFFER.format(slug))
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    return slug


def written(product: Product, slug: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(product.shell(WRITTEN.format(slug)))
    return told


def draw(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    whole = page.locator("[data-insert]:enabled")
    expect(whole).to_have_count(2, timeout=DRAWN_MS)


def test_drafts_are_picked_from_by_keyboard_and_every_character_keeps_its_writer(
    page: Page, product: Product, slug: str
) -> None:
    draw(page)
    answer, share = page.get_by_label("Your answer"), page.locator("[data-share]")
    first, second = page.locator("[data-drawn]").nth(0), page.locator("[data-drawn]").nth(1)
    page.keyboard.press("1")
    expect(answer).to_have_value(first.input_value())
    expect(share).to_have_text("0 % yours, 100 % drafts")
    page.keyboard.type(" Mine.")
    with_mine = answer.input_value()

    tab_to(page, second)
    page.keyboard.press("Control+Home")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    picked = second.input_value()[:5]
    expect(answer).to_have_value(f"{with_mine}{picked}")
    expect(answer).to_be_focused()
    as_it_is = share.inner_text()

    page.keyboard.press("Control+z")
    expect(answer).to_have_value(with_mine)
    page.keyboard.press("Control+Shift+z")
    expect(answer).to_have_value(f"{with_mine}{picked}")
    expect(share).to_have_text(as_it_is)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+x")
    expect(share).to_have_text("")
    page.keyboard.press("Control+v")
    expect(share).to_have_text(as_it_is)

    page.keyboard.press("Escape")
    page.keyboard.press("w")
    shown = page.get_by_role("tabpanel", name="Who wrote what")
    expect(shown.locator("mark .from")).to_have_text(["Draft 1", "Draft 2"])
    assert Axe().run(page).response["violations"] == []

    expect(page.locator("[data-saved-state]")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(share).to_have_text(as_it_is)
    expect(answer).to_have_value(f"{with_mine}{picked}")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/home/"))
    told = written(product, slug)
    assert told["origin"] == "mixed"
    assert told["text"] == f"{with_mine}{picked}"
    assert (told["holds"], told["generations"], told["share"]) == (True, 2, as_it_is)
    assert told["pasted"] == 0, "what is inserted from a draft is no paste"


def test_an_answer_is_rewritten_on_request_by_keyboard(
    page: Page, product: Product, slug: str
) -> None:
    page.keyboard.type("Soak it for a week, and never mind the rust.")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_label("What is wrong with it")).to_be_focused()
    page.keyboard.type("Too careless. §2 ")
    page.keyboard.press("Control+Enter")
    taken = page.get_by_role("button", name="Take it", exact=True)
    expect(taken).to_be_enabled(timeout=DRAWN_MS)
    expect(page.locator("[data-changes-shown] ins").first).to_be_visible()
    rewritten = page.locator("[data-result] [data-drawn]").input_value()
    assert Axe().run(page).response["violations"] == []
    tab_to(page, taken)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your answer")).to_have_value(rewritten)
    expect(page.locator("[data-share]")).to_have_text("0 % yours, 100 % drafts")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/home/"))
    told = written(product, slug)
    assert (told["origin"], told["text"], told["holds"]) == ("mixed", rewritten, True)
    assert ["Too careless. §2", ["c-2"], "accepted"] in told["repairs"]
