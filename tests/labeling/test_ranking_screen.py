"""The page of a ranking and its form."""

import re

import pytest
from django.http import QueryDict
from django.test import Client

from labeling.models import Assignment, Ranking, Response
from labeling.screens import ranking
from projects.errors import InvalidInput
from projects.models import Project, User
from tests.conftest import SignIn
from tests.factories import make_model
from tests.labeling.reviewed import make_rules
from tests.labeling.rows import claim, make_generation, make_ranking_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, labeler: User) -> Client:
    return signed_in(labeler)


@pytest.fixture
def taken(project: Project, labeler: User) -> Assignment:
    make_ranking_task(project)
    return claim(labeler, project, "ranking")


def draw_elsewhere(assignment: Assignment) -> None:
    """The same words at the same places, drawn later from another model."""
    prompt = assignment.task.prompt
    texts = dict(Response.objects.values_list("pk", "text"))
    assignment.presented = [
        Response.objects.create(
            prompt=prompt,
            origin="model",
            text=texts[pk],
            generation=make_generation(prompt.project, prompt, texts[pk], model=make_model()),
        ).pk
        for pk in assignment.presented
    ]
    assignment.save()


def same_but_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def page_of(browser: Client, assignment: Assignment) -> str:
    return str(browser.get(f"/assignments/{assignment.pk}/").content.decode())


class TestPage:
    def test_each_answer_has_a_menu_of_ranks(self, browser: Client, taken: Assignment) -> None:
        page = page_of(browser, taken)
        assert re.findall(r'<select id="rank-\d" name="(rank\.\d)"', page) == [
            "rank.0",
            "rank.1",
            "rank.2",
        ]
        assert re.findall(r">Rank of (Answer [A-Z])</label>", page) == [
            "Answer A",
            "Answer B",
            "Answer C",
        ]
        assert page.count('<option value="3">3rd</option>') == 3
        assert "4th" not in page

    def test_what_was_drafted_is_chosen(self, browser: Client, taken: Assignment) -> None:
        taken.draft = {"tiers": [[2], [0, 1]], "all_bad": True, "justification": "Dull."}
        taken.save()
        page = page_of(browser, taken)
        assert re.findall(r'<option value="(\d)" selected>', page) == ["2", "2", "1"]
        assert re.search(r'name="all_bad" value="1" checked', page)
        assert ">Dull.</textarea>" in page

    def test_nothing_tells_where_an_answer_came_from(
        self, browser: Client, taken: Assignment
    ) -> None:
        """The page is the same whichever models drew the answers, and however long they took."""
        before = page_of(browser, taken)
        draw_elsewhere(taken)
        assert same_but_tokens(page_of(browser, taken)) == same_but_tokens(before)

    def test_an_empty_answer_offers_to_draw_again(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_ranking_task(project, answers=("One.", "", "Three."))
        page = page_of(browser, claim(labeler, project, "ranking"))
        assert page.count("this answer came back empty") == 1
        assert 'id="redraw-form"' in page


class TestForm:
    @pytest.mark.parametrize(
        ("ranks", "tiers"),
        [
            ({0: "2", 1: "1", 2: "2"}, [[1], [0, 2]]),
            ({0: "9", 1: "4"}, [[1], [0]]),
            ({0: "", 1: "0", 2: "10"}, []),
            ({0: "1", 1: "x", 2: "²"}, [[0]]),
        ],
    )
    def test_ranks_become_tiers(self, ranks: dict[int, str], tiers: list[list[int]]) -> None:
        assert ranking.tiers_of(ranks) == tiers

    def test_a_form_becomes_a_draft(self) -> None:
        form = "rank.0=2&rank.1=1&all_bad=1&justification=x&flags.1=Violence&flags.1=Spam"
        assert ranking.draft_of(QueryDict(form)) == {
            "tiers": [[1], [0]],
            "all_bad": True,
            "justification": "x",
            "flags": {"1": ["Violence", "Spam"]},
        }

    def test_everything_said_is_stored(self, project: Project, labeler: User) -> None:
        make_rules(project, safety_flags=["Violence"])
        make_ranking_task(project)
        assignment = claim(labeler, project, "ranking")
        post = QueryDict("rank.0=3&rank.1=1&rank.2=3&justification=Why&flags.2=Violence")
        done = ranking.submit(by=labeler, assignment=assignment, post=post)
        assert done == "Your ranking is submitted."
        row = Ranking.objects.get()
        first, second, third = assignment.presented
        assert row.tiers == [[second], [first, third]]
        assert (row.all_bad, row.justification) == (False, "Why")
        assert row.flags == {str(third): ["Violence"]}

    def test_answers_left_out_are_named(self, taken: Assignment, labeler: User) -> None:
        with pytest.raises(InvalidInput) as refused:
            ranking.submit(by=labeler, assignment=taken, post=QueryDict("rank.1=1"))
        assert str(refused.value.problems[0]).endswith("rank every answer; left: A, C")
        assert not Ranking.objects.exists()

    def test_a_flag_on_no_answer_is_refused(self, project: Project, labeler: User) -> None:
        make_rules(project, safety_flags=["Violence"])
        make_ranking_task(project)
        post = QueryDict("rank.0=1&rank.1=2&rank.2=3&flags.7=Violence")
        with pytest.raises(InvalidInput):
            ranking.submit(by=labeler, assignment=claim(labeler, project, "ranking"), post=post)

    def test_without_scripts_a_refusal_keeps_what_was_chosen(
        self, browser: Client, taken: Assignment
    ) -> None:
        answer = browser.post(f"/assignments/{taken.pk}/", {"rank.0": "2", "rank.1": "1"})
        assert answer.status_code == 400
        page = answer.content.decode()
        assert "rank every answer; left: C" in page
        assert re.findall(r'<option value="(\d)" selected>', page) == ["2", "1"]
