"""From a changed guideline to the work it touches."""

import pytest

from projects.models import Project, User
from tests.conftest import SignIn
from tests.labeling.reviewed import judge
from tests.labeling.rows import make_demonstration_task

pytestmark = pytest.mark.django_db
GUIDELINE = "/projects/harbour/guideline"


def test_owners_are_led_from_a_change_to_what_it_touches(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    judge(make_demonstration_task(project), labeler)
    browser = signed_in(owner)
    form = {"text": "## 1 Be brief\n\nBe brief.", "change_note": "Shorter."}
    answer = browser.post(f"{GUIDELINE}/publish/", form, follow=True)
    link = f"{GUIDELINE}/impact/?from=1&amp;to=2"
    assert f'Version 2 is published. <a href="{link}">' in answer.content.decode()
    for page in ("versions", "diff"):
        shown = browser.get(f"{GUIDELINE}/{page}/").content.decode()
        assert (link in shown, "1 judgement made before it" in shown) == (True, True)
        seen = signed_in(labeler).get(f"{GUIDELINE}/{page}/").content.decode()
        assert "guideline/impact" not in seen
