"""Projects of their own for the journeys, laid inside the running product: nobody waits for draws.

Called through `Product.shell`, so it runs in Django, beside the product, on its database.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from instructions.acknowledging import acknowledge, require_acknowledgement
from instructions.models import Quiz
from instructions.publish import publish, save_draft
from instructions.questions import ask
from instructions.quiz_writing import add_question, change_quiz, create_quiz
from labeling.assigning.flags import flag
from labeling.gold.making import write_gold
from labeling.judging.criteria import add_criterion
from labeling.judging.rules import change_rules, criteria_of
from labeling.judging.submissions import submit_comparison, submit_demonstration
from labeling.models import Assignment, Candidate, Response
from labeling.reviewing.verdicts import submit_review
from projects.founding import create_project
from projects.members import add_member
from projects.models import Project, Role, User
from tests.labeling import rows

DEMO = Path(__file__).resolve().parents[2] / "demo"
GUIDELINE = """## 1 Be helpful {helpful}

Answer the question that was asked.

### 1.1 Length {format}

As long as it needs to be.

## 2 Be truthful {truthful}

A wrong answer is worse than none.

## 3 Do no harm {harmless}

Nothing that hurts anybody.
"""
GOLD = {
    "prompt": "What is the capital of Australia?",
    "answers": ["Canberra.", "Sydney, the largest city."],
    "preferences": [-3, -2],
    "reason": "Sydney is wrong on the one point that was asked (§2).",
}
QUESTION: dict[str, Any] = {
    "anchor": "c-2",
    "text": "Which is worse?",
    "options": ["A wrong answer", "No answer"],
    "right": [0],
    "explanation": "See §2.",
}
SEVERAL: dict[str, Any] = {
    **QUESTION,
    "text": "Which harm?",
    "options": ["Hate", "Lies", "Tea"],
    "right": [0, 1],
}
QUIZ: dict[str, Any] = {
    "title": "A short one",
    "kinds": [],
    "pass_percent": 50,
    "most_attempts": 0,
    "questions": [QUESTION, SEVERAL],
}
ALIKE = ("The same words, but for *one*.", "The same words, but for *two*.")
CODE = ("```python\n" + "print('long')  # " * 20 + "\n```\n\n$x^2$", "x" * 400)
PEOPLE = {"rita": Role.REVIEWER, "lena": Role.LABELER, "luis": Role.LABELER}


def lay(
    slug: str,
    *,
    rules: dict[str, Any] | None = None,
    criteria: Sequence[str] = (),
    demonstrations: int = 0,
    comparisons: Iterable[Sequence[str]] = (),
    rankings: Iterable[Sequence[str]] = (),
    golds: Iterable[dict[str, Any]] = (),
    overlap: int = 1,
    written: int = 0,
    is_quizzed: bool = False,
    is_confirmed: bool = False,
    disputed: bool = False,
) -> None:
    """A project of the demo's people whose tasks are ready; `comparisons` are pairs of answers.

    `written` demonstrations are lena's; `is_quizzed`: the demo's quiz stands before rankings;
    `is_confirmed`: lena has read the guideline and has to read what changes; `disputed`: lena and
    luis judge the comparisons, each the other way round.
    """
    olga = User.objects.get(username="olga")
    project = create_project(by=None, owner=olga, slug=slug, name=f"Desk {slug}")
    for name, role in PEOPLE.items():
        add_member(by=olga, project=project, username=name, role=role)
    demo = DEMO / "guideline.md"
    publish_guideline(project, demo.read_text() if is_quizzed else GUIDELINE)
    change_rules(by=olga, project=project, **(rules or {}))
    for name in criteria:
        add_criterion(by=olga, project=project, name=name, is_required=True)
    for number in range(demonstrations):
        rows.make_demonstration_task(project, f"Prompt {number}?", overlap=overlap)
    for number, answers in enumerate(comparisons):
        prompt = rows.make_prompt(project, f"Which one, {number}?")
        _candidates(rows.make_task(prompt, "comparison", overlap=overlap), answers)
    for number, answers in enumerate(rankings):
        prompt = rows.make_prompt(project, f"In which order, {number}?")
        _candidates(rows.make_task(prompt, "ranking", overlap=overlap), answers)
    for gold in golds:
        write_gold(by=olga, project=project, item=gold)
    if is_quizzed:
        _ask(project, **json.loads((DEMO / "quiz.json").read_text()))
    for number in range(written):
        _write(project, f"Lena's answer {number}.")
    if is_confirmed:
        require_acknowledgement(by=olga, project=project, is_required=True)
        acknowledge(by=User.objects.get(username="lena"), project=project, number=1)
    if disputed:
        _dispute(project)


def publish_guideline(project: Project, text: str, *, note: str = "") -> None:
    olga = User.objects.get(username="olga")
    save_draft(by=olga, project=project, text=text)
    publish(by=olga, project=project, change_note=note)


def _ask(project: Project, *, questions: list[dict[str, Any]], **fields: Any) -> Quiz:
    olga = User.objects.get(username="olga")
    quiz = create_quiz(by=olga, project=project, **fields)
    for question in questions:
        add_question(by=olga, quiz=quiz, **question)
    return change_quiz(by=olga, quiz=quiz, is_active=True, **fields)


def _write(project: Project, text: str) -> None:
    lena = User.objects.get(username="lena")
    held = rows.claim(lena, project)
    submit_demonstration(by=lena, assignment=held, text=text)


def _dispute(project: Project) -> None:
    marks = _marks(project)
    for name, favoured in (("lena", 0), ("luis", 1)):
        labeler = User.objects.get(username=name)
        held = rows.claim(labeler, project, "comparison")
        answers = [each.response_id for each in held.task.candidates.order_by("position")]
        is_first = held.presented[0] == answers[favoured]
        submit_comparison(
            by=labeler, assignment=held, preference=-3 if is_first else 3, marks=marks
        )


def _candidates(task: Any, answers: Sequence[str]) -> None:
    for position, answer in enumerate(answers):
        response = Response.objects.create(prompt=task.prompt, origin="imported", text=answer)
        Candidate.objects.create(task=task, position=position, response=response)


def lay_worked(slug: str) -> dict[str, int]:
    """A project in which much has happened; returns the numbers in its pages' addresses."""
    lay(
        slug,
        rules={
            "review_mode": "all",
            "consensus": "adjudicated",
            "safety_flags": ["Hate", "Violence"],
            "demonstrations_go_on": True,
        },
        criteria=["Helpful", "Truthful"],
        demonstrations=8,
        comparisons=[ALIKE, CODE, ALIKE],
        rankings=[(*CODE, "Three.")] * 2,
        golds=[GOLD],
        overlap=2,
        written=4,
        disputed=True,
    )
    project = Project.objects.get(slug=slug)
    lena, rita = (User.objects.get(username=name) for name in ("lena", "rita"))
    for verdict, fix in (("accept", None), ("fix", {"text": "Better."}), ("return", None)):
        held = rows.claim(rita, project, "review")
        submit_review(by=rita, assignment=held, verdict=verdict, reason="See §1.1.", fix=fix)
    ask(by=lena, project=project, anchor="c-1-1", text="Always?")
    flag(by=lena, assignment=rows.claim(lena, project), reason="broken", note="No prompt.")
    gold = _judge_gold(project, lena)
    quiz = _ask(project, **QUIZ)
    publish_guideline(project, f"{GUIDELINE}\n## 4 Be kind\n\nAlways.\n", note="Kindness.")
    return {
        "gold": gold.pk,
        "returned": lena.assignments.get(state="reopened", task__project=project).pk,
        "task": project.tasks.filter(is_disputed=True).get().pk,
        "quiz": quiz.pk,
        "labeler": lena.pk,
    }


def _judge_gold(project: Project, labeler: User) -> Assignment:
    olga = User.objects.get(username="olga")
    change_rules(by=olga, project=project, gold_percent=100)
    held = rows.claim(labeler, project, "comparison")
    submit_comparison(by=labeler, assignment=held, preference=-2, marks=_marks(project))
    change_rules(by=olga, project=project, gold_percent=0)
    return held


def _marks(project: Project) -> dict[str, str]:
    return {criterion.key: "equal" for criterion in criteria_of(project)}
