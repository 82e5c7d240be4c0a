"""A project in which everything that a selection can ask for occurs, drawn by chance."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from arena.models import Battle, CountedVote, Vote
from exports.models import Round
from instructions.models import Clause, Guideline, GuidelineVersion
from labeling.assigning.lanes import lane_for
from labeling.models import (
    Assignment,
    Candidate,
    Comparison,
    Demonstration,
    Judge,
    JudgeRun,
    JudgeVerdict,
    MachineJudgement,
    Prompt,
    Ranking,
    Response,
    Review,
    Task,
    WorkLevel,
)
from projects.models import Project, Role, User
from tests.exports.judgements import make_generation
from tests.factories import make_member, make_model
from workers.models import LanguageModel

START = datetime(2026, 3, 1, tzinfo=UTC)
BODIES = (
    {"c-1": "Be kind.", "c-2": "Be brief.", "c-3": "Be true."},
    {"c-1": "Be kind.", "c-2": "Be very brief.", "c-3": "Be true."},
    {"c-1": "Be kind.", "c-2": "Be very brief.", "c-3": "Be true to the sources."},
    {"c-1": "Be kind.", "c-2": "Be very brief.", "c-3": "Be true to the sources.", "c-4": "New."},
)
"""The clauses of each version of the guideline; the fourth adds one and changes none."""
CHANGED = {1: {"c-2", "c-3"}, 2: {"c-3"}, 3: set(), 4: set()}
"""By version, what has changed since."""
ROUNDS_BEGAN = (START + timedelta(days=3), START + timedelta(days=6))
"""The second and the third; the third goes on."""


class World:
    """`World(random, project)` fills a project; its lists hold what was made."""

    def __init__(self, random: Random, project: Project, *, n_tasks: int = 28) -> None:
        self.random, self.project = random, project
        self.owner = make_member(project, Role.OWNER)
        self.people = [make_member(project, Role.LABELER) for _ in range(4)]
        self.reviewer = make_member(project, Role.REVIEWER)
        self.models = [make_model() for _ in range(3)]
        self.versions = self._versions()
        self.gold = {
            kind: lane_for(project=project, kind=kind, is_gold=True)
            for kind in ("demonstration", "comparison", "ranking")
        }
        Round.objects.create(project=project, number=1)
        for number, began_at in enumerate(ROUNDS_BEGAN, start=2):
            Round.objects.create(project=project, number=number, began_at=began_at)
        self.seconds = 0
        for at in range(n_tasks):
            self._task(("demonstration", "comparison", "ranking", "comparison")[at % 4])
        for _ in range(10):
            self._vote()
        self._judge(6)

    def _versions(self) -> list[GuidelineVersion]:
        guideline = Guideline.objects.create(project=self.project, draft="")
        made = []
        for number, bodies in enumerate(BODIES, start=1):
            version = GuidelineVersion.objects.create(
                guideline=guideline, number=number, text="", html="", published_by=self.owner
            )
            for position, (anchor, body) in enumerate(bodies.items(), start=1):
                Clause.objects.create(
                    version=version,
                    position=position,
                    number=str(position),
                    anchor=anchor,
                    title=f"Clause {position}",
                    level=2,
                    body=body,
                )
            made.append(version)
        return made

    def moment(self) -> datetime:
        """Later than all before: hours apart, over some weeks."""
        self.seconds += self.random.randrange(600, 30_000)
        return START + timedelta(seconds=self.seconds)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def _prompt(self) -> Prompt:
        return Prompt.objects.create(
            project=self.project,
            messages=[{"role": "user", "content": "Why?"}],
            content_hash=f"{self.project.pk}-{self.random.getrandbits(64):x}",
            tags=self.random.sample(["maths", "code", "poems"], self.random.randrange(3)),
            language=self.random.choice(["", "en", "de"]),
            created_at=self.moment(),
        )

    def _response(self, prompt: Prompt) -> Response:
        if self.chance(0.25):
            said = self.random.choice([self.models[0].name, "elsewhere-7b", ""])
            return Response.objects.create(
                prompt=prompt, origin="imported", text="An answer.", model_name=said
            )
        drawn = make_generation(self.project, self.random.choice(self.models), "An answer.")
        return Response.objects.create(
            prompt=prompt, origin="model", text="An answer.", generation=drawn
        )

    def _task(self, kind: str) -> None:
        prompt = self._prompt()
        lane = self.gold[kind] if self.chance(0.15) else lane_for(project=self.project, kind=kind)
        task = Task.objects.create(
            project=self.project, prompt=prompt, kind=kind, lane=lane, overlap=6, is_open=False
        )
        candidates = [self._response(prompt) for _ in range(2 if kind == "comparison" else 3)]
        if kind != "demonstration":
            for position, each in enumerate(candidates):
                Candidate.objects.create(task=task, position=position, response=each)
        chosen = self.random.sample(self.people, self.random.randrange(1, 4))
        rows = [self._submitted(task, who, candidates) for who in chosen]
        if kind == "comparison" and len(rows) > 1 and self.chance(0.3):
            self._settle(task, rows, candidates)

    def _held(self, task: Task, who: User) -> Assignment:
        held = Assignment.objects.create(
            task=task,
            labeler=who,
            state="reopened" if self.chance(0.1) else "submitted",
            leased_until=START,
            guideline_version=self.random.choice(self.versions),
            n_draws=self.random.choice([0, 0, 2]),
        )
        if self.chance(0.4):
            WorkLevel.objects.create(assignment=held, level=self.random.randrange(2, 6))
        return held

    def _submitted(self, task: Task, who: User, candidates: list[Response]) -> Any:
        held = self._held(task, who)
        row = self._row(task.kind, held, who, candidates)
        if self.chance(0.15):
            row = self._row(task.kind, held, who, candidates, supersedes=row)
        for _ in range(self.random.choice([0, 0, 1, 2])):
            row = self._review(held, row, candidates)
        return row

    def _common(self, held: Assignment, who: User, prompt: Prompt) -> dict[str, Any]:
        return {
            "assignment": held,
            "labeler": who,
            "prompt": prompt,
            "guideline_version": held.guideline_version,
            "seconds": 30.0,
            "cites": self.random.sample(["c-1", "c-2", "c-3"], self.random.choice([0, 0, 1, 2])),
            "created_at": self.moment(),
        }

    def _row(
        self,
        kind: str,
        held: Assignment,
        who: User,
        candidates: list[Response],
        **fields: Any,
    ) -> Any:
        prompt = candidates[0].prompt
        common = self._common(held, who, prompt) | fields
        if kind == "comparison":
            sides = self.random.sample(candidates, 2)
            said = self.random.choice([None, -3, -1, -1, 0, 1, 1, 2])
            return Comparison.objects.create(
                response_a=sides[0],
                response_b=sides[1],
                preference=said,
                both_bad=said is None,
                **common,
            )
        if kind == "ranking":
            order = self.random.sample([each.pk for each in candidates], len(candidates))
            tiers = [order[:1], order[1:]] if self.chance(0.3) else [[pk] for pk in order]
            return Ranking.objects.create(tiers=tiers, **common)
        return Demonstration.objects.create(response=self._written(prompt, who), **common)

    def _written(self, prompt: Prompt, who: User) -> Response:
        if self.chance(0.3):
            drawn = make_generation(self.project, self.random.choice(self.models), "A draft.")
            spans: Any = [["person", 3], [drawn.pk, 5, 0]]
            return Response.objects.create(
                prompt=prompt, origin="mixed", text="My draft", author=who, spans=spans
            )
        return Response.objects.create(prompt=prompt, origin="person", text="Mine.", author=who)

    def _review(self, held: Assignment, row: Any, candidates: list[Response]) -> Any:
        """A verdict on what stands; a fix is a row of the reviewer's, which supersedes it."""
        verdicts = ["accept", "return"]
        if row.assignment_id == held.pk:
            verdicts.append("fix")
        review = self._verdict(row.prompt, self.random.choice(verdicts), reviewed=held)
        if review.verdict != "fix":
            return row
        common = {"guideline_version": review.guideline_version, "created_at": review.created_at}
        return self._row(
            held.task.kind, review.assignment, self.reviewer, candidates, supersedes=row, **common
        )

    def _verdict(self, prompt: Prompt, verdict: str, **about: Any) -> Review:
        task = Task.objects.create(
            project=self.project,
            prompt=prompt,
            kind="review",
            variant=f"review-{self.random.getrandbits(60):x}",
            lane=lane_for(project=self.project, kind="review"),
            is_open=False,
            state="complete",
            **about,
        )
        held = Assignment.objects.create(
            task=task,
            labeler=self.reviewer,
            state="submitted",
            leased_until=START,
            guideline_version=self.random.choice(self.versions),
        )
        common = self._common(held, self.reviewer, prompt)
        return Review.objects.create(verdict=verdict, reason="So.", **about, **common)

    def _settle(self, task: Task, rows: list[Any], candidates: list[Response]) -> None:
        review = self._verdict(task.prompt, "settle", about=task)
        common = {"guideline_version": review.guideline_version, "created_at": review.created_at}
        self._row("comparison", review.assignment, self.reviewer, candidates, **common)
        if self.chance(0.3):
            late = self.random.choice(rows)
            self._row("comparison", late.assignment, late.labeler, candidates, supersedes=late)

    def _vote(self) -> None:
        sides: list[LanguageModel] = self.random.sample(self.models, 2)
        is_counted = self.chance(0.8)
        battle = Battle.objects.create(
            project=self.project,
            model_a=sides[0],
            model_b=sides[1],
            mode="battle" if is_counted else "side_by_side",
        )
        vote = Vote.objects.create(
            battle=battle,
            project=self.project,
            verdict=self.random.choice(["a", "b", "tie", "both_bad"]),
            voter=self.random.choice(["", "a1" * 32, "b2" * 32]),
            created_at=self.moment(),
        )
        if is_counted:
            CountedVote.objects.create(
                vote=vote,
                project=self.project,
                model_a=sides[0],
                model_b=sides[1],
                verdict=vote.verdict,
                weight=self.random.choice([0.0, 0.25, 0.5, 1.0]),
                categories=self.random.choice([[], ["code"], ["tag:poems", "code"]]),
                language=self.random.choice(["", "en", "de"]),
                cast_at=vote.created_at,
            )

    def _judge(self, number: int) -> None:
        """What a judge said, some of it standing alone."""
        judge = Judge.objects.create(
            project=self.project, name="Clara", model=self.models[0], created_by=self.owner
        )
        run = JudgeRun.objects.create(
            judge=judge, guideline_version=self.versions[0], most=9, created_by=self.owner
        )
        for at in range(number):
            prompt = self._prompt()
            task = Task.objects.create(
                project=self.project,
                prompt=prompt,
                kind="comparison",
                lane=lane_for(project=self.project, kind="comparison"),
                is_open=False,
                n_submitted=at % 3 == 2,
                n_assigned=at % 3 == 2,
            )
            answers = sorted((self._response(prompt) for _ in range(2)), key=lambda r: r.pk)
            verdict = JudgeVerdict.objects.create(
                judge=judge,
                run=run,
                task=task,
                guideline_version=self.random.choice(self.versions),
                first=answers[0],
                second=answers[1],
                clauses=self.random.sample(["c-1", "c-2", "c-3"], self.random.randrange(3)),
                state="done",
                outcome="first",
                finished_at=START,
            )
            MachineJudgement.objects.create(
                task=task, verdict=verdict, is_audit=at == 0, created_at=self.moment()
            )
