"""Whether an endpoint takes draws: open, draining, paused. The workers read its row."""

from django.db import transaction

from projects import audit
from projects.checks import one_of
from projects.errors import NotFound, NotPermitted
from projects.models import User
from workers.models import Endpoint


def change(*, by: User, endpoint: Endpoint, to: str) -> Endpoint:
    """Open it, drain it (what runs ends, nothing begins) or pause it (batch draws are put back).

    For those who run the installation. Repeatable.
    """
    require_staff(by)
    intake = one_of(to, [str(value) for value in Endpoint.Intake.values], field="to")
    with transaction.atomic():
        held = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
        if held is None:
            raise NotFound("There is no such endpoint.")
        before, held.intake = held.intake, intake
        if before != intake:
            held.save(update_fields=["intake"])
            audit.record(verb="endpoint.intake", by=by, subject=held, intake=intake, before=before)
    return held


def require_staff(user: User) -> None:
    if not user.is_staff:
        raise NotPermitted("Only those who run this installation may do this.")
