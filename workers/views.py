"""The models page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workers.overview import overview


@login_required
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return render(request, "workers/models.html", {"overview": overview()})
