"""Rows that were there before."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.hygiene.duplicates import ExactDuplicates, Fingerprint, NearDuplicates, digest
from exports.hygiene.likeness import Alike, bands_for, jaccard, part_of
from exports.hygiene.pieces import character_pieces, words_of
from exports.hygiene.seen import Seen
from exports.records import Record
from tests.exports.hygiene.records import demonstration, preference

WORDS = [f"word{number}" for number in range(4_000)]


def exact(*records: Record) -> list[bool]:
    scan = ExactDuplicates()
    return [scan.is_repeated(Fingerprint(record)) for record in records]


def near(*records: Record, threshold: float = 0.7) -> list[bool]:
    scan = NearDuplicates(threshold)
    try:
        return [scan.is_repeated(Fingerprint(record)) for record in records]
    finally:
        scan.close()


def test_an_answer_given_twice_is_a_duplicate_whoever_wrote_it() -> None:
    one = demonstration("Why?", "Because of  the moon.\n")
    other = demonstration("Why?", "Because of the moon.", annotator="p-2", id="demonstration-2")
    assert exact(one, other, demonstration("Why?", "Because of the sun.")) == [False, True, False]


def test_other_peoples_judgements_of_the_same_answers_are_none() -> None:
    mine = preference("Why?", "Moon.", "Sun.")
    turned = preference("Why?", "Sun.", "Moon.", strength=2, id="comparison-2")
    yours = preference("Why?", "Moon.", "Sun.", annotator="p-2")
    against = preference("Why?", "Moon.", "Sun.", strength=2)
    nobodys = [preference("Why?", "Moon.", "Sun.", annotator="", id=f"vote-{n}") for n in (1, 2)]
    assert exact(mine, turned, yours, against, *nobodys) == [
        False,
        True,
        False,
        False,
        False,
        False,
    ]
    assert near(mine, turned, yours, against, *nobodys) == [False, True, False, False, False, False]


def test_signs_tell_short_sums_apart() -> None:
    assert near(demonstration("2+2?", "4"), demonstration("2-2?", "4")) == [False, False]


def test_a_new_answer_to_an_old_long_prompt_stays() -> None:
    prompt = " ".join(WORDS[:600])
    rows = [demonstration(prompt, answer) for answer in ("It is the moon.", "The sun is a star.")]
    assert near(*rows) == [False, False]


def changed(text: str, share: float, rng: random.Random) -> str:
    words = text.split()
    for place in rng.sample(range(len(words)), round(share * len(words))):
        words[place] = rng.choice(WORDS)
    return " ".join(words)


def test_the_later_of_two_rows_that_are_alike_goes() -> None:
    rng = random.Random(1)
    texts = [" ".join(rng.choices(WORDS, k=200)) for _ in range(60)]
    rows = [demonstration(f"Question {n}", text) for n, text in enumerate(texts)]
    copies = [demonstration(f"Question {n}", changed(t, 0.02, rng)) for n, t in enumerate(texts)]
    others = [demonstration(f"Question {n}", changed(t, 0.4, rng)) for n, t in enumerate(texts)]
    found = near(*rows, *copies, *others)
    assert found == [False] * 60 + [True] * 60 + [False] * 60


def test_what_is_said_to_be_alike_truly_is() -> None:
    rng = random.Random(2)
    texts = [" ".join(rng.choices(WORDS[:30], k=rng.randrange(3, 12))) for _ in range(120)]
    with Alike(0.5) as alike:
        kept: list[str] = []
        for text in texts:
            parts = [part_of(each) for each in words_of((text,)).sequences(3)]
            signature = alike.signature(parts)
            true = {
                n for n, other in enumerate(kept)
                if jaccard(parts[0], part_of(words_of((other,)).sequences(3)[0])) >= 0.5
            }  # fmt: skip
            found = set(alike.alike(parts, signature))
            assert found <= true
            assert not {n for n in true - found if kept[n] == text}
            alike.add(parts, signature)
            kept.append(text)


def test_bands_find_pairs_at_the_threshold() -> None:
    for percent in range(50, 100, 5):
        bands, rows = bands_for(percent / 100)
        assert 1 - (1 - (percent / 100) ** rows) ** bands >= 0.98


def test_signatures_are_those_of_every_version_before() -> None:
    with Alike(0.8) as alike:
        words = words_of(("The moon pulls the sea, and so does the sun.",))
        part = part_of(words.sequences(3)[0])
        assert part.tolist() == [
            305246766, 1886476692, 2618002364, 2670468785, 2936042194, 3360385630, 3366116848,
            3414773633, 3918420392, 4108643485,
        ]  # fmt: skip
        assert alike.signature([part]) == (
            [3552069899, 2838404290, 1742488693, 1497532605, 4159716086, 2617960114, 3502684330,
             2207014838, 2660213780, 2476387810],
            15404052814674710609,
        )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_words_do_not_depend_on_what_stands_beside_them(texts: list[str]) -> None:
    together = words_of(texts).sequences(3)
    apart = [words_of((text,)).sequences(3)[0] for text in texts]
    assert [each.tolist() for each in together] == [each.tolist() for each in apart]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=60))
def test_plain_text_is_read_as_any_text(text: str) -> None:
    beside = words_of((text, "ü"))
    assert words_of((text,)).hashes.tolist() == beside.hashes[: beside.ends[0]].tolist()


def test_texts_are_compared_without_case_width_and_unseen_signs() -> None:
    plain = words_of(("Full width text",)).hashes.tolist()
    assert words_of(("ＦＵＬＬ wid\u200bth\u00a0 text",)).hashes.tolist() == plain
    assert len(character_pieces("", 5)) == 0
    assert character_pieces("Ab  c", 5).tolist() == character_pieces("a\u200bb C", 5).tolist()


def test_empty_texts_are_alike() -> None:
    assert near(demonstration("", ""), demonstration(" ", "", annotator="p-2")) == [False, True]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=200), st.booleans(), st.integers(0, 5_000))
def test_numbers_seen_are_those_of_a_set(
    numbers: list[int], has_values: bool, expected: int
) -> None:
    seen, known = Seen(has_values=has_values, expected=expected), set[int]()
    for number in numbers:
        number = number or 1
        assert seen.add(number) == (number not in known)
        known.add(number)
    assert len(seen) == len(known)
    assert all(number in seen for number in known)


def test_numbers_seen_keep_their_first_values_as_they_grow() -> None:
    numbers = np.random.default_rng(1).integers(1, 2**63, 20_000).tolist()
    seen = Seen()
    for value, number in enumerate(numbers):
        seen.add(number, value)
        seen.add(number, 7)
    assert [seen.get(number) for number in numbers] == list(range(20_000))
    assert seen.get(5) is None
    bare = Seen(has_values=False)
    assert all(bare.add(number) for number in numbers)
    assert (bare.get(numbers[0]), bare.get(5)) == (0, None)


def test_the_digest_is_of_texts_and_not_of_their_sum() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest(["a b"]) == digest(["ab\n"])


def test_pieces_are_read_back_whatever_was_written_since() -> None:
    rng = np.random.default_rng(3)
    with Alike(0.8) as alike:
        kept = []
        for number in range(400):
            parts = [np.unique(rng.integers(0, 2**32, 1_200, np.uint32)) for _ in range(2)]
            assert alike.add(parts, alike.signature(parts)) == number
            kept.append(parts)
            for earlier in {0, number // 2, number}:
                assert alike.is_like(kept[earlier], earlier)
                assert not alike.is_like(kept[earlier][::-1], earlier)
