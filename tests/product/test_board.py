"""The leaderboard in a real browser: its views, fresh numbers, a phone, other people's pages."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.running import Product
from tests.product.test_pages import Looker

pytestmark = pytest.mark.product

MAKE = """
from arena.intake.importing import import_votes
from projects.founding import create_project
from projects.models import ArenaAccess, User
owner = User.objects.get(username="olga")
project = create_project(by=owner, owner=owner, slug={slug!r}, name="Stones")
project.arena_access = ArenaAccess.PUBLIC
project.save()
names = [f"{slug} {{i}}" for i in range(5)]
lines = ["model_a,model_b,winner,voter,created_at,prompt,response_a,response_b"]
for n in range(240):
    a, b = n % 5, (n * 3 + n // 5 + 1) % 5
    if a != b:
        winner = "model_a" if (n * 7) % 10 < 5 + (b - a) else "model_b"
        day = f"2026-03-{{1 + n // 12:02}}T10:00:00Z"
        said = f"v{{n % 30}},{{day}},Write python {{n}},One,Two"
        lines.append(f"{{names[a]}},{{names[b]}},{{winner}},{{said}}")
import_votes(project=project, content="\\n".join(lines).encode(), file_name="votes.csv")
"""
MORE = """
from arena.intake.importing import import_votes
from projects.models import Project
project = Project.objects.get(slug={slug!r})
line = "{slug} 4,{slug} 0,model_a"
content = "\\n".join(["model_a,model_b,winner", *[line] * 30]).encode()
import_votes(project=project, content=content, file_name="more.csv")
"""
VIEWS = ("", "rates/", "rates/?rates=observed", "categories/", "history/", "value/", "method/")
SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: false });
}"""


@pytest.fixture(scope="module")
def slug(product: Product) -> str:
    slug = f"stones-{secrets.token_hex(3)}"
    product.shell(MAKE.format(slug=slug))
    return slug


@pytest.fixture
def looker(page: Page) -> Looker:
    looker = Looker(page)
    page.on("pageerror", lambda error: looker.complaints.append(str(error)))
    return looker


def test_every_view_is_accessible_and_fits_a_phone(looker: Looker, slug: str) -> None:
    for view in (*VIEWS, "embedding/", "frame/"):
        response = looker.page.goto(f"/leaderboard/{slug}/{view}")
        assert response is not None
        assert response.status == 200, view
        looker.look()


def test_filters_and_sorting_are_in_the_address(page: Page, slug: str) -> None:
    page.goto(f"/leaderboard/{slug}/")
    page.get_by_label("Category").select_option("code")
    page.get_by_label("Count every vote").check()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"category=code.*every=1"))
    page.get_by_role("link", name="Votes", exact=True).click()
    expect(page).to_have_url(re.compile("category=code.*sort=-votes"))
    head = page.get_by_role("columnheader", name="Votes", exact=True)
    expect(head).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Win rates").click()
    expect(page).to_have_url(re.compile(r"/rates/\?category=code&every=1"))
    expect(page.get_by_label("Count every vote")).to_be_checked()


def test_it_all_works_without_scripts(browser: Browser, product: Product, slug: str) -> None:
    context = browser.new_context(base_url=product.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/leaderboard/{slug}/")
    page.get_by_role("link", name="Model", exact=True).click()
    names = page.locator("tr[data-model]").evaluate_all("rows => rows.map(r => r.dataset.model)")
    assert names == sorted(names)
    assert len(names) == 5
    context.close()


def test_new_votes_show_without_a_reload_and_nothing_jumps(
    page: Page, product: Product, slug: str
) -> None:
    page.goto(f"/leaderboard/{slug}/")
    row = page.locator(f'tr[data-model="{slug} 4"]')
    before = row.inner_text()
    page.get_by_role("link", name="Rating", exact=True).focus()
    page.evaluate(SHIFTS)
    product.shell(MORE.format(slug=slug))
    expect(row).not_to_have_text(before, use_inner_text=True)
    expect(page.get_by_role("link", name="Rating", exact=True)).to_be_focused()
    assert page.evaluate("window.shifted") == 0


@contextmanager
def another_site(html: str) -> Iterator[str]:
    """Another origin. On this machine too, as browsers keep pages from afar out of a local one."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *arguments: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_frame_shows_in_other_peoples_pages(page: Page, product: Product, slug: str) -> None:
    source = f"{product.address}/leaderboard/{slug}/frame/"
    with another_site(f'<!doctype html><title>x</title><iframe src="{source}"></iframe>') as site:
        page.goto(site)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("heading", name=re.compile("Stones"))).to_be_visible()
        expect(inside.get_by_role("rowheader", name=f"{slug} 0")).to_be_attached()
