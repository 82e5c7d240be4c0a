"""Comparisons and rankings in a real browser, by keyboard alone."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.hands import (
    PRESSED_BY_HAND,
    TASK,
    begin,
    enter,
    lay,
    sign_in,
    somebody,
    swapped,
    tab_to,
    wait_for_next,
)
from tests.product.running import Product

pytestmark = pytest.mark.product

PAIR = ("The *first* answer.", "The second answer.")
THREE = ("The first.", "The second.", "The third.")
SUBMITTED = re.compile("submitted", re.I)
SCALE = [
    "A is much better",
    "A is better",
    "A is slightly better",
    "Equal",
    "B is slightly better",
    "B is better",
    "B is much better",
    "Both bad",
    "Cannot judge",
]
DRAWN = """
from labeling.models import Task
Task.objects.filter(project__slug={!r}).update(state={!r}, is_open={!r})
"""
COMPARISONS = """
import json
from labeling.models import Comparison
rows = Comparison.objects.filter(assignment__task__project__slug='{}').order_by('pk')
print(json.dumps([
    [row.preference, row.justification, row.cites, row.marks, row.supersedes_id is not None]
    for row in rows
]))
"""
RANKINGS = """
import json
from labeling.models import Ranking
rows = Ranking.objects.filter(assignment__task__project__slug='{}').order_by('pk')
print(json.dumps([[row.tiers, row.all_bad, row.justification] for row in rows]))
"""
MANY = """
from labeling.assigning.queue import claim_next
from labeling.judging.submissions import submit_comparison
from projects.models import Project, User
luis, project = User.objects.get(username='luis'), Project.objects.get(slug='{}')
for _ in range(97):
    held = claim_next(by=luis, project=project, kind='comparison')
    submit_comparison(by=luis, assignment=held, preference=1)
"""


def stored(product: Product, query: str, slug: str) -> Any:
    return json.loads(product.shell(query.format(slug)))


def test_a_comparison_is_judged_justified_taken_back_and_submitted_again(
    page: Page, product: Product
) -> None:
    slug = lay(
        product, rules={"justify_strong": True}, criteria=["Helpful"], comparisons=[PAIR] * 3
    )
    sign_in(page, product, "lena")
    begin(page, slug, "comparison")
    page.keyboard.press("7")
    expect(page.get_by_role("radio", name="B is much better")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("[data-hint]")).to_have_text("Still to mark: Helpful.")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("group", name="Helpful").get_by_label("Equal")).to_be_checked()
    page.keyboard.press("Enter")
    reason = page.locator("textarea[name=justification]")
    expect(reason).to_be_focused()
    expect(page.get_by_text("you chose the end of the scale")).to_be_visible()
    page.keyboard.type("A is wrong, §tru")
    expect(page.get_by_role("listbox", name="Clauses").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(reason).to_have_value("A is wrong, §2")
    wait_for_next(page)
    first = page.url
    swapped(page, lambda: page.keyboard.press("Control+Enter"))

    page.keyboard.press("u")
    expect(page).to_have_url(first)
    expect(page.get_by_text("You took this back.")).to_be_visible()
    expect(page.get_by_role("radio", name="B is much better")).to_be_checked()
    expect(page.locator("textarea[name=justification]")).to_have_value("A is wrong, §2")
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")
    # Nothing is held ready behind what was taken back: the server's answer leads on.
    expect(page).not_to_have_url(first)
    assert stored(product, COMPARISONS, slug) == [
        [3, "A is wrong, §2", ["c-2"], {"helpful": "equal"}, False],
        [1, "A is wrong, §2", ["c-2"], {"helpful": "equal"}, True],
    ]


def test_the_hundredth_comparison_takes_two_keys_and_no_mouse(page: Page, product: Product) -> None:
    slug = lay(product, comparisons=[PAIR] * 101)
    product.shell(MANY.format(slug))
    sign_in(page, product, "luis")
    begin(page, slug, "comparison")
    page.evaluate(PRESSED_BY_HAND)
    for key in ("2", "4", "6"):
        wait_for_next(page)
        page.keyboard.press(key)
        swapped(page, lambda: page.keyboard.press("Enter"))
    assert page.evaluate("pressed") == ["2", "Enter", "4", "Enter", "6", "Enter"]
    preferences = [row[0] for row in stored(product, COMPARISONS, slug)]
    assert len(preferences) == 100
    assert preferences[-3:] == [-2, 0, 2]


def test_what_is_drawn_meanwhile_can_be_begun_without_a_reload(
    page: Page, product: Product
) -> None:
    slug = lay(product, comparisons=[PAIR])
    product.shell(DRAWN.format(slug, "drawing", False))
    sign_in(page, product, "luis")
    row = page.locator(f"form[action='/projects/{slug}/next/comparison/']")
    expect(row.get_by_role("button", name="Being drawn")).to_be_disabled()
    page.evaluate("window.isTheSame = true")
    product.shell(DRAWN.format(slug, "ready", True))
    start = row.get_by_role("button", name="Start next task")
    expect(start).to_be_enabled()
    assert page.evaluate("window.isTheSame") is True
    queue = f"[data-refreshed]:has(form[action*='/{slug}/'])"
    expect(page.locator(queue)).to_have_count(1)
    expect(page.locator(f"[data-every]{queue}")).to_have_count(0)
    start.press("Enter")
    expect(page).to_have_url(TASK)


def test_screen_readers_hear_the_scale_and_the_ranks(page: Page, product: Product) -> None:
    slug = lay(product, comparisons=[PAIR], rankings=[THREE], criteria=["Helpful"])
    sign_in(page, product, "lena")
    begin(page, slug, "comparison")
    scale = page.get_by_role("group", name="Which answer is better?")
    for name in SCALE:
        expect(scale.get_by_role("radio", name=name, exact=True)).to_have_count(1)
    expect(scale.get_by_role("radio")).to_have_count(len(SCALE))
    expect(page.get_by_role("group", name="Helpful").get_by_role("radio")).to_have_count(3)
    for side in "AB":
        expect(page.get_by_role("article", name=f"Answer {side}")).to_be_visible()

    begin(page, slug, "ranking")
    for letter in "ABC":
        card = page.get_by_role("article", name=f"Answer {letter}, not ranked", exact=True)
        expect(card).to_be_visible()
        expect(card.get_by_label(f"Rank of Answer {letter}")).to_be_attached()
    tab_to(page, page.locator("[data-place='1']"))
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    for letter, other in ("BC", "CB"):
        name = f"Answer {letter}, rank 1 of 3, tied with {other}"
        expect(page.get_by_role("article", name=name, exact=True)).to_be_visible()
    expect(page.locator("[data-told]")).to_have_text("Answer C, rank 1 of 3, tied with B.")


def test_a_ranking_waits_for_its_quiz_and_is_made_by_keyboard(page: Page, product: Product) -> None:
    slug = lay(
        product, is_quizzed=True, rules={"justify_strong": True}, rankings=[THREE, THREE, THREE]
    )
    sign_in(page, product, "luis")
    row = page.locator(f"form[action='/projects/{slug}/next/ranking/']")
    enter(page, row.get_by_role("link"))
    if page.get_by_role("button", name="Hand in").count() == 0:
        enter(page, page.get_by_role("link", name="Take Before your first ranking"))
    for option in ("The plain one", "None of them could be sent", "A failure: the question"):
        choose(page, option)
    for option in ("It is longer", "It sounds sure of itself", "It opens with a compliment"):
        choose(page, option)
    enter(page, page.get_by_role("button", name="Hand in"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Passed: Before your first ranking")
    enter(page, page.get_by_role("button", name="Start a Ranking"))

    tab_to(page, page.locator("[data-place='0']"))
    for key in ("2", "ArrowRight", "1", "ArrowRight", "1"):
        page.keyboard.press(key)
    wait_for_next(page)
    swapped(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator("[data-undo]")).to_contain_text(SUBMITTED)

    for key in ("1", "ArrowRight", "Space", "ArrowUp", "Space", "ArrowRight", "3", "0", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("textarea[name=justification]")).to_be_focused()
    page.keyboard.type("None answers.")
    wait_for_next(page)
    swapped(page, lambda: page.keyboard.press("Control+Enter"))
    tied, bad = stored(product, RANKINGS, slug)
    assert [len(tier) for tier in tied[0]] == [2, 1]
    assert [len(tier) for tier in bad[0]] == [1, 1, 1]
    assert (tied[1:], bad[1:]) == ([False, ""], [True, "None answers."])


def choose(page: Page, option: str) -> None:
    """Chosen by its arrow keys, as the first of a group is where Tab leads."""
    place = page.get_by_label(option)
    if place.get_attribute("type") == "radio":
        name = place.get_attribute("name")
        tab_to(page, page.locator(f"input[name='{name}']").first)
        page.keyboard.press("Space")
        for _ in range(4):
            if place.is_checked():
                break
            page.keyboard.press("ArrowDown")
    else:
        tab_to(page, place)
        page.keyboard.press("Space")
    expect(place).to_be_checked()


def test_on_a_phone_one_answer_is_shown_at_a_time(browser: Browser, product: Product) -> None:
    slug = lay(product, comparisons=[PAIR])
    phone = {"width": 390, "height": 844}
    page = somebody(browser, product, "lena", viewport=phone, has_touch=True, is_mobile=True)
    begin(page, slug, "comparison")
    one, other = page.locator("[data-answer]").first, page.locator("[data-answer]").last
    expect(one).to_be_visible()
    expect(other).to_be_hidden()
    enter(page, page.get_by_role("button", name="Answer B"))
    expect(other).to_be_visible()
    expect(one).to_be_hidden()
    page.keyboard.press("4")
    expect(page.get_by_role("radio", name="Equal")).to_be_checked()
    page.context.close()


def test_at_twice_the_size_nothing_scrolls_sideways(browser: Browser, product: Product) -> None:
    code = "```python\n" + "print('a long line')  # " * 20 + "\n```"
    slug = lay(
        product,
        rules={"review_mode": "all", "safety_flags": ["Hate"], "demonstrations_go_on": True},
        criteria=["Helpful", "Truthful"],
        demonstrations=2,
        written=1,
        comparisons=[(code, "x" * 400)],
        rankings=[(code, "x" * 400, "Three.")],
    )
    zoomed = {"width": 640, "height": 400}
    wide = {}
    for person, kinds in (
        ("luis", ("demonstration", "comparison", "ranking")),
        ("rita", ("review",)),
    ):
        page = somebody(browser, product, person, viewport=zoomed)
        for kind in kinds:
            begin(page, slug, kind)
            wide[kind] = page.evaluate("document.documentElement.scrollWidth")
        page.context.close()
    assert wide == dict.fromkeys(("demonstration", "comparison", "ranking", "review"), 640)
