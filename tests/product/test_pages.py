"""Every page in a real browser: accessible, free of script errors, and fit for a phone."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.product.hands import agree, begin, lay, sign_in
from tests.product.running import Product

pytestmark = pytest.mark.product

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Of all the rules only that of contrast looks at colours.
RULES: dict[Literal["light", "dark"], list[str]] = {"light": TAGS, "dark": ["color-contrast"]}
PHONE = 390
# Violations alone: all that passed is a megabyte of a large page, told twice.
VIOLATIONS = """(rules) => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(
    (found) => found.violations.map((each) => [each.id, each.nodes[0].html.slice(0, 200)]))"""
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
WORKED = (
    "/projects/{desk}/",
    "/projects/{desk}/guideline/",
    "/projects/{desk}/guideline/versions/",
    "/projects/{desk}/guideline/versions/1/",
    "/projects/{desk}/guideline/diff/?from=1&to=2",
    "/projects/{desk}/guideline/search/?q=answer",
    "/projects/{desk}/guideline/questions/",
    "/projects/{desk}/quizzes/",
    "/projects/{desk}/feedback/",
    "/projects/{desk}/scorecard/",
)
STAFF = (
    "/home/",
    "/projects/demo/guideline/",
    "/projects/demo/guideline/questions/",
    "/projects/demo/quizzes/",
    "/projects/demo/",
    "/projects/demo/prompts/",
    "/projects/demo/exports/",
    "/projects/demo/rounds/",
)
STAFF_WORKED = (
    "/projects/{desk}/reviews/",
    "/projects/{desk}/quality/",
    "/projects/{desk}/labelers/",
    "/projects/{desk}/flags/",
    "/projects/{desk}/tasks/",
    "/projects/{desk}/tasks/{task}/",
)
PAGES = {
    "visitor": ("/", "/leaderboard/", "/login/", "/models/", "/leaving/?to=https://example.org/"),
    "lena": (*EVERYWHERE, *WORKED),
    "rita": (*STAFF, *STAFF_WORKED, "/projects/demo/members/"),
    "olga": (
        *STAFF,
        "/projects/demo/members/",
        "/projects/demo/settings/",
        "/projects/demo/rules/",
        "/projects/demo/labelers/",
        "/projects/demo/guideline/edit/",
        "/projects/demo/gold/new/",
        "/projects/demo/quality/",
        "/projects/{desk}/guideline/draft/changes/",
        "/projects/{desk}/guideline/impact/?from=1&to=2",
        "/projects/{desk}/gold/",
        "/projects/{desk}/gold/from/{task}/",
        "/projects/{desk}/labelers/{labeler}/",
        "/projects/{desk}/quizzes/{quiz}/edit/",
        "/projects/{desk}/quizzes/{quiz}/preview/",
        "/projects/{desk}/quizzes/{quiz}/results/",
        "/projects/new/",
    ),
}


@dataclass
class Looker:
    """A person's browser, and everything that its console complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Check the page that is open; say all that is wrong with it at once."""
        wrong = [*self.complaints]
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        for scheme, rules in RULES.items():
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(SETTLED)
            found = self.page.evaluate(VIOLATIONS, rules)
            wrong += [f"{scheme}: {rule}: {html}" for rule, html in found]
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


@pytest.fixture(scope="module")
def worked(product: Product) -> dict[str, Any]:
    """A project with something on every page, and the numbers in their addresses."""
    slug = f"worked-{secrets.token_hex(3)}"
    code = f"import json; from tests.product.desk import lay_worked as lay; n = lay({slug!r})"
    return {"desk": slug, **json.loads(product.shell(f"{code}; print(json.dumps(n))"))}


@pytest.mark.parametrize("username", PAGES)
def test_pages_are_accessible_quiet_and_fit_a_phone(
    looker: Looker, product: Product, worked: dict[str, Any], username: str
) -> None:
    if username != "visitor":
        sign_in(looker.page, product, username)
    for path in PAGES[username]:
        response = looker.page.goto(path.format(**worked))
        assert response is not None
        assert response.status == 200, path
        looker.look()


def test_task_pages_are_accessible_quiet_and_fit_a_phone(
    looker: Looker, product: Product, worked: dict[str, Any]
) -> None:
    sign_in(looker.page, product, "luis")
    for kind in ("comparison", "demonstration"):
        begin(looker.page, worked["desk"], kind)
        looker.look()
        looker.page.keyboard.press("Escape")
        looker.page.locator("[data-dialog-open=key-help]").click()
        expect(looker.page.get_by_role("dialog")).to_be_visible()
        looker.look()
    sign_in(looker.page, product, "rita")
    for _ in range(2):
        begin(looker.page, worked["desk"], "review")
        looker.look()
        looker.page.keyboard.press("s")
    sign_in(looker.page, product, "lena")
    for path in ("/assignments/{gold}/expected/", "/assignments/{returned}/"):
        looker.page.goto(path.format(**worked))
        looker.look()


def test_rankings_and_quizzes_are_accessible_quiet_and_fit_a_phone(
    looker: Looker, product: Product, worked: dict[str, Any]
) -> None:
    sign_in(looker.page, product, "luis")
    looker.page.goto("/projects/{desk}/quizzes/{quiz}/".format(**worked))
    looker.look()
    slug = lay(product, rankings=[("One.", "Two.", "Three.")] * 2)
    begin(looker.page, slug, "ranking")
    looker.look()
    for key in ("1", "ArrowRight", "1", "ArrowRight", "3", "0"):
        looker.page.keyboard.press(key)
    looker.look()


def test_a_battle_is_accessible_before_and_after_the_vote(looker: Looker) -> None:
    looker.page.goto("/")
    looker.page.get_by_label("Your message").fill("Say one word.")
    agree(looker.page)
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
