"""Demonstrations by keyboard: several turns, drafts that outlive crashes, skips and flags."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.hands import begin, enter, lay, sign_in, somebody, swapped, wait_for_next
from tests.product.running import Product

pytestmark = pytest.mark.product

WRITTEN = """
import json
from labeling.models import Demonstration
rows = Demonstration.objects.filter(assignment__task__project__slug='{}').order_by('pk')
print(json.dumps([
    [row.response.text, [turn['content'] for turn in row.response.turns or []]] for row in rows
]))
"""
ENDED = """
import json
from labeling.models import Assignment, Flag
held = Assignment.objects.filter(task__project__slug='{0}', labeler__username='lena')
flags = Flag.objects.filter(task__project__slug='{0}')
print(json.dumps([
    list(held.exclude(state='open').order_by('pk').values_list('state', 'skip_reason')),
    list(flags.values_list('reason', 'note')),
]))
"""


def test_several_turns_are_written_previewed_and_submitted(page: Page, product: Product) -> None:
    slug = lay(product, rules={"demonstrations_go_on": True}, demonstrations=2)
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("Bent wire, **patient** thing.")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.get_by_label("The user's next turn")).to_be_focused()
    page.keyboard.type("And staplers?")
    page.keyboard.press("Tab")
    page.keyboard.type("They bite once.")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    shown = page.get_by_role("tabpanel", name="Preview")
    expect(shown.locator("strong", has_text="patient")).to_be_visible()
    expect(shown).to_contain_text("They bite once.")
    page.keyboard.press("e")
    expect(page.get_by_label("Your answer")).to_be_focused()
    wait_for_next(page)
    swapped(page, lambda: page.keyboard.press("Control+Enter"))
    expect(page.get_by_label("Your answer")).to_be_focused()
    expect(page.get_by_label("Your answer")).to_have_value("")
    turns = ["Bent wire, **patient** thing.", "And staplers?", "They bite once."]
    assert json.loads(product.shell(WRITTEN.format(slug))) == [[turns[0], turns]]


def test_a_draft_outlives_the_page_the_network_and_the_browser(
    browser: Browser, product: Product
) -> None:
    slug = lay(product, rules={"demonstrations_go_on": True}, demonstrations=1)
    page = somebody(browser, product, "lena")
    begin(page, slug, "demonstration")
    state = page.locator("[data-saved-state]")
    page.keyboard.type("Saved on the server")
    expect(state).to_have_text(re.compile(r"^Saved \d\d:\d\d"), timeout=15_000)
    page.context.set_offline(True)
    page.keyboard.type(", and in a tunnel")
    expect(state).to_have_attribute("data-state", "offline", timeout=15_000)
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.keyboard.type("What then?")
    page.close(run_before_unload=False)

    context = page.context
    context.set_offline(False)
    again = context.new_page()
    again.goto(page.url)
    expect(again.get_by_label("Your answer")).to_have_value("Saved on the server, and in a tunnel")
    expect(again.get_by_label("The user's next turn")).to_have_value("What then?")
    expect(again.locator("[data-saved-state]")).to_have_attribute(
        "data-state", "saved", timeout=15_000
    )

    elsewhere = somebody(browser, product, "lena")
    begin(elsewhere, slug, "demonstration")
    expect(elsewhere.get_by_label("Your answer")).to_have_value(
        "Saved on the server, and in a tunnel"
    )
    elsewhere.context.close()
    context.close()


def test_a_task_is_skipped_and_flagged_by_keyboard(page: Page, product: Product) -> None:
    slug = lay(product, demonstrations=4)
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    page.keyboard.press("Escape")
    wait_for_next(page)
    swapped(page, lambda: page.keyboard.press("s"))
    wait_for_next(page)
    page.keyboard.press("Escape")
    enter(page, page.get_by_label("Skip and say why"))
    reason = page.locator("[data-work] [data-menu] button").first
    words = reason.get_attribute("value")
    swapped(page, lambda: enter(page, reason))
    wait_for_next(page)
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="What is wrong with this task?")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    chosen = dialog.get_by_role("radio").nth(1)
    expect(chosen).to_be_checked()
    value = chosen.get_attribute("value")
    page.keyboard.press("Tab")
    page.keyboard.type("It names a neighbour.")
    swapped(page, lambda: enter(page, dialog.get_by_role("button", name="Flag it")))
    ended, flags = json.loads(product.shell(ENDED.format(slug)))
    assert ended == [["skipped", ""], ["skipped", words], ["flagged", ""]]
    assert flags == [[value, "It names a neighbour."]]
