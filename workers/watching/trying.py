"""A test answer: whoever runs the installation sees whether a model answers, and how fast."""

from typing import Any

from django.core import signing
from django.db import transaction

from projects import audit
from projects.errors import Conflict, NotFound
from projects.models import Membership, Project, Role, User
from projects.text import clean_text
from workers.drawing import Draw, request_draws
from workers.endpoints.intake import require_staff
from workers.models import Generation, LanguageModel

SALT = "touchstone.test-answer"
SECONDS_TO_LOOK = 3600
TEXT_LIMIT = 4_000
TOKENS = 200
USUAL = "Say in two sentences what a touchstone is."
STANDING = (Role.OWNER, Role.REVIEWER)


def draw_test(*, by: User, model: LanguageModel, text: str) -> str:
    """Ask for an answer as a battle would, by the same workers; returns what stands for it.

    A draw belongs to a project: the first that this person has a say in. Staff only.
    """
    require_staff(by)
    asked = clean_text(text, field="text", limit=TEXT_LIMIT)
    project = _project_of(by)
    with transaction.atomic():
        (generation,) = request_draws(
            project=project,
            draws=[Draw(model, [{"role": "user", "content": asked}], {"max_tokens": TOKENS})],
            queue=Generation.Queue.INTERACTIVE,
        )
        audit.record(verb="model.tried", by=by, subject=model, generation=generation.pk)
    return signing.dumps([generation.pk, by.pk], salt=SALT)


def tried(*, by: User, token: str) -> Generation:
    """The generation a test answer is written into, for whoever asked for it."""
    require_staff(by)
    try:
        told: Any = signing.loads(token, salt=SALT, max_age=SECONDS_TO_LOOK)
    except signing.BadSignature:
        raise NotFound("There is no such test answer, or it is too long ago.") from None
    pk, asker = told
    found = Generation.objects.select_related("model", "endpoint").filter(pk=pk).first()
    if found is None or asker != by.pk:
        raise NotFound("There is no such test answer.")
    return found


def _project_of(user: User) -> Project:
    own = Membership.objects.select_related("project").filter(user=user, role__in=STANDING)
    found = own.order_by("pk").first()
    if found is None:
        raise Conflict("A draw belongs to a project. Make one first, or become owner of one.")
    return found.project
