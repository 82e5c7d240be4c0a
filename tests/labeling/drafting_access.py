"""Who gets which answer at the routes of drafts, rewritings and their rules."""

import json

from labeling.drafting.drafts import draw_drafts
from labeling.drafting.repairing import request_repair
from labeling.drafting.rules import change_drafting_rules
from labeling.models import Repair
from tests.access import Data, Route, World, expect, in_api, owners
from tests.factories import make_model
from tests.labeling.rows import claim, end, make_demonstration_task

OWN = expect(owner=404, reviewer=404, labeler=200, stranger=404, anonymous=302)
RULES = {"n_drafts": 1, "offers_repair": "1", "most_draws": 5, "most_seconds": 60}


def _path(world: World, tail: str) -> str:
    make_model()
    change_drafting_rules(by=world.owner, project=world.project, n_drafts=2, offers_repair=True)
    make_demonstration_task(world.project)
    assignment = claim(world.labeler, world.project)
    draws = draw_drafts(by=world.labeler, assignment=assignment)
    for draft in draws:
        end(draft.generation, output="A draft.")
    repair = request_repair(
        by=world.labeler, assignment=assignment, text="A text.", complaint="Too long."
    )
    end(repair.generation, output="A shorter text.")
    return f"/assignments/{assignment.pk}/{tail}"


def _page(world: World, method: str, tail: str, data: Data = None) -> tuple[str, str, Data]:
    return method, _path(world, tail), json.dumps(data) if data is not None else None


def _api(world: World, method: str, tail: str, data: Data = None) -> tuple[str, str, Data]:
    return method, f"/api/v1{_path(world, tail)}", data


def _stream(world: World) -> tuple[str, str, Data]:
    return "GET", f"/stream{_path(world, 'drafts/')}", None


ASKED: Data = {"text": "A text.", "complaint": "Too short."}
ROUTES: dict[str, Route] = {
    "assignment-drafts": Route(lambda world: _page(world, "GET", "drafts/"), OWN),
    "assignment-drafts POST": Route(lambda world: _page(world, "POST", "drafts/", {}), OWN),
    "draft-stream": Route(_stream, OWN),
    "assignment-repairs": Route(lambda world: _page(world, "POST", "repairs/", ASKED), OWN),
    "assignment-repair": Route(
        lambda world: _page(
            world, "POST", "repairs/1/", {"outcome": Repair.Outcome.DISCARDED.value}
        ),
        OWN,
    ),
    "assignment-repair-changes": Route(
        lambda world: _page(world, "POST", "repairs/1/changes/", {"text": "A"}), OWN
    ),
    "drafting-rules": Route(
        lambda world: ("GET", "/projects/harbour/rules/drafting/", None), owners()
    ),
    "drafting-rules POST": Route(
        lambda world: ("POST", "/projects/harbour/rules/drafting/", RULES), owners(302)
    ),
    "api-drafts": Route(lambda world: _api(world, "GET", "drafts"), in_api(OWN)),
    "api-drafts POST": Route(lambda world: _api(world, "POST", "drafts", {}), in_api(OWN)),
    "api-repairs": Route(lambda world: _api(world, "GET", "repairs"), in_api(OWN)),
    "api-repairs POST": Route(lambda world: _api(world, "POST", "repairs", ASKED), in_api(OWN)),
    "api-repair": Route(
        lambda world: _api(world, "PATCH", "repairs/1", {"outcome": Repair.Outcome.ACCEPTED.value}),
        in_api(OWN),
    ),
}
