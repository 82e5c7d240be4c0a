"""Who gets which answer at the routes of `projects`, and at the API's description."""

from projects import tokens
from projects.models import Membership
from tests.access import Route, World, everyone, expect, in_api, owners, signed_in, staff
from tests.factories import make_user


def member_id(world: World) -> int:
    return Membership.objects.get(user=world.labeler).pk


def own_token(world: World) -> int:
    """A labeler's; to everybody else it is somebody else's."""
    return tokens.create(by=world.labeler, name="mine")[0].pk


def newcomer(world: World) -> dict[str, str]:
    return {"username": make_user("newcomer").username, "role": "labeler"}


HARBOUR = "/projects/harbour"
SETTINGS = {
    "name": "Harbour",
    "description": "",
    "overlap": "2",
    "candidates_per_prompt": "2",
    "lease_minutes": "60",
    "arena_access": "closed",
}

ROUTES: dict[str, Route] = {
    # Without a worker the product is not ready, whoever asks.
    "readyz": Route(lambda world: ("GET", "/readyz", None), everyone(503)),
    "api-unknown": Route(lambda world: ("GET", "/api/v1/nothing/here", None), everyone(404)),
    "healthz": Route(lambda world: ("GET", "/healthz", None), everyone()),
    "login": Route(lambda world: ("GET", "/login/", None), signed_in(302) | {"anonymous": 200}),
    "logout": Route(lambda world: ("POST", "/logout/", None), everyone(302)),
    "logout GET": Route(lambda world: ("GET", "/logout/", None), everyone(405)),
    "password-change": Route(lambda world: ("GET", "/password/", None), signed_in()),
    "tokens": Route(lambda world: ("GET", "/tokens/", None), signed_in()),
    "tokens POST": Route(lambda world: ("POST", "/tokens/", {"name": "x"}), signed_in()),
    "token-revoke": Route(
        lambda world: ("POST", f"/tokens/{own_token(world)}/revoke/", None),
        expect(owner=404, reviewer=404, labeler=302, stranger=404, anonymous=302),
    ),
    "project-new": Route(lambda world: ("GET", "/projects/new/", None), signed_in(403)),
    "members": Route(lambda world: ("GET", f"{HARBOUR}/members/", None), staff()),
    "members POST": Route(
        lambda world: ("POST", f"{HARBOUR}/members/", newcomer(world)), owners(302)
    ),
    "member-invite": Route(
        lambda world: (
            "POST",
            f"{HARBOUR}/members/invite/",
            {"username": "invited", "role": "labeler"},
        ),
        owners(),
    ),
    "member-role": Route(
        lambda world: (
            "POST",
            f"{HARBOUR}/members/{member_id(world)}/role/",
            {"role": "reviewer"},
        ),
        owners(302),
    ),
    "member-remove": Route(
        lambda world: ("POST", f"{HARBOUR}/members/{member_id(world)}/remove/", None),
        owners(302),
    ),
    "project-settings": Route(lambda world: ("GET", f"{HARBOUR}/settings/", None), owners()),
    "project-settings POST": Route(
        lambda world: ("POST", f"{HARBOUR}/settings/", SETTINGS), owners(302)
    ),
    "api-schema": Route(lambda world: ("GET", "/api/v1/schema/", None), everyone()),
    "api-me": Route(lambda world: ("GET", "/api/v1/me", None), in_api(signed_in())),
    "api-projects": Route(lambda world: ("GET", "/api/v1/projects", None), in_api(signed_in())),
}
