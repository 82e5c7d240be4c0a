"""What the editor of an answer asks for while it is written."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from instructions.render import render_markdown
from instructions.word_diff import word_changes
from labeling.assigning import queue
from labeling.judging import submissions
from labeling.judging.drafts import MOST_TURNS
from labeling.models import Demonstration, Response
from projects.access import person
from projects.errors import InvalidInput
from projects.text import clean_text


@login_required
@require_POST
def preview(request: HttpRequest, pk: int) -> JsonResponse:
    """The answer as others will see it."""
    queue.assignment_for(person(request), pk)
    try:
        return JsonResponse({"html": render_markdown(_text(request))})
    except InvalidInput as error:
        return JsonResponse({"detail": str(error)}, status=error.status)


@login_required
@require_POST
def changes(request: HttpRequest, pk: int) -> JsonResponse:
    """What differs from the answer that was submitted before, word by word."""
    found = queue.assignment_for(person(request), pk)
    row = submissions.latest(found)
    before = _conversation(row.response) if isinstance(row, Demonstration) else ""
    try:
        pieces = word_changes(before, _text(request, most=1 + MOST_TURNS))
    except InvalidInput as error:
        return JsonResponse({"detail": str(error)}, status=error.status)
    return JsonResponse({"pieces": [[piece.kind, piece.text] for piece in pieces]})


def _conversation(response: Response) -> str:
    """All that was written, as the editor joins it."""
    turns = response.turns or [{"content": response.text}]
    return "\n\n".join(turn["content"] for turn in turns)


def _text(request: HttpRequest, *, most: int = 1) -> str:
    """What was posted, of up to `most` messages' length."""
    if "text" not in request.POST:
        raise InvalidInput.field("text", "is missing")
    limit = most * submissions.LONGEST_ANSWER
    return clean_text(request.POST["text"], field="text", limit=limit, required=False)
