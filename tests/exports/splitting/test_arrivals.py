"""No prompt moves between splits, whatever comes later and however old it says it is."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.intake.importing import import_votes
from exports.models import Arrivals, Export
from exports.recipe import Splits, read
from exports.snapshots.diff import difference
from exports.snapshots.folders import folder_of
from exports.snapshots.rebuilding import rebuild
from exports.snapshots.requests import export_now
from exports.splitting.arrivals import arrived, keep_arrivals
from exports.splitting.mapping import LATE
from exports.splitting.prompts import split_map
from labeling.models import Prompt
from projects.models import Project, User
from tests.exports.hygiene.records import user
from tests.exports.judgements import make_comparison, make_prompt, make_vote
from tests.exports.splitting.test_mapping import SPLITS, openings
from tests.factories import make_guideline_version, make_project
from tests.labeling.test_comparison_import import row, take_in
from tests.threads import in_threads

LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)
TEXTS = [f"How would you tell a child why the {n * 7919} stars blink?" for n in range(1, 31)]


def imported(project: Project, text: str, moment: datetime = LONG_AGO) -> None:
    line = {
        "model_a": "old",
        "model_b": "older",
        "winner": "model_a",
        "prompt": text,
        "response_a": "This.",
        "response_b": "That.",
        "created_at": moment.isoformat(),
    }
    import_votes(project=project, content=json.dumps(line).encode(), file_name="votes.jsonl")


def asked(project: Project, text: str) -> Prompt:
    return make_prompt(project, [*user(text)])


def mapped(project: Project, texts: list[str], until: int | None) -> list[tuple[str, str]]:
    with split_map(project, SPLITS, until=until) as found:
        return [found.of(user(text)) for text in texts]


def exported(project: Project) -> Export:
    told = {"kind": "preferences", "gate": "off", "splits": {"validation": 300, "test": 300}}
    return export_now(project=project, recipe=read(told))


@pytest.mark.django_db(transaction=True)
def test_votes_imported_with_older_dates_move_no_row(project: Project, labeler: User) -> None:
    for text in TEXTS:
        make_comparison(project, labeler, messages=[*user(text)])
    before = exported(project)
    for text in TEXTS:
        imported(project, f"{text} Please.")
    after = exported(project)
    changes = difference(folder_of(before), folder_of(after)).counts
    assert (changes["moved"], changes["removed"]) == (0, 0)
    assert changes["added"] > len(TEXTS) / 2
    for export in (before, after):
        assert rebuild(export).differing == ()


def comes(project: Project, kind: str, text: str, moment: datetime) -> None:
    if kind == "prompt":
        # As stored by a transaction that took long: with a time before that of what is there.
        Prompt.objects.filter(pk=asked(project, text).pk).update(created_at=moment)
    elif kind == "vote":
        make_vote(project, turns=[(text, "This.", "That.")])
    elif kind == "imported vote":
        imported(project, text, moment)
    else:
        pair = f"{kind} {project.tasks.count()}"
        take_in(project, row(pair_id=pair, prompt=text, created_at=moment.isoformat()))


KINDS = ("prompt", "vote", "imported vote", "comparison")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
arrivals = st.lists(st.tuples(st.sampled_from(KINDS), openings, moments), min_size=1, max_size=3)


@pytest.mark.django_db
@settings(max_examples=25)
@given(st.lists(arrivals, min_size=2, max_size=4))
def test_no_prompt_moves_whatever_comes(steps: list[list[tuple[str, str, datetime]]]) -> None:
    project = make_project()
    make_guideline_version(project)
    texts: list[str] = []
    before: list[tuple[str, str]] = []
    for step in steps:
        for kind, text, moment in step:
            comes(project, kind, text, moment)
            texts.append(text)
        reckoned = mapped(project, texts, None)
        now = mapped(project, texts, keep_arrivals(project))
        assert now == reckoned
        assert now[: len(before)] == before
        before = now


@pytest.mark.django_db
def test_what_came_after_the_arrivals_is_in_no_split_until_the_next() -> None:
    project = make_project()
    asked(project, TEXTS[0])
    first = keep_arrivals(project)
    asked(project, TEXTS[1])
    make_vote(project, turns=[])
    said = mapped(project, TEXTS[:2], first)
    assert [left_out for _, left_out in said] == ["", LATE]
    with split_map(project, SPLITS, until=first) as found:
        assert found.of([])[1] == ""
    assert [left_out for _, left_out in mapped(project, TEXTS[:2], None)] == ["", ""]
    assert keep_arrivals(project) == first + 1
    assert mapped(project, TEXTS[:2], first) == said
    assert [left_out for _, left_out in mapped(project, TEXTS[:2], first + 1)] == ["", ""]


@pytest.mark.django_db
def test_without_splits_nothing_has_to_be_written_down() -> None:
    project = make_project()
    assert keep_arrivals(project) == 0
    asked(project, TEXTS[0])
    with split_map(project, Splits(), until=None) as found:
        assert found.of(user("Not there.")) == ("train", "")
    assert not Arrivals.objects.exists()


@pytest.mark.django_db
def test_each_prompt_arrives_once_and_for_good() -> None:
    project = make_project()
    for _ in range(2):
        asked(project, TEXTS[0])
        make_vote(project)
        keep_arrivals(project)
    asked(make_project(), TEXTS[1])
    assert keep_arrivals(project) == keep_arrivals(project) == 2
    assert len(list(arrived(project, until=None))) == 4
    with pytest.raises(IntegrityError), transaction.atomic():
        Arrivals.objects.filter(number=1).update(prompts=[])


@pytest.mark.django_db(transaction=True)
def test_exports_that_begin_at_once_write_each_prompt_down_once() -> None:
    project = make_project()
    for text in TEXTS:
        asked(project, text)
    in_threads(keep_arrivals, [project] * 6)
    (kept,) = Arrivals.objects.all()
    assert sorted(kept.prompts) == sorted(project.prompts.values_list("pk", flat=True))
