"""Where a test answer is asked for and read while it is written."""

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from projects.access import person
from projects.errors import Conflict, InvalidInput, NotFound, Unavailable
from projects.models import User
from projects.sending import EventStream
from workers.endpoints.intake import require_staff
from workers.models import Generation, LanguageModel
from workers.watching import trying
from workers.watching.following import followed, give_back_connection

LONGEST_SECONDS = 300.0
BIGGEST_KEY = 2**63 - 1


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def model_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a model something; what was asked last stands below, as far as it is written."""
    user = person(request)
    require_staff(user)
    model = _model(pk)
    if request.method == "POST":
        return _ask(request, user, model)
    token = request.GET.get("answer", "")
    return _page(request, model, token=token, shown=_own(user, model, token) if token else None)


@login_required
@require_GET
async def model_test_stream(request: HttpRequest, token: str) -> EventStream:
    pk = await sync_to_async(_admit)(request, token)
    return EventStream(events(pk))


def events(generation_id: int) -> AsyncIterator[str]:
    return followed([generation_id], most_seconds=LONGEST_SECONDS)


def _ask(request: HttpRequest, user: User, model: LanguageModel) -> HttpResponse:
    asked = request.POST.get("text", "")
    try:
        token = trying.draw_test(by=user, model=model, text=asked)
    except (InvalidInput, Conflict, Unavailable) as error:
        return _page(request, model, text=asked, refused=error, status=error.status)
    return redirect(f"{reverse('model-test', args=[model.pk])}?answer={token}")


def _page(
    request: HttpRequest,
    model: LanguageModel,
    *,
    token: str = "",
    shown: Generation | None = None,
    text: str = trying.USUAL,
    refused: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "model": model,
        "token": token,
        "answer": shown,
        "facts": _facts(shown) if shown and shown.is_finished else [],
        "text": shown.messages[-1]["content"] if shown else text,
        "limit": trying.TEXT_LIMIT,
        "refused": refused,
    }
    return render(request, "workers/model_test.html", context, status=status)


def _facts(answer: Generation) -> list[tuple[str, str]]:
    """What a finished draw says of its endpoint."""
    facts = []
    if answer.started_at and answer.first_token_at and answer.finished_at:
        first = (answer.first_token_at - answer.started_at).total_seconds()
        whole = (answer.finished_at - answer.started_at).total_seconds()
        facts = [("First token", f"{first:.2f} s"), ("Whole answer", f"{whole:.2f} s")]
        tokens = answer.usage.get("completion_tokens")
        if isinstance(tokens, int) and whole > 0:
            facts.append(("Tokens", f"{tokens:,}, {tokens / whole:.1f} a second"))
    if answer.endpoint is not None:
        facts.append(("Endpoint", answer.endpoint.name))
    facts.append(("Ended by", answer.finish_reason or "–"))
    return facts


def _own(user: User, model: LanguageModel, token: str) -> Generation:
    found = trying.tried(by=user, token=token)
    if found.model_id != model.pk:
        raise NotFound("There is no such test answer.")
    return found


def _model(pk: int) -> LanguageModel:
    found = None
    if pk <= BIGGEST_KEY:
        found = LanguageModel.objects.drawable().select_related("endpoint").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such model to draw from.")
    return found


def _admit(request: HttpRequest, token: str) -> int:
    try:
        return trying.tried(by=person(request), token=token).pk
    finally:
        give_back_connection()
