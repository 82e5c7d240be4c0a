"""Votes of a made-up crowd as rows of the database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from arena.boards import counting
from arena.boards.describing import Description
from arena.models import Battle, Verdict, Vote
from arena.visitors import visitor_digest
from projects.models import Project
from tests.arena.integrity.crowds import Row
from tests.factories import make_endpoint, make_model
from workers.models import LanguageModel

VERDICTS = {1.0: Verdict.A, 0.5: Verdict.TIE, 0.0: Verdict.B}


def make_models(n: int) -> list[LanguageModel]:
    endpoint = make_endpoint()
    return [make_model(f"stone-{at}", endpoint=endpoint) for at in range(n)]


def digest(voter: int) -> str:
    return visitor_digest(f"voter-{voter}")


def make_votes(
    project: Project,
    models: Sequence[LanguageModel],
    rows: Sequence[Row],
    *,
    network: str = "",
    begun_at: datetime | None = None,
    source: str = Battle.Source.ARENA,
) -> list[Vote]:
    """One vote a row, a second apart, all counted."""
    begun_at = begun_at or timezone.now() - timedelta(seconds=len(rows))
    times = [begun_at + timedelta(seconds=at) for at in range(len(rows))]
    with transaction.atomic():
        battles = Battle.objects.bulk_create(
            [
                Battle(
                    project=project,
                    model_a=models[a],
                    model_b=models[b],
                    visitor=digest(voter),
                    network=network,
                    source=source,
                    created_at=at,
                )
                for (voter, a, b, _), at in zip(rows, times, strict=True)
            ],
            batch_size=2_000,
        )
        votes = Vote.objects.bulk_create(
            [
                Vote(
                    battle=battle,
                    project=project,
                    verdict=VERDICTS[row[3]],
                    voter=digest(row[0]),
                    network=network,
                    created_at=battle.created_at,
                )
                for battle, row in zip(battles, rows, strict=True)
            ],
            batch_size=2_000,
        )
        counting.count(
            project=project,
            rows=[
                counting.counted(vote=vote, battle=vote.battle, described=Description())
                for vote in votes
            ],
        )
    return votes
