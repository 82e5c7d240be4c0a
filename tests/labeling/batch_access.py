"""Who gets which answer at the routes of batch draws."""

from labeling.batches import steering, stepping
from labeling.batches.planning import plan_from
from labeling.models import Batch
from tests.access import Data, Route, World, in_api, owners, staff
from tests.factories import make_model
from tests.labeling.rows import end, make_prompt
from workers.models import Generation

ASKED = {"name": "Nightly", "models": "world-model", "samples": "1"}
ASKED_IN_API = {"name": "Nightly", "models": ["world-model"]}


def _ready(world: World) -> None:
    make_prompt(world.project)
    make_model("world-model")


def make_batch(world: World) -> Batch:
    _ready(world)
    plan = plan_from(ASKED_IN_API)
    return steering.start(by=world.owner, project=world.project, plan=plan)[0]


def _page(world: World, tail: str = "") -> str:
    return f"/projects/harbour/batches/{make_batch(world).pk}/{tail}"


def _api(world: World, tail: str = "") -> str:
    return f"/api/v1/projects/harbour/batches/{make_batch(world).pk}{tail}"


def _new(world: World, **fields: str) -> tuple[str, str, Data]:
    _ready(world)
    return "POST", "/projects/harbour/batches/new/", ASKED | fields


def _api_new(world: World, *, is_dry: bool = False) -> tuple[str, str, Data]:
    _ready(world)
    return "POST", "/api/v1/projects/harbour/batches", ASKED_IN_API | {"dry_run": is_dry}


def _api_paused(world: World) -> tuple[str, str, Data]:
    batch = make_batch(world)
    steering.pause(by=world.owner, batch=batch)
    return "POST", f"/api/v1/projects/harbour/batches/{batch.pk}/resume", {}


def _api_failed(world: World) -> tuple[str, str, Data]:
    batch = make_batch(world)
    stepping.step(batch.pk)
    end(Generation.objects.get(batch_item__batch=batch), error="The endpoint failed (500).")
    stepping.step(batch.pk)
    return "POST", f"/api/v1/projects/harbour/batches/{batch.pk}/retry", {}


ROUTES: dict[str, Route] = {
    "batches": Route(lambda world: ("GET", "/projects/harbour/batches/", None), staff()),
    "batch-new": Route(lambda world: ("GET", "/projects/harbour/batches/new/", None), owners()),
    "batch-new POST": Route(lambda world: _new(world, action="estimate"), owners()),
    "batch-new start": Route(lambda world: _new(world, action="start", seen="1"), owners(302)),
    "batch": Route(lambda world: ("GET", _page(world), None), staff()),
    "batch-steer": Route(
        lambda world: ("POST", _page(world, "steer/"), {"action": "pause"}), owners(302)
    ),
    "batch-file": Route(
        lambda world: ("GET", f"/batches/{make_batch(world).pk}/generations.jsonl", None), owners()
    ),
    "api-batches": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/batches", None), in_api(staff())
    ),
    "api-batches POST": Route(_api_new, in_api(owners(202))),
    "api-batches dry": Route(lambda world: _api_new(world, is_dry=True), in_api(owners())),
    "api-batch": Route(lambda world: ("GET", _api(world), None), in_api(staff())),
    "api-batch-pause": Route(lambda world: ("POST", _api(world, "/pause"), {}), in_api(owners())),
    "api-batch-resume": Route(_api_paused, in_api(owners())),
    "api-batch-cancel": Route(lambda world: ("POST", _api(world, "/cancel"), {}), in_api(owners())),
    "api-batch-retry": Route(_api_failed, in_api(owners())),
    "api-batch-generations": Route(
        lambda world: ("GET", f"/api/v1/batches/{make_batch(world).pk}/generations", None),
        in_api(owners()),
    ),
}
