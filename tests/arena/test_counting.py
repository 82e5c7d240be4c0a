"""Votes counted with weights and categories, counted anew, and weighed otherwise."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from arena.boards import counting
from arena.boards.describing import Description, describe, tags_of
from arena.models import Battle, CountedVote, OnlineElo, PromptTag, Tally, Turn, Vote
from projects.models import Project
from tests.arena.rows import make_arena, make_contenders
from workers.models import LanguageModel

PYTHON = "Write a python function that sorts a list."


def make_vote(
    project: Project,
    a: LanguageModel,
    b: LanguageModel,
    verdict: str = "a",
    *,
    message: str = "",
    replies: tuple[str, str] = ("Yes.", "No."),
    weight: float = 1.0,
) -> Vote:
    """A vote that is stored and counted; with texts where there is a message."""
    battle = Battle.objects.create(project=project, model_a=a, model_b=b)
    turns = [
        Turn.objects.create(
            battle=battle, number=1, message=message, state="complete",
            reply_a=replies[0], reply_b=replies[1],
        )
    ] if message else []  # fmt: skip
    vote = Vote.objects.create(battle=battle, project=project, verdict=verdict)
    with transaction.atomic():
        counting.count_vote(vote=vote, battle=battle, turns=turns, weight=weight)
    return vote


def tallies(project: Project) -> list[tuple[object, ...]]:
    columns = [field.attname for field in Tally._meta.concrete_fields][2:]
    rows = Tally.objects.filter(project=project).order_by("category", "left", "right")
    return [row for row in rows.values_list(*columns) if any(row[3:7])]


def sums(project: Project, category: str = "") -> Sequence[tuple[object, ...]]:
    return list(
        Tally.objects.filter(project=project, category=category)
        .order_by("left", "right")
        .values_list("left_wins", "right_wins", "ties", "left_weight", "left_square")
    )


@pytest.mark.django_db
def test_a_vote_is_counted_in_all_its_categories_by_its_weight() -> None:
    project, (a, b) = make_arena(), make_contenders()
    make_vote(project, b, a, "b", message=PYTHON, weight=0.5)
    row = CountedVote.objects.get()
    assert (row.weight, row.language, row.verdict) == (0.5, "en", "b")
    assert "code" in row.categories
    assert sums(project) == sums(project, "code") == [(1, 0, 0, 0.5, 0.25)]
    assert sums(project, "language-en") == [(1, 0, 0, 0.5, 0.25)]
    assert sums(project, "maths") == []


@pytest.mark.django_db
def test_a_vote_without_texts_is_only_among_all_votes() -> None:
    project, (a, b) = make_arena(), make_contenders()
    make_vote(project, a, b, "tie")
    row = CountedVote.objects.get()
    assert (row.categories, row.style, row.prompt_key) == ([], None, "")
    assert sums(project) == [(0, 0, 1, 0.0, 0.0)]


@pytest.mark.django_db
def test_only_battles_with_two_unnamed_models_count() -> None:
    project, (a, b) = make_arena(), make_contenders()
    battle = Battle.objects.create(project=project, model_a=a, model_b=b, mode="side_by_side")
    vote = Vote.objects.create(battle=battle, project=project, verdict="a")
    with pytest.raises(ValueError, match="not named"):
        counting.counted(vote=vote, battle=battle, described=Description())


@pytest.mark.django_db
def test_a_new_weight_moves_every_tally_by_the_difference() -> None:
    project, (a, b) = make_arena(), make_contenders()
    first = make_vote(project, a, b, message=PYTHON)
    make_vote(project, a, b, message="Hello there, how are you today?")
    counting.reweigh(project=project, weights={first.pk: 0.25, 10**9: 0.5})
    assert sums(project) == [(2, 0, 0, 1.25, 1.0625)]
    assert sums(project, "code") == [(1, 0, 0, 0.25, 0.0625)]
    counting.reweigh(project=project, weights={first.pk: 1.0})
    assert sums(project) == [(2, 0, 0, 2.0, 2.0)]


@pytest.mark.django_db
def test_another_projects_vote_is_not_weighed() -> None:
    project, other, (a, b) = make_arena(), make_arena("other"), make_contenders()
    vote = make_vote(other, a, b)
    counting.reweigh(project=project, weights={vote.pk: 0.0})
    assert sums(other) == [(1, 0, 0, 1.0, 1.0)]


@pytest.mark.django_db
def test_counting_anew_changes_nothing() -> None:
    project, models = make_arena(), make_contenders("a", "b", "c")
    for number in range(12):
        a, b = models[number % 3], models[(number + 1 + number % 2) % 3]
        verdict = ["a", "b", "tie", "both_bad"][number % 4]
        message = PYTHON if number % 2 else ""
        make_vote(project, a, b, verdict, message=message, weight=number / 11)
    before, elos = tallies(project), list(OnlineElo.objects.order_by("model").values_list("rating"))
    counting.recount(project=project)
    assert tallies(project) == before
    assert list(OnlineElo.objects.order_by("model").values_list("rating")) == elos


@pytest.mark.django_db
def test_describing_anew_follows_the_tags_and_moves_the_tallies() -> None:
    project, (a, b) = make_arena(), make_contenders()
    vote = make_vote(project, a, b, message="What is a GRANITE worktop?", weight=0.5)
    PromptTag.objects.create(project=project, slug="stone", name="Stone", words=["granite"])
    assert counting.describe_anew(project=project) == vote.pk
    assert counting.describe_anew(project=project, after=vote.pk) is None
    assert "tag:stone" in CountedVote.objects.get().categories
    assert sums(project, "tag:stone") == [(1, 0, 0, 0.5, 0.25)]
    assert sums(project) == [(1, 0, 0, 0.5, 0.25)]


@pytest.mark.django_db
def test_only_the_path_that_was_judged_is_described() -> None:
    project, (a, b) = make_arena(), make_contenders()
    battle = Battle.objects.create(project=project, model_a=a, model_b=b)

    def turn(number: int, parent: Turn | None, message: str, state: str = "complete") -> Turn:
        return Turn.objects.create(
            battle=battle, number=number, parent=parent, message=message, state=state,
            reply_a="A", reply_b="B",
        )  # fmt: skip

    first = turn(1, None, "One")
    turn(2, first, "Two, left behind")
    turn(3, first, "Three")
    turn(4, first, "Four", "void")
    vote = Vote.objects.create(battle=battle, project=project, verdict="a")
    from arena.boards.describing import texts_of

    assert texts_of([vote.pk]) == {vote.pk: (["One", "Three"], [("A", "B"), ("A", "B")])}


@pytest.mark.django_db
def test_tags_find_whole_words_in_any_spelling() -> None:
    project = make_arena()
    for slug, words in (("law", ["law", "court of law"]), ("tea", ["お茶"]), ("none", ["  "])):
        PromptTag.objects.create(project=project, slug=slug, name=slug, words=words)
    tags = tags_of(project)
    assert tags.of("Is this LAW?") == ["tag:law"]
    assert tags.of("A flaw in the lawn") == []
    assert tags.of("日本のお茶について") == ["tag:tea"]
    found = describe(messages=["Hi", "law"], replies=[("a", "b"), ("c", "d")], tags=tags)
    assert "tag:law" not in found.categories


@pytest.mark.django_db(transaction=True)
def test_votes_and_new_weights_at_the_same_time_never_deadlock_and_add_up() -> None:
    project, models = make_arena(), make_contenders("a", "b", "c")
    earlier = [make_vote(project, models[0], models[1], message=PYTHON) for _ in range(6)]

    def work(number: int) -> None:
        try:
            with transaction.atomic():
                if number % 3 == 0:
                    counting.reweigh(project=project, weights={vote.pk: 0.5 for vote in earlier})
                a, b = models[number % 3], models[(number + 1) % 3]
                make_vote(project, a, b, message=PYTHON)
            if number % 5 == 0:
                counting.reweigh(project=project, weights={earlier[number % 6].pk: 1.0})
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(24)))
    kept = tallies(project)
    counting.recount(project=project)
    assert tallies(project) == kept
    assert CountedVote.objects.count() == 30
