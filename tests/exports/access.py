"""Who gets which answer at the routes of `exports`."""

from uuid import uuid4

from exports.models import Export
from tests.access import Data, Route, World, in_api, staff


def _export(world: World) -> Export:
    return Export.objects.create(project=world.project, kind=Export.Kind.SFT)


def _page(world: World) -> tuple[str, str, Data]:
    return "GET", f"/exports/{_export(world).public_id}/", None


def _file(world: World) -> tuple[str, str, Data]:
    return "GET", f"/exports/{_export(world).public_id}/files/data.jsonl", None


def _api_one(world: World) -> tuple[str, str, Data]:
    return "GET", f"/api/v1/exports/{_export(world).public_id}", None


def _api_file(world: World) -> tuple[str, str, Data]:
    return "GET", f"/api/v1/exports/{_export(world).public_id}/files/data.jsonl", None


LIST = "/projects/harbour/exports/"
API_LIST = "/api/v1/projects/harbour/exports"
ROUTES: dict[str, Route] = {
    "exports": Route(lambda world: ("GET", LIST, None), staff()),
    "exports POST": Route(
        lambda world: ("POST", LIST, {"kind": "preferences", "source": "all"}), staff(302)
    ),
    "exports POST wrong": Route(lambda world: ("POST", LIST, {"kind": "x"}), staff(400)),
    "exports PUT": Route(
        lambda world: ("PUT", LIST, None), staff(405) | {"labeler": 405, "stranger": 405}
    ),
    "export": Route(_page, staff()),
    "export unknown": Route(
        lambda world: ("GET", f"/exports/{uuid4()}/", None), staff(404) | {"labeler": 404}
    ),
    "export-file unfinished": Route(_file, staff(404)),
    "api-exports": Route(lambda world: ("GET", API_LIST, None), in_api(staff())),
    "api-exports POST": Route(
        lambda world: ("POST", API_LIST, {"kind": "sft"}), in_api(staff(202))
    ),
    "api-export": Route(_api_one, in_api(staff())),
    "api-export-file unfinished": Route(_api_file, in_api(staff(404))),
}
