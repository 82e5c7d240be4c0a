"""Exports in a real browser: chosen while the numbers follow, kept, made, fetched."""

import json
import re
import secrets
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.hands import sign_in
from tests.product.running import Product
from tests.product.test_pages import Looker, looker

__all__ = ["looker"]
pytestmark = pytest.mark.product

SLOW = 60_000
ROWS = re.compile(r"\d+ rows? of \d+ judgements?")


@pytest.fixture(scope="module")
def desk(product: Product) -> str:
    """A project with judgements of every kind."""
    slug = f"worked-{secrets.token_hex(3)}"
    product.shell(f"from tests.product.desk import lay_worked as lay; lay({slug!r})")
    return slug


def test_the_numbers_and_the_rows_follow_the_form(page: Page, product: Product, desk: str) -> None:
    sign_in(page, product, "olga")
    page.goto(f"/projects/{desk}/exports/new/?kind=sft")
    counted = page.locator("[data-counted]")
    expect(counted).to_have_text(ROWS, timeout=SLOW)
    expect(page.get_by_label("Row 1")).to_contain_text('"messages"')
    page.get_by_role("radio", name=re.compile("^Prompts")).check()
    expect(page.get_by_label("Row 1")).to_contain_text('"prompt"', timeout=SLOW)
    expect(page.get_by_role("radio", name=re.compile("^Prompts"))).to_be_focused()
    page.get_by_label("Before", exact=True).fill("2001-01-01")
    expect(counted).to_have_text(re.compile(r"^0 rows"), timeout=SLOW)
    expect(page.get_by_text("outside the dates chosen")).to_be_visible()


def test_an_export_is_chosen_made_and_fetched_whole(
    page: Page, product: Product, desk: str, tmp_path: Path
) -> None:
    sign_in(page, product, "olga")
    page.goto(f"/projects/{desk}/exports/new/?kind=prompts")
    page.get_by_role("button", name="Export", exact=True).click()
    everything = page.get_by_role("link", name=re.compile("^Everything in one file"))
    expect(everything).to_be_visible(timeout=SLOW)
    with page.expect_download() as download:
        everything.click()
    download.value.save_as(tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar") as archive:
        names = {Path(name).name for name in archive.getnames()}
        rows = archive.extractfile(next(n for n in archive.getnames() if "/train-" in n))
        assert rows is not None
        assert {"prompt"} == set(json.loads(rows.readline()))
    assert {"README.md", "manifest.json", "croissant.json"} <= names


def test_without_scripts_the_same_is_done_with_buttons(
    browser: Browser, product: Product, desk: str
) -> None:
    context = browser.new_context(base_url=product.address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, product, "olga")
    page.goto(f"/projects/{desk}/exports/new/?kind=prompts")
    page.get_by_role("button", name="Count and preview").click()
    expect(page.locator("[data-counted]")).to_have_text(ROWS)
    page.locator("summary", has_text="Keep it as a recipe").click()
    page.get_by_label("Name of the recipe").fill("Prompts of the week")
    page.get_by_role("button", name="Save as a new recipe").click()
    expect(page.get_by_role("link", name="Prompts of the week")).to_be_visible()
    context.close()


@pytest.mark.parametrize("place", ["", "new/", "compare/", "benchmarks/", "targets/"])
def test_the_pages_are_accessible_and_fit_a_phone(
    page: Page, product: Product, desk: str, place: str
) -> None:
    sign_in(page, product, "olga")
    looker = Looker(page)
    page.goto(f"/projects/{desk}/exports/{place}")
    if place == "new/":
        expect(page.locator("[data-counted]")).to_have_text(ROWS, timeout=SLOW)
    looker.look()


@pytest.fixture(scope="module")
def made(product: Product, desk: str) -> dict[str, str]:
    """Two finished exports of the desk, with findings, a recipe, a benchmark and a target."""
    code = f"import json; from tests.product.exported import lay_exported as lay; n = lay({desk!r})"
    numbers: dict[str, str] = json.loads(product.shell(f"{code}; print(json.dumps(n))"))
    return {"desk": desk, **numbers}


@pytest.mark.parametrize(
    "path",
    [
        "/projects/{desk}/exports/",
        "/exports/{before}/",
        "/exports/{after}/",
        "/exports/{after}/findings/",
        "/projects/{desk}/exports/compare/?before={before}&after={after}",
    ],
)
def test_pages_about_finished_exports_are_accessible_and_fit_a_phone(
    looker: Looker, product: Product, made: dict[str, str], path: str
) -> None:
    sign_in(looker.page, product, "olga")
    looker.page.goto(path.format(**made))
    looker.page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
    looker.look()
