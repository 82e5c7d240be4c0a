"""Single answers that are wanted or not, as they follow from judgements of several."""

from collections.abc import Iterable, Iterator

from exports.reading.battles import answers, conversation, voted
from exports.reading.votes import STRENGTHS
from exports.reading.wanted import Wanted
from exports.records import Preference, Ranked, Unpaired, UnpairedVerdict


def of_pairs(records: Iterable[Preference]) -> Iterator[Unpaired]:
    """Both answers of each; of a tie they are neither wanted nor unwanted."""
    for record in records:
        for number, answer in enumerate((record.first, record.second)):
            is_desirable, verdict = _said(record.strength, number)
            yield Unpaired(
                id=f"{record.id}-{number + 1}",
                source=record.source,
                prompt=record.prompt,
                answer=answer,
                is_desirable=is_desirable,
                verdict=verdict,
                annotator=record.annotator,
                created_at=record.created_at,
                guideline_version=record.guideline_version,
                external_id=record.external_id,
                tags=record.tags,
                held_back=record.held_back,
                autonomy_level=record.autonomy_level,
            )


def of_rankings(records: Iterable[Ranked]) -> Iterator[Unpaired]:
    """The answers of the best tier are wanted, those of the worst are not, others are neither."""
    for record in records:
        places = [(at, answer) for at, tier in enumerate(record.tiers) for answer in tier]
        for number, (at, answer) in enumerate(places, start=1):
            verdict = _placed(record, at)
            yield Unpaired(
                id=f"{record.id}-{number}",
                source="ranking",
                prompt=record.prompt,
                answer=record.answers[answer],
                is_desirable=not verdict and at == 0,
                verdict=verdict,
                annotator=record.annotator,
                created_at=record.created_at,
                guideline_version=record.guideline_version,
                external_id=record.external_id,
                tags=record.tags,
                held_back=record.held_back,
                autonomy_level=record.autonomy_level,
            )


def of_votes(wanted: Wanted) -> Iterator[Unpaired]:
    """The last reply of either side, after the conversation as it went on that side."""
    for vote in voted(wanted):
        turn = vote.turns[-1] if vote.turns else None
        for number, answer in enumerate(answers(wanted.known, vote, turn)):
            is_desirable, verdict = _said(STRENGTHS[vote.verdict], number)
            yield Unpaired(
                id=f"vote-{vote.pk}-{number + 1}",
                source="vote",
                prompt=conversation(vote.turns, "ab"[number])[:-1],
                answer=answer,
                is_desirable=is_desirable,
                verdict=verdict,
                annotator=vote.voter,
                created_at=vote.created_at,
            )


def _said(strength: int | None, number: int) -> tuple[bool, UnpairedVerdict]:
    if strength is None:
        return False, "both_bad"
    if strength == 0:
        return False, "tie"
    return (strength < 0) == (number == 0), ""


def _placed(record: Ranked, at: int) -> UnpairedVerdict:
    if record.all_bad:
        return "both_bad"
    return "tie" if len(record.tiers) == 1 or 0 < at < len(record.tiers) - 1 else ""
