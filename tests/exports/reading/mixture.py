"""A project in which every kind of judgement was made, in every way that reading tells apart."""

from random import Random
from typing import Any

from django.utils import timezone

from arena.models import Turn, Vote
from labeling.assigning.lanes import lane_for
from labeling.models import (
    Assignment,
    Comparison,
    Demonstration,
    Judge,
    MachineJudgement,
    Ranking,
    Response,
    Review,
    Task,
    WorkLevel,
)
from projects.models import Project, Role, User
from tests.exports.judgements import (
    make_comparison,
    make_demonstration,
    make_generation,
    make_ranking,
    make_vote,
    next_of,
    version_of,
)
from tests.factories import make_member, make_model
from tests.labeling.judged import make_judge
from tests.labeling.levelled import make_verdict
from tests.labeling.rows import make_comparison_task

Made = Demonstration | Comparison | Ranking
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello."},
    {"role": "assistant", "content": "Hello!\u2028"},
    {"role": "user", "content": "And  now? \N{GRINNING FACE}"},
]


def mixed(project: Project, seed: int, n_each: int = 6) -> None:
    random = Random(seed)
    labelers = [make_member(project) for _ in range(3)]
    reviewer = make_member(project, Role.REVIEWER)
    owner = make_member(project, Role.OWNER)
    judge = make_judge(project, owner)
    for _ in range(n_each):
        labeler = random.choice(labelers)
        for made in (
            demonstration(project, labeler, random),
            comparison(project, labeler, judge, random),
            ranking(project, labeler, random),
        ):
            happen(made, reviewer, random)
        vote(project, random)
        if random.random() < 0.5:
            settled_alone(project, judge, random)


def demonstration(project: Project, labeler: User, random: Random) -> Demonstration:
    made = make_demonstration(project, labeler, "An answer.", messages=random.choice([None, TALK]))
    model = make_model()
    draft = make_generation(project, model, "A draft of it.")
    if random.random() < 0.5:
        Assignment.objects.filter(pk=made.assignment_id).update(n_draws=2)
    spans: list[Any] = [["person", 4], [draft.pk, 6, 2]]
    turns = [
        {"role": "assistant", "content": "An answer."},
        {"role": "user", "content": "More?"},
        {"role": "assistant", "content": "Yes."},
    ]
    ways: list[dict[str, Any]] = [
        {},
        {"turns": turns},
        {"spans": spans},
        {"turns": turns, "spans": spans, "turn_spans": [spans, None, [["person", 4]]]},
    ]
    way = random.choice(ways)
    if not way:
        return made
    response = Response.objects.create(
        prompt=made.prompt, origin="mixed", text="An answer.", author=labeler, **way
    )
    return Demonstration.objects.create(**next_of(made), response=response)


def comparison(project: Project, labeler: User, judge: Judge, random: Random) -> Comparison:
    made = make_comparison(
        project,
        labeler,
        preference=random.choice([None, -3, -1, 0, 2]),
        messages=random.choice([None, TALK]),
    )
    if random.random() < 0.5:
        shown = make_comparison_task(project)
        verdict = make_verdict(judge, shown, version_of(project), random.choice(["first", "equal"]))
        ways: list[dict[str, Any]] = [{"is_blind": True}, {"is_blind": False, "verdict": verdict}]
        fields = random.choice(ways)
        WorkLevel.objects.create(assignment=made.assignment, level=4, **fields)
    return made


def ranking(project: Project, labeler: User, random: Random) -> Ranking:
    ways = [[["1"], ["2", "3"], ["4"]], [["1", "2"]], [["1"], ["2"], ["3"], ["4"], ["5"]]]
    return make_ranking(project, labeler, random.choice(ways), all_bad=random.random() < 0.3)


def happen(made: Made, reviewer: User, random: Random) -> None:
    """What becomes of a judgement after it was made."""
    fate = random.randrange(6)
    if fate == 0:
        Assignment.objects.filter(pk=made.assignment_id).update(state="reopened")
    elif fate == 1:
        task = made.assignment.task
        gold = lane_for(project=task.project, kind=task.kind, is_gold=True)
        Task.objects.filter(pk=task.pk).update(lane=gold)
    elif fate == 2:
        review(made, reviewer, "return")
    elif fate == 3 and not isinstance(made, Demonstration):
        settle(made, reviewer)
    elif fate == 4:
        correct(made, **next_of(made))


def correct(made: Made, **common: Any) -> Made:
    """A row that supersedes this one."""
    if isinstance(made, Comparison):
        sides = {"response_a": made.response_a, "response_b": made.response_b}
        return Comparison.objects.create(**common, **sides, preference=1)
    if isinstance(made, Ranking):
        return Ranking.objects.create(**common, tiers=made.tiers[::-1])
    response = Response.objects.create(
        prompt=made.prompt, origin="person", text="A better answer.", author=common["labeler"]
    )
    return Demonstration.objects.create(**common, response=response)


def review(made: Made, reviewer: User, verdict: str, **fields: Any) -> Review:
    task = made.assignment.task
    asked = Task.objects.create(
        project=task.project,
        prompt=task.prompt,
        kind="review",
        variant=f"{verdict} {made.pk}",
        lane=lane_for(project=task.project, kind="review"),
        is_open=False,
        **({"about": task} if verdict == "settle" else {"reviewed": made.assignment}),
    )
    held = Assignment.objects.create(
        task=asked,
        labeler=reviewer,
        state="submitted",
        leased_until=timezone.now(),
        guideline_version=made.guideline_version,
    )
    subject = {"about": task} if verdict == "settle" else {"reviewed": made.assignment}
    values = {"reason": "Say it shorter.", "cites": ["c-1"], **subject, **fields}
    return Review.objects.create(
        assignment=held,
        labeler=reviewer,
        prompt=task.prompt,
        guideline_version=made.guideline_version,
        seconds=9.0,
        verdict=verdict,
        **values,
    )


def settle(made: Comparison | Ranking, reviewer: User) -> None:
    given = review(made, reviewer, "settle")
    names = ("assignment", "labeler", "guideline_version", "prompt", "seconds", "created_at")
    common = {name: getattr(given, name) for name in names}
    if isinstance(made, Comparison):
        sides = {"response_a": made.response_b, "response_b": made.response_a}
        Comparison.objects.create(**common, **sides, preference=2)
    else:
        Ranking.objects.create(**common, tiers=made.tiers)


def vote(project: Project, random: Random) -> Vote:
    told = random.choice(
        [
            None,
            [],
            [("One?", "A1", "B1"), ("Two?", "A2", "B2")],
            [("One?", "A1", "B1"), ("Two?", "A2", "B2"), ("Three?", "A3", "B3")],
        ]
    )
    made = make_vote(project, verdict=random.choice(["a", "b", "tie", "both_bad"]), turns=told)
    last = Turn.objects.filter(battle=made.battle).order_by("number").last()
    if last is not None and random.random() < 0.5:
        # Asked again on a branch of its own, or a turn that came to nothing.
        state = random.choice([Turn.State.COMPLETE, Turn.State.VOID])
        Turn.objects.create(
            battle=made.battle,
            number=last.number + 1,
            parent_id=last.parent_id,
            message="Again?",
            state=state,
            reply_a="A9",
            reply_b="B9",
        )
    return made


def settled_alone(project: Project, judge: Judge, random: Random) -> MachineJudgement:
    task = make_comparison_task(project)
    verdict = make_verdict(judge, task, version_of(project), random.choice(["first", "second"]))
    return MachineJudgement.objects.create(
        task=task,
        verdict=verdict,
        is_audit=random.random() < 0.2,
    )
