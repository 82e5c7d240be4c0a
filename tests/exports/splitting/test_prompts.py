"""The map of a project, and prompts held out of it."""

import hashlib
import json
from typing import Any

import pytest
from django.db import IntegrityError

from exports.hygiene.benchmarks import add_benchmark
from exports.hygiene.verdicts import BENCHMARK, LANGUAGE
from exports.models import HeldOut
from exports.reading import read
from exports.recipe import Hygiene, Recipe, Splits
from exports.records import Raw
from exports.splitting.holding_out import held_out_in, hold_out, release
from exports.splitting.mapping import HELD_OUT
from exports.splitting.prompts import looking, split_map
from labeling.models import Prompt
from projects.errors import InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role
from tests.exports.hygiene.records import demonstration, user
from tests.exports.judgements import make_comparison, make_demonstration, make_prompt, make_vote
from tests.factories import make_guideline_version, make_member, make_project, make_user
from tests.labeling.test_comparison_import import row, take_in

pytestmark = pytest.mark.django_db
SPLITS = Splits(validation=250, test=250)
ABOUT = ("roots", "digits", "friends", "history", "uses", "powers", "neighbours", "names")
TEXTS = [f"Tell me all of the {7919 * n} {about} and {about}." for n, about in enumerate(ABOUT, 1)]


def prompts(project: Project) -> list[Prompt]:
    return [make_prompt(project, [*user(text)]) for text in TEXTS]


def mapped(project: Project, texts: list[str], splits: Splits = SPLITS) -> list[tuple[str, str]]:
    with split_map(project, splits) as found:
        return [found.of(user(text)) for text in texts]


def test_prompts_of_labelers_and_of_the_arena_have_one_map() -> None:
    project = make_project()
    prompts(project)
    before = mapped(project, TEXTS)
    assert {split for split, _ in before} > {"train"}
    asked = "Which of the two tides of a day is the higher one, and where?"
    make_vote(project, turns=[(asked, "The first.", "The second.")])
    make_prompt(project, [*user(f"{asked} Tell me.")])
    make_prompt(make_project(), [*user("Of another project.")])
    assert mapped(project, TEXTS) == before
    one, other = mapped(project, [asked, f"{asked} Tell me."])
    assert one == other


def test_whoever_waits_for_the_map_may_stop_it() -> None:
    project = make_project()
    prompts(project)
    n_checked = 0

    def check() -> None:
        nonlocal n_checked
        n_checked += 1
        if n_checked == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        looking(project, Recipe(kind="prompts", splits=SPLITS), n_records=8, check=check)
    assert n_checked == 3


def test_a_prompt_held_out_is_in_no_export_whatever_the_splits() -> None:
    project = make_project()
    made = prompts(project)
    owner = make_member(project, Role.OWNER)
    ids = [made[0].external_id]
    assert hold_out(by=owner, project=project, ids=ids, reason="Our test set") == 1
    assert hold_out(by=owner, project=project, ids=ids) == 0
    for splits in (SPLITS, Splits()):
        found = mapped(project, [TEXTS[0], TEXTS[0] + " Please.", TEXTS[5]], splits)
        assert [left_out for _, left_out in found] == [HELD_OUT, HELD_OUT, ""]
    assert [held.reason for held in held_out_in(project)] == ["Our test set"]
    assert release(by=owner, project=project, ids=ids) == 1
    assert mapped(project, [TEXTS[0]], Splits()) == [("train", "")]
    verbs = AuditEvent.objects.filter(project=project).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["prompts.held_out", "prompts.released"]


def test_prompts_are_held_out_by_their_tag() -> None:
    project = make_project()
    prompts(project)
    assert hold_out(by=None, project=project, tag="tried") == len(TEXTS)
    with pytest.raises(InvalidInput, match="no prompt carries it"):
        hold_out(by=None, project=project, tag="untried")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"messages": user("Why?")},
        {"prompt": True, "messages": user("Why?"), "content_hash": "x"},
    ],
)
def test_what_is_held_out_is_a_prompt_or_a_text(fields: dict[str, Any]) -> None:
    prompt = prompts(make_project())[0]
    given = fields | ({"prompt": prompt} if "prompt" in fields else {})
    with pytest.raises(IntegrityError):
        HeldOut.objects.create(project=prompt.project, **given)


def test_a_prompt_is_held_out_once() -> None:
    prompt = prompts(make_project())[0]
    HeldOut.objects.create(project=prompt.project, prompt=prompt)
    with pytest.raises(IntegrityError):
        HeldOut.objects.create(project=prompt.project, prompt=prompt)


def test_a_text_is_held_out_once() -> None:
    project = make_project()
    text: dict[str, Any] = {"messages": user("Why?"), "content_hash": "x"}
    HeldOut.objects.create(project=project, **text)
    HeldOut.objects.create(project=make_project(), **text)
    with pytest.raises(IntegrityError):
        HeldOut.objects.create(project=project, **text)


def test_prompts_are_held_out_by_the_ids_that_exports_write() -> None:
    project = make_project()
    make_guideline_version(project)
    take_in(project, row(prompt=TEXTS[0], annotator="ann"))
    plain = Prompt.objects.get()
    other = Prompt.objects.create(
        project=project, messages=user(TEXTS[1]), content_hash="1", external_id=f"prompt-{plain.pk}"
    )
    assert hold_out(by=None, project=project, ids=[f"prompt-{plain.pk}"]) == 1
    assert held_out_in(project).get().prompt == other
    assert hold_out(by=None, project=project, ids=[f"prompt-{other.pk}"]) == 0
    other.delete()
    (asked,) = read("raw", project, source="comparisons", with_machine=True, ids=None)
    assert isinstance(asked, Raw)
    assert hold_out(by=None, project=project, ids=[asked.judgement["prompt"]["id"]]) == 1
    held = held_out_in(project).get()
    assert (held.prompt, held.told_id) == (plain, f"prompt-{plain.pk}")
    elsewhere = prompts(make_project())[0]
    with pytest.raises(InvalidInput, match=f"ids: there is no prompt “prompt-{elsewhere.pk}”"):
        hold_out(by=None, project=project, ids=[f"prompt-{elsewhere.pk}"])
    assert release(by=None, project=project, ids=[held.told_id]) == 1


@pytest.mark.parametrize(
    "data",
    [
        TEXTS[0],
        json.dumps(TEXTS[0]),
        json.dumps({"question": TEXTS[0]}),
        json.dumps({"prompt": user(TEXTS[0]), "chosen": []}),
        json.dumps(
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    *user(TEXTS[0]),
                    {"role": "assistant", "content": "No."},
                ]
            }
        ),
    ],
)
def test_prompts_are_held_out_by_what_they_say(data: str) -> None:
    project = make_project()
    make_guideline_version(project)
    make_vote(project, turns=[(TEXTS[0], "These.", "Those.")])
    prompts(project)
    before = mapped(project, TEXTS)
    texts = f"{data}\n\n{data}\n".encode()
    assert hold_out(by=None, project=project, texts=texts, reason="A benchmark") == 1
    assert hold_out(by=None, project=project, texts=texts) == 0
    for splits in (SPLITS, Splits()):
        found = mapped(project, [TEXTS[0], TEXTS[0] + " Please."], splits)
        assert [left_out for _, left_out in found] == [HELD_OUT] * 2
    assert mapped(project, TEXTS)[1:] == before[1:]
    assert held_out_in(project).get().told_id == ""
    with looking(project, Recipe(kind="conversations"), n_records=1) as looks:
        records = read("conversations", project, source="votes", with_machine=False, ids=None)
        assert [looks.look(each).reason for each in records] == [HELD_OUT]
    assert release(by=None, project=project, texts=texts) == 1
    assert mapped(project, TEXTS) == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'"\xff"', "line 2: line: is not UTF-8 at byte 2"),
        (b"{", "line 2: line: "),
        (b"7", "line 2: line: must be a text or an object"),
        (b'{"answer": "x"}', "line 2: line: must have one of: "),
        (b'{"prompt": 7}', "line 2: prompt: must be a text"),
        (b'{"messages": "x"}', 'line 2: messages: must be a list of {"role", "content"}'),
        (b'{"messages": []}', "line 2: messages: must hold a message of the user"),
        (b'{"messages": [{"role": "bot"}]}', "line 2: messages[0]: must be an object with a role"),
        (
            b'{"messages": [{"role": "user", "content": " "}]}',
            "line 2: messages[0].content: must not be blank",
        ),
    ],
)
def test_texts_that_cannot_be_read_are_refused_by_line(line: bytes, problem: str) -> None:
    project = make_project()
    with pytest.raises(InvalidInput) as caught:
        hold_out(by=None, project=project, texts=b'"Why?"\n' + line)
    (told,) = caught.value.problems
    assert problem in f"line {told.line}: {told.field}: {told.rule}"
    assert not HeldOut.objects.exists()


def test_texts_are_at_most_so_many_at_once() -> None:
    with pytest.raises(InvalidInput, match="at most 10,000 at once, are 10,001"):
        hold_out(by=None, project=make_project(), texts=b"Why?\n" * 10_001)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ids": ["external"], "tag": "tried"},
        {"texts": b"Why?", "tag": "tried"},
        {"texts": b""},
        {"ids": ["prompt-0"]},
        {"ids": ["prompt-9999999999999999999"]},
        {"ids": []},
        {"ids": "external"},
        {"ids": [7]},
        {"ids": ["\0"]},
        {"ids": ["gone"]},
        {"tag": "\ud800"},
        {"tag": 7},
        {"tag": "tried", "reason": "x" * 201},
    ],
)
def test_bad_input_is_refused_and_nothing_held_out(given: dict[str, Any]) -> None:
    project = make_project()
    prompts(project)
    with pytest.raises(InvalidInput):
        hold_out(by=None, project=project, **given)
    assert HeldOut.objects.count() == 0


def test_only_staff_holds_out() -> None:
    project = make_project()
    prompts(project)
    for person, refused in ((make_user(), NotFound), (make_member(project), NotPermitted)):
        with pytest.raises(refused):
            hold_out(by=person, project=project, tag="tried")
        with pytest.raises(refused):
            release(by=person, project=project, ids=["x"])


def test_looking_at_records_says_their_split_or_why_they_are_left_out() -> None:
    project = make_project()
    made = prompts(project)
    hold_out(by=None, project=project, ids=[made[1].external_id])
    recipe = Recipe(kind="sft", splits=SPLITS, hygiene=Hygiene(personal_data="mask"))
    records = [demonstration(text, "Ask a@b.de") for text in TEXTS]
    with looking(project, recipe, n_records=1) as looks:
        verdicts = [looks.look(record) for record in records]
        assert looks.left_out == {HELD_OUT: 1}
    assert [verdict.reason for verdict in verdicts] == ["", HELD_OUT, *[""] * 6]
    assert verdicts[0].changed == ("email",)
    said = [split for split, _ in mapped(project, TEXTS)]
    assert [verdict.split for verdict in verdicts] == said


def test_a_row_in_another_language_than_its_prompt_is_filed_under_goes() -> None:
    project = make_project()
    made = prompts(project)
    asked = f"{TEXTS[0]} Ask a@b.de."
    messages = [*user(asked)]
    Prompt.objects.filter(pk=made[0].pk).update(language="en-GB", messages=messages)
    german = "Das sind die Wurzeln der Zahl, und sie ist nicht so groß wie die andere Zahl."
    english = "These are the roots of the number, and it is not as large as the other one."
    recipe = Recipe(kind="sft", hygiene=Hygiene(language_check=True, personal_data="mask"))
    rows = [
        demonstration(asked, english),
        demonstration(asked, german),
        demonstration(TEXTS[1], german),
    ]
    with looking(project, recipe, n_records=1) as looks:
        verdicts = [looks.look(row) for row in rows]
    assert [(v.reason, v.about) for v in verdicts] == [("", ""), (LANGUAGE, "de"), ("", "")]


def test_the_manifest_names_every_benchmark_that_was_looked_for() -> None:
    project = make_project()
    item = "What is the name of the tallest mountain in the land of the long white cloud today?"
    data = f"Else?\n{item}".encode()
    for name in ("peaks", "unmet", "unasked"):
        add_benchmark(by=None, project=project, name=name, data=data if name == "peaks" else b"1")
    recipe = Recipe(kind="sft", hygiene=Hygiene(decontaminate=("peaks", "unmet")))
    with looking(project, recipe, n_records=1) as looks:
        assert looks.look(demonstration(item, "Aoraki.")).reason == BENCHMARK
        told = looks.told()["benchmarks"]
    peaks, unmet = (hashlib.sha256(each).hexdigest() for each in (data, b"1"))
    assert told["held_against"] == [
        {"name": "peaks", "sha256": peaks, "items": 2, "met": [{"item": 2, "rows": 1}]},
        {"name": "unmet", "sha256": unmet, "items": 1, "met": []},
    ]
    assert told["rows_left_out"] == 1


def test_every_kind_of_record_of_a_held_out_prompt_is_left_out() -> None:
    project = make_project()
    owner = make_guideline_version(project).published_by
    labeler = make_member(project)
    asked = [*user("What moves the tides of the sea, twice a day?")]
    made = make_comparison(project, labeler, messages=asked)
    make_demonstration(project, labeler, "The moon.", messages=asked)
    make_vote(project, turns=[(asked[0]["content"], "The moon.", "The sun.")])
    hold_out(by=owner, project=project, ids=[made.prompt.external_id])
    for kind, number in (("sft", 1), ("preferences", 2), ("conversations", 1), ("raw", 3)):
        with looking(project, Recipe(kind=kind), n_records=1) as looks:
            records = list(read(kind, project, source="all", with_machine=True, ids=None))
            assert [looks.look(each).reason for each in records] == [HELD_OUT] * number, kind
