"""What conversations look like over the API, as described and as answered."""

from typing import Any

from rest_framework import serializers

from arena.battling import battles, consent, tokens
from arena.battling.influence import Influence
from arena.battling.paths import path
from arena.battling.reports import NOTE_LIMIT
from arena.models import AnswerReport, Battle, Turn, Verdict, VoteNote
from arena.visitors import Visitor
from projects.models import Project
from workers.models import LanguageModel


class BattleStartSerializer(serializers.Serializer[Any]):
    """`model_a` and `model_b` name the models where the mode is not `battle`. `agreed` is the
    digest of the arena's terms, needed once; `proof` solves a challenge where one is asked."""

    message = serializers.CharField(max_length=battles.LONGEST_MESSAGE)
    mode = serializers.ChoiceField(choices=Battle.Mode.choices, required=False)
    model_a = serializers.CharField(required=False)
    model_b = serializers.CharField(required=False)
    agreed = serializers.CharField(required=False)
    proof = serializers.CharField(required=False)


class BattleMessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(max_length=battles.LONGEST_MESSAGE)
    token = serializers.CharField()


class BattleAgainSerializer(serializers.Serializer[Any]):
    """Without `message` the same is asked again."""

    message = serializers.CharField(max_length=battles.LONGEST_MESSAGE, required=False)
    token = serializers.CharField()


class BattleVerdictSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    token = serializers.CharField()


class VoteNoteSerializer(serializers.Serializer[Any]):
    """`degree` agrees with the verdict: −3 to −1 for A, 1 to 3 for B, 0 for a tie."""

    degree = serializers.IntegerField(min_value=-3, max_value=3, allow_null=True, required=False)
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=VoteNote.Reason.choices), required=False
    )


class AnswerReportSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=["a", "b"])
    reason = serializers.ChoiceField(choices=AnswerReport.Reason.choices)
    note = serializers.CharField(max_length=NOTE_LIMIT, required=False)


class BattleTurnSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    message = serializers.CharField()
    state = serializers.ChoiceField(choices=Turn.State.choices)
    was_stopped = serializers.BooleanField()
    reply_a = serializers.CharField()
    reply_b = serializers.CharField()


class RevealedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    is_open = serializers.BooleanField()


class BattleSerializer(serializers.Serializer[Any]):
    """`turns` are the conversation as it stands. In the mode `battle`, `model_a` and `model_b` are
    null before the vote. `token` goes with the next message or the vote and holds some hours."""

    id = serializers.UUIDField()
    project = serializers.SlugField()
    mode = serializers.ChoiceField(choices=Battle.Mode.choices)
    token = serializers.CharField()
    turns = BattleTurnSerializer(many=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True)
    model_a = RevealedSerializer(allow_null=True)
    model_b = RevealedSerializer(allow_null=True)


class MoveSerializer(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=["a", "b"])
    before = serializers.FloatField()
    after = serializers.FloatField()


class VotedSerializer(BattleSerializer):
    """What the vote does to the two ratings; where it moves none, `why_not` says why."""

    moves = MoveSerializer(many=True)
    why_not = serializers.CharField()


class ConversationSerializer(serializers.ModelSerializer[Battle]):
    id = serializers.UUIDField(source="public_id")
    begun_with = serializers.CharField()
    verdict = serializers.CharField(source="vote.verdict", default=None, allow_null=True)

    class Meta:
        model = Battle
        fields = ("id", "mode", "begun_with", "verdict", "created_at")


class SharedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.URLField()


class ReportedSerializer(serializers.Serializer[Any]):
    side = serializers.CharField()
    reason = serializers.CharField()
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class NotedSerializer(serializers.Serializer[Any]):
    degree = serializers.IntegerField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class ArenaSerializer(serializers.Serializer[Any]):
    """What can be begun here. `terms_digest` is what `agreed` has to hold at the first start."""

    project = serializers.SlugField()
    name = serializers.CharField()
    modes = serializers.ListField(child=serializers.CharField())
    models = serializers.ListField(child=serializers.CharField())
    terms = serializers.CharField()
    terms_digest = serializers.CharField()
    has_agreed = serializers.BooleanField()


def arena_as_json(project: Project, visitor: Visitor) -> dict[str, Any]:
    terms = consent.terms_of(project)
    return {
        "project": project.slug,
        "name": project.name,
        "modes": [mode.value for mode in battles.modes_of(project)],
        "models": [m.name for m in battles.choosable(project=project, visitor=visitor)],
        "terms": terms.text,
        "terms_digest": terms.digest,
        "has_agreed": consent.has_agreed(project=project, visitor=visitor, terms=terms),
    }


def battle_as_json(found: Battle, visitor: Visitor) -> dict[str, Any]:
    is_voted = found.is_voted
    are_named = is_voted or not found.is_anonymous
    return {
        "id": found.public_id,
        "project": found.project.slug,
        "mode": found.mode,
        "token": tokens.token_for(found, visitor),
        "turns": [turn_as_json(turn) for turn in path(list(found.turns.order_by("number")))],
        "verdict": found.vote.verdict if is_voted else None,
        "model_a": _model(found.model_a) if are_named else None,
        "model_b": _model(found.model_b) if are_named and found.model_b else None,
    }


def influence_as_json(influence: Influence) -> dict[str, Any]:
    return {
        "moves": [
            {"side": move.side, "before": move.before, "after": move.after}
            for move in influence.moves
        ],
        "why_not": influence.why,
    }


def turn_as_json(turn: Turn) -> dict[str, Any]:
    return {
        "number": turn.number,
        "message": turn.message,
        "state": turn.state,
        "was_stopped": turn.stopped_at is not None,
        "reply_a": turn.reply_a,
        "reply_b": turn.reply_b,
    }


def _model(model: LanguageModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "organisation": model.organisation,
        "licence": model.licence,
        "is_open": model.is_open,
    }
