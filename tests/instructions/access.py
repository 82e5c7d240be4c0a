"""Who gets which answer at the routes of `instructions`."""

from instructions.models import QuizQuestion
from instructions.publish import save_draft
from instructions.questions import ask
from tests.access import Route, World, everyone, expect, in_api, members, owners
from tests.instructions.quizzes import QUESTION, RULES, answer_quiz, make_quiz

GUIDELINE = "/projects/harbour/guideline"
TEXT = "## 1 Be kind {helpful}\n\nAlways.\n"


def drafted(world: World) -> dict[str, str]:
    save_draft(by=world.owner, project=world.project, text=TEXT)
    return {"change_note": "Kinder."}


QUIZZES = "/projects/harbour/quizzes"
QUESTION_FORM = {
    "anchor": "c-1",
    "text": "What first?",
    "option": QUESTION["options"],
    "right": ["0"],
}


def quiz_path(world: World) -> str:
    return f"{QUIZZES}/{make_quiz(world.owner, world.project).pk}"


def quiz_question(world: World) -> str:
    quiz = make_quiz(world.owner, world.project, n_questions=2)
    return f"{QUIZZES}/questions/{QuizQuestion.objects.filter(quiz=quiz).latest('pk').pk}"


def quiz_attempt(world: World) -> str:
    """A labeler's; to everybody else it is somebody else's."""
    attempt = answer_quiz(world.labeler, make_quiz(world.owner, world.project), 0)
    return f"{QUIZZES}/attempts/{attempt.pk}/"


def used_up(world: World) -> tuple[str, dict[str, int]]:
    quiz = make_quiz(world.owner, world.project)
    for _ in range(2):
        answer_quiz(world.labeler, quiz, 1)
    return f"{QUIZZES}/{quiz.pk}/grant/", {"user": world.labeler.pk}


def clause_question(world: World) -> int:
    return ask(by=world.labeler, project=world.project, anchor="c-1", text="Why?").pk


def seen(world: World) -> dict[str, str]:
    kept = save_draft(by=world.owner, project=world.project, text=TEXT)
    return {"last_seen": kept.draft_saved_at.isoformat()}


ROUTES: dict[str, Route] = {
    "guideline": Route(lambda world: ("GET", f"{GUIDELINE}/", None), members()),
    "guideline-version": Route(lambda world: ("GET", f"{GUIDELINE}/versions/1/", None), members()),
    "guideline-edit": Route(lambda world: ("GET", f"{GUIDELINE}/edit/", None), owners()),
    "guideline-edit POST": Route(
        lambda world: ("POST", f"{GUIDELINE}/edit/", {"text": TEXT}), owners(302)
    ),
    "guideline-draft": Route(
        lambda world: ("POST", f"{GUIDELINE}/draft/", {"text": TEXT}), owners()
    ),
    "guideline-preview": Route(
        lambda world: ("POST", f"{GUIDELINE}/preview/", {"text": TEXT}), owners()
    ),
    "guideline-publish": Route(
        lambda world: ("POST", f"{GUIDELINE}/publish/", drafted(world)), owners(302)
    ),
    "guideline-fragment": Route(
        lambda world: ("GET", f"{GUIDELINE}/versions/1/fragment/", None), members()
    ),
    "guideline-clauses": Route(
        lambda world: ("GET", f"{GUIDELINE}/versions/1/clauses.json", None), members()
    ),
    "guideline-versions": Route(lambda world: ("GET", f"{GUIDELINE}/versions/", None), members()),
    "guideline-diff": Route(lambda world: ("GET", f"{GUIDELINE}/diff/", None), members()),
    "guideline-search": Route(
        lambda world: ("GET", f"{GUIDELINE}/search/?q=help", None), members()
    ),
    "guideline-hits": Route(
        lambda world: ("GET", f"{GUIDELINE}/search.json?q=help", None), members()
    ),
    "guideline-review": Route(lambda world: ("GET", f"{GUIDELINE}/draft/changes/", None), owners()),
    "guideline-restore": Route(
        lambda world: ("POST", f"{GUIDELINE}/versions/1/restore/", seen(world)), owners(302)
    ),
    "guideline-acknowledge": Route(
        lambda world: ("POST", f"{GUIDELINE}/acknowledge/", {"number": "1"}), members(302)
    ),
    "guideline-confirmation": Route(
        lambda world: ("POST", f"{GUIDELINE}/confirmation/", {"required": "1"}), owners(302)
    ),
    "leaving": Route(
        lambda world: ("GET", "/leaving/?to=https%3A%2F%2Fexample.org%2F", None), everyone()
    ),
    "api-guideline-versions": Route(
        lambda world: ("GET", f"/api/v1{GUIDELINE}/versions", None), in_api(members())
    ),
    "api-guideline-version": Route(
        lambda world: ("GET", f"/api/v1{GUIDELINE}/versions/1", None), in_api(members())
    ),
    "api-guideline-diff": Route(
        lambda world: ("GET", f"/api/v1{GUIDELINE}/diff?from=1&to=1", None), in_api(members())
    ),
    "api-guideline-search": Route(
        lambda world: ("GET", f"/api/v1{GUIDELINE}/search?q=help", None), in_api(members())
    ),
    "api-guideline": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/guideline", None), in_api(members())
    ),
    "quizzes": Route(lambda world: ("GET", f"{QUIZZES}/", None), members()),
    "quizzes POST": Route(lambda world: ("POST", f"{QUIZZES}/", RULES), owners(302)),
    "quiz": Route(lambda world: ("GET", f"{quiz_path(world)}/", None), members()),
    "quiz POST": Route(lambda world: ("POST", f"{quiz_path(world)}/", {}), members(400)),
    "quiz-attempt": Route(
        lambda world: ("GET", quiz_attempt(world), None),
        expect(owner=404, reviewer=404, labeler=200, stranger=404, anonymous=302),
    ),
    "quiz-preview": Route(lambda world: ("GET", f"{quiz_path(world)}/preview/", None), owners()),
    "quiz-edit": Route(lambda world: ("GET", f"{quiz_path(world)}/edit/", None), owners()),
    "quiz-edit POST": Route(
        lambda world: ("POST", f"{quiz_path(world)}/edit/", RULES), owners(302)
    ),
    "quiz-results": Route(lambda world: ("GET", f"{quiz_path(world)}/results/", None), owners()),
    "quiz-grant": Route(lambda world: ("POST", *used_up(world)), owners(302)),
    "quiz-question-add": Route(
        lambda world: ("GET", f"{quiz_path(world)}/questions/", None), owners()
    ),
    "quiz-question-add POST": Route(
        lambda world: ("POST", f"{quiz_path(world)}/questions/", QUESTION_FORM), owners(302)
    ),
    "quiz-question": Route(lambda world: ("GET", f"{quiz_question(world)}/", None), owners()),
    "quiz-question POST": Route(
        lambda world: ("POST", f"{quiz_question(world)}/", QUESTION_FORM), owners(302)
    ),
    "quiz-question-move": Route(
        lambda world: ("POST", f"{quiz_question(world)}/move/", {"to": "up"}), owners(302)
    ),
    "quiz-question-retire": Route(
        lambda world: ("POST", f"{quiz_question(world)}/retire/", None), owners(302)
    ),
    "guideline-questions": Route(lambda world: ("GET", f"{GUIDELINE}/questions/", None), members()),
    "guideline-questions POST": Route(
        lambda world: ("POST", f"{GUIDELINE}/questions/", {"anchor": "c-1", "text": "Why?"}),
        members(302),
    ),
    "question-answer": Route(
        lambda world: (
            "POST",
            f"{GUIDELINE}/questions/{clause_question(world)}/answer/",
            {"answer": "So."},
        ),
        owners(302),
    ),
    "question-hide": Route(
        lambda world: (
            "POST",
            f"{GUIDELINE}/questions/{clause_question(world)}/hide/",
            {"to": "hidden"},
        ),
        owners(302),
    ),
    "guideline-notes": Route(lambda world: ("GET", f"{GUIDELINE}/notes/", None), members()),
    "guideline-pin": Route(
        lambda world: ("POST", f"{GUIDELINE}/pins/", {"anchor": "c-1", "pinned": "1"}), members()
    ),
    "api-guideline-questions": Route(
        lambda world: ("GET", f"/api/v1{GUIDELINE}/questions", None), in_api(members())
    ),
    "api-guideline-questions POST": Route(
        lambda world: (
            "POST",
            f"/api/v1{GUIDELINE}/questions",
            {"anchor": "c-1", "text": "Why?"},
        ),
        in_api(members(201)),
    ),
    "api-question-answer": Route(
        lambda world: (
            "POST",
            f"/api/v1{GUIDELINE}/questions/{clause_question(world)}/answer",
            {"answer": "So."},
        ),
        in_api(owners()),
    ),
}
