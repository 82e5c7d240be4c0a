"""What makes the demo a project to work in: rules, criteria, prompts, gold tasks, a quiz, and an
arena with tags and boards."""

import json
from pathlib import Path
from typing import Any

from arena.boards.naming import add_board
from arena.tags import add_tag
from instructions.quiz_writing import add_question, change_quiz, create_quiz
from labeling.drafting.rules import change_drafting_rules
from labeling.gold.making import import_golds
from labeling.intake.prompts import import_prompts
from labeling.judging.criteria import add_criterion
from labeling.judging.rules import change_rules
from labeling.models import WorkRules
from projects.models import Project, TaskKind, User

CONTENT = Path(__file__).resolve().parent
FIRST = 4
RANKED = 12
RULES = {
    "safety_flags": ["Violence", "Hate", "Self-harm", "Dangerous advice", "Private data"],
    "justify_strong": True,
    "justify_disputed": True,
    "ranking_size": 3,
    "demonstrations_go_on": True,
    "gold_percent": 10,
    "review_mode": WorkRules.ReviewMode.SAMPLE,
    "review_percent": 25,
}
TAGS = {
    "Cooking": ["cook", "bake", "recipe", "oven", "dish", "ingredient", "ingredients", "dinner"],
    "Money": ["money", "budget", "salary", "tax", "taxes", "loan", "invoice", "price"],
}
BOARDS: list[dict[str, Any]] = [
    {
        "name": "Style-controlled",
        "description": "What is left when length, headers, bold and lists are taken into account.",
        "is_style_controlled": True,
    },
    {
        "name": "Hard prompts",
        "description": "Votes on messages that are much work: long, technical, many conditions.",
        "category": "hard",
    },
    {
        "name": "Arena and labelers",
        "description": "Visitors' votes together with what the project's labelers judged.",
        "source": "both",
    },
]
CRITERIA = {
    "Helpful": "Does the person get what they came for?",
    "Truthful": "Is it so, and as sure as it has a right to be?",
    "Harmless": "Could acting on it hurt somebody?",
}


def furnish(*, by: User, project: Project) -> None:
    """Set the demo's rules; needs its guideline, whose clauses the quiz is about."""
    change_rules(by=by, project=project, **RULES)
    change_drafting_rules(by=by, project=project, n_drafts=2, offers_repair=True)
    for name, description in CRITERIA.items():
        add_criterion(by=by, project=project, name=name, description=description)
    _import_prompts(by=by, project=project)
    import_golds(by=by, project=project, data=(CONTENT / "gold.jsonl").read_bytes())
    _ask(by=by, project=project)
    for name, words in TAGS.items():
        add_tag(by=by, project=project, name=name, words=words)
    for board in BOARDS:
        add_board(by=by, project=project, **board)


def _import_prompts(*, by: User, project: Project) -> None:
    """Candidates are drawn in this order: a few of each kind first, so that nobody waits long."""
    lines = (CONTENT / "prompts.jsonl").read_bytes().splitlines(keepends=True)
    usual = [TaskKind.DEMONSTRATION, TaskKind.COMPARISON]
    for most, kinds in (
        (FIRST, usual),
        (FIRST, [TaskKind.RANKING]),
        (len(lines), usual),
        (RANKED, [TaskKind.RANKING]),
    ):
        data = b"".join(lines[:most])
        import_prompts(by=by, project=project, data=data, file_name="prompts.jsonl", kinds=kinds)


def _ask(*, by: User, project: Project) -> None:
    written = json.loads((CONTENT / "quiz.json").read_text(encoding="utf-8"))
    questions = written.pop("questions")
    quiz = create_quiz(by=by, project=project, **written)
    for question in questions:
        add_question(by=by, quiz=quiz, **question)
    change_quiz(by=by, quiz=quiz, is_active=True, **written)
