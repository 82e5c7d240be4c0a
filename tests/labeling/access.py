"""Who gets which answer at the routes of `labeling`."""

from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment, Criterion
from tests.access import Data, Route, World, expect, in_api, members, owners, signed_in, staff
from tests.labeling import (
    autonomy_access,
    batch_access,
    check_access,
    drafting_access,
    judge_access,
    review_access,
)
from tests.labeling.rows import claim, make_demonstration_task, make_drawing_task

OWN = expect(owner=404, reviewer=404, labeler=200, stranger=404, anonymous=302)
"""What belongs to the labeler alone."""


def _path(world: World, tail: str) -> str:
    make_demonstration_task(world.project)
    return f"/assignments/{claim(world.labeler, world.project).pk}/{tail}"


def _submitted(world: World, tail: str) -> str:
    make_demonstration_task(world.project)
    assignment = claim(world.labeler, world.project)
    submit_demonstration(by=world.labeler, assignment=assignment, text="Answer.")
    return f"/assignments/{assignment.pk}/{tail}"


def _next(world: World) -> tuple[str, str, Data]:
    make_demonstration_task(world.project)
    return "POST", "/projects/harbour/next/demonstration/", {}


def _import(world: World) -> tuple[str, str, Data]:
    file = SimpleUploadedFile("p.jsonl", b'{"prompt": "Why?"}')
    data = {"file": file, "kinds": "demonstration"}
    return "POST", "/projects/harbour/prompts/import/", data


def _retry(world: World) -> tuple[str, str, Data]:
    make_drawing_task(world.project)
    return "POST", "/projects/harbour/prompts/retry/", {}


def _settle(world: World) -> tuple[str, str, Data]:
    task = make_demonstration_task(world.project, state="set_aside", is_open=False)
    return "POST", f"/projects/harbour/flags/{task.pk}/", {"outcome": "queued"}


def _api_next(world: World) -> tuple[str, str, Data]:
    make_demonstration_task(world.project)
    return "POST", "/api/v1/projects/harbour/next", {"kind": "demonstration"}


def _api(world: World, tail: str) -> str:
    return f"/api/v1{_path(world, tail)}"


def _api_done(world: World, tail: str) -> str:
    """A path of work that is submitted."""
    path = _api(world, tail)
    done = Assignment.objects.get(labeler=world.labeler)
    submit_demonstration(by=world.labeler, assignment=done, text="Answer.")
    return path


def _criterion(world: World) -> tuple[str, str, Data]:
    row = Criterion.objects.create(project=world.project, key="tone", name="Tone")
    return "POST", f"/projects/harbour/rules/criteria/{row.pk}/", {"action": "retire"}


def _task(world: World) -> str:
    return f"/projects/harbour/tasks/{make_demonstration_task(world.project).pk}"


def _change(world: World, action: str) -> tuple[str, str, Data]:
    task = make_demonstration_task(world.project)
    return "POST", "/projects/harbour/tasks/change/", {"pick": task.pk, "action": action}


ROUTES: dict[str, Route] = {
    "tasks": Route(lambda world: ("GET", "/projects/harbour/tasks/", None), staff()),
    "tasks-change": Route(lambda world: _change(world, "retire"), owners(302)),
    "tasks-change review": Route(lambda world: _change(world, "review"), staff(302)),
    "task": Route(lambda world: ("GET", f"{_task(world)}/", None), staff()),
    "api-tasks": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/tasks", None), in_api(staff())
    ),
    "api-task": Route(lambda world: ("GET", f"/api/v1{_task(world)}", None), in_api(staff())),
    "api-task PATCH": Route(
        lambda world: ("PATCH", f"/api/v1{_task(world)}", {"priority": "urgent"}),
        in_api(owners()),
    ),
    "quality": Route(lambda world: ("GET", "/projects/harbour/quality/", None), staff()),
    "guideline-impact": Route(
        lambda world: ("GET", "/projects/harbour/guideline/impact/", None), owners()
    ),
    "guideline-impact POST": Route(
        lambda world: ("POST", "/projects/harbour/guideline/impact/", {"from": "x"}), owners(400)
    ),
    "home": Route(lambda world: ("GET", "/home/", None), signed_in()),
    "project": Route(lambda world: ("GET", "/projects/harbour/", None), members()),
    "prompts": Route(lambda world: ("GET", "/projects/harbour/prompts/", None), staff()),
    "prompts-import": Route(_import, owners(302)),
    "prompts-import GET": Route(
        lambda world: ("GET", "/projects/harbour/prompts/import/", None), owners(302)
    ),
    "prompts-retry": Route(_retry, staff(302)),
    "flags": Route(lambda world: ("GET", "/projects/harbour/flags/", None), staff()),
    "flag-settle": Route(_settle, staff(302)),
    "next-task": Route(_next, members(302)),
    "work-rules": Route(lambda world: ("GET", "/projects/harbour/rules/", None), owners()),
    "work-rules POST": Route(
        lambda world: ("POST", "/projects/harbour/rules/", {"scale": "simple"}), owners(302)
    ),
    "criterion-add": Route(
        lambda world: (
            "POST",
            "/projects/harbour/rules/criteria/",
            {"name": "Tone", "form": "sides"},
        ),
        owners(302),
    ),
    "criterion": Route(_criterion, owners(302)),
    "labelers": Route(lambda world: ("GET", "/projects/harbour/labelers/", None), staff()),
    "labeler-change": Route(
        lambda world: ("GET", f"/projects/harbour/labelers/{world.labeler.pk}/change/", None),
        owners(),
    ),
    "labeler-change POST": Route(
        lambda world: (
            "POST",
            f"/projects/harbour/labelers/{world.labeler.pk}/change/",
            {"languages": "de", "skills": "", "daily_cap": ""},
        ),
        owners(302),
    ),
    "labeler-pause": Route(
        lambda world: (
            "POST",
            f"/projects/harbour/labelers/{world.labeler.pk}/pause/",
            {"reason": "Let us talk."},
        ),
        owners(302),
    ),
    "assignment": Route(lambda world: ("GET", _path(world, ""), None), OWN),
    "assignment POST": Route(
        lambda world: ("POST", _path(world, ""), {"text": "Answer."}), OWN | {"labeler": 302}
    ),
    "assignment-draft": Route(lambda world: ("POST", _path(world, "draft/"), '{"text": "a"}'), OWN),
    "assignment-preview": Route(
        lambda world: ("POST", _path(world, "preview/"), {"text": "a"}), OWN
    ),
    "assignment-skip": Route(
        lambda world: ("POST", _path(world, "skip/"), {}), OWN | {"labeler": 302}
    ),
    "assignment-changes": Route(
        lambda world: ("POST", _path(world, "changes/"), {"text": "a"}), OWN
    ),
    "assignment-ahead": Route(lambda world: ("POST", _path(world, "ahead/"), {}), OWN),
    "assignment-pulse": Route(
        lambda world: ("POST", _path(world, "pulse/"), '{"active_seconds": 1}'), OWN
    ),
    "assignment-undo": Route(
        lambda world: ("POST", _submitted(world, "undo/"), {}), OWN | {"labeler": 302}
    ),
    "assignment-leave": Route(
        lambda world: ("POST", _submitted(world, "leave/"), {}), OWN | {"labeler": 302}
    ),
    "assignment-flag": Route(
        lambda world: ("POST", _path(world, "flag/"), {"reason": "broken"}),
        OWN | {"labeler": 302},
    ),
    "api-prompts": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/prompts", None), in_api(staff())
    ),
    "api-prompts POST": Route(
        lambda world: ("POST", "/api/v1/projects/harbour/prompts", '[{"prompt": "Why?"}]'),
        in_api(owners(201)),
    ),
    "api-next": Route(_api_next, in_api(members())),
    "api-rules": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/rules", None), in_api(members())
    ),
    "api-criteria": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/criteria", None), in_api(members())
    ),
    "api-pulse": Route(
        lambda world: ("POST", _api(world, "pulse"), {"active_seconds": 1}), in_api(OWN)
    ),
    "api-flag": Route(
        lambda world: ("POST", _api(world, "flag"), {"reason": "broken"}),
        in_api(OWN | {"labeler": 204}),
    ),
    "api-undo": Route(lambda world: ("POST", _api_done(world, "undo"), None), in_api(OWN)),
    "api-leave": Route(lambda world: ("POST", _api_done(world, "leave"), None), in_api(OWN)),
    "api-submit": Route(
        lambda world: ("POST", _api(world, "submit"), {"text": "Answer."}), in_api(OWN)
    ),
    "api-draft": Route(lambda world: ("PUT", _api(world, "draft"), {"text": "a"}), in_api(OWN)),
    "api-skip": Route(
        lambda world: ("POST", _api(world, "skip"), {}), in_api(OWN | {"labeler": 204})
    ),
}
ROUTES |= review_access.ROUTES
ROUTES |= drafting_access.ROUTES
ROUTES |= check_access.ROUTES
ROUTES |= batch_access.ROUTES
ROUTES |= judge_access.ROUTES
ROUTES |= autonomy_access.ROUTES
