"""What stands around the work: gold and its reasons, a changed guideline, questions on clauses."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.desk import GOLD
from tests.product.hands import begin, enter, lay, sign_in, somebody, tab_to
from tests.product.running import Product

pytestmark = pytest.mark.product

RIGHT, WRONG = GOLD["answers"]


@pytest.mark.parametrize(
    ("username", "wanted", "heading"),
    [
        ("lena", RIGHT, "As expected"),
        ("luis", WRONG, "This one was expected otherwise"),
    ],
)
def test_a_gold_comparison_tells_its_reason_at_once(
    page: Page, product: Product, username: str, wanted: str, heading: str
) -> None:
    slug = lay(
        product,
        rules={"gold_percent": 100, "gold_feedback": "immediately"},
        golds=[GOLD],
        comparisons=[("One.", "Two.")],
    )
    sign_in(page, product, username)
    begin(page, slug, "comparison")
    is_first = wanted in page.locator("[data-answer]").first.inner_text()
    page.keyboard.press("2" if is_first else "6")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_text("Sydney is wrong on the one point")).to_be_visible()
    expect(page.get_by_role("link", name="§2")).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-kind=comparison]")).to_contain_text("Which one, 0?")


def test_a_changed_guideline_is_read_and_confirmed_before_work_goes_on(
    page: Page, product: Product
) -> None:
    slug = lay(product, demonstrations=3, written=1, is_confirmed=True)
    sign_in(page, product, "olga")
    page.goto(f"/projects/{slug}/guideline/edit/")
    tab_to(page, page.locator("textarea#text"))
    page.keyboard.press("Control+End")
    page.keyboard.type("\n### 3.1 Doses {harmless}\n\nName the limit of a dose.\n")
    enter(page, page.get_by_role("button", name="Review and publish"))
    tab_to(page, page.get_by_label(re.compile("What changed, and why")))
    page.keyboard.type("Doses are new.")
    enter(page, page.get_by_role("button", name="Publish version 2"))
    expect(page).not_to_have_url(re.compile("changes"))

    sign_in(page, product, "lena")
    card = page.get_by_role("region", name=f"Desk {slug}")
    expect(card).to_contain_text("The guideline changed since you last worked: 1 clause added.")
    expect(card.get_by_role("button", name="Start next task")).to_have_count(0)
    enter(page, card.get_by_role("link", name="Read what changed"))
    expect(page.get_by_text("Note of version 2: Doses are new.")).to_be_visible()
    expect(page.locator("main ins").first).to_be_visible()
    with page.expect_navigation():
        enter(page, page.get_by_role("button", name="I have read version 2"))
    begin(page, slug, "demonstration")
    expect(page.locator("#guideline-panel")).to_contain_text("version 2")


def test_a_question_is_asked_from_a_task_and_its_answer_stands_beside_the_clause(
    page: Page, browser: Browser, product: Product
) -> None:
    slug = lay(product, demonstrations=2)
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    page.keyboard.type("Half an answer")
    ask = page.get_by_role("button", name="Ask a question on §1.1", exact=True)
    enter(page, ask)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("How long is long?")
    enter(page, page.get_by_role("dialog").get_by_role("button", name="Ask", exact=True))
    expect(page.locator("#c-1-1").get_by_text("1 question, 1 open")).to_be_visible()
    expect(page.get_by_label("Your answer")).to_have_value("Half an answer")

    owner = somebody(browser, product, "olga")
    owner.goto(f"/projects/{slug}/guideline/questions/")
    card = owner.get_by_role("article").filter(has_text="How long is long?")
    tab_to(owner, card.get_by_label("Answer", exact=True))
    owner.keyboard.type("A page at most.")
    enter(owner, card.get_by_role("button", name="Answer", exact=True))
    expect(owner.get_by_role("article").filter(has_text="A page at most.")).to_be_visible()
    owner.context.close()

    page.reload()
    enter(page, page.locator("#c-1-1 .clause-notes summary"))
    expect(page.locator("#c-1-1 .clause-answer")).to_contain_text("A page at most.")
    expect(page.get_by_label("Your answer")).to_have_value("Half an answer")
