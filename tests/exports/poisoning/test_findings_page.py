"""The page of findings."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.html import escape

from exports.models import Export, Quarantine
from exports.poisoning.deciding import record_findings
from projects.models import Project, User
from tests.exports.poisoning.test_deciding import found, make_export

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
HOSTILE = "</code><script>alert(1)</script>"


@pytest.fixture
def browser(reviewer: User, signed_in: SignIn) -> Client:
    return signed_in(reviewer)


def page_of(browser: Client, export: Export) -> str:
    return browser.get(f"/exports/{export.public_id}/findings/").content.decode()


def test_an_export_that_was_not_scanned_says_so(project: Project, browser: Client) -> None:
    assert "Not scanned yet" in page_of(browser, make_export(project))
    assert "leaves the scan for poisoning out" in page_of(browser, make_export(project, "off"))


def test_an_export_without_findings_says_so(project: Project, browser: Client) -> None:
    export = make_export(project, "hold")
    record_findings(export, [], figures={"n_records": 12_000, "shifts": []})
    page = page_of(browser, export)
    assert "Nothing was found." in page
    assert "12,000 records" in page
    assert "Sign off under your name" not in page


def test_findings_stand_with_their_evidence_as_text(project: Project, browser: Client) -> None:
    export = make_export(project, "hold")
    ids = [f"comparison-{n}" for n in range(30)]
    record_findings(
        export,
        [
            found(*ids, ngram=HOSTILE, severity="alarm", labeler="p-1"),
            found("vote-9", ngram="quiet words", severity="note"),
        ],
    )
    page = page_of(browser, export)
    assert HOSTILE not in page
    assert escape(HOSTILE) in page
    assert "18 more" in page
    assert "10⁻¹²" in page
    assert "Held back" in page
    assert page.index("Alarms") < page.index("quiet words")
    assert 'class="bar expected"' in page


def test_a_finding_of_more_records_than_are_kept_says_which_are_left_out(
    project: Project, browser: Client
) -> None:
    export = make_export(project)
    ids = [f"comparison-{n}" for n in range(1_200)]
    record_findings(export, [found(*ids, n_records=3_000_000), found("vote-9")])
    page = page_of(browser, export)
    assert page.count("The first 1,200 of these records are left out") == 1
    assert page.count("These records are left out") == 1
    assert "2,999,988 more" in page


def test_quarantine_release_and_sign_off_from_the_page(
    project: Project, reviewer: User, browser: Client
) -> None:
    export = make_export(project, "hold")
    record_findings(export, [found("comparison-17")])
    path = f"/exports/{export.public_id}"
    answer = browser.post(f"{path}/findings/1/quarantine/", {"reason": "Planted."}, follow=True)
    assert "1 judgement kept out of later exports by" in answer.content.decode()
    again = browser.post(f"{path}/findings/1/quarantine/", {"reason": "Twice."}, follow=True)
    assert "quarantined already" in again.content.decode()
    made = Quarantine.objects.get()
    released = browser.post(
        f"{path}/quarantines/{made.pk}/release/", {"reason": "A topic."}, follow=True
    )
    assert f"released by {reviewer.username}: A topic." in released.content.decode()
    signed = browser.post(f"{path}/sign-off/", {"reason": "Read them."}, follow=True)
    page = signed.content.decode()
    assert "Signed off: the files can be downloaded." in page
    assert "Sign off under your name" not in page


def test_what_is_not_there_cannot_be_decided(project: Project, browser: Client) -> None:
    export, other = make_export(project), make_export(project)
    record_findings(export, [found("comparison-17")])
    reason = {"reason": "Planted."}
    browser.post(f"/exports/{export.public_id}/findings/1/quarantine/", reason)
    number = Quarantine.objects.get().pk
    for path in (
        f"/exports/{export.public_id}/findings/2/quarantine/",
        f"/exports/{export.public_id}/findings/{2**63}/quarantine/",
        f"/exports/{other.public_id}/findings/1/quarantine/",
        f"/exports/{other.public_id}/quarantines/{number}/release/",
        f"/exports/{export.public_id}/quarantines/{2**63}/release/",
    ):
        assert browser.post(path, reason).status_code == 404
    assert Quarantine.objects.get().released_at is None


def test_the_chart_of_labelers_has_its_table(project: Project, browser: Client) -> None:
    export = make_export(project)
    shift = {"about": "length", "model": "", "n": 80, "others": 0.5, "moves": 0.01, "z": 5.2}
    shifts = [shift | {"labeler": f"p-{n}", "own": n / 10} for n in range(6)]
    record_findings(export, [], figures={"n_records": 1, "shifts": shifts})
    page = page_of(browser, export)
    assert "<svg" in page
    assert page.count("<code>p-") == 6
    assert "prefers the longer" in page
