"""What a round is told to hold, beside the same counted row by row."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from arena.models import Vote
from exports.models import Export
from exports.rounds.counting import facts_of
from exports.rounds.keeping import spans_of
from labeling.models import Comparison, Demonstration, Ranking, Response
from projects.models import Project, User
from tests.exports.judgements import make_comparison
from tests.exports.selecting.world import ROUNDS_BEGAN, World
from tests.factories import make_project

pytestmark = pytest.mark.django_db
MODELS: dict[str, Any] = {
    "demonstration": Demonstration,
    "comparison": Comparison,
    "ranking": Ranking,
}


def number_of(row: Demonstration | Comparison | Ranking | Vote | Response) -> int:
    return 1 + sum(row.created_at >= began for began in ROUNDS_BEGAN)


def test_every_judgement_is_counted_in_its_round() -> None:
    World(Random(99), make_project(), n_tasks=2)
    project = World(Random(3), make_project()).project
    found = facts_of(project, spans_of(project))
    counts: Counter[tuple[int, str]] = Counter()
    prompts, labelers, versions = set(), set(), set()
    for kind, model in MODELS.items():
        rows = model._default_manager.filter(prompt__project=project)
        superseded = set(rows.values_list("supersedes", flat=True))
        for row in rows.select_related("guideline_version"):
            if row.pk in superseded:
                continue
            number = number_of(row)
            counts[number, kind] += 1
            prompts.add((number, row.prompt_id))
            labelers.add((number, row.labeler_id))
            versions.add((number, row.guideline_version.number))
    for vote in Vote.objects.filter(project=project):
        counts[number_of(vote), "vote"] += 1
    told = {
        (number, kind): count
        for number, facts in found.items()
        for kind, count in facts.judgements.items()
    }
    assert told == counts
    assert len({number for number, _ in counts}) == 3
    for number, facts in found.items():
        assert facts.counts["prompts"] == sum(each == number for each, _ in prompts)
        assert facts.counts["labelers"] == sum(each == number for each, _ in labelers)
        assert facts.versions == sorted(name for each, name in versions if each == number)


def test_models_are_counted_by_the_answers_that_came() -> None:
    project = World(Random(5), make_project()).project
    answers: Counter[tuple[int, str]] = Counter()
    for row in Response.objects.filter(prompt__project=project):
        name = row.generation.model.name if row.generation else row.model_name
        if name:
            answers[number_of(row), name] += 1
    found = facts_of(project, spans_of(project))
    told = {(number, name): n for number, facts in found.items() for name, n in facts.models}
    assert told == answers


def test_a_project_that_never_began_a_round_has_all_in_its_first(
    project: Project, labeler: User
) -> None:
    make_comparison(project, labeler, preference=2)
    found = facts_of(project, spans_of(project))
    assert found[1].judgements == {"comparison": 1}
    assert found[1].versions == [1]


def test_an_export_is_of_the_rounds_it_holds_or_of_the_one_it_was_made_in() -> None:
    project = World(Random(1), make_project(), n_tasks=2).project

    def made(*rounds: int, held: tuple[int, ...] = (), state: str = "done") -> Export:
        recipe = {"kind": "sft", "selection": {"rounds": list(rounds)}} if rounds else {}
        return Export.objects.create(
            project=project,
            kind="sft",
            recipe=recipe,
            manifest={"rounds": [{"number": number} for number in held]} if held else {},
            state=state,
            n_rows=1 if state == "done" else None,
            sha256="0" * 64 if state == "done" else "",
            created_at=ROUNDS_BEGAN[0],
            finished_at=ROUNDS_BEGAN[1] if state == "done" else None,
        )

    plain, gone = made(), made(9)
    current, others = made(0, held=(2,)), made(1, 3, held=(1, 3))
    # Asked for in the second round, and chosen when the third had begun.
    late = made(0, held=(3,))
    made(state="queued")
    found = facts_of(project, spans_of(project))
    assert [export.pk for export in found[1].exports] == [others.pk]
    assert [export.pk for export in found[2].exports] == [current.pk, plain.pk]
    assert [export.pk for export in found[3].exports] == [late.pk, others.pk]
    assert gone.pk not in {e.pk for facts in found.values() for e in facts.exports}
