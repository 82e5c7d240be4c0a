"""The page on which exports are made."""

from collections.abc import Callable

import pytest
from django.test import Client

from arena.models import CountedVote
from exports.models import Export, SavedRecipe
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_demonstration, make_vote

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], Client]
NEW = "/projects/harbour/exports/new/"


@pytest.fixture
def browser(reviewer: User, signed_in: SignIn) -> Client:
    return signed_in(reviewer)


def test_a_kind_is_offered_only_formats_that_can_say_it(project: Project, browser: Client) -> None:
    page = browser.get(f"{NEW}?kind=raw")
    assert [option.value for option in page.context["formats"]] == ["touchstone"]
    page = browser.get(f"{NEW}?kind=sft")
    assert "openai" in [option.value for option in page.context["formats"]]


def test_only_a_recipe_that_is_refused_now_is_said_to_be_so(
    project: Project, reviewer: User, browser: Client
) -> None:
    banner = "This was chosen by what is refused now"
    assert banner not in browser.get(NEW).text
    data = {"kind": "prompts", "selection": {"models": ["slate-1"]}}
    kept = SavedRecipe.objects.create(project=project, by=reviewer, name="Of before", data=data)
    page = browser.get(f"{NEW}?recipe={kept.pk}").text
    assert banner in page
    assert "selection.models: " in page


def test_filters_say_what_occurs_and_how_often(
    project: Project, labeler: User, browser: Client
) -> None:
    for _ in range(2):
        make_comparison(project, labeler)
    make_demonstration(project, labeler, "An answer.")
    page = browser.get(f"{NEW}?kind=preferences")
    found = {ticks.name: ticks.options for ticks in page.context["filters"]}
    labelers = [(option.value, option.number) for option in found["selection.labelers"]]
    assert labelers == [(labeler.pseudonym, 2)]
    assert [option.number for option in found["selection.tags"]] == [2]


def test_filters_of_votes_say_what_occurs_in_them(project: Project, browser: Client) -> None:
    vote = make_vote(project)
    battle = vote.battle
    assert battle.model_b is not None
    CountedVote.objects.create(
        vote=vote,
        project=project,
        model_a=battle.model_a,
        model_b=battle.model_b,
        verdict=vote.verdict,
        categories=["code", "tag:poems"],
        language="de",
        cast_at=vote.created_at,
    )
    for kind in ("preferences", "conversations", "raw"):
        page = browser.get(f"{NEW}?kind={kind}")
        found = {
            ticks.name.removeprefix("selection."): [
                (option.value, option.number) for option in ticks.options
            ]
            for ticks in page.context["filters"]
        }
        assert found["labelers"] == found["not_labelers"] == [("v-" + "a1" * 8, 1)]
        assert (found["languages"], found["tags"]) == ([("de", 1)], [("code", 1), ("poems", 1)])


def test_a_kind_is_offered_only_the_filters_that_it_knows(
    project: Project, browser: Client
) -> None:
    page = browser.get(f"{NEW}?kind=prompts")
    assert [ticks.legend for ticks in page.context["filters"]] == ["Rounds", "Tags", "Languages"]
    text = page.content.decode()
    for name in ("judgements", "reviewed", "minimum_agreement", "valid_under_current"):
        assert f'name="selection.{name}"' not in text
    assert 'name="with_machine"' not in text
    assert 'name="selection.since"' in text


def test_a_filter_of_another_kind_goes_when_the_kind_changes(
    project: Project, browser: Client
) -> None:
    sent = {
        "kind": "prompts",
        "source": "votes",
        "with_machine": "on",
        "selection.models": "heron",
        "selection.tags": "maths",
    }
    page = browser.post(NEW, sent | {"action": "count"})
    assert page.status_code == 200
    assert page.context["form"]["selection"]["models"] == ()
    assert page.context["form"]["selection"]["tags"] == ["maths"]
    page = browser.post(NEW, sent | {"action": "export"})
    assert page.status_code == 400
    rule = "has no meaning for prompts"
    assert page.context["wrong"] == {
        "selection_models": rule, "with_machine": rule, "source": rule,
    }  # fmt: skip
    assert not Export.objects.exists()


def test_a_recipe_that_is_refused_now_says_so_on_every_page(
    project: Project, reviewer: User, browser: Client
) -> None:
    data = {"kind": "prompts", "selection": {"models": ["heron"], "tags": ["maths"]}}
    saved = SavedRecipe.objects.create(project=project, name="Old", data=data, by=reviewer)
    why = "selection.models: has no meaning for prompts"
    page = browser.get(f"{NEW}?recipe={saved.pk}")
    assert why in page.content.decode()
    assert page.context["form"]["selection"]["tags"] == ["maths"]
    answer = browser.post(f"/projects/harbour/exports/recipes/{saved.pk}/", {"action": "export"})
    assert answer.status_code == 400
    assert why in answer.content.decode()
    assert browser.get("/projects/harbour/exports/").status_code == 200
    assert not Export.objects.exists()


def test_counting_shows_rows_reasons_and_real_rows(
    project: Project, labeler: User, browser: Client
) -> None:
    make_comparison(project, labeler, a="The <b>first</b> answer.")
    make_comparison(project, labeler, preference=0)
    page = browser.post(NEW, {"kind": "preferences", "action": "count"})
    estimate = page.context["estimate"]
    assert (estimate.rows, estimate.n_judgements) == (1, 2)
    assert [lost.number for lost in estimate.dropped] == [1]
    text = page.content.decode()
    assert "a tie: neither answer was preferred" in text
    assert "The &lt;b&gt;first&lt;/b&gt; answer." in text
    assert not Export.objects.exists()


def test_counting_after_another_kind_takes_a_format_that_goes_with_it(
    project: Project, browser: Client
) -> None:
    sent = {"kind": "prompts", "format": "hh", "file_type": "parquet", "action": "count"}
    page = browser.post(NEW, sent)
    assert page.status_code == 200
    assert page.context["form"]["format"] == page.context["formats"][0].value


def test_what_is_exported_is_what_the_form_said(project: Project, browser: Client) -> None:
    sent = {
        "kind": "reward",
        "format": "trl",
        "file_type": "parquet",
        "selection.reviewed": "accepted",
        "splits.test": "100",
        "action": "export",
    }
    answer = browser.post(NEW, sent)
    export = Export.objects.get()
    assert answer.headers["Location"] == f"/exports/{export.public_id}/"
    assert export.recipe == {
        "kind": "reward",
        "file_type": "parquet",
        "selection": {"reviewed": "accepted"},
        "splits": {"test": 100},
        "hygiene": {"exact_duplicates": False},
    }


def test_a_broken_rule_is_named_beside_its_field_and_nothing_is_made(
    project: Project, browser: Client
) -> None:
    sent = {"kind": "sft", "splits.test": "900", "action": "export"}
    page = browser.post(NEW, sent)
    assert page.status_code == 400
    assert page.context["wrong"] == {"splits_test": "must be a whole number from 0 to 500"}
    assert page.context["opened"]["splits"] is True
    assert 'value="900"' in page.content.decode()
    assert not Export.objects.exists()


def test_a_recipe_is_kept_opened_changed_and_exported_from(
    project: Project, browser: Client
) -> None:
    sent = {"kind": "sft", "splits.test": "100", "name": "Weekly", "action": "save"}
    assert browser.post(NEW, sent).status_code == 302
    saved = SavedRecipe.objects.get()
    page = browser.get(f"{NEW}?recipe={saved.pk}")
    assert page.context["form"]["splits"]["test"] == 100
    changed = {"kind": "sft", "splits.test": "200", "name": "Every week", "action": "change"}
    assert browser.post(f"{NEW}?recipe={saved.pk}", changed).status_code == 302
    saved.refresh_from_db()
    assert (saved.name, saved.data["splits"]) == ("Every week", {"test": 200})
    answer = browser.post(f"/projects/harbour/exports/recipes/{saved.pk}/", {"action": "export"})
    assert answer.headers["Location"] == f"/exports/{Export.objects.get().public_id}/"
    assert Export.objects.get().recipe == saved.data


def test_a_name_that_is_taken_is_refused(project: Project, browser: Client) -> None:
    sent = {"kind": "sft", "name": "Weekly", "action": "save"}
    browser.post(NEW, sent)
    page = browser.post(NEW, sent)
    assert page.status_code == 409
    assert "There is a recipe “Weekly” already." in page.content.decode()


def test_a_recipe_exports_by_itself_once_it_is_set_to(project: Project, browser: Client) -> None:
    browser.post(NEW, {"kind": "sft", "name": "Weekly", "action": "save"})
    saved = SavedRecipe.objects.get()
    path = f"/projects/harbour/exports/recipes/{saved.pk}/"
    browser.post(path, {"action": "schedule", "every": "week", "weekday": "2", "hour": "4"})
    listed = browser.get("/projects/harbour/exports/").content.decode()
    assert "every Wednesday at 04:00 UTC" in listed
    wrong = browser.post(path, {"action": "schedule", "every": "hour"})
    assert wrong.status_code == 400
    browser.post(path, {"action": "unschedule"})
    browser.post(path, {"action": "remove"})
    assert not SavedRecipe.objects.exists()


@pytest.mark.parametrize("query", ["recipe=x", "recipe=9999999999999", "like=x", "like=\0"])
def test_a_page_of_what_is_not_there_is_none(project: Project, browser: Client, query: str) -> None:
    assert browser.get(f"{NEW}?{query}").status_code in {400, 404}


def test_another_projects_recipe_is_not_there(
    project: Project, browser: Client, stranger: User, signed_in: SignIn
) -> None:
    browser.post(NEW, {"kind": "sft", "name": "Weekly", "action": "save"})
    saved = SavedRecipe.objects.get()
    theirs = signed_in(stranger)
    path = f"/projects/harbour/exports/recipes/{saved.pk}/"
    assert theirs.post(path, {"action": "remove"}).status_code == 404
    assert SavedRecipe.objects.count() == 1
