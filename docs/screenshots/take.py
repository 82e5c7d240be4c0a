"""Take this folder's pictures of a running product: real pages, real data.

    python docs/screenshots/take.py http://localhost:8000 var/demo-sign-ins.txt \\
        --board crowd --judged pairs

Needs what the tests need, and rankings and reviews that are ready. The answers of the arena's
picture are drawn while it waits; the pictures of the labeler and the reviewer take one lease each.
"""

import argparse
import json
import os
import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
QUIZ = HERE.parents[1] / "demo" / "quiz.json"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MESSAGE = "Give me three tips for sleeping better, as a list."
ANSWER_MS = 180_000
TRIES = 12
Scheme = Literal["light", "dark"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="of the running product")
    parser.add_argument("sign_ins", type=Path, help="file with a name and a password a line")
    parser.add_argument("--board", default="demo", help="project of the leaderboard's picture")
    parser.add_argument("--judged", default="demo", help="project of the quality page's picture")
    options = parser.parse_args()
    lines = [line.split() for line in options.sign_ins.read_text().splitlines() if line.strip()]
    passwords = {words[0]: words[1] for words in lines}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visitor(desk(browser, options.address), options.board)
        labeler(desk(browser, options.address), passwords["lena"])
        reviewer(desk(browser, options.address), passwords["rita"])
        owner(desk(browser, options.address), passwords["olga"], options.judged)
        browser.close()


def desk(browser: Browser, address: str) -> Page:
    context = browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 960}, locale="en-GB"
    )
    return context.new_page()


def visitor(page: Page, board: str) -> None:
    page.goto(f"/leaderboard/{board}/")
    shoot(page, "leaderboard")
    page.goto("/")
    page.get_by_label("Your message").fill(MESSAGE)
    page.get_by_role("button", name="Ask both").click()
    vote = page.get_by_role("button", name="A is better")
    expect(vote).to_be_visible(timeout=ANSWER_MS)
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "arena", dark=True, whole=True)


def labeler(page: Page, password: str) -> None:
    sign_in(page, "lena", password)
    shoot(page, "home")
    find_formatted_comparison(page)
    page.reload()
    for criterion in page.locator("[data-criterion]").all():
        criterion.get_by_label("B" if "Helpful" in criterion.inner_text() else "Equal").check()
    page.locator("h1").click()
    page.keyboard.press("6")
    expect(page.locator("[data-saved-state]")).to_have_attribute("data-state", "saved")
    shoot(page, "comparison", dark=True)
    pass_quiz(page)
    next_task(page, "ranking")
    for rank in ("2", "1", "2"):
        page.keyboard.press("ArrowRight")
        page.keyboard.press(rank)
    expect(page.locator(".guideline-aside .clause").first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "ranking")
    page.goto("/projects/demo/guideline/")
    shoot(page, "guideline")


def pass_quiz(page: Page) -> None:
    """Where a quiz stands before the rankings; its answers are the demo's own."""
    page.goto("/projects/demo/quizzes/")
    take = page.get_by_role("link", name="Take it")
    if not take.count():
        return
    take.click()
    questions = json.loads(QUIZ.read_text(encoding="utf-8"))["questions"]
    for question in questions:
        group = page.get_by_role("group", name=question["text"])
        for at in question["right"]:
            group.get_by_label(question["options"][at], exact=True).check()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Passed")


def next_task(page: Page, kind: str) -> None:
    page.goto("/home/")
    page.locator(f"form[action='/projects/demo/next/{kind}/'] button").click()
    page.wait_for_url("**/assignments/**")


def find_formatted_comparison(page: Page) -> None:
    """Skip until an answer has a list or code, and fits the picture; else keep the last one."""
    next_task(page, "comparison")
    for _ in range(TRIES):
        expect(page).to_have_url(re.compile(r"/assignments/\d+/"))
        answers = page.locator(".answer-body").all_inner_texts()
        is_formatted = page.locator(".answer-body :is(ol, ul, pre)").count() > 0
        if is_formatted and all(250 < len(text) < 1200 for text in answers):
            return
        address = page.url
        page.get_by_role("button", name="Skip S").click()
        page.wait_for_url(lambda url, before=address: url != before)  # type: ignore[misc]


def reviewer(page: Page, password: str) -> None:
    sign_in(page, "rita", password)
    next_task(page, "review")
    shoot(page, "review")


def owner(page: Page, password: str, judged: str) -> None:
    sign_in(page, "olga", password)
    page.goto(f"/projects/{judged}/quality/")
    heading = page.get_by_role("heading", name="Agreement", exact=True)
    heading.evaluate("element => scrollTo(0, element.getBoundingClientRect().top - 80)")
    shoot(page, "quality")
    page.goto("/projects/demo/exports/")
    page.get_by_role("button", name="Export preferences").click()
    expect(page.get_by_role("link", name=re.compile("^Download"))).to_be_visible(timeout=60_000)
    page.reload()
    shoot(page, "export")


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")


def shoot(page: Page, name: str, *, dark: bool = False, whole: bool = False) -> None:
    schemes: tuple[Scheme, ...] = ("light", "dark") if dark else ("light",)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        suffix = "" if scheme == "light" else "-dark"
        page.screenshot(path=HERE / f"{name}{suffix}.png", full_page=whole)


if __name__ == "__main__":
    main()
