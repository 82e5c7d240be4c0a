"""Publishing guidelines in tests."""

from instructions.models import GuidelineVersion
from instructions.publish import publish, save_draft
from projects.models import Project, User


def put(by: User, project: Project, text: str, note: str = "") -> GuidelineVersion:
    """Write `text` and publish it."""
    save_draft(by=by, project=project, text=text)
    return publish(by=by, project=project, change_note=note)
