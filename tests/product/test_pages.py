"""Every page in a real browser: accessible, free of script errors, and fit for a phone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.product.running import Product, wait_for

pytestmark = pytest.mark.product

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PHONE = 390
# Colours fade and drawers slide when the scheme or the width changes.
SETTLED = """() => new Promise((done) => setTimeout(done, 50)).then(() => Promise.allSettled(
    document.getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map((animation) => animation.finished)))"""
EVERYWHERE = (
    "/home/",
    "/models/",
    "/tokens/",
    "/password/",
    "/projects/demo/guideline/",
    "/projects/demo/guideline/questions/",
    "/projects/demo/quizzes/",
)
STAFF = (*EVERYWHERE, "/projects/demo/", "/projects/demo/prompts/", "/projects/demo/exports/")
PAGES = {
    "visitor": ("/", "/leaderboard/", "/login/", "/models/", "/leaving/?to=https://example.org/"),
    "lena": EVERYWHERE,
    "rita": (*STAFF, "/projects/demo/members/"),
    "olga": (
        *STAFF,
        "/projects/demo/members/",
        "/projects/demo/settings/",
        "/projects/demo/rules/",
        "/projects/demo/labelers/",
        "/projects/demo/guideline/edit/",
        "/projects/new/",
    ),
}
COMPARISONS_READY = (
    "from labeling.models import Task;"
    "print(Task.objects.filter(kind='comparison', is_open=True, is_gold=False).count())"
)


@dataclass
class Looker:
    """A person's browser, and everything that its console complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Check the page that is open; say all that is wrong with it at once."""
        wrong = [*self.complaints]
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(SETTLED)
            found = Axe().run(self.page, options=RULES).response["violations"]
            wrong += [
                f"{scheme}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
                for violation in found
            ]
        self.page.set_viewport_size({"width": PHONE, "height": 844})
        self.page.evaluate(SETTLED)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE:
            wrong.append(f"scrolls sideways on a phone: {width} px wide")
        self.page.set_viewport_size({"width": 1280, "height": 800})
        assert wrong == [], self.page.url


@pytest.fixture
def looker(page: Page) -> Looker:
    looker = Looker(page)
    page.on("pageerror", lambda error: looker.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            looker.complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    return looker


@pytest.fixture
def offline_page(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(base_url=product.address, locale="en-GB")
    yield context.new_page()
    context.close()


def sign_in(page: Page, product: Product, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(product.password(username))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/home/"))


def begin(page: Page, kind: str) -> None:
    page.goto("/home/")
    page.locator(f"form[action='/projects/demo/next/{kind}/'] button").click()
    expect(page).to_have_url(re.compile(r"/assignments/\d+/"))


def draw_comparisons(product: Product, at_least: int) -> None:
    wait_for(
        lambda: int(product.shell(COMPARISONS_READY)) >= at_least,
        seconds=240,
        every=2,
        what="drawn candidates",
    )


@pytest.mark.parametrize("username", PAGES)
def test_pages_are_accessible_quiet_and_fit_a_phone(
    looker: Looker, product: Product, username: str
) -> None:
    if username != "visitor":
        sign_in(looker.page, product, username)
    for path in PAGES[username]:
        response = looker.page.goto(path)
        assert response is not None
        assert response.status == 200, path
        looker.look()


def test_task_pages_are_accessible_quiet_and_fit_a_phone(looker: Looker, product: Product) -> None:
    draw_comparisons(product, 1)
    sign_in(looker.page, product, "lena")
    for kind in ("comparison", "demonstration"):
        begin(looker.page, kind)
        looker.look()
        looker.page.keyboard.press("Escape")
        looker.page.locator("[data-dialog-open=key-help]").click()
        expect(looker.page.get_by_role("dialog")).to_be_visible()
        looker.look()


def test_a_battle_is_accessible_before_and_after_the_vote(looker: Looker) -> None:
    looker.page.goto("/")
    looker.page.get_by_label("Your message").fill("Say one word.")
    looker.page.keyboard.press("Control+Enter")
    vote = looker.page.get_by_role("button", name=re.compile("Tie"))
    expect(vote).to_be_visible(timeout=180_000)
    looker.look()
    looker.page.locator("body").press("ArrowDown")
    expect(looker.page.get_by_role("heading", name=re.compile("Your verdict"))).to_be_visible()
    looker.look()


def test_refused_pages_are_accessible(page: Page, product: Product) -> None:
    looker = Looker(page)
    sign_in(page, product, "lena")
    for path, status in (("/projects/demo/settings/", 403), ("/projects/nowhere/", 404)):
        response = page.goto(path)
        assert response is not None
        assert response.status == status
        looker.look()


def test_comparisons_are_judged_in_a_row_by_two_keys_each(page: Page, product: Product) -> None:
    draw_comparisons(product, 4)
    sign_in(page, product, "luis")
    page.locator("form[action='/projects/demo/next/comparison/'] button").press("Enter")
    seen = set()
    for key in ("1", "4", "7"):
        expect(page.get_by_text("Which answer is better?")).to_be_visible()
        address = page.url
        seen.add(address)
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(page).not_to_have_url(address)
        expect(page).to_have_url(re.compile(r"/assignments/\d+/"))
    assert len(seen) == 3


def test_a_draft_written_offline_is_kept_and_saved_on_return(
    offline_page: Page, product: Product, browser: Browser
) -> None:
    page, context = offline_page, offline_page.context
    sign_in(page, product, "luis")
    begin(page, "demonstration")
    state = page.locator("[data-saved-state]")
    context.set_offline(True)
    page.locator("textarea[name=text]").fill("Written in a tunnel.")
    expect(state).to_have_attribute("data-state", "offline")
    context.set_offline(False)
    expect(state).to_have_attribute("data-state", "saved", timeout=15_000)
    elsewhere = browser.new_context(base_url=product.address).new_page()
    sign_in(elsewhere, product, "luis")
    elsewhere.goto(page.url)
    expect(elsewhere.locator("textarea[name=text]")).to_have_value("Written in a tunnel.")
    elsewhere.context.close()
