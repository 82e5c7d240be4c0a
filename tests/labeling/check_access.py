"""Who gets which answer at the routes of self-checks."""

from labeling.models import CheckClaim
from tests.access import Data, Route, World, expect, in_api, owners, staff
from tests.labeling.checked import make_check, turn_on
from tests.labeling.rows import claim, make_demonstration_task

OWN = expect(owner=404, reviewer=404, labeler=200, stranger=404, anonymous=302)


def _checks(world: World) -> str:
    turn_on(world.project, off_percent=0)
    make_demonstration_task(world.project)
    return f"/assignments/{claim(world.labeler, world.project).pk}/checks"


def _claim(world: World) -> str:
    path = _checks(world)
    check = make_check(claim(world.labeler, world.project), text="The sky is green.")
    row = CheckClaim.objects.get(checked=check)
    return f"{path}/claims/{row.pk}"


def _settings(world: World) -> Data:
    rules = turn_on(world.project, off_percent=0)
    return {"model": str(rules.model_id), "off_percent": "30"}


ROUTES: dict[str, Route] = {
    "self-check": Route(lambda world: ("GET", "/projects/harbour/self-check/", None), staff()),
    "self-check POST": Route(
        lambda world: ("POST", "/projects/harbour/self-check/", _settings(world)), owners(302)
    ),
    "assignment-checks": Route(lambda world: ("GET", f"{_checks(world)}/", None), OWN),
    "assignment-checks POST": Route(
        lambda world: ("POST", f"{_checks(world)}/", '{"text": "The sky is green."}'), OWN
    ),
    "assignment-claim": Route(
        lambda world: ("POST", f"{_claim(world)}/", '{"claim_state": "acted"}'), OWN
    ),
    "api-checks": Route(lambda world: ("GET", f"/api/v1{_checks(world)}", None), in_api(OWN)),
    "api-checks POST": Route(
        lambda world: ("POST", f"/api/v1{_checks(world)}", {"text": "The sky is green."}),
        in_api(OWN | {"labeler": 201}),
    ),
    "api-claim": Route(
        lambda world: ("POST", f"/api/v1{_claim(world)}", {"state": "dismissed"}), in_api(OWN)
    ),
    "api-self-check": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/self-check", None), in_api(staff())
    ),
    "api-self-check PATCH": Route(
        lambda world: ("PATCH", "/api/v1/projects/harbour/self-check", {"off_percent": 30}),
        in_api(owners()),
    ),
}
