"""The arena's rows."""

from arena.models.battles import AnswerReport, Battle, BattleQuerySet, Consent, Share, Turn
from arena.models.boards import Board, CountsImport, OnlineElo, RatingRun, Standing, Tally
from arena.models.rules import ArenaRules, Contender, ContenderChange, PromptTag
from arena.models.votes import CountedVote, IntegrityCheck, Verdict, Vote, VoteFlag, VoteNote

__all__ = [
    "AnswerReport",
    "ArenaRules",
    "Battle",
    "BattleQuerySet",
    "Board",
    "Consent",
    "Contender",
    "ContenderChange",
    "CountedVote",
    "CountsImport",
    "IntegrityCheck",
    "OnlineElo",
    "PromptTag",
    "RatingRun",
    "Share",
    "Standing",
    "Tally",
    "Turn",
    "Verdict",
    "Vote",
    "VoteFlag",
    "VoteNote",
]
