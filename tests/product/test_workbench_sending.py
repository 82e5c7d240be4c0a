"""The next task is shown before the server has answered; what is left behind is not lost."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.product.hands import begin, lay, sign_in, swapped, wait_for_next
from tests.product.running import Product

pytestmark = pytest.mark.product

WRITTEN = """
import json
from labeling.models import Demonstration
rows = Demonstration.objects.filter(assignment__task__project__slug='{}').order_by('pk')
print(json.dumps([row.response.text for row in rows]))
"""


def test_what_is_refused_after_the_next_task_is_shown_comes_back(
    page: Page, product: Product
) -> None:
    slug = lay(product, demonstrations=3)
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    first, address = page.url, f"**{page.url.removeprefix(product.address)}"
    field = page.get_by_label("Your answer")
    field.fill("A first answer.")
    wait_for_next(page)
    problem = {"field": "text", "text": "Your answer must be longer."}
    refusal = {"detail": "", "problems": [problem]}

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=400, json=refusal)
        else:
            route.continue_()

    page.route(address, refuse)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not submitted. Your answer must be longer.")).to_be_visible()
    expect(page).to_have_url(first)
    expect(field).to_have_value("A first answer.")
    page.unroute(address)
    wait_for_next(page)
    swapped(page, lambda: page.keyboard.press("Control+Enter"))
    expect(page.locator("[data-undo]")).to_contain_text("submitted")
    assert json.loads(product.shell(WRITTEN.format(slug))) == ["A first answer."]


def test_what_does_not_reach_the_server_is_sent_when_it_can_be(
    page: Page, product: Product
) -> None:
    slug = lay(product, demonstrations=3)
    sign_in(page, product, "lena")
    begin(page, slug, "demonstration")
    address = f"**{page.url.removeprefix(product.address)}"
    page.get_by_label("Your answer").fill("Written in a tunnel.")
    wait_for_next(page)
    page.route(address, lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-sending]")).to_contain_text("the server was not reached")
    # The next task can be worked on meanwhile.
    page.get_by_label("Your answer").fill("The next one.")
    assert json.loads(product.shell(WRITTEN.format(slug))) == []
    page.unroute(address)
    expect(page.locator("[data-undo]")).to_contain_text("Your answer is submitted.")
    expect(page.get_by_label("Your answer")).to_have_value("The next one.")
    assert json.loads(product.shell(WRITTEN.format(slug))) == ["Written in a tunnel."]
