"""The main job, in a real browser, on real models: from signing in to a file that trainers load."""

import json
import re
from pathlib import Path

import datasets
import pytest
from playwright.sync_api import Page, expect

from tests.product.hands import agree, answered
from tests.product.running import Product, wait_for

pytestmark = pytest.mark.product

READY = (
    "from labeling.models import Task;"
    "print(Task.objects.filter(kind='comparison', is_open=True, lane__is_gold=False).count())"
)
JUDGED = (
    "from labeling.models import Comparison;"
    "print(Comparison.objects.filter(labeler__username='lena').count())"
)
NO_GOLD = (
    "from labeling.models import WorkRules;"
    "WorkRules.objects.filter(project__slug='demo').update(gold_percent=0)"
)


def sign_in(page: Page, product: Product, username: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(product.password(username))
    page.get_by_role("button", name="Sign in").last.click()
    expect(page).to_have_url(re.compile("/home/"))


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def votes_on_board(page: Page) -> int:
    page.goto("/leaderboard/")
    board = page.request.get("/leaderboard/demo/standings.json").json()
    return int(board["votes"])


def load(path: Path, cache: Path) -> datasets.Dataset:
    return datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(cache))


def test_a_demonstration_is_written_and_submitted(page: Page, product: Product) -> None:
    sign_in(page, product, "lena")
    page.locator("form[action='/projects/demo/next/demonstration/'] button").click()
    page.wait_for_load_state("load")
    expect(page.get_by_text("Be helpful").or_(page.get_by_text("helpful")).first).to_be_attached()
    editor = page.locator("textarea[name=text]")
    editor.fill(
        "Bent wire, patient thing,\nholding what would drift away:\nsmall, steadfast, silver."
    )
    expect(page.get_by_text(re.compile(r"Saved \d")).first).to_be_visible(timeout=20_000)
    page.reload()
    expect(editor).to_have_value(re.compile("patient thing"))
    editor.press("Control+Enter")
    expect(page.get_by_role("button", name=re.compile("Undo"))).to_be_visible()


def test_a_comparison_of_drawn_answers_is_judged_by_keyboard(page: Page, product: Product) -> None:
    wait_for(lambda: int(product.shell(READY)) > 1, seconds=240, every=2, what="drawn candidates")
    product.shell(NO_GOLD)
    sign_in(page, product, "lena")
    page.locator("form[action='/projects/demo/next/comparison/'] button").click()
    expect(page).to_have_url(re.compile("/assignments/"))
    page.wait_for_load_state("load")
    first = page.url
    assert "SmolLM2" not in page.content(), "the page names a model"
    page.keyboard.press("2")
    expect(page.locator("input[name=preference][value='-2']")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(first)
    expect(page.locator("[data-sending]")).to_have_count(0)
    assert int(product.shell(JUDGED)) >= 1


def test_a_battle_streams_is_voted_on_and_moves_the_board(page: Page, product: Product) -> None:
    before = votes_on_board(page)
    page.goto("/")
    page.get_by_label("Your message").fill("Write a haiku about paperclips.")
    agree(page)
    page.get_by_role("button", name="Ask both").click()
    answered(page)
    assert "SmolLM2" not in page.content(), "a name is shown before the vote"
    page.get_by_label("Or go on with the same two").fill("Now one about staplers.")
    page.get_by_role("button", name="Send to both").click()
    expect(page.get_by_text("Now one about staplers.").first).to_be_visible()
    answered(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("SmolLM2 135M").first).to_be_visible()
    assert votes_on_board(page) == before + 1


def test_one_turn_battle_becomes_a_preference(page: Page, product: Product) -> None:
    page.goto("/")
    page.get_by_label("Your message").fill("Name three colours.")
    agree(page)
    page.get_by_role("button", name="Ask both").click()
    answered(page)
    page.get_by_role("button", name=re.compile("B is better")).click()
    expect(page.get_by_text("SmolLM2 135M").first).to_be_visible()


@pytest.mark.parametrize(
    ("button", "columns"),
    [
        ("Export demonstrations", {"messages"}),
        ("Export preferences", {"prompt", "chosen", "rejected"}),
    ],
)
def test_an_export_is_downloaded_and_loads(
    page: Page, product: Product, tmp_path: Path, button: str, columns: set[str]
) -> None:
    sign_in(page, product, "olga")
    page.goto("/projects/demo/exports/")
    page.get_by_role("button", name=button).click()
    link = page.get_by_role("link", name=re.compile(r"^Download"))
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    path = tmp_path / "rows.jsonl"
    download.value.save_as(path)
    rows = load(path, tmp_path / "cache")
    assert set(rows.column_names) == columns
    assert len(rows) == len(path.read_text().splitlines()) > 0
    answer = json.loads(path.read_text().splitlines()[0])
    last = answer["messages"][-1] if "messages" in columns else answer["chosen"][-1]
    assert last["role"] == "assistant"
    assert last["content"].strip()
