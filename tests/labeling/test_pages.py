"""The pages of labeling, as people meet them."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labeling.intake.prompt_files import FILE_LIMIT
from labeling.models import Assignment, Comparison, Demonstration, Prompt, Task
from projects.models import Project, User
from tests.conftest import SignIn
from tests.factories import make_member, make_model, make_project
from tests.labeling.rows import (
    claim,
    make_comparison_task,
    make_demonstration_task,
    make_drawing_task,
)
from workers.models import LanguageModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, labeler: User) -> Client:
    return signed_in(labeler)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def follow(browser: Client, project: Project, kind: str) -> Any:
    return browser.post(f"/projects/{project.slug}/next/{kind}/", follow=True)


def test_home_of_somebody_without_projects_says_what_to_do(signed_in: SignIn, anyone: User) -> None:
    assert "in no project yet" in text_of(signed_in(anyone).get("/home/"))


def test_home_says_why_there_is_nothing(
    signed_in: SignIn, browser: Client, project: Project, owner: User
) -> None:
    page = text_of(browser.get("/home/"))
    assert "There are no prompts yet" in page
    assert "/projects/harbour/prompts/" not in page
    assert "/projects/harbour/prompts/" in text_of(signed_in(owner).get("/home/"))
    bare = make_project("bare", name="Bare")
    boss = make_member(bare, "owner")
    assert "/projects/bare/guideline/edit/" in text_of(signed_in(boss).get("/home/"))


def test_home_counts_what_is_ready_and_what_waits_for_models(
    browser: Client, project: Project, labeler: User
) -> None:
    for _ in range(3):
        make_demonstration_task(project)
    make_drawing_task(project)
    page = text_of(browser.get("/home/"))
    assert "3 ready" in page
    assert "0 ready, 1 waiting for candidates" in page
    assert "none is up" in page
    make_model(), make_model()
    assert "two language models" not in text_of(browser.get("/home/"))


def test_home_looks_again_only_while_there_is_nothing_to_do_before_candidates_are_drawn(
    browser: Client, project: Project, labeler: User
) -> None:
    make_model(), make_model()
    make_demonstration_task(project)
    idle = text_of(browser.get("/home/"))
    make_drawing_task(project)
    waiting = text_of(browser.get("/home/"))
    make_comparison_task(project)
    ready = text_of(browser.get("/home/"))
    looks = ["refreshed.js" in page and "data-every" in page for page in (idle, waiting, ready)]
    assert looks == [False, True, False]
    assert ["Being drawn" in page for page in (idle, waiting, ready)] == [False, True, False]


def test_home_offers_to_continue_and_counts_today(
    browser: Client, project: Project, labeler: User
) -> None:
    make_demonstration_task(project, "First?"), make_demonstration_task(project, "Second?")
    follow(browser, project, "demonstration")
    page = text_of(browser.get("/home/"))
    assert "Continue" in page
    assert "First?" in page
    assert "Nothing submitted yet today" in page
    pk = Assignment.objects.get().pk
    browser.post(f"/assignments/{pk}/", {"text": "Answer."})
    assert "1 task submitted today" in text_of(browser.get("/home/"))


def test_the_queue_s_numbers_are_for_owners_and_reviewers(
    browser: Client, signed_in: SignIn, project: Project, owner: User, labeler: User
) -> None:
    make_demonstration_task(project, "Why?")
    assignment = claim(labeler, project)
    browser.post(f"/assignments/{assignment.pk}/", {"text": "Because."})
    page = text_of(signed_in(owner).get("/projects/harbour/"))
    assert "Because." in page
    assert "lena-labeler" in page
    assert "Because." not in text_of(browser.get("/projects/harbour/"))


def test_a_demonstration_is_written_and_the_next_one_follows(
    browser: Client, project: Project
) -> None:
    make_demonstration_task(project, "First **bold**?"), make_demonstration_task(project, "Next?")
    page = follow(browser, project, "demonstration")
    assert "First <strong>bold</strong>?" in text_of(page)
    pk = Assignment.objects.get().pk
    answered = browser.post(f"/assignments/{pk}/", {"text": "Answer."}, follow=True)
    assert "Your answer is submitted." in text_of(answered)
    assert "Next?" in text_of(answered)
    assert Demonstration.objects.get().response.text == "Answer."


def test_after_the_last_task_home_says_so(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    pk = Assignment.objects.get().pk
    page = browser.post(f"/assignments/{pk}/", {"text": "Answer."}, follow=True)
    assert page.redirect_chain == [("/home/", 302)]
    assert "no further demonstration" in text_of(page)


def test_a_comparison_shows_both_sides_and_no_name(browser: Client, project: Project) -> None:
    make_comparison_task(project, "Which?", ("Answer *one*", "Answer *two*"))
    page = text_of(follow(browser, project, "comparison"))
    assert "Answer <em>one</em>" in page
    assert "Answer <em>two</em>" in page
    for model in LanguageModel.objects.select_related("endpoint"):
        assert model.name not in page
        assert model.endpoint is not None
        assert model.endpoint.name not in page
    pk = Assignment.objects.get().pk
    data = {"preference": "-1", "justification": "Shorter."}
    assert browser.post(f"/assignments/{pk}/", data).status_code == 302
    row = Comparison.objects.get()
    assert (row.preference, row.justification) == (-1, "Shorter.")


@pytest.mark.parametrize(
    ("choice", "preference", "both_bad"), [("3", 3, False), ("both_bad", None, True)]
)
def test_the_scale_s_values_are_understood(
    browser: Client, project: Project, choice: str, preference: int | None, both_bad: bool
) -> None:
    make_comparison_task(project)
    follow(browser, project, "comparison")
    browser.post(f"/assignments/{Assignment.objects.get().pk}/", {"preference": choice})
    row = Comparison.objects.get()
    assert (row.preference, row.both_bad) == (preference, both_bad)


def test_cannot_judge_is_a_skip(browser: Client, project: Project) -> None:
    make_comparison_task(project)
    follow(browser, project, "comparison")
    browser.post(f"/assignments/{Assignment.objects.get().pk}/", {"preference": "cannot_judge"})
    assignment = Assignment.objects.get()
    assert (assignment.state, assignment.skip_reason) == ("skipped", "cannot judge")
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("data", [{}, {"preference": ""}, {"preference": "9"}, {"preference": "a"}])
def test_a_judgement_without_a_choice_comes_back_with_the_rule(
    browser: Client, project: Project, data: dict[str, str]
) -> None:
    make_comparison_task(project)
    follow(browser, project, "comparison")
    data = {**data, "justification": "Keep me."}
    page = browser.post(f"/assignments/{Assignment.objects.get().pk}/", data)
    assert page.status_code == 400
    assert "Preference: choose one" in text_of(page)
    assert "Keep me." in text_of(page)


@pytest.mark.parametrize("text", ["", "  ", "x\0y", "x" * 50_001])
def test_a_bad_answer_comes_back_with_the_rule(
    browser: Client, project: Project, text: str
) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    page = browser.post(f"/assignments/{Assignment.objects.get().pk}/", {"text": text})
    assert page.status_code == 400
    assert "Not submitted. Your answer must" in text_of(page)
    assert not Demonstration.objects.exists()


def test_a_preview_without_scripts_renders_and_keeps_the_draft(
    browser: Client, project: Project
) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    pk = Assignment.objects.get().pk
    data = {"text": "*Soft* <script>alert(1)</script>", "action": "preview"}
    page = text_of(browser.post(f"/assignments/{pk}/", data))
    assert "<em>Soft</em>" in page
    assert "<script>alert" not in page
    assert Assignment.objects.get().draft == {"text": data["text"]}


def test_the_preview_is_rendered_safely(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    url = f"/assignments/{Assignment.objects.get().pk}/preview/"
    html = browser.post(url, {"text": "**b** <img src=x onerror=alert(1)>"}).json()["html"]
    assert "<strong>b</strong>" in html
    assert "<img" not in html
    assert browser.post(url, {"text": "\0"}).status_code == 400


def test_a_draft_is_kept_and_shown_again(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    pk = Assignment.objects.get().pk
    answer = browser.post(
        f"/assignments/{pk}/draft/", '{"text": "Half"}', content_type="application/json"
    )
    assert answer.json()["is_held"] is True
    assert ">Half</textarea>" in text_of(browser.get(f"/assignments/{pk}/"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"text": 7}',
        b'{"text": "\\u0000"}',
        b'{"text": "\\ud800"}',
        b'{"text": NaN}',
        b'{"text": "a", "text": "b"}',
        b"\xff",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_bad_draft_is_refused_with_a_sentence(
    browser: Client, project: Project, body: bytes
) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    url = f"/assignments/{Assignment.objects.get().pk}/draft/"
    answer = browser.post(url, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert Assignment.objects.get().draft == {}


def test_a_draft_that_is_far_too_long_is_too_large(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    url = f"/assignments/{Assignment.objects.get().pk}/draft/"
    body = json.dumps({"text": "x" * 5_000_000})
    assert browser.post(url, body, content_type="application/json").status_code == 413


def test_a_lapsed_task_that_others_took_shows_the_text(
    browser: Client, project: Project, labeler: User
) -> None:
    make_demonstration_task(project)
    assignment = claim(labeler, project)
    Assignment.objects.filter(pk=assignment.pk).update(state="lapsed")
    Task.objects.update(n_assigned=0, is_open=True)
    claim(make_member(project), project)
    url = f"/assignments/{assignment.pk}/"
    refused = browser.post(url, {"text": "All of my work."})
    assert refused.status_code == 409
    assert "All of my work." in text_of(refused)
    assert "All of my work." in text_of(browser.get(url))


def test_a_submitted_task_leads_home(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    follow(browser, project, "demonstration")
    url = f"/assignments/{Assignment.objects.get().pk}/"
    browser.post(url, {"text": "Answer."})
    assert browser.post(url, {"text": "Again."}).status_code == 302
    assert Demonstration.objects.count() == 1
    page = browser.get(url, follow=True)
    assert "You submitted this task already." in text_of(page)


@pytest.mark.parametrize(
    ("n_models", "words"), [(0, "Waiting for language models"), (2, "being drawn")]
)
def test_nothing_to_do_says_why(
    browser: Client, project: Project, n_models: int, words: str
) -> None:
    make_drawing_task(project)
    for _ in range(n_models):
        make_model()
    assert words in text_of(follow(browser, project, "comparison"))


def test_nothing_left_says_so(browser: Client, project: Project) -> None:
    make_demonstration_task(project)
    claim(make_member(project), project)
    assert "Nothing to do just now" in text_of(follow(browser, project, "demonstration"))


def upload(browser: Client, data: bytes, name: str = "p.jsonl", **fields: Any) -> Any:
    form = {"kinds": ["demonstration"], "file": SimpleUploadedFile(name, data), **fields}
    return browser.post("/projects/harbour/prompts/import/", form, follow=True)


def test_an_owner_imports_a_file(signed_in: SignIn, project: Project, owner: User) -> None:
    page = upload(signed_in(owner), b'{"prompt": "Why is it so?", "tags": ["odd"]}\n')
    assert "1 prompts added, 0 unchanged, 1 tasks made." in text_of(page)
    assert "Why is it so?" in text_of(page)


def test_a_bad_file_comes_back_with_its_lines(
    signed_in: SignIn, project: Project, owner: User
) -> None:
    page = upload(signed_in(owner), b'{"prompt": "ok"}\n' + b'{"prompt": 1}\n' * 120)
    assert page.status_code == 400
    assert "120 problems" in text_of(page)
    assert "line 2, prompt: must be a text" in text_of(page)
    assert "20 more" in text_of(page)
    assert not Prompt.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"file": ""}, {"kinds": []}, {"kinds": ["review"]}, {"format": "xml"}]
)
def test_a_bad_upload_form_comes_back_with_the_rule(
    signed_in: SignIn, project: Project, owner: User, fields: dict[str, Any]
) -> None:
    page = upload(signed_in(owner), b'{"prompt": "ok"}\n', **fields)
    assert page.status_code == 400
    assert "Nothing was imported" in text_of(page)
    assert not Prompt.objects.exists()


def test_an_upload_over_the_limit_is_refused_before_it_is_read(
    signed_in: SignIn, project: Project, owner: User
) -> None:
    page = signed_in(owner).generic(
        "POST",
        "/projects/harbour/prompts/import/",
        b"x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(FILE_LIMIT + 100_000),
    )
    assert page.status_code == 413
    assert "at most 40 MB" in text_of(page)


def test_an_upload_needs_its_csrf_token(project: Project, owner: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    assert upload(browser, b'{"prompt": "ok"}\n').status_code == 403
    assert not Prompt.objects.exists()


def test_failed_comparisons_are_shown_and_drawn_again(
    signed_in: SignIn, project: Project, owner: User
) -> None:
    task = make_drawing_task(project)
    Task.objects.filter(pk=task.pk).update(state="failed")
    browser = signed_in(owner)
    assert "1 comparison could not be drawn" in text_of(browser.get("/projects/harbour/prompts/"))
    browser.post("/projects/harbour/prompts/retry/")
    task.refresh_from_db()
    assert task.state == "drawing"


def test_prompts_come_in_pages(signed_in: SignIn, project: Project, owner: User) -> None:
    for i in range(51):
        make_demonstration_task(project, f"Question number {i}?")
    browser = signed_in(owner)
    assert "Question number 50?" in text_of(browser.get("/projects/harbour/prompts/"))
    assert "Question number 0?" in text_of(browser.get("/projects/harbour/prompts/?page=2"))
    assert browser.get("/projects/harbour/prompts/?page=x\0").status_code == 200
