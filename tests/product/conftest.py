"""One running product and one browser for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import template
from tests.product import running
from tests.product.chromium import CHROMIUM, FLAGS

DRAWN_FIRST = 8
THE_REST_WAITS = f"""
from workers.holding import hold
from workers.models import Generation
waiting = Generation.objects.filter(state='queued', queue='batch').order_by('pk')
hold(list(waiting.values_list('pk', flat=True)[{DRAWN_FIRST}:]))
"""
# Milliseconds: the product, its models and a browser share the cores of one machine.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Product]:
    data_folder = tmp_path_factory.mktemp("product") / "var"
    # Migrating an empty database is done by the start in test_up.py.
    template.lay(data_folder)
    started = running.start(data_folder)
    # All of the demo's candidates take the model a quarter of an hour, on which the browser and the
    # battles of the tests would wait.
    started.shell(THE_REST_WAITS)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, product: running.Product) -> Iterator[Page]:
    """A fresh visitor, on whose pages no script error and no blocked resource may happen."""
    context = browser.new_context(base_url=product.address, locale="en-GB")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: (
            troubles.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    context.close()
    assert troubles == []


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    return tmp_path
