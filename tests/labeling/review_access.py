"""Who gets which answer at the routes of reviews, scorecards and gold."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from labeling.gold.making import write_gold
from labeling.models import Labeler
from tests.access import Data, Route, World, expect, members, owners, staff
from tests.labeling.reviewed import judge
from tests.labeling.rows import make_comparison_task, make_demonstration_task

GOLD = {
    "prompt": "Why?",
    "answers": ["Because.", "No."],
    "preferences": [-3],
    "reason": "The first answers.",
}


def _ask(world: World) -> tuple[str, str, Data]:
    row = judge(make_demonstration_task(world.project), world.labeler)
    return "POST", "/projects/harbour/reviews/ask/", {"show": "work", "pick": row.assignment_id}


def _resume(world: World) -> tuple[str, str, Data]:
    Labeler.objects.create(project=world.project, user=world.labeler, paused_at=timezone.now())
    return "POST", f"/projects/harbour/labelers/{world.labeler.pk}/resume/", {"note": "Talked."}


def _from(world: World) -> str:
    task = make_comparison_task(world.project, overlap=2)
    judge(task, world.labeler)
    return f"/projects/harbour/gold/from/{task.pk}/"


def _import(world: World) -> tuple[str, str, Data]:
    line = b'{"prompt": "Why?", "answers": ["a", "b"], "preferences": [1], "reason": "c"}'
    return "POST", "/projects/harbour/gold/import/", {"file": SimpleUploadedFile("g.jsonl", line)}


def _retire(world: World) -> tuple[str, str, Data]:
    gold = write_gold(by=world.owner, project=world.project, item=GOLD)
    return "POST", f"/projects/harbour/gold/{gold.pk}/retire/", {}


def _expected(world: World) -> str:
    gold = write_gold(by=world.owner, project=world.project, item=GOLD)
    return f"/assignments/{judge(gold.task, world.labeler).assignment_id}/expected/"


OWN = expect(owner=404, reviewer=404, labeler=200, stranger=404, anonymous=302)
FORM = {
    "kind": "comparison", "prompt": "Why?", "answer-0": "a", "answer-1": "b", "preferences": "-2",
    "reason": "c",
}  # fmt: skip

ROUTES: dict[str, Route] = {
    "review-list": Route(lambda world: ("GET", "/projects/harbour/reviews/", None), staff()),
    "review-ask": Route(_ask, staff(302)),
    "my-feedback": Route(lambda world: ("GET", "/projects/harbour/feedback/", None), members()),
    "my-scorecard": Route(lambda world: ("GET", "/projects/harbour/scorecard/", None), members()),
    "scorecard": Route(
        lambda world: ("GET", f"/projects/harbour/labelers/{world.labeler.pk}/", None), owners()
    ),
    "labeler-resume": Route(_resume, owners(302)),
    "gold": Route(lambda world: ("GET", "/projects/harbour/gold/", None), owners()),
    "gold-new": Route(lambda world: ("GET", "/projects/harbour/gold/new/", None), owners()),
    "gold-new POST": Route(
        lambda world: ("POST", "/projects/harbour/gold/new/", FORM), owners(302)
    ),
    "gold-import": Route(_import, owners(302)),
    "gold-from": Route(lambda world: ("GET", _from(world), None), owners()),
    "gold-from POST": Route(
        lambda world: ("POST", _from(world), {"preferences": "-1", "reason": "c"}), owners(302)
    ),
    "gold-retire": Route(_retire, owners(302)),
    "gold-feedback": Route(lambda world: ("GET", _expected(world), None), OWN),
    "gold-feedback POST": Route(
        lambda world: ("POST", _expected(world), {"note": "No, see §1."}), OWN | {"labeler": 302}
    ),
}
