"""Hands on a keyboard: people signed in, found places, pressed keys; the mouse stays still."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.product.running import Product

TASK = re.compile(r"/assignments/\d+/")
SLOW = 180_000  # milliseconds: two small models share a busy machine's cores
LANDED = re.compile(r"/home/")
PRESSED_BY_HAND = """() => {
    window.pressed = [];
    const note = (event) => window.pressed.push(event.key ?? event.type);
    for (const name of ["keydown", "mousedown", "pointerdown"]) addEventListener(name, note, true);
}"""
_cookies: dict[tuple[str, str], Any] = {}


def sign_in(page: Page, product: Product, username: str) -> None:
    """Be this person on the page's browser; the form is filled in once a person and product."""
    known = (product.address, username)
    # What the page before still has to send, it sends as who was signed in.
    page.goto("about:blank")
    page.context.clear_cookies()
    if known not in _cookies:
        page.goto("/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(product.password(username))
        page.keyboard.press("Enter")
        expect(page).to_have_url(LANDED)
        _cookies[known] = page.context.cookies()
    page.context.add_cookies(_cookies[known])
    page.goto("/home/")
    expect(page).to_have_url(LANDED)


def somebody(browser: Browser, product: Product, username: str, **options: Any) -> Page:
    """Somebody's own browser, signed in; close its context when done."""
    page = browser.new_context(base_url=product.address, locale="en-GB", **options).new_page()
    sign_in(page, product, username)
    return page


def tab_to(page: Page, place: Locator, *, at_most: int = 400) -> None:
    """Go there by Tab alone."""
    expect(place).to_be_attached()
    for _ in range(at_most):
        if place.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{at_most} Tabs do not lead to {place}")


def enter(page: Page, place: Locator) -> None:
    tab_to(page, place)
    page.keyboard.press("Enter")


def agree(page: Page) -> None:
    """To the arena's terms, where they are still to be agreed to."""
    terms = page.get_by_role("checkbox", name="I agree")
    if terms.count():
        terms.check()


def answered(page: Page) -> Locator:
    """Where A is preferred, once both have answered. On a machine at work elsewhere a small model
    may be too late, which the page says; a visitor then tries again."""
    vote = page.get_by_role("button", name=re.compile("A is better"))
    again = page.get_by_role("button", name="Try again")
    expect(vote.or_(again).first).to_be_visible(timeout=SLOW)
    if again.is_visible():
        again.click()
        expect(vote).to_be_visible(timeout=SLOW)
    return vote


def begin(page: Page, slug: str, kind: str) -> None:
    """From home to the next task of that kind."""
    page.goto("/home/")
    enter(page, page.locator(f"form[action='/projects/{slug}/next/{kind}/'] button"))
    expect(page).to_have_url(TASK)
    # Keys do nothing before the page's modules have run.
    page.wait_for_load_state()
    expect(page.locator(f"[data-kind={kind}]")).to_be_visible()


def swapped(page: Page, act: Callable[[], None]) -> None:
    """`act` leads to another task within the same document."""
    before = page.url
    page.evaluate("window.isTheSame = true")
    act()
    expect(page).not_to_have_url(before)
    expect(page).to_have_url(TASK)
    assert page.evaluate("window.isTheSame") is True, "the next task came by loading a page"
    # The server's answer comes after the screen.
    expect(page.locator("[data-sending]")).to_have_count(0)


def wait_for_next(page: Page) -> None:
    """Until the task after this one is held ready."""
    expect(page.locator("[data-work][data-ahead]")).to_be_attached()


def lay(product: Product, **desk: Any) -> str:
    """A new project as tests/product/desk.py lays it; returns its slug."""
    slug = f"desk-{secrets.token_hex(3)}"
    product.shell(f"from tests.product.desk import lay; lay({slug!r}, **{desk!r})")
    return slug
