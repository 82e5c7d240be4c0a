"""Batch draws: what they come to, how they go on, and that nothing is drawn twice."""

import json
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.batches import ending, steering, stepping, writing
from labeling.batches.lines import lines
from labeling.batches.planning import Plan, estimate, plan_from, temperature_of
from labeling.batches.progress import in_words, progress_of, reasons_of
from labeling.models import Batch, BatchItem, Candidate, Response, Task
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.factories import make_member, make_model, make_project
from tests.labeling.rows import end, make_generation, make_prompt
from workers.holding import HELD
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db


def plan(*models: LanguageModel, **fields: Any) -> Plan:
    return plan_from({"name": "Batch", "models": [model.name for model in models], **fields})


def begin(owner: User, project: Project, *models: LanguageModel, **fields: Any) -> Batch:
    return steering.start(by=owner, project=project, plan=plan(*models, **fields))[0]


def answer(batch: Batch, *, but: tuple[int, ...] = (), text: str = "") -> int:
    """The workers draw everything that is queued; generations in `but` fail."""
    rows = Generation.objects.filter(
        batch_item__batch=batch, state="queued", not_before__lt=HELD
    ).order_by("pk")
    for row in rows:
        if row.pk in but:
            end(row, error="The endpoint failed (500).")
        else:
            end(row, output=text or f"Answer {row.pk}.")
    return len(rows)


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def keys(batch: Batch) -> list[tuple[int, int, int]]:
    return list(batch.items.values_list("prompt_id", "model_id", "sample"))


def run(batch: Batch) -> Batch:
    """Step and answer until it is over."""
    for _ in range(200):
        stepping.step(batch.pk)
        if not answer(batch) and fresh(batch).state not in steering.OPEN:
            break
    return fresh(batch)


def test_a_batch_says_beforehand_what_it_comes_to(project: Project) -> None:
    for text in ("a" * 40, "b" * 80):
        make_prompt(project, text)
    make_prompt(make_project("other"), "not ours")
    priced = make_model("priced", price="2.5", sampling={"max_tokens": 50})
    free = make_model("free")
    found = estimate(project, plan(priced, free, samples=3))
    assert (found.prompts, found.draws) == (2, 12)
    # 120 characters, three samples, two models, four characters a token.
    assert found.prompt_tokens == 180
    assert found.output_tokens_at_most == 6 * 50 + 6 * 1024
    assert str(found.cost_at_most) == "0.00075"
    assert found.without_price == ["free"]


def test_prompts_are_chosen_by_what_they_are(project: Project) -> None:
    model = make_model()
    make_prompt(project, "Say 100% of it", tags=["x"], language="de", source="logs")
    make_prompt(project, "Say all of it", tags=["x", "y"])
    for fields, expected in (
        ({"tag": "x"}, 2),
        ({"tag": "y"}, 1),
        ({"language": "DE"}, 1),
        ({"source": "logs"}, 1),
        ({"search": "ALL OF"}, 1),
        ({"search": "100% "}, 1),
        ({"tag": "x", "search": "say"}, 2),
    ):
        assert estimate(project, plan(model, **fields)).prompts == expected, fields
    for fields in ({"tag": "z"}, {"search": "0%0"}, {"search": "user"}):
        with pytest.raises(InvalidInput, match="no prompt"):
            estimate(project, plan(model, **fields))


def test_models_that_have_answered_are_not_asked_again(owner: User, project: Project) -> None:
    one, two = make_model("one"), make_model("two")
    first, second = make_prompt(project), make_prompt(project)
    generation = make_generation(project, first, "Here.", model=one)
    Response.objects.create(prompt=first, origin="model", text="Here.", generation=generation)
    found = estimate(project, plan(one, two, unanswered=True))
    assert {share.model.name: share.draws for share in found.shares} == {"one": 1, "two": 2}
    batch = run(begin(owner, project, one, two, unanswered=True))
    assert sorted(keys(batch)) == sorted(
        [(first.pk, two.pk, 0), (second.pk, one.pk, 0), (second.pk, two.pk, 0)]
    )
    with pytest.raises(InvalidInput, match="every prompt has a response"):
        estimate(project, plan(one, two, unanswered=True))


def test_two_batches_at_once_do_not_draw_the_same_unanswered_prompts(
    owner: User, project: Project
) -> None:
    model = make_model()
    for _ in range(5):
        make_prompt(project)
    batches = [begin(owner, project, model, unanswered=True) for _ in range(2)]
    for batch in batches:
        stepping.step(batch.pk)
    ended = [run(batch) for batch in batches]
    assert sorted(batch.n_items for batch in ended) == [0, 5]
    assert [batch.state for batch in ended] == ["done", "done"]


def test_what_is_drawn_becomes_responses(owner: User, project: Project) -> None:
    prompt, model = make_prompt(project, "Why?"), make_model(system_prompt="Its own.")
    batch = run(
        begin(
            owner,
            project,
            model,
            samples=3,
            temperature_from=0.2,
            temperature_to=1.0,
            max_tokens=64,
            system_prompts=["Be short.", "Be long."],
            seed=7,
        )
    )
    assert (batch.state, batch.n_items, batch.n_done, batch.n_failed) == ("done", 6, 6, 0)
    rows = list(Generation.objects.order_by("batch_item__sample"))
    assert [row.parameters["temperature"] for row in rows] == [0.2, 0.6, 1.0] * 2
    assert {row.parameters["max_tokens"] for row in rows} == {64}
    assert [row.messages[0]["content"] for row in rows] == ["Be short."] * 3 + ["Be long."] * 3
    assert len({row.parameters["seed"] for row in rows}) == 6
    texts = {row.output for row in rows}
    responses = Response.objects.filter(prompt=prompt)
    assert {(r.text, r.origin, r.generation.model_id) for r in responses if r.generation} == {
        (text, "model", model.pk) for text in texts
    }
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == ["batch.started"]


def test_the_same_seed_asks_for_the_same_draws(owner: User, project: Project) -> None:
    make_prompt(project)
    model = make_model()
    first, second = (begin(owner, project, model, samples=4, seed=11) for _ in range(2))
    for batch in (first, second):
        stepping.step(batch.pk)
    seeds = [
        list(batch.items.order_by("sample").values_list("generation__parameters__seed", flat=True))
        for batch in (first, second)
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 4


def test_a_prompt_keeps_the_system_message_it_brings(owner: User, project: Project) -> None:
    messages = [{"role": "system", "content": "Mine."}, {"role": "user", "content": "Why?"}]
    make_prompt(project, messages=messages)
    batch = begin(owner, project, make_model(), system_prompts=["Yours."])
    stepping.step(batch.pk)
    assert Generation.objects.get().messages == messages


def test_only_so_many_draws_wait_at_once(
    owner: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model()
    for _ in range(12):
        make_prompt(project)
    monkeypatch.setattr(stepping, "WAITING_AT_ONCE", 8)
    monkeypatch.setattr(writing, "WRITTEN_AT_ONCE", 3)
    batches = [begin(owner, project, model, samples=2) for _ in range(2)]
    most = 0
    for _ in range(40):
        stepping.step_all()
        waiting = [Generation.objects.filter(batch_item__batch=b, state="queued") for b in batches]
        assert all(rows.count() <= 4 for rows in waiting)
        most = max(most, sum(rows.count() for rows in waiting))
        for batch in batches:
            answer(batch)
    assert most == 8
    assert [fresh(batch).state for batch in batches] == ["done", "done"]
    assert BatchItem.objects.count() == 48


def test_prompts_that_come_later_are_not_drawn(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model())
    make_prompt(project)
    assert run(batch).n_items == 1


def test_what_failed_says_why_and_can_be_tried_again(owner: User, project: Project) -> None:
    for _ in range(3):
        make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk)
    first, _, _ = Generation.objects.order_by("pk")
    answer(batch, but=(first.pk,))
    stepping.step(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.n_done, batch.n_failed) == ("done", 2, 1)
    assert reasons_of(batch) == [("The endpoint failed (500).", 1)]
    assert steering.try_failed_again(by=owner, batch=batch) == 1
    assert fresh(batch).state == "running"
    batch = run(batch)
    assert (batch.state, batch.n_items, batch.n_done, batch.n_failed) == ("done", 3, 3, 0)
    again = BatchItem.objects.get(tries=2)
    assert again.generation.parameters["seed"] != first.parameters["seed"]
    assert Generation.objects.count() == 4
    with pytest.raises(Conflict, match="No draw"):
        steering.try_failed_again(by=owner, batch=batch)


def test_an_empty_answer_is_a_failure(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk)
    answer(batch, text="  \n")
    stepping.step(batch.pk)
    assert fresh(batch).n_failed == 1
    assert reasons_of(fresh(batch)) == [("The model answered with nothing.", 1)]
    assert Response.objects.count() == 0


def test_a_paused_batch_waits_and_goes_on(owner: User, project: Project) -> None:
    for _ in range(4):
        make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk)
    steering.pause(by=owner, batch=batch)
    steering.pause(by=owner, batch=batch)
    stepping.step(batch.pk)
    assert answer(batch) == 0
    assert set(Generation.objects.values_list("not_before", flat=True)) == {HELD}
    steering.resume(by=owner, batch=batch)
    assert run(batch).state == "done"
    assert sorted(keys(batch)) == sorted(set(keys(batch)))
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["batch.started", "batch.paused", "batch.resumed"]


def test_a_cancelled_batch_keeps_what_is_drawn_and_can_go_on(owner: User, project: Project) -> None:
    for _ in range(6):
        make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk, most_waiting=4)
    done = Generation.objects.order_by("pk")[0]
    end(done, output="Here.")
    running = Generation.objects.order_by("pk")[1]
    Generation.objects.filter(pk=running.pk).update(state="running")
    steering.cancel(by=owner, batch=batch)
    steering.cancel(by=owner, batch=batch)
    stepping.step(batch.pk)
    stepping.step(batch.pk)
    assert fresh(batch).state == "cancelling"
    running.refresh_from_db()
    assert running.stop_asked_at is not None
    Generation.objects.filter(pk=running.pk).update(
        state="done", finish_reason="stop_asked", output="Hal", finished_at=running.created_at
    )
    stepping.step(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.n_done, batch.n_cancelled) == ("cancelled", 1, 3)
    assert Response.objects.get().text == "Here."
    steering.resume(by=owner, batch=batch)
    batch = run(batch)
    assert (batch.state, batch.n_items, batch.n_done, batch.n_cancelled) == ("done", 6, 6, 0)
    with pytest.raises(Conflict):
        steering.cancel(by=owner, batch=batch)


def test_a_paused_batch_can_be_cancelled(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk)
    steering.pause(by=owner, batch=batch)
    stepping.step(batch.pk)
    steering.cancel(by=owner, batch=batch)
    for _ in range(3):
        stepping.step(batch.pk)
    assert (fresh(batch).state, fresh(batch).n_cancelled) == ("cancelled", 1)


def test_a_model_that_is_switched_off_makes_the_batch_wait_and_say_so(
    owner: User, project: Project
) -> None:
    make_prompt(project)
    model = make_model()
    batch = begin(owner, project, model)
    LanguageModel.objects.filter(pk=model.pk).update(is_active=False)
    stepping.step(batch.pk)
    assert "switched off" in fresh(batch).note
    LanguageModel.objects.filter(pk=model.pk).update(is_active=True)
    assert (run(batch).state, fresh(batch).note) == ("done", "")


def test_comparisons_are_made_of_two_answers_that_differ(owner: User, project: Project) -> None:
    one, two = make_model("one"), make_model("two")
    different, equal = make_prompt(project, language="de"), make_prompt(project)
    batch = begin(owner, project, one, two, samples=2, makes="comparison")
    stepping.step(batch.pk)
    for row in Generation.objects.select_related("batch_item"):
        is_equal = row.batch_item.prompt_id == equal.pk
        end(row, output="The same." if is_equal else f"Answer {row.pk}.")
    stepping.step(batch.pk)
    task = Task.objects.get()
    assert (task.prompt_id, task.kind, task.state, task.is_open) == (
        different.pk,
        "comparison",
        "ready",
        True,
    )
    assert task.lane.language == "de"
    candidates = Candidate.objects.filter(task=task).select_related("generation")
    assert {c.generation.model_id for c in candidates if c.generation} == {one.pk, two.pk}
    assert fresh(batch).n_tasks == 1


def test_rankings_are_as_large_as_the_rules_say(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = run(begin(owner, project, make_model(), samples=6, makes="ranking"))
    assert (batch.n_tasks, Candidate.objects.count()) == (1, 4)


def test_failures_tried_again_make_no_second_task(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model(), samples=3, makes="comparison")
    stepping.step(batch.pk)
    answer(batch, but=(Generation.objects.order_by("pk")[0].pk,))
    stepping.step(batch.pk)
    assert fresh(batch).n_tasks == 1
    steering.try_failed_again(by=owner, batch=batch)
    assert (run(batch).n_tasks, Task.objects.count()) == (1, 1)


def test_every_generation_is_a_line_of_the_file(owner: User, project: Project) -> None:
    model = make_model("m")
    prompts = [make_prompt(project, external_id=f"e{i}") for i in range(2)]
    batch = run(begin(owner, project, model, samples=2))
    rows = [json.loads(line) for line in b"".join(lines(batch)).splitlines()]
    assert [(row["prompt"], row["sample"]) for row in rows] == [
        (prompt.pk, sample) for prompt in prompts for sample in range(2)
    ]
    assert {row["model"] for row in rows} == {"m"}
    assert {row["state"] for row in rows} == {"done"}


def test_a_step_that_breaks_off_leaves_nothing_half_done(
    owner: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make_prompt(project)
    batch = begin(owner, project, make_model())

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "_keep_new", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        stepping.step(batch.pk)
    assert (Generation.objects.count(), BatchItem.objects.count()) == (0, 0)
    assert fresh(batch).written_to == 0
    monkeypatch.undo()
    assert run(batch).n_done == 4


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_nothing_is_drawn_twice_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    breaking = pytest.MonkeyPatch()
    with transaction.atomic():
        project = make_project()
        owner = make_member(project, "owner")
        models = [make_model() for _ in range(chance.randint(1, 2))]
        for _ in range(chance.randint(1, 6)):
            make_prompt(project)
        samples = chance.randint(1, 3)
        batch = begin(owner, project, *models, samples=samples)
        for _ in range(25):
            deed = chance.choice(("step", "step", "answer", "fail", "kill", "steer"))
            _disturb(deed, chance, owner, batch, breaking)
        breaking.undo()
        if fresh(batch).state in ("paused", "cancelled", "cancelling"):
            for _ in range(3):
                stepping.step(batch.pk)
                answer(batch)
            steering.resume(by=owner, batch=batch)
        run(batch)
        if fresh(batch).n_failed:
            steering.try_failed_again(by=owner, batch=batch)
            run(batch)
        expected = {
            (prompt.pk, model.pk, sample)
            for prompt in project.prompts.all()
            for model in models
            for sample in range(samples)
        }
        assert Counter(keys(batch)) == Counter(expected)
        found = fresh(batch)
        assert (found.state, found.n_items, found.n_done) == ("done", len(expected), len(expected))
        # One finished text an item, and a response of each.
        assert Response.objects.filter(prompt__project=project).count() == len(expected)
        tried = sum(batch.items.values_list("tries", flat=True))
        assert Generation.objects.filter(project=project).count() == tried
        transaction.set_rollback(True)


def _disturb(
    deed: str, chance: random.Random, owner: User, batch: Batch, breaking: pytest.MonkeyPatch
) -> None:
    if deed == "step":
        stepping.step(batch.pk, most_waiting=chance.randint(1, 9))
    elif deed == "answer":
        answer(batch)
    elif deed == "fail":
        queued = Generation.objects.filter(batch_item__batch=batch, state="queued")
        answer(batch, but=tuple(queued.values_list("pk", flat=True)[:2]))
    elif deed == "kill":
        _kill_within_a_step(chance, batch, breaking)
    else:
        act = chance.choice((steering.pause, steering.resume, steering.cancel))
        with suppress(Conflict):
            act(by=owner, batch=batch)


def _kill_within_a_step(chance: random.Random, batch: Batch, breaking: pytest.MonkeyPatch) -> None:
    module, name = chance.choice(
        ((writing, "_keep_new"), (writing, "_keep_again"), (stepping, "_end"), (ending, "_answer"))
    )

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    with breaking.context() as inside:
        inside.setattr(module, name, killed)
        with suppress(KeyboardInterrupt), transaction.atomic():
            stepping.step(batch.pk)


def test_the_database_refuses_a_second_item(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model())
    stepping.step(batch.pk)
    item = BatchItem.objects.get()
    other = Generation.objects.create(project=project, model=item.model, queue="batch", messages=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        BatchItem.objects.create(
            batch=batch, prompt=item.prompt, model=item.model, sample=0, generation=other
        )


def test_reviewers_start_and_steer_nothing(
    owner: User, reviewer: User, stranger: User, project: Project
) -> None:
    make_prompt(project)
    model = make_model()
    batch = begin(owner, project, model)
    with pytest.raises(NotPermitted):
        begin(reviewer, project, model)
    for act in (steering.pause, steering.resume, steering.cancel, steering.try_failed_again):
        with pytest.raises(NotPermitted):
            act(by=reviewer, batch=batch)
    assert fresh(batch).state == "running"


BAD = {
    "name": ["", None, 3, "a\0", "x" * 121],
    "models": [None, [], ["nobody"], "m", [3], ["m"] * 21, ["a\0"]],
    "samples": [0, 65, "x", 1.5, True, 10**30, None],
    "temperature_from": [-1, 2.1, "hot", float("nan"), [], "1" * 99],
    "temperature_to": [1],
    "max_tokens": [0, 100_001, "9" * 5000, True],
    "system_prompts": ["one", [3], ["a"] * 6, ["\ud800"], [""], ["x" * 20_001]],
    "seed": [-1, 10**9, "x"],
    "makes": ["demonstration", 3, None, []],
    "tag": ["x" * 61, 3, "a\0"],
    "language": [None, "x" * 17],
    "source": [[], "x" * 121],
    "search": ["x" * 201, {}],
    "unanswered": ["yes", 1, None],
    "no_such_field": [1],
}


@pytest.mark.parametrize(("name", "values"), BAD.items(), ids=BAD)
def test_bad_input_is_refused_by_its_field(name: str, values: list[Any]) -> None:
    make_model("m")
    for value in values:
        with pytest.raises(InvalidInput) as refusal:
            plan_from({"name": "Batch", "models": ["m"], name: value})
        fields = {problem.field for problem in refusal.value.problems}
        assert fields <= {name, "temperature_from"}, value


def test_what_makes_no_sense_together_is_refused() -> None:
    make_model("m")
    for fields in (
        {"samples": 2, "temperature_from": 0},
        {"makes": "comparison"},
        {"samples": 64, "system_prompts": list("abcde"), "models": ["m", make_model().name]},
    ):
        with pytest.raises(InvalidInput):
            plan_from({"name": "Batch", "models": ["m"], **fields})


def test_a_project_has_so_many_open_batches(
    owner: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_prompt(project)
    model = make_model()
    monkeypatch.setattr(steering, "MOST_OPEN", 1)
    begin(owner, project, model)
    with pytest.raises(Conflict, match="unfinished"):
        begin(owner, project, model)


def test_its_speed_follows_from_its_marks(owner: User, project: Project) -> None:
    make_prompt(project)
    batch = begin(owner, project, make_model(), samples=10)
    batch.n_items, batch.n_done, batch.output_tokens = 10, 5, 90
    batch.marks = [[0.0, 0, 0], [102.0, 1, 10], [110.0, 5, 90]]
    found = progress_of(batch, now=112.0)
    assert (found.rate, found.tokens_rate, found.seconds_left) == (0.4, 8.0, 12)
    assert (found.percent, found.asked, found.unwritten) == (50, 5, 0)
    assert [in_words(s) for s in (None, 0, 80, 600, 7200, 400_000)] == [
        *("", "1 s", "80 s", "10 min", "2.0 h", "4.6 days"),
    ]


def test_one_temperature_is_that_of_every_sample() -> None:
    model = make_model("m")
    asked = plan(model, samples=3, temperature_from=0.5)
    assert [temperature_of(asked, sample) for sample in range(3)] == [0.5] * 3
    assert temperature_of(plan(model, samples=3), 1) is None


def test_a_batch_that_is_gone_is_not_stepped(db: None) -> None:
    stepping.step(10**9)
    with pytest.raises(ObjectDoesNotExist):
        Batch.objects.get(pk=10**9)
