"""Conversations in a real browser, on real models: by keyboard, by touch, in both schemes."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.product.hands import SLOW, agree, answered, somebody
from tests.product.running import Product
from tests.product.test_pages import Looker

pytestmark = pytest.mark.product

PHONE: ViewportSize = {"width": 390, "height": 844}
NAME = "SmolLM2"


@pytest.fixture
def phone(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(
        base_url=product.address, locale="en-GB", viewport=PHONE, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def ask(page: Page, message: str, *, mode: str = "battle", button: str = "Ask both") -> None:
    """Begin a conversation, agreeing to the terms where they are shown."""
    page.goto(f"/arena/demo/?mode={mode}")
    page.get_by_label("Your message").fill(message)
    agree(page)
    page.get_by_role("button", name=button, exact=True).click()


def verdict(page: Page) -> None:
    expect(page.get_by_role("heading", name=re.compile("Your verdict"))).to_be_visible()


def test_a_battle_by_keyboard_from_the_terms_to_the_next_question(page: Page) -> None:
    page.goto("/arena/demo/")
    page.get_by_label("Your message").press_sequentially("Say one word.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="I agree")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    answered(page)
    assert NAME not in page.content(), "a name is shown before the vote"
    page.locator("body").press("r")
    expect(page.locator("[data-status]")).to_be_visible()
    answered(page)
    page.locator("body").press("ArrowRight")
    verdict(page)
    expect(page.get_by_text("B is better").first).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(NAME)).first).to_be_visible()
    box = page.get_by_label("New battle, with two models drawn anew")
    expect(box).to_be_focused()
    page.keyboard.type("And another.")
    page.keyboard.press("Control+Enter")
    answered(page)
    assert NAME not in page.content()


def test_a_battle_is_stopped_edited_judged_explained_and_shared(
    page: Page, browser: Browser, product: Product
) -> None:
    ask(page, "Write a long story about a touchstone.")
    expect(page.get_by_text("Both are writing…")).to_be_visible(timeout=SLOW)
    page.locator("body").press("s")
    expect(page.get_by_text(re.compile("You stopped"))).to_be_visible()
    page.reload()
    if page.get_by_role("button", name="Try again").count():
        page.get_by_role("button", name="Try again").click()
        answered(page)
    answered(page)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Your message, changed").fill("Say two words.")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Write a long story")).to_have_count(0)
    answered(page)
    page.get_by_role("button", name=re.compile("A is better")).click()
    verdict(page)
    page.get_by_label("Clearly").check()
    page.get_by_label("Accuracy").check()
    page.get_by_role("button", name="Add to my vote").click()
    expect(page.get_by_text("Noted with your vote.")).to_be_visible()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to this conversation").input_value()
    other = browser.new_context(base_url=product.address).new_page()
    other.goto(link)
    expect(other.get_by_text("Say two words.")).to_be_visible()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("shows nothing any more")).to_be_visible()
    answer = other.reload()
    assert answer is not None
    assert answer.status == 404
    other.context.close()
    page.get_by_role("link", name="My conversations").click()
    expect(page.get_by_role("link", name=re.compile("Write a long story"))).to_be_visible()


def test_side_by_side_and_direct_tell_names_and_are_accessible(page: Page) -> None:
    looker = Looker(page)
    ask(page, "Say one word.", mode="side_by_side")
    expect(page.get_by_role("heading", name=re.compile(NAME)).first).to_be_visible()
    answered(page)
    looker.look()
    page.locator("body").press("ArrowDown")
    verdict(page)
    expect(page.get_by_text("you knew the names")).to_be_visible()
    looker.look()
    ask(page, "Say one word.", mode="direct", button="Ask")
    expect(page.get_by_label("Your next message")).to_be_visible(timeout=SLOW)
    looker.look()
    page.get_by_label("Your next message").fill("And another.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("And another.").first).to_be_visible()
    expect(page.get_by_label("Your next message")).to_be_visible(timeout=SLOW)


def test_the_pages_around_a_battle_are_accessible(page: Page) -> None:
    looker = Looker(page)
    for mode in ("battle", "side_by_side", "direct"):
        page.goto(f"/arena/demo/?mode={mode}")
        looker.look()
    ask(page, "Say one word.")
    looker.look()
    answered(page)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_text("Report this answer").first.click()
    looker.look()
    page.get_by_role("button", name=re.compile("Tie")).click()
    verdict(page)
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to this conversation")
    expect(link).to_be_visible()
    looker.look()
    address = link.input_value()
    for place in (address, "/arena/demo/history/"):
        page.goto(place)
        looker.look()


def test_both_answers_are_reached_on_a_phone(phone: Page) -> None:
    ask(phone, "Say one word.")
    answered(phone)
    a, b = phone.locator("[data-answer=a]"), phone.locator("[data-answer=b]")
    first = a.bounding_box()
    assert first is not None
    assert first["width"] > 0.7 * PHONE["width"]
    b.scroll_into_view_if_needed()
    second = b.bounding_box()
    assert second is not None
    assert 0 <= second["x"] < PHONE["width"] / 2
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.get_by_role("button", name=re.compile("B is better")).tap()
    verdict(phone)


def test_a_reported_answer_reaches_the_staff(
    page: Page, browser: Browser, product: Product
) -> None:
    ask(page, "Say one word.")
    answered(page)
    page.get_by_text("Report this answer").first.click()
    page.get_by_label("It is broken or cut off").first.check()
    page.get_by_label("More about it").first.fill("It stops in the middle.")
    page.get_by_role("button", name="Report", exact=True).first.click()
    expect(page.get_by_text("will look at that answer")).to_be_visible()
    staff = somebody(browser, product, "rita")
    staff.goto("/projects/demo/arena/reports/")
    expect(staff.get_by_text("It stops in the middle.")).to_be_visible()
    Looker(staff).look()
    staff.get_by_label("What was done").first.fill("Looked at it.")
    staff.get_by_role("button", name="Close the report").first.click()
    expect(staff.get_by_text("The report is closed.", exact=True)).to_be_visible()
    staff.context.close()


def test_a_browser_proves_its_work_by_itself_where_the_arena_asks(
    page: Page, browser: Browser, product: Product
) -> None:
    owner = somebody(browser, product, "olga")

    def demand(when: str) -> None:
        owner.goto("/projects/demo/arena/")
        owner.get_by_label("Proof of work").select_option(label=when)
        owner.get_by_role("button", name="Save the rules").click()
        expect(owner.get_by_text("The rules are saved.")).to_be_visible()

    looker = Looker(page)
    demand("Before every battle")
    try:
        page.goto("/arena/demo/")
        expect(page.locator("[data-challenge]")).to_be_attached()
        looker.look()
        with page.expect_request(lambda request: request.method == "POST") as sent:
            ask(page, "Say one word.")
        assert "proof=ey" in (sent.value.post_data or "")
        answered(page)
    finally:
        demand("Under load or on suspicion")
        owner.context.close()
