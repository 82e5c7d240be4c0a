"""The models page, and what those who run the installation do on it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.access import person
from projects.errors import NotFound
from workers.endpoints import intake
from workers.models import Endpoint
from workers.watching.overview import overview

BIGGEST_KEY = 2**63 - 1


@login_required
@never_cache
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return render(request, "workers/models.html", {"overview": overview()})


@login_required
@require_POST
def endpoint_intake(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an endpoint take draws, let it run dry, or pause it."""
    user = person(request)
    intake.require_staff(user)
    endpoint = Endpoint.objects.filter(pk=pk, is_active=True).first() if pk <= BIGGEST_KEY else None
    if endpoint is None:
        raise NotFound("There is no such endpoint.")
    changed = intake.change(by=user, endpoint=endpoint, to=request.POST.get("to", ""))
    messages.success(request, f"{changed.name}: {SAID[changed.intake]}")
    return redirect("models")


SAID = {
    "open": "open again.",
    "draining": "draining. What is being written ends; nothing new begins.",
    "paused": "paused. Batch draws in progress are put back.",
}
