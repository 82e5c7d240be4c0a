"""Who gets which answer at the routes of autonomy."""

from tests.access import Route, in_api, owners

AT = "/projects/harbour/autonomy/"
TERMS = {"kind": "comparison", "bar_percent": "85"}

ROUTES: dict[str, Route] = {
    "autonomy": Route(lambda world: ("GET", AT, None), owners()),
    "autonomy POST": Route(lambda world: ("POST", AT, TERMS), owners(302)),
    "autonomy-noted": Route(lambda world: ("POST", f"{AT}noted/", {}), owners(302)),
    "autonomy-withdraw": Route(lambda world: ("POST", f"{AT}withdraw/", {}), owners(302)),
    "api-autonomy": Route(lambda world: ("GET", f"/api/v1{AT[:-1]}", None), in_api(owners())),
    "api-autonomy POST": Route(
        lambda world: ("POST", f"/api/v1{AT[:-1]}", TERMS), in_api(owners())
    ),
}
