"""Quizzes, questions, pins and § citations, in a real browser and by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.product.running import Product
from tests.product.test_journey import sign_in, sign_out

pytestmark = pytest.mark.product

GUIDELINE = "/projects/demo/guideline/"


def test_an_owner_writes_a_quiz_and_a_labeler_passes_it_by_keyboard(
    page: Page, product: Product
) -> None:
    sign_in(page, product, "olga")
    page.goto("/projects/demo/quizzes/")
    page.get_by_label("Title").fill("First things")
    page.get_by_role("button", name="Create the quiz").click()
    page.get_by_role("link", name="Add a question").click()
    page.get_by_label("Clause").select_option("c-1-1")
    page.get_by_label("Question", exact=True).fill("Who comes first?")
    page.get_by_label("Option 1", exact=True).fill("The person")
    page.get_by_label("Option 2", exact=True).fill("The word count")
    page.get_by_label("Option 1 is right").check()
    page.get_by_label("Explanation").fill("See §1.1.")
    page.get_by_role("button", name="Add the question").click()
    page.get_by_label("Switched on").check()
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_text("Switched on: it stands before the work.")).to_be_visible()

    sign_out(page)
    sign_in(page, product, "lena")
    page.goto("/projects/demo/quizzes/")
    page.get_by_role("link", name="Take First things").press("Enter")
    page.locator(".quiz-clause > summary").press("Enter")
    expect(page.get_by_role("region", name="Clause 1.1")).to_be_visible()
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    if not page.get_by_label("The person").is_checked():
        page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Hand in").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed: First things")
    expect(page.locator("a.cite")).to_have_attribute("href", re.compile(r"#c-1-1$"))


def test_a_question_beside_the_clause_is_kept_asked_and_answered(
    page: Page, product: Product
) -> None:
    sign_in(page, product, "lena")
    page.goto(GUIDELINE)
    ask = page.get_by_role("button", name="Ask a question on §1.2", exact=True)
    ask.press("Enter")
    page.keyboard.type("Which of the thr")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    ask.press("Enter")
    expect(page.get_by_label("Your question")).to_have_value("Which of the thr")
    page.keyboard.press("End")
    page.keyboard.type("ee is first?")
    page.get_by_role("dialog").get_by_role("button", name="Ask", exact=True).press("Enter")
    expect(page.locator("#c-1-2").get_by_text("1 question, 1 open")).to_be_visible()

    sign_out(page)
    sign_in(page, product, "olga")
    page.goto(f"{GUIDELINE}questions/")
    card = page.get_by_role("article").filter(has_text="Which of the three is first?")
    card.get_by_label("Answer", exact=True).fill("Harm. Always.")
    card.get_by_role("button", name="Answer", exact=True).click()

    sign_out(page)
    sign_in(page, product, "luis")
    page.goto(GUIDELINE)
    page.locator("#c-1-2 .clause-notes summary").press("Enter")
    expect(page.locator("#c-1-2 .clause-answer")).to_contain_text("Harm. Always.")


def test_a_pinned_clause_stands_on_top_beside_the_task(page: Page, product: Product) -> None:
    sign_in(page, product, "luis")
    page.goto(GUIDELINE)
    pin = page.get_by_role("button", name="Pin §1.3 on top", exact=True)
    pin.press("Enter")
    expect(pin).to_have_attribute("aria-pressed", "true")
    page.goto("/home/")
    page.locator("form[action='/projects/demo/next/demonstration/'] button").click()
    expect(page.locator("[data-guideline-pinned]")).to_contain_text("1.3")
    page.locator(".guideline-aside").get_by_role("button", name="Pin §1.3 on top").press("Enter")
    expect(page.locator("[data-guideline-pinned]")).to_be_hidden()


def test_a_clause_is_cited_by_keyboard(page: Page, product: Product) -> None:
    sign_in(page, product, "olga")
    page.goto("/projects/demo/gold/new/")
    reason = page.locator("textarea[data-cites]")
    reason.focus()
    page.keyboard.type("Harm weighs most, §1")
    options = page.get_by_role("listbox", name="Clauses").get_by_role("option")
    expect(options).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    page.keyboard.type(" and §weigh")
    expect(options).to_have_count(1)
    page.keyboard.press("Tab")
    expect(reason).to_have_value("Harm weighs most, §1.2 and §1.3")
    expect(reason).to_be_focused()
    expect(page.locator(".cites > li")).to_have_count(2)
    page.keyboard.type(" §2")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
