"""The owner's rules of an arena and the tags, and the public page of shares."""

from typing import Any

import pytest
from django.test import Client

from arena import contenders, rules, tags
from arena.models import ArenaRules, Battle, PromptTag
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.arena.rows import make_arena, make_contenders
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_arena()


@pytest.fixture
def owner(project: Project) -> User:
    return make_member(project, role="owner")


def test_an_arena_without_rules_of_its_own_has_the_defaults(project: Project) -> None:
    found = rules.rules_of(project)
    assert not ArenaRules.objects.exists()
    assert (found.even_percent, found.challenge) == (10, "when_asked_for")


def test_rules_are_changed_and_recorded(project: Project, owner: User) -> None:
    a, _ = make_contenders("a", "b")
    rules.change_rules(
        by=owner,
        project=project,
        even_percent="25",
        newcomer_boost="1.5",
        anchor=str(a.pk),
        leak_words="Robo\nrobo\n\nAcme",
        requires_sign_in=True,
    )
    found = ArenaRules.objects.get(project=project)
    assert (found.even_percent, found.newcomer_boost, found.anchor) == (25, 1.5, a)
    assert (found.leak_words, found.requires_sign_in) == (["Robo", "Acme"], True)
    event = AuditEvent.objects.get(verb="arena_rules.changed")
    assert event.detail["before"]["even_percent"] == 10
    rules.change_rules(by=owner, project=project, even_percent=25)
    assert AuditEvent.objects.filter(verb="arena_rules.changed").count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("even_percent", "101"),
        ("even_percent", -1),
        ("battles_a_session", "0"),
        ("newcomer_boost", "0.5"),
        ("anchor_rating", "nan"),
        ("anchor", "7777"),
        ("anchor", "x"),
        ("challenge", "sometimes"),
        ("requires_sign_in", "yes"),
        ("terms", "a\0b"),
        ("terms", "x" * 20_001),
        ("leak_words", ["x" * 81]),
        ("leak_words", [f"word {n}" for n in range(201)]),
        ("leak_words", {"a": 1}),
        ("frozen_at", "2020-01-01"),
    ],
)
def test_a_bad_rule_is_named_and_nothing_changes(
    project: Project, owner: User, name: str, value: Any
) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.change_rules(by=owner, project=project, **{"listed_from": 5, name: value})
    assert [problem.field for problem in refused.value.problems] == [name]
    assert not ArenaRules.objects.exists()


def test_only_owners_change_rules(project: Project) -> None:
    with pytest.raises(NotPermitted):
        rules.change_rules(by=make_member(project), project=project, even_percent=1)


def test_a_retired_tag_finds_nothing_until_it_is_back(project: Project, owner: User) -> None:
    tag = tags.add_tag(by=owner, project=project, name="Law", words=["law"])
    with pytest.raises(Conflict, match="already"):
        tags.add_tag(by=owner, project=project, name="law", words=["rule"])
    tags.retire_tag(by=owner, project=project, tag_id=tag.pk)
    assert tags.tags_of(project) == []
    tags.retire_tag(by=owner, project=project, tag_id=tag.pk, back=True)
    assert tags.tags_of(project) == [tag]


@pytest.mark.parametrize(
    ("name", "words", "field"),
    [("", "law", "name"), ("法", "law", "name"), ("Law", "", "words"), ("Law", "x" * 61, "words")],
)
def test_a_bad_tag_is_refused_by_name(
    project: Project, owner: User, name: str, words: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        tags.add_tag(by=owner, project=project, name=name, words=words)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not PromptTag.objects.exists()


def test_the_page_says_what_is_wrong_beside_the_field(
    client: Client, project: Project, owner: User
) -> None:
    client.force_login(owner)
    answer = client.post(f"/projects/{project.slug}/arena/", {"even_percent": "many"})
    assert answer.status_code == 400
    assert "must be a whole number from 0 to 100" in answer.content.decode()
    saved = client.post(f"/projects/{project.slug}/arena/", {"even_percent": "30"})
    assert saved.status_code == 302
    assert rules.rules_of(project).even_percent == 30
    assert rules.rules_of(project).offers_direct is False


def test_everybody_sees_shares_exclusions_and_the_register(
    client: Client, project: Project, owner: User
) -> None:
    a, b, c = make_contenders("a", "b", "c")
    contenders.keep_register()
    contenders.change(by=owner, project=project, model_id=c.pk, is_paused=True, why="It moves")
    Battle.objects.create(project=project, model_a=a, model_b=c)
    found = client.get(f"/arena/{project.slug}/shares.json").json()
    assert [(row["model"], row["share"], row["share_lately"]) for row in found["models"]] == [
        ("a", 1.0, 1.0),
        ("b", 1.0, 0.0),
        ("c", 0.0, 1.0),
    ]
    assert found["models"][2]["exclusion"] == "Paused by the owner"
    newest = found["register"][0]
    assert (newest["model"], newest["what"]) == ("c", "paused")
    page = client.get(f"/arena/{project.slug}/shares/").content.decode()
    assert "Paused by the owner" in page
    assert "It moves" in page
    assert b.name in page
