"""Who gets which answer at the routes of `instructions`."""

from instructions.publish import save_draft
from tests.access import Route, World, everyone, in_api, members, owners

GUIDELINE = "/projects/harbour/guideline"
TEXT = "## 1 Be kind {helpful}\n\nAlways.\n"


def drafted(world: World) -> dict[str, str]:
    save_draft(by=world.owner, project=world.project, text=TEXT)
    return {"change_note": "Kinder."}


ROUTES: dict[str, Route] = {
    "guideline": Route(lambda world: ("GET", f"{GUIDELINE}/", None), members()),
    "guideline-version": Route(lambda world: ("GET", f"{GUIDELINE}/versions/1/", None), members()),
    "guideline-edit": Route(lambda world: ("GET", f"{GUIDELINE}/edit/", None), owners()),
    "guideline-edit POST": Route(
        lambda world: ("POST", f"{GUIDELINE}/edit/", {"text": TEXT}), owners(302)
    ),
    "guideline-draft": Route(
        lambda world: ("POST", f"{GUIDELINE}/draft/", {"text": TEXT}), owners()
    ),
    "guideline-preview": Route(
        lambda world: ("POST", f"{GUIDELINE}/preview/", {"text": TEXT}), owners()
    ),
    "guideline-publish": Route(
        lambda world: ("POST", f"{GUIDELINE}/publish/", drafted(world)), owners(302)
    ),
    "leaving": Route(
        lambda world: ("GET", "/leaving/?to=https%3A%2F%2Fexample.org%2F", None), everyone()
    ),
    "api-guideline": Route(
        lambda world: ("GET", "/api/v1/projects/harbour/guideline", None), in_api(members())
    ),
}
