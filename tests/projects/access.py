"""Who gets which answer at the routes of `projects`, and at the API's description."""

from tests.access import Route, everyone

ROUTES: dict[str, Route] = {
    "api-schema": Route(lambda world: ("GET", "/api/v1/schema/", None), everyone()),
}
