"""The page of a comparison and its form."""

import re
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from labeling.models import Assignment, Comparison, Criterion, Flag, Response, Task
from labeling.screens import comparison
from labeling.screens.reading import differences
from projects.errors import InvalidInput
from projects.models import Project, User
from tests.conftest import SignIn
from tests.factories import make_model
from tests.labeling.reviewed import make_rules
from tests.labeling.rows import claim, make_comparison_task, make_generation

pytestmark = pytest.mark.django_db

SLEEP = "Adults need seven to nine hours of sleep a night, so keep the room cool and dark."


@pytest.fixture
def browser(signed_in: SignIn, labeler: User) -> Client:
    return signed_in(labeler)


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


def taken(project: Project, labeler: User, **fields: Any) -> Assignment:
    make_comparison_task(project, **fields)
    return claim(labeler, project, "comparison")


def make_criterion(project: Project, key: str, **fields: Any) -> Criterion:
    fields = {"name": key.title(), "form": "sides", **fields}
    return Criterion.objects.create(project=project, key=key, **fields)


def keys_of(page: str, name: str) -> list[str]:
    fields = re.findall(rf'name="{re.escape(name)}"\s+value="([^"]*)"', page)
    return list(fields)


class TestPage:
    def test_the_seven_points_are_radios_with_their_words(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        page = page_of(browser, taken(project, labeler))
        values = ["-3", "-2", "-1", "0", "1", "2", "3", "both_bad", "cannot_judge"]
        assert keys_of(page, "preference") == values
        assert re.findall(r'data-key="([0-9x])"', page) == [*"1234567", "0", "x"]
        assert "A is slightly better" in page

    def test_the_simple_scale_has_three(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, scale="simple")
        page = page_of(browser, taken(project, labeler))
        assert keys_of(page, "preference") == ["-1", "0", "1", "both_bad", "cannot_judge"]
        assert re.findall(r'data-key="([0-9x])"', page) == [*"123", "0", "x"]
        assert "much better" not in page

    def test_an_answer_is_there_rendered_and_as_written(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        page = page_of(browser, taken(project, labeler, answers=("*One* & $x$", "Two")))
        assert "<p><em>One</em> &amp; <math><mi>x</mi></math></p>" in page
        assert '<div class="as-raw" translate="no">*One* &amp; $x$</div>' in page
        assert "3 words" in page

    def test_nothing_tells_where_an_answer_came_from(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        """The page is the same whichever models drew the answers, and however long they took."""
        assignment = taken(project, labeler)
        before = page_of(browser, assignment)
        draw_elsewhere(assignment)
        assert same_but_tokens(page_of(browser, assignment)) == same_but_tokens(before)

    def test_what_was_drafted_is_chosen(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_rules(project, safety_flags=["Violence"])
        make_criterion(project, "truthful")
        make_criterion(project, "style", form="rating")
        assignment = taken(project, labeler)
        assignment.draft = {
            "preference": "-2",
            "justification": "Because.",
            "marks": {"truthful": "equal", "style": [4, None]},
            "flags": {"a": [], "b": ["Violence"]},
        }
        assignment.save()
        page = page_of(browser, assignment)
        chosen = re.findall(r'name="([^"]+)"\s+value="([^"]*)"[^>]* checked', page)
        assert chosen == [
            ("marks.truthful", "equal"),
            ("marks.style.a", "4"),
            ("preference", "-2"),
            ("flags.b", "Violence"),
        ]
        assert ">Because.</textarea>" in page

    def test_flags_and_criteria_are_left_out_where_there_are_none(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        page = page_of(browser, taken(project, labeler))
        assert "Safety flags" not in page
        assert "data-criteria" not in page


class TestDifferences:
    def test_nearly_the_same_answers_say_so(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        answers = (SLEEP, SLEEP.replace("cool", "cold"))
        page = page_of(browser, taken(project, labeler, answers=answers))
        assert re.search(r"These answers are 9\d % the same", page)
        marked = re.findall(r"<mark>.*?</span>(\w+)\s*</mark>", page)
        assert sorted(marked) == ["cold", "cool"]

    def test_answers_of_little_in_common_have_none(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        page = page_of(browser, taken(project, labeler, answers=(SLEEP, "I cannot say.")))
        assert 'data-view-toggle="differences"' not in page
        assert "as-differences" not in page

    def test_each_side_reads_whole(self) -> None:
        found = differences("one two three four", "one two 3 four five")
        assert found is not None
        assert "".join(piece.text for piece in found.in_a) == "one two three four"
        assert "".join(piece.text for piece in found.in_b) == "one two 3 four five"

    def test_answers_that_differ_are_never_all_the_same(self) -> None:
        long = "word " * 3_000
        found = differences(long, long + "x")
        assert found is not None
        assert found.percent_same == 99

    def test_long_answers_are_not_compared(self) -> None:
        assert differences("a " * 15_000, "a " * 15_000) is None


class TestJustification:
    @pytest.mark.parametrize(
        ("rules", "said"),
        [
            ({}, ("", "", "")),
            (
                {"justify_strong": True},
                (
                    "",
                    "Say what decided it: you chose the end of the scale.",
                    "Say what is wrong with both.",
                ),
            ),
            (
                {"justify_strong": True, "scale": "simple"},
                ("", "", "Say what is wrong with both."),
            ),
            (
                {"justify_always": True},
                ("Say what decided it: this project asks for it every time.",) * 3,
            ),
        ],
    )
    def test_why_it_is_asked_for_is_said(
        self, project: Project, labeler: User, rules: dict[str, Any], said: tuple[str, ...]
    ) -> None:
        make_rules(project, **rules)
        asked = comparison.context(taken(project, labeler), {})["asked"]
        assert (asked.always, asked.strong, asked.bad) == said

    def test_a_disputed_task_asks_every_time(self, project: Project, labeler: User) -> None:
        make_rules(project, justify_disputed=True)
        asked = comparison.context(taken(project, labeler, is_disputed=True), {})["asked"]
        assert asked.always == "Say what decided it: labelers disagree on this task."


class TestMissing:
    def test_an_empty_answer_offers_to_draw_again(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = taken(project, labeler, answers=("One.", " \n"))
        page = page_of(browser, assignment)
        assert "this answer came back empty" in page
        assert 'form="redraw-form">Draw again</button>' in page
        assert "data-segmented disabled" in page

    def test_drawing_again_flags_the_task(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        assignment = taken(project, labeler, answers=("One.", ""))
        page = page_of(browser, assignment)
        form = page[page.index('id="redraw-form"') :]
        fields = dict(re.findall(r'type="hidden" name="(reason|note)" value="([^"]*)"', form))
        browser.post(f"/assignments/{assignment.pk}/flag/", fields)
        flag = Flag.objects.get()
        assert flag.reason == Flag.Reason.BROKEN
        assert "draw it again" in flag.note
        assert Task.objects.get().state == Task.State.SET_ASIDE


class TestForm:
    def test_a_form_becomes_a_draft(self) -> None:
        form = "preference=2&justification=x&marks.truthful=a&marks.style.b=3&flags.a=Violence"
        assert comparison.draft_of(QueryDict(form)) == {
            "preference": "2",
            "justification": "x",
            "marks": {"truthful": "a", "style": [None, 3]},
            "flags": {"a": ["Violence"], "b": []},
        }

    def test_everything_said_is_stored(self, project: Project, labeler: User) -> None:
        make_rules(project, safety_flags=["Violence"])
        make_criterion(project, "truthful")
        make_criterion(project, "style", form="rating")
        post = QueryDict(
            "preference=-1&justification=Why&marks.truthful=equal&marks.style.a=0&marks.style.b=4"
            "&flags.b=Violence"
        )
        assignment = taken(project, labeler)
        assert comparison.submit(by=labeler, assignment=assignment, post=post) == (
            "Your judgement is submitted."
        )
        row = Comparison.objects.get()
        assert (row.preference, row.both_bad, row.justification) == (-1, False, "Why")
        assert row.marks == {"truthful": "equal", "style": [0, 4]}
        assert row.flags == {"a": [], "b": ["Violence"]}

    def test_both_bad_has_no_preference(self, project: Project, labeler: User) -> None:
        post = QueryDict("preference=both_bad")
        comparison.submit(by=labeler, assignment=taken(project, labeler), post=post)
        row = Comparison.objects.get()
        assert (row.preference, row.both_bad) == (None, True)

    def test_who_cannot_judge_skips(self, project: Project, labeler: User) -> None:
        make_criterion(project, "truthful", is_required=True)
        post = QueryDict("preference=cannot_judge")
        comparison.submit(by=labeler, assignment=taken(project, labeler), post=post)
        assert Assignment.objects.get().state == Assignment.State.SKIPPED

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ("", "preference"),
            ("preference=4", "preference"),
            ("preference=١", "preference"),
            ("preference=1&marks.truthful=c", "marks.truthful"),
            ("preference=1&marks.style.a=5&marks.style.b=1", "marks.style"),
            ("preference=1&marks.style.a=1", "marks.style"),
            ("preference=1&marks.style=a", "marks.style"),
            ("preference=1&marks.other=a", "marks"),
            ("preference=1&marks.style=a&marks.style.a=1", "marks.style"),
            ("preference=1&flags.a=Boredom", "flags.a"),
        ],
    )
    def test_what_is_not_on_the_form_is_refused_by_its_name(
        self, project: Project, labeler: User, form: str, field: str
    ) -> None:
        make_criterion(project, "truthful")
        make_criterion(project, "style", form="rating")
        assignment = taken(project, labeler)
        with pytest.raises(InvalidInput) as refused:
            comparison.submit(by=labeler, assignment=assignment, post=QueryDict(form))
        assert [problem.field for problem in refused.value.problems] == [field]
        assert not Comparison.objects.exists()

    def test_without_scripts_a_refusal_keeps_what_was_chosen(
        self, browser: Client, project: Project, labeler: User
    ) -> None:
        make_criterion(project, "truthful", is_required=True)
        assignment = taken(project, labeler)
        answer = browser.post(f"/assignments/{assignment.pk}/", {"preference": "2"})
        assert answer.status_code == 400
        page = answer.content.decode()
        assert "“Truthful” is needed" in page
        assert re.search(r'name="preference"\s+value="2"[^>]* checked', page)
