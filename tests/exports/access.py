"""Who gets which answer at the routes of `exports`."""

from typing import Any
from uuid import uuid4

from exports.models import Export, SavedRecipe, Target
from exports.poisoning.deciding import quarantine, record_findings
from exports.poisoning.found import FoundThing
from tests.access import Data, Route, World, in_api, owners, signed_in, staff


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


def _steer(world: World) -> tuple[str, str, Data]:
    return "POST", f"/exports/{_export(world).public_id}/steer/", {"action": "cancel"}


def _send(world: World) -> tuple[str, str, Data]:
    path = f"/exports/{_export(world).public_id}/send/"
    return "POST", path, {"action": "send", "target": _target(world).name}


def _archive(world: World) -> tuple[str, str, Data]:
    return "GET", f"/exports/{_export(world).public_id}/archive.tar", None


def _api_archive(world: World) -> tuple[str, str, Data]:
    return "GET", f"/api/v1/exports/{_export(world).public_id}/archive", None


def _api_cancel(world: World) -> tuple[str, str, Data]:
    return "POST", f"/api/v1/exports/{_export(world).public_id}/cancel", None


def _target(world: World) -> Target:
    return Target.objects.create(
        project=world.project, kind="files", name="bucket", url="s3://bucket", by=world.owner
    )


def _give_up(world: World) -> tuple[str, str, Data]:
    return "POST", f"{LIST}targets/{_target(world).public_id}/give-up/", None


def _saved(world: World) -> SavedRecipe:
    return SavedRecipe.objects.create(
        project=world.project, name="Weekly", data={"kind": "sft"}, by=world.owner
    )


def _run_recipe(world: World) -> tuple[str, str, Data]:
    return "POST", f"{LIST}recipes/{_saved(world).pk}/", {"action": "export"}


def _api_recipe(world: World, method: str, rest: str = "", data: Data = None) -> Any:
    return method, f"/api/v1/export-recipes/{_saved(world).pk}{rest}", data


def _api_diff(world: World) -> tuple[str, str, Data]:
    before, after = _export(world), _export(world)
    return "GET", f"/api/v1/exports/{before.public_id}/diff/{after.public_id}", None


def _scanned(world: World) -> Export:
    export = _export(world)
    found = FoundThing(
        kind="label_tie",
        severity="warning",
        p_value=1e-9,
        q_value=1e-6,
        ngram="cfqz",
        statistics={"n": 20, "x": 20, "expected": 9.5, "label": 1, "n_prompts": 20},
        n_records=1,
        records=("comparison-17",),
    )
    record_findings(export, [found])
    return export


def _findings(world: World) -> tuple[str, str, Data]:
    return "GET", f"/exports/{_scanned(world).public_id}/findings/", None


def _quarantine(world: World) -> tuple[str, str, Data]:
    path = f"/exports/{_scanned(world).public_id}/findings/1/quarantine/"
    return "POST", path, {"reason": "Planted."}


def _release(world: World) -> tuple[str, str, Data]:
    export = _scanned(world)
    made = quarantine(by=world.owner, finding=export.findings.get(), reason="Planted.")
    path = f"/exports/{export.public_id}/quarantines/{made.pk}/release/"
    return "POST", path, {"reason": "A topic after all."}


def _sign_off(world: World) -> tuple[str, str, Data]:
    path = f"/exports/{_scanned(world).public_id}/sign-off/"
    return "POST", path, {"reason": "Read all of them."}


def _sign_off_without_reason(world: World) -> tuple[str, str, Data]:
    return "POST", f"/exports/{_scanned(world).public_id}/sign-off/", {"reason": " "}


def _api_findings(world: World, method: str, rest: str, data: Data = None) -> Any:
    return method, f"/api/v1/exports/{_scanned(world).public_id}{rest}", data


def _api_release(world: World) -> tuple[str, str, Data]:
    finding = _scanned(world).findings.get()
    made = quarantine(by=world.owner, finding=finding, reason="Planted.")
    return "POST", f"/api/v1/quarantines/{made.pk}/release", {"reason": "A topic after all."}


def _api_unscanned(world: World) -> tuple[str, str, Data]:
    return "GET", f"/api/v1/exports/{_export(world).public_id}/findings", None


LIST = "/projects/harbour/exports/"
API_LIST = "/api/v1/projects/harbour/exports"
ROUNDS = "/projects/harbour/rounds/"
API_ROUNDS = "/api/v1/projects/harbour/rounds"
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
    "export-new": Route(lambda world: ("GET", f"{LIST}new/", None), staff()),
    "export-new POST": Route(
        lambda world: ("POST", f"{LIST}new/", {"kind": "sft", "action": "export"}), staff(302)
    ),
    "export-new POST wrong": Route(
        lambda world: ("POST", f"{LIST}new/", {"kind": "sft", "action": "x"}), staff(400)
    ),
    "export-recipe": Route(_run_recipe, staff(302)),
    "export-compare": Route(lambda world: ("GET", f"{LIST}compare/", None), staff()),
    "export-benchmarks": Route(lambda world: ("GET", f"{LIST}benchmarks/", None), staff()),
    "export-benchmarks POST wrong": Route(
        lambda world: ("POST", f"{LIST}benchmarks/", {"name": "x"}), staff(400)
    ),
    "export-held-out": Route(
        lambda world: ("POST", f"{LIST}held-out/", {"action": "hold", "tag": "none"}), staff(400)
    ),
    "export-targets": Route(lambda world: ("GET", f"{LIST}targets/", None), owners()),
    "export-targets POST wrong": Route(
        lambda world: ("POST", f"{LIST}targets/", {"kind": "x"}), owners(400)
    ),
    "export-target-give-up": Route(_give_up, owners(302)),
    "export-steer": Route(_steer, staff(302)),
    "export-send": Route(_send, staff(302)),
    "export-archive unfinished": Route(_archive, staff(404)),
    "api-export-cancel": Route(_api_cancel, in_api(staff())),
    "api-export-archive unfinished": Route(_api_archive, in_api(staff(404))),
    "api-export-estimate": Route(
        lambda world: ("POST", f"{API_LIST}/estimate", {"recipe": {"kind": "sft"}}),
        in_api(staff()),
    ),
    "api-export-preview": Route(
        lambda world: ("POST", f"{API_LIST}/preview", {"recipe": {"kind": "sft"}}),
        in_api(staff()),
    ),
    "api-export-diff unfinished": Route(_api_diff, in_api(staff(409))),
    "api-export-recipes": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/export-recipes", None), in_api(staff())
    ),
    "api-export-recipes POST": Route(
        lambda world: (
            "POST",
            "/api/v1/projects/harbour/export-recipes",
            {"name": "Daily", "recipe": {"kind": "sft"}},
        ),
        in_api(staff(201)),
    ),
    "api-export-recipe": Route(lambda world: _api_recipe(world, "GET"), in_api(staff())),
    "api-export-recipe DELETE": Route(
        lambda world: _api_recipe(world, "DELETE"), in_api(staff(204))
    ),
    "api-export-recipe-run": Route(
        lambda world: _api_recipe(world, "POST", "/exports"), in_api(staff(202))
    ),
    "api-export-recipe-schedule": Route(
        lambda world: _api_recipe(world, "PUT", "/schedule", {"every": "day"}), in_api(staff())
    ),
    "api-export-formats": Route(
        lambda world: ("GET", "/api/v1/export-formats", None), in_api(signed_in())
    ),
    "rounds": Route(lambda world: ("GET", ROUNDS, None), staff()),
    "rounds POST": Route(
        lambda world: ("POST", ROUNDS, {"action": "begin", "number": "2"}), owners(302)
    ),
    "rounds POST wrong": Route(
        lambda world: ("POST", ROUNDS, {"action": "x", "number": "2"}), staff(400)
    ),
    "api-rounds": Route(lambda world: ("GET", API_ROUNDS, None), in_api(staff())),
    "api-rounds POST": Route(
        lambda world: ("POST", API_ROUNDS, {"number": 2}), in_api(owners(201))
    ),
    "api-round": Route(lambda world: ("GET", f"{API_ROUNDS}/1", None), in_api(staff())),
    "api-round PATCH": Route(
        lambda world: ("PATCH", f"{API_ROUNDS}/1", {"name": "First"}), in_api(owners())
    ),
    "api-round DELETE": Route(
        lambda world: ("DELETE", f"{API_ROUNDS}/1", None), in_api(owners(409))
    ),
    "export-findings": Route(_findings, staff()),
    "finding-quarantine": Route(_quarantine, staff(302)),
    "quarantine-release": Route(_release, staff(302)),
    "export-sign-off": Route(_sign_off, staff(302)),
    "export-sign-off without a reason": Route(_sign_off_without_reason, staff(400)),
    "api-export-findings": Route(
        lambda world: _api_findings(world, "GET", "/findings"), in_api(staff())
    ),
    "api-export-findings unscanned": Route(_api_unscanned, in_api(staff(409))),
    "api-finding-records": Route(
        lambda world: _api_findings(world, "GET", "/findings/1/records"), in_api(staff())
    ),
    "api-finding-quarantine": Route(
        lambda world: _api_findings(
            world, "POST", "/findings/1/quarantine", {"reason": "Planted."}
        ),
        in_api(staff(201)),
    ),
    "api-quarantine-release": Route(_api_release, in_api(staff())),
    "api-export-sign-off": Route(
        lambda world: _api_findings(world, "GET", "/sign-off"), in_api(staff())
    ),
    "api-export-sign-off POST": Route(
        lambda world: _api_findings(world, "POST", "/sign-off", {"reason": "Read all of them."}),
        in_api(staff(201)),
    ),
    "api-export-sign-off POST without a reason": Route(
        lambda world: _api_findings(world, "POST", "/sign-off", {"reason": " "}),
        in_api(staff(400)),
    ),
}
