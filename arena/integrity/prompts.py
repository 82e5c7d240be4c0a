"""What a vote weighs whose prompt was voted on before.

A board should say who answers well, not who answers one riddle well. The first votes on a prompt
weigh fully; beyond `FREE` the n-th weighs `FREE` / n, so that a prompt asked a million times adds
up to a few dozen votes. A voter's own k-th vote on the same prompt weighs another 1 / k.
"""

from collections.abc import Sequence

from django.db import connection

from arena.boards.spelling import prompt_key
from arena.models import Battle, Vote

FREE = 20
MOST_COUNTED = 400
"""Votes on one prompt are counted no further: the least weight is `FREE` / `MOST_COUNTED`."""
MOST_OF_ONE = 20

_EARLIER = """
    SELECT counted.vote_id,
        (SELECT count(*) FROM (
            SELECT 1 FROM arena_countedvote earlier
            WHERE earlier.project_id = counted.project_id
                AND earlier.prompt_key = counted.prompt_key AND earlier.prompt_key <> ''
                AND earlier.vote_id < counted.vote_id LIMIT %s) AS same),
        (SELECT count(*) FROM (
            SELECT 1 FROM arena_vote own JOIN arena_countedvote earlier ON earlier.vote_id = own.id
            WHERE own.project_id = counted.project_id AND own.voter = vote.voter
                AND own.voter <> '' AND own.id < counted.vote_id
                AND earlier.prompt_key = counted.prompt_key AND earlier.prompt_key <> ''
            LIMIT %s) AS mine)
    FROM arena_countedvote counted JOIN arena_vote vote ON vote.id = counted.vote_id
    JOIN arena_battle battle ON battle.id = vote.battle_id
    WHERE counted.vote_id = ANY(%s) AND battle.source = %s
"""
_SO_FAR = """
    SELECT
        (SELECT count(*) FROM (
            SELECT 1 FROM arena_countedvote earlier
            WHERE earlier.project_id = %(project)s AND earlier.prompt_key = %(key)s
                AND earlier.prompt_key <> '' LIMIT %(most)s) AS same),
        (SELECT count(*) FROM (
            SELECT 1 FROM arena_vote own JOIN arena_countedvote earlier ON earlier.vote_id = own.id
            WHERE own.project_id = %(project)s AND own.voter = %(voter)s AND own.voter <> ''
                AND earlier.prompt_key = %(key)s AND earlier.prompt_key <> ''
            LIMIT %(most_of_one)s) AS mine)
"""


def weight_of(*, vote: Vote, prompt: str) -> float:
    """What a vote on this prompt weighs that is not counted yet."""
    key = prompt_key(prompt)
    if not key:
        return 1.0
    asked: dict[str, int | str] = {
        "project": vote.project_id, "voter": vote.voter, "key": key,
        "most": MOST_COUNTED, "most_of_one": MOST_OF_ONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SO_FAR, asked)
        return _weight(*cursor.fetchone())


def weights_of(votes: Sequence[int]) -> dict[int, float]:
    """What counted votes weigh by their prompts alone; those that were imported always fully."""
    weights = dict.fromkeys(votes, 1.0)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [MOST_COUNTED, MOST_OF_ONE, list(votes), Battle.Source.ARENA])
        for pk, n_same, n_mine in cursor.fetchall():
            weights[pk] = _weight(n_same, n_mine)
    return weights


def _weight(n_same: int, n_mine: int) -> float:
    """The weight after so many earlier votes on the prompt, so many of them the voter's own."""
    return min(1.0, FREE / (min(n_same, MOST_COUNTED - 1) + 1)) / (n_mine + 1)
