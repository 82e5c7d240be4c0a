"""What a record says, whatever the format: conversations, pairs, judged answers, questions.

What cannot be said is dropped with its reason; ties and pairs that are both bad as the recipe's
mapping has it.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from exports.formats.conversations import check_answer, check_prompt, is_same
from exports.formats.meaning import Dropped, Judged, Pair, Question, Talk
from exports.formats.reasons import (
    ALL_BAD,
    BOTH_BAD,
    DIVERGED,
    EMPTY_RANKING,
    NO_ANSWER,
    NO_REVISION,
    NO_TEXT,
    NOT_TAKEN,
    SAME_TEXT,
    TIE,
)
from exports.recipe import Mappings
from exports.records import (
    Asked,
    Candidate,
    Critique,
    Demonstration,
    Message,
    Preference,
    Ranked,
    Unpaired,
)

STRONGEST = 3
NOT_TAKEN_OUTCOMES = ("discarded", "open")


def talks(record: Demonstration, mapping: Mappings) -> list[Talk]:
    check_held_back(record)
    check_prompt(record.prompt)
    if not record.turns:
        check_answer(record.answer.text)
        return [Talk([*record.prompt, _answer(record.answer.text)])]
    # Turns that go on after the prompt are a prompt of their own once the last answer is off.
    check_prompt([*record.prompt, *record.turns[:-1]])
    if record.turns[-1]["role"] != "assistant":
        raise Dropped(NO_ANSWER)
    check_answer(record.turns[-1]["content"])
    return [Talk([*record.prompt, *record.turns])]


def pairs(record: Preference | Ranked | Critique, mapping: Mappings) -> list[Pair]:
    """Of a comparison, of a whole ranking, or of an answer and what a critique made of it."""
    check_held_back(record)
    if isinstance(record, Preference):
        return _of_preference(record, mapping)
    if isinstance(record, Ranked):
        return _of_ranking(record, mapping)
    return _of_critique(record)


def _of_preference(record: Preference, mapping: Mappings) -> list[Pair]:
    check_pair(record)
    if record.strength is None:
        raise Dropped(BOTH_BAD)
    if record.strength == 0 and mapping.ties == "drop":
        raise Dropped(TIE)
    first, second = record.first.text, record.second.text
    _check_pair_texts(record.prompt, first, second)
    margin = abs(record.strength) if record.margin is None else record.margin
    pair = Pair(record.prompt, first, second, float(margin), record.group)
    if record.strength <= 0:
        if record.strength == 0:
            return [pair, _turned(pair)]
        return [pair]
    return [_turned(pair)]


def check_pair(record: Preference) -> None:
    """Whether its two answers are texts to one prompt."""
    if record.n_turns > 1:
        raise Dropped(DIVERGED)
    if not record.prompt or not (record.first.text or record.second.text):
        raise Dropped(NO_TEXT)
    check_prompt(record.prompt)


def _of_ranking(record: Ranked, mapping: Mappings) -> list[Pair]:
    """All pairs, the best answer's first; answers of one tier as the mapping of ties has it."""
    check_prompt(record.prompt)
    if record.all_bad:
        raise Dropped(ALL_BAD)
    placed = [answer for tier in record.tiers for answer in tier]
    if len(placed) < 2:
        raise Dropped(EMPTY_RANKING)
    texts = [candidate.text for candidate in record.answers]
    for answer in placed:
        check_answer(texts[answer])
    said: list[Pair] = []
    reason = TIE
    for better, worse, apart, unsaid in _compared(record, mapping):
        if unsaid:
            reason = SAME_TEXT if unsaid == SAME_TEXT else reason
            continue
        margin = float(min(STRONGEST, apart))
        pair = Pair(record.prompt, texts[better], texts[worse], margin, record.id)
        said += [pair] if margin else [pair, _turned(pair)]
    if not said:
        raise Dropped(reason)
    return said


def unsaid_pairs(record: Ranked, mapping: Mappings) -> Counter[str]:
    """Of a ranking that has rows, the pairs that have none, by reason."""
    return Counter(unsaid for *_, unsaid in _compared(record, mapping) if unsaid)


def answers_by_row(record: Ranked, mapping: Mappings) -> list[tuple[Candidate, Candidate]]:
    """Of a ranking that has rows, the two answers in each of them."""
    found = []
    for better, worse, apart, unsaid in _compared(record, mapping):
        if not unsaid:
            found += [(record.answers[better], record.answers[worse])] * (1 if apart else 2)
    return found


def _compared(record: Ranked, mapping: Mappings) -> Iterator[tuple[int, int, int, str]]:
    """Every pair of a ranking: the better answer, the worse one, how many tiers they are apart,
    and why it has no row, if it has none."""
    texts = [candidate.text for candidate in record.answers]
    placed = [(place, answer) for place, tier in enumerate(record.tiers) for answer in tier]
    for (high, better), (low, worse) in combinations(placed, 2):
        unsaid = ""
        if high == low and mapping.ties == "drop":
            unsaid = TIE
        elif is_same(texts[better], texts[worse]):
            unsaid = SAME_TEXT
        yield better, worse, low - high, unsaid


def _of_critique(record: Critique) -> list[Pair]:
    """The revision over the answer that it revises."""
    if record.revision is None:
        raise Dropped(NO_REVISION)
    if record.outcome in NOT_TAKEN_OUTCOMES:
        raise Dropped(NOT_TAKEN)
    check_prompt(record.prompt)
    _check_pair_texts(record.prompt, record.revision.text, record.answer.text)
    return [Pair(record.prompt, record.revision.text, record.answer.text, 1.0)]


def judged(record: Unpaired, mapping: Mappings) -> list[Judged]:
    check_held_back(record)
    if record.verdict == "tie":
        raise Dropped(TIE)
    if record.verdict == "both_bad" and mapping.both_bad == "drop":
        raise Dropped(BOTH_BAD)
    check_prompt(record.prompt)
    check_answer(record.answer.text)
    return [Judged(record.prompt, record.answer.text, record.is_desirable)]


def questions(record: Asked, mapping: Mappings) -> list[Question]:
    check_held_back(record)
    check_prompt(record.prompt)
    return [Question(record.prompt, record.id)]


def check_held_back(record: Any) -> None:
    if record.held_back:
        raise Dropped(record.held_back)


def _check_pair_texts(prompt: list[Message], first: str, second: str) -> None:
    check_answer(first)
    check_answer(second)
    if is_same(first, second):
        raise Dropped(SAME_TEXT)


def _turned(pair: Pair) -> Pair:
    return Pair(pair.prompt, pair.rejected, pair.chosen, pair.margin, pair.group)


def _answer(text: str) -> Message:
    return {"role": "assistant", "content": text}
