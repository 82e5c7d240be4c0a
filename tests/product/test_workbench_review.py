"""Reviews, corrections and adjudications by keyboard, as reviewer and as author."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.product.hands import begin, enter, lay, sign_in, somebody, tab_to
from tests.product.running import Product

pytestmark = pytest.mark.product

VERDICTS = """
import json
from labeling.models import Demonstration, Review
reviews = Review.objects.filter(assignment__task__project__slug='{0}').order_by('pk')
texts = Demonstration.objects.current().filter(assignment__task__project__slug='{0}')
print(json.dumps([
    [[row.verdict, row.cites] for row in reviews],
    sorted(texts.values_list('response__text', flat=True)),
]))
"""
SETTLED = """
import json
from labeling.models import Comparison, Review
review = Review.objects.get(assignment__task__project__slug='{0}')
by_rita = Comparison.objects.filter(assignment__task__project__slug='{0}', labeler=review.labeler)
print(json.dumps([review.verdict, review.labeler.username, by_rita.count()]))
"""
LENAS = re.compile(r"^Lena's answer \d\.$")


def test_a_reviewer_accepts_fixes_and_returns_and_the_author_corrects(
    page: Page, product: Product
) -> None:
    slug = lay(product, rules={"review_mode": "all"}, demonstrations=3, written=3)
    sign_in(page, product, "rita")
    begin(page, slug, "review")
    page.keyboard.press("a")
    expect(page.get_by_role("radio", name="Accept", exact=True)).to_be_checked()
    given(page, "Enter")

    page.keyboard.press("f")
    fixed = page.get_by_label("The answer as it should be")
    expect(fixed).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Mended: ")
    given(page, "Control+Enter")

    page.keyboard.press("r")
    expect(page.locator("textarea[name=reason]")).to_be_focused()
    page.keyboard.type("Too short for a question like this, see §1.1")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("There is no further review")).to_be_visible()

    sign_in(page, product, "lena")
    enter(page, page.get_by_role("region", name="To correct").get_by_role("link").first)
    returned = page.get_by_role("region", name=re.compile("Returned to you"))
    expect(returned).to_contain_text("Too short for a question like this")
    expect(returned.get_by_role("link", name=re.compile("Length"))).to_be_visible()
    text = page.get_by_label("Your answer")
    tab_to(page, text)
    expect(text).to_have_value(LENAS)
    page.keyboard.press("Control+End")
    page.keyboard.type(" And longer now.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("submitted", re.I)).first).to_be_visible()
    page.goto(f"/projects/{slug}/feedback/")
    expect(page.locator(".changes ins")).to_contain_text("Mended")

    sign_in(page, product, "rita")
    begin(page, slug, "review")
    expect(page.get_by_text("Reviewed before")).to_contain_text("Too short for a question")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is no further review")).to_be_visible()
    verdicts, texts = json.loads(product.shell(VERDICTS.format(slug)))
    assert verdicts == [["accept", []], ["fix", []], ["return", ["c-1-1"]], ["accept", []]]
    assert [text for text in texts if text.startswith("Mended: ")] != []
    assert [text for text in texts if text.endswith(" And longer now.")] != []


def given(page: Page, keys: str) -> None:
    """The verdict at hand is given, and another submission is there."""
    before = page.url
    page.keyboard.press(keys)
    expect(page).not_to_have_url(before)
    page.wait_for_load_state()
    expect(page.get_by_role("radio", name="Accept", exact=True)).not_to_be_checked()


def test_a_dispute_is_settled_without_names(browser: Browser, product: Product) -> None:
    slug = lay(
        product,
        rules={"consensus": "adjudicated"},
        comparisons=[("The first.", "The second.")],
        overlap=2,
        disputed=True,
    )
    page = somebody(browser, product, "rita")
    begin(page, slug, "review")
    judged = page.get_by_role("region", name="What labelers judged")
    expect(judged.get_by_role("article")).to_have_count(2)
    for name in ("Lena", "Luis"):
        expect(page.get_by_role("main").get_by_text(name)).to_have_count(0)
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="A is better", exact=True)).to_be_checked()
    page.keyboard.press("j")
    page.keyboard.type("The first says more, §1")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("There is no further review")).to_be_visible()
    assert json.loads(product.shell(SETTLED.format(slug))) == ["settle", "rita", 1]
    page.context.close()
