"""The calculation that a client may be asked for before a battle."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from arena.access import arena_project
from arena.battling import challenge
from projects.access import person

CHALLENGE = inline_serializer(
    "Challenge",
    {
        "algorithm": serializers.CharField(),
        "challenge": serializers.CharField(),
        "maxNumber": serializers.IntegerField(),
        "salt": serializers.CharField(),
        "signature": serializers.CharField(),
    },
)


@extend_schema(operation_id="arena_challenge_retrieve", responses=CHALLENGE)
@api_view(["GET"])
def fresh(request: Request, slug: str) -> Response:
    """A challenge, good for one battle: find the number from 0 to `maxNumber` for which the SHA-256
    of `salt` followed by it is `challenge`. Send base64 of the JSON object with `algorithm`,
    `challenge`, `number`, `salt` and `signature` as `proof` where a battle asks for it."""
    return Response(challenge.fresh(project=arena_project(slug=slug, user=person(request))))
