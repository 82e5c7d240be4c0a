"""The pages of exports."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.utils.html import escape

from exports.models import Export
from exports.snapshots.building import build
from exports.snapshots.folders import folder_of, remove
from exports.snapshots.requests import export_now
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration, make_vote

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], Client]
ROWS = "train-00000-of-00001.jsonl"
HOSTILE = "</pre><script>alert(1)</script>"


@pytest.fixture
def browser(reviewer: User, signed_in: SignIn) -> Client:
    return signed_in(reviewer)


def test_an_empty_project_says_where_judgements_come_from(
    project: Project, browser: Client
) -> None:
    page = browser.get("/projects/harbour/exports/").content.decode()
    assert "No export yet" in page
    assert "There are no demonstrations yet." in page
    assert "There are no comparisons or votes yet." in page


def test_the_list_counts_what_there_is_to_export(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    make_comparison(project, labeler, preference=0)
    make_comparison(project, labeler)
    make_vote(project)
    page = browser.get("/projects/harbour/exports/")
    available = page.context["available"]
    assert (available.demonstrations, available.preferences) == (1, 3)
    assert available.preferences_decided == 2
    assert "decided, of 3 judgements" in page.content.decode()


def test_asking_leads_to_the_exports_page(project: Project, labeler: User, browser: Client) -> None:
    make_comparison(project, labeler)
    answer = browser.post("/projects/harbour/exports/", {"kind": "preferences", "source": "all"})
    export = Export.objects.get()
    assert answer.headers["Location"] == f"/exports/{export.public_id}/"
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "Waiting for a worker to begin." in page
    assert "data-waiting" in page
    build(export.pk)
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "data-waiting" not in page
    assert f"Download harbour-preferences-{str(export.public_id)[:8]}.jsonl" in page
    listed = browser.get("/projects/harbour/exports/").content.decode()
    assert Export.objects.get().address[:12] in listed


def test_a_wrong_kind_is_refused_by_name(project: Project, browser: Client) -> None:
    answer = browser.post("/projects/harbour/exports/", {"kind": "csv"})
    assert answer.status_code == 400
    assert "kind" in answer.content.decode()
    assert not Export.objects.exists()


def test_a_finished_export_shows_reasons_sums_and_rows_as_text(
    project: Project, labeler: User, browser: Client
) -> None:
    make_comparison(project, labeler, a=HOSTILE, b="Fine.")
    make_comparison(project, labeler, preference=None)
    export = export_now(project=project, kind="preferences")
    page = browser.get(f"/exports/{export.public_id}/").content.decode()
    assert "both answers were bad" in page
    assert "Guideline version 1" in page
    assert export.sha256 in page
    assert "DPOTrainer" in page
    assert HOSTILE not in page
    assert escape(HOSTILE) in page


def test_a_failed_export_says_why_and_can_be_asked_for_again(
    project: Project, browser: Client
) -> None:
    export = Export.objects.create(
        project=project, kind="sft", state="failed", error="OSError: No space left on device"
    )
    page = browser.get(f"/exports/{export.public_id}/").content.decode()
    assert "No space left on device" in page
    assert "Try again" in page


def test_files_that_are_gone_are_said_to_be_gone(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    remove(folder_of(export))
    page = browser.get(f"/exports/{export.public_id}/").content.decode()
    assert "no longer on the server" in page
    assert browser.get(f"/exports/{export.public_id}/files/{ROWS}").status_code == 404


def test_a_file_is_downloaded_under_a_telling_name(
    project: Project, labeler: User, browser: Client
) -> None:
    make_demonstration(project, labeler, "An answer.")
    export = export_now(project=project, kind="sft")
    answer: Any = browser.get(f"/exports/{export.public_id}/files/{ROWS}")
    name = f"harbour-sft-{str(export.public_id)[:8]}.jsonl"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    on_disk = (folder_of(export) / ROWS).read_bytes()
    assert b"".join(answer.streaming_content) == on_disk
    assert browser.get(f"/exports/{export.public_id}/files/passwd").status_code == 404


def test_the_asynchronous_server_sends_a_file_in_pieces(
    project: Project, labeler: User, reviewer: User
) -> None:
    make_demonstration(project, labeler, "long " * 200_000)
    export = export_now(project=project, kind="sft")
    client = AsyncClient()
    client.force_login(reviewer)

    async def pieces() -> list[bytes]:
        answer: Any = await client.get(f"/exports/{export.public_id}/files/{ROWS}")
        sent = [piece async for piece in answer]
        # Django's test client leaves the connection of the views' thread open.
        await sync_to_async(connections.close_all)()
        return sent

    sent = asyncio.run(pieces())
    assert len(sent) > 2
    assert b"".join(sent) == (folder_of(export) / ROWS).read_bytes()
