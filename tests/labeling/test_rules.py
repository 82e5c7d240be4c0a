"""The rules a project works by, and its criteria."""

from typing import Any

import pytest

from labeling.judging.criteria import (
    MOST_CRITERIA,
    add_criterion,
    bring_back_criterion,
    change_criterion,
    move_criterion,
    retire_criterion,
)
from labeling.judging.rules import RANGES, change_rules, criteria_of, rules_of
from labeling.models import Criterion, WorkRules
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.conftest import SignIn
from tests.factories import make_project

pytestmark = pytest.mark.django_db

PAGE = "/projects/harbour/rules/"


def names(project: Project) -> list[str]:
    return [criterion.name for criterion in criteria_of(project)]


def test_a_project_begins_with_the_defaults(project: Project) -> None:
    rules = rules_of(project)
    assert rules._state.adding
    assert (rules.scale, rules.safety_flags, rules.ranking_size) == ("seven", [], 4)
    assert not WorkRules.objects.exists()


def test_rules_are_changed_together_and_recorded(project: Project, owner: User) -> None:
    change_rules(
        by=owner,
        project=project,
        scale="simple",
        safety_flags="violence\n\n Private data \nVIOLENCE",
        justify_strong=True,
        gold_percent="10",
        daily_cap=40,
    )
    rules = rules_of(project)
    assert (rules.scale, rules.justify_strong) == ("simple", True)
    assert rules.safety_flags == ["violence", "Private data"]
    assert (rules.gold_percent, rules.daily_cap, rules.justify_always) == (10, 40, False)
    event = AuditEvent.objects.get(verb="rules.changed")
    assert event.detail["before"]["scale"] == "seven"
    assert event.detail["after"]["scale"] == "simple"
    change_rules(by=owner, project=project, scale="simple")
    assert AuditEvent.objects.filter(verb="rules.changed").count() == 1


@pytest.mark.parametrize(("name", "ends"), RANGES.items(), ids=RANGES.keys())
def test_numbers_have_their_ranges(
    project: Project, owner: User, name: str, ends: tuple[int, int]
) -> None:
    for value in ends:
        assert getattr(change_rules(by=owner, project=project, **{name: value}), name) == value
    bad: list[Any] = [ends[0] - 1, ends[1] + 1, "", "x", "-1", "1.0", 1.5, None, [], 10**30]
    for wrong in bad:
        with pytest.raises(InvalidInput, match=name):
            change_rules(by=owner, project=project, **{name: wrong})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", "five"),
        ("scale", None),
        ("scale", ["seven"]),
        ("review_mode", ""),
        ("consensus", 7),
        ("gold_feedback", "later"),
        ("justify_always", "on"),
        ("justify_always", None),
        ("safety_flags", 7),
        ("safety_flags", ["a\0"]),
        ("safety_flags", [7]),
        ("safety_flags", ["x" * 41]),
        ("safety_flags", ["\u202eecneloiv"]),
        ("safety_flags", [f"flag {i}" for i in range(21)]),
        ("safety_flags", "x" * 4_001),
        ("safety_flags", ["x"] * 201),
        ("colour", 1),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_rule_is_refused_by_name(
    project: Project, owner: User, name: str, value: Any
) -> None:
    with pytest.raises(InvalidInput) as caught:
        change_rules(**{"by": owner, "project": project, "daily_cap": 9, name: value})
    assert [problem.field for problem in caught.value.problems] == [name]
    assert not WorkRules.objects.exists()


def test_every_broken_rule_is_named_at_once(project: Project, owner: User) -> None:
    with pytest.raises(InvalidInput) as caught:
        change_rules(by=owner, project=project, scale="x", colour=1, gold_percent=101, daily_cap=7)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["scale", "colour", "gold_percent"]


def test_only_owners_change_rules(project: Project, reviewer: User) -> None:
    with pytest.raises(NotPermitted):
        change_rules(by=reviewer, project=project, scale="simple")
    with pytest.raises(NotPermitted):
        add_criterion(by=reviewer, project=project, name="Tone")


class TestCriteria:
    def test_keys_come_from_names_and_stay(self, project: Project, owner: User) -> None:
        found = [
            add_criterion(by=owner, project=project, name=name)
            for name in ("Tone of voice", "Tone-of-Voice!", "真実", "x" * 60, "x" * 59 + "y")
        ]
        keys = [criterion.key for criterion in found]
        assert keys == ["tone-of-voice", "tone-of-voice-2", "criterion", "x" * 40, "x" * 36 + "-2"]
        changed = change_criterion(
            by=owner,
            project=project,
            criterion_id=found[0].pk,
            name="Voice",
            description="How it sounds.",
            is_required=True,
        )
        assert (changed.key, changed.name, changed.is_required) == ("tone-of-voice", "Voice", True)
        verbs = AuditEvent.objects.filter(verb__startswith="criterion").values_list("verb")
        assert sorted(verb for (verb,) in verbs) == ["criterion.added"] * 5 + ["criterion.changed"]

    def test_a_name_is_there_once(self, project: Project, owner: User) -> None:
        tone = add_criterion(by=owner, project=project, name="Tone")
        truth = add_criterion(by=owner, project=project, name="Truth")
        retire_criterion(by=owner, project=project, criterion_id=tone.pk)
        with pytest.raises(InvalidInput, match="name"):
            add_criterion(by=owner, project=project, name="TONE")
        with pytest.raises(InvalidInput, match="name"):
            change_criterion(by=owner, project=project, criterion_id=truth.pk, name="Tone")
        change_criterion(by=owner, project=project, criterion_id=truth.pk, name="truth")

    def test_order_retiring_and_bringing_back(self, project: Project, owner: User) -> None:
        rows = [add_criterion(by=owner, project=project, name=name) for name in "ABC"]
        one: Any = {"by": owner, "project": project, "criterion_id": rows[2].pk}
        for _ in range(3):
            move_criterion(**one, direction="up")
        assert names(project) == ["C", "A", "B"]
        move_criterion(**one, direction="down")
        assert names(project) == ["A", "C", "B"]
        for _ in range(2):
            retire_criterion(**one)
        assert names(project) == ["A", "B"]
        with pytest.raises(Conflict, match="retired"):
            move_criterion(**one, direction="up")
        bring_back_criterion(**one)
        assert names(project) == ["A", "C", "B"]
        with pytest.raises(InvalidInput, match="direction"):
            move_criterion(**one, direction="sideways")

    def test_there_are_at_most_a_dozen(self, project: Project, owner: User) -> None:
        rows = [
            add_criterion(by=owner, project=project, name=f"C{i}") for i in range(MOST_CRITERIA)
        ]
        with pytest.raises(Conflict, match="at most"):
            add_criterion(by=owner, project=project, name="More")
        retire_criterion(by=owner, project=project, criterion_id=rows[0].pk)
        add_criterion(by=owner, project=project, name="More")
        with pytest.raises(Conflict, match="at most"):
            bring_back_criterion(by=owner, project=project, criterion_id=rows[0].pk)

    def test_another_project_s_is_not_found(self, project: Project, owner: User) -> None:
        other = Criterion.objects.create(project=make_project(), key="tone", name="Tone")
        for pk in (other.pk, 2**63):
            with pytest.raises(NotFound):
                retire_criterion(by=owner, project=project, criterion_id=pk)

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({"name": ""}, ["name"]),
            ({"name": "x" * 61}, ["name"]),
            ({"name": "a\nb"}, ["name"]),
            ({"name": 7}, ["name"]),
            ({"description": "x" * 301}, ["description"]),
            ({"is_required": "yes"}, ["is_required"]),
            ({"form": "stars"}, ["form"]),
            ({"name": " ", "form": None}, ["name", "form"]),
        ],
        ids=repr,
    )
    def test_bad_values_are_all_named(
        self, project: Project, owner: User, values: dict[str, Any], fields: list[str]
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            add_criterion(**{"by": owner, "project": project, "name": "Tone", **values})
        assert [problem.field for problem in caught.value.problems] == fields
        assert not Criterion.objects.exists()


class TestPage:
    def test_it_shows_what_holds(self, project: Project, owner: User, signed_in: SignIn) -> None:
        change_rules(by=owner, project=project, scale="simple", safety_flags="violence")
        add_criterion(by=owner, project=project, name="Tone", is_required=True)
        page = signed_in(owner).get(PAGE).content.decode()
        assert '<option value="simple" selected>' in page
        assert ">violence</textarea>" in page
        assert ">required<" in page

    def test_boxes_that_are_not_ticked_are_off(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        change_rules(by=owner, project=project, justify_always=True)
        form = {"scale": "simple", "justify_strong": "1", "gold_percent": "10"}
        assert signed_in(owner).post(PAGE, form).status_code == 302
        rules = rules_of(project)
        assert (rules.justify_always, rules.justify_strong) == (False, True)
        assert (rules.scale, rules.gold_percent) == ("simple", 10)

    def test_a_form_without_rules_changes_nothing(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        change_rules(by=owner, project=project, justify_always=True)
        assert signed_in(owner).post(PAGE, {"other": "x"}).status_code == 400
        assert rules_of(project).justify_always is True

    def test_all_errors_stand_beside_their_fields(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        form = {"scale": "simple", "daily_cap": "many", "gold_percent": "101"}
        answer = signed_in(owner).post(PAGE, form)
        page = answer.content.decode()
        assert answer.status_code == 400
        assert page.count('class="field-errors"') == 2
        assert 'value="many"' in page
        assert '<option value="simple" selected>' in page
        assert not WorkRules.objects.exists()

    def test_criteria_are_kept_from_it(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        browser = signed_in(owner)
        for name in ("Tone", "Truth"):
            form = {"name": name, "form": "rating"}
            assert browser.post(f"{PAGE}criteria/", form)["Location"] == f"{PAGE}#criteria"
        truth = criteria_of(project)[1]
        one = f"{PAGE}criteria/{truth.pk}/"
        for action in ("up", "retire", "bring_back"):
            assert browser.post(one, {"action": action}).status_code == 302
        form = {"action": "save", "name": "Truthful", "is_required": "1"}
        assert browser.post(one, form).status_code == 302
        assert names(project) == ["Truthful", "Tone"]
        assert browser.post(one, {"action": "sideways"}).status_code == 400
        refused = browser.post(one, {"action": "save", "name": "tone"})
        assert refused.status_code == 400
        assert "Name: is the name of another criterion" in refused.content.decode()
        refused = browser.post(f"{PAGE}criteria/", {"name": "<b>New", "form": "x"})
        assert refused.status_code == 400
        assert 'value="&lt;b&gt;New"' in refused.content.decode()


def test_rules_that_nobody_changed_are_the_defaults(project: Project) -> None:
    unchanged, defaults = rules_of(project), WorkRules(project_id=project.pk)
    assert unchanged._state.adding
    names = [field.attname for field in WorkRules._meta.fields]
    assert [getattr(unchanged, name) for name in names] == [
        getattr(defaults, name) for name in names
    ]
    assert unchanged.safety_flags is not rules_of(project).safety_flags
    assert unchanged.project == project
