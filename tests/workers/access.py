"""Who gets which answer at the routes of `workers`."""

from tests.access import Route, in_api, signed_in

ROUTES: dict[str, Route] = {
    "models": Route(lambda world: ("GET", "/models/", None), signed_in()),
    "models POST": Route(lambda world: ("POST", "/models/", {}), signed_in(405)),
    "api-models": Route(lambda world: ("GET", "/api/v1/models", None), in_api(signed_in())),
    "api-models POST": Route(
        lambda world: ("POST", "/api/v1/models", {"name": "x"}), in_api(signed_in(405))
    ),
}
