"""Why a judgement is not in an export, in the order in which reasons count."""

from collections.abc import Iterable
from enum import IntEnum

from exports.reading import withheld


class Reason(IntEnum):
    """Of several that hold for a judgement, the first is told."""

    CORRECTED = 0
    GOLD = 1
    RETURNED = 2
    SETTLED = 3
    QUARANTINED = 4
    VERSION = 5
    CHANGED = 6
    DATES = 7
    ROUND = 8
    LABELER = 9
    TAG = 10
    LANGUAGE = 11
    MODEL = 12
    LEVEL = 13
    WEIGHT = 14
    NOT_ACCEPTED = 15
    REVIEWED = 16
    AGREEMENT = 17
    UNDECIDED = 18
    SPOKEN_FOR = 19


HELD_BACK = (
    Reason.CORRECTED,
    Reason.GOLD,
    Reason.RETURNED,
    Reason.SETTLED,
    Reason.QUARANTINED,
)
"""What is not to be trained on, whatever is chosen."""

WORDS: dict[Reason, str] = {
    Reason.CORRECTED: withheld.CORRECTED,
    Reason.GOLD: withheld.GOLD,
    Reason.RETURNED: withheld.RETURNED,
    Reason.SETTLED: withheld.SETTLED,
    Reason.QUARANTINED: "in quarantine",
    Reason.VERSION: "made under another version of the guideline",
    Reason.CHANGED: "the guideline has changed in what it rests on",
    Reason.DATES: "outside the dates chosen",
    Reason.ROUND: "of none of the rounds chosen",
    Reason.LABELER: "by a labeler who is not chosen",
    Reason.TAG: "its prompt has none of the tags chosen",
    Reason.LANGUAGE: "its prompt is in another language",
    Reason.MODEL: "none of its answers is of a model chosen",
    Reason.LEVEL: "made at another level of autonomy",
    Reason.WEIGHT: "its vote weighs too little",
    Reason.NOT_ACCEPTED: "no reviewer has accepted it",
    Reason.REVIEWED: "a reviewer has looked at it",
    Reason.AGREEMENT: "its labelers agree too little",
    Reason.UNDECIDED: "its labelers come to no consensus",
    Reason.SPOKEN_FOR: "another judgement speaks for its task",
}


def in_order(reasons: Iterable[str]) -> list[str]:
    """These words in the order in which reasons count; others after them, by the alphabet."""
    places = {words: reason for reason, words in WORDS.items()}
    return sorted(reasons, key=lambda words: (places.get(words, len(WORDS)), words))
