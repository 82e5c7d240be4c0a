"""Who gets which answer at the routes of `workers`."""

from tests.access import Data, Route, World, everyone, expect, in_api, signed_in
from tests.factories import make_endpoint, make_model

OPERATORS = expect(owner=403, reviewer=403, labeler=403, stranger=403, anonymous=302)
"""For those who run the installation, of whom the matrix has none."""


def _intake(world: World) -> tuple[str, str, Data]:
    return "POST", f"/models/endpoints/{make_endpoint().pk}/intake/", {"to": "paused"}


ROUTES: dict[str, Route] = {
    "models": Route(lambda world: ("GET", "/models/", None), signed_in()),
    "metrics": Route(lambda world: ("GET", "/metrics", None), everyone(404)),
    "models POST": Route(lambda world: ("POST", "/models/", {}), signed_in(405)),
    "endpoint-intake": Route(_intake, OPERATORS),
    "model-test": Route(lambda world: ("GET", f"/models/{make_model().pk}/test/", None), OPERATORS),
    "model-test POST": Route(
        lambda world: ("POST", f"/models/{make_model().pk}/test/", {"text": "Why?"}), OPERATORS
    ),
    "model-test-stream": Route(
        lambda world: ("GET", "/models/answers/none/stream/", None), OPERATORS
    ),
    "api-models": Route(lambda world: ("GET", "/api/v1/models", None), in_api(signed_in())),
    "api-models POST": Route(
        lambda world: ("POST", "/api/v1/models", {"name": "x"}), in_api(signed_in(405))
    ),
}
