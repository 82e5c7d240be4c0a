"""Which split prompts are in, whatever arrives later."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from exports.hygiene.likeness import jaccard, part_of
from exports.hygiene.pieces import character_pieces
from exports.recipe import Splits
from exports.records import Message
from exports.splitting.keys import key_of, split_of, views_of
from exports.splitting.mapping import BETWEEN, CHARACTERS, HELD_OUT, LIKENESS, SplitMap
from tests.exports.hygiene.records import user

SPLITS = Splits(validation=300, test=300)
WORDS = ("write", "a", "haiku", "about", "paperclips", "please", "explain", "the", "moon", "to me")
openings = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
conversations = st.lists(openings, min_size=1, max_size=3).map(
    lambda turns: [
        Message(role="assistant" if place % 2 else "user", content=text)
        for place, text in enumerate(turns)
    ]
)


def mapped(
    prompts: list[list[Message]], splits: Splits = SPLITS, held: frozenset[int] = frozenset()
) -> list[tuple[str, str]]:
    with SplitMap(splits) as splitting:
        for place in sorted(held & set(range(len(prompts)))):
            splitting.hold(prompts[place])
        for prompt in prompts:
            splitting.add(prompt)
        return [splitting.of(prompt) for prompt in prompts]


def likeness(one: str, other: str) -> float:
    return jaccard(*(part_of(character_pieces(text, CHARACTERS)) for text in (one, other)))


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations, min_size=1, max_size=14), st.integers(0, 14))
def test_no_prompt_moves_when_more_arrive(prompts: list[list[Message]], n_first: int) -> None:
    first = prompts[:n_first]
    assert mapped(prompts)[: len(first)] == mapped(first)


@settings(max_examples=60, deadline=None)
@given(st.lists(openings, min_size=2, max_size=14))
def test_no_two_prompts_that_are_alike_are_in_two_splits(prompts: list[str]) -> None:
    given_ = mapped([user(text) for text in prompts])
    in_use = [
        (text, split)
        for text, (split, left_out) in zip(prompts, given_, strict=True)
        if not left_out
    ]
    for place, (one, split) in enumerate(in_use):
        for other, other_split in in_use[place + 1 :]:
            # At the very threshold two in a hundred pairs are not found; these are clearly alike.
            if likeness(one, other) >= LIKENESS + 0.15:
                assert split == other_split, (one, other)


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations, min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_holding_out_moves_nothing_else(prompts: list[list[Message]], held: set[int]) -> None:
    before = mapped(prompts)
    after = mapped(prompts, held=frozenset(held))
    for place, (was, now) in enumerate(zip(before, after, strict=True)):
        if now[1] != HELD_OUT:
            assert now == was
        if place in held:
            assert now[1] in (HELD_OUT, BETWEEN)


@settings(max_examples=40, deadline=None)
@given(st.lists(openings, min_size=2, max_size=12), st.data())
def test_what_is_like_a_held_out_prompt_is_in_no_export(
    prompts: list[str], data: st.DataObject
) -> None:
    held = data.draw(st.integers(0, len(prompts) - 1))
    for splits in (SPLITS, Splits()):
        given_ = mapped([user(text) for text in prompts], splits, frozenset({held}))
        for text, (_, left_out) in zip(prompts, given_, strict=True):
            if likeness(text, prompts[held]) >= LIKENESS + 0.15:
                assert left_out in (HELD_OUT, BETWEEN)


def test_a_near_duplicate_takes_the_split_of_the_first() -> None:
    texts = [
        "Write a short story about a lighthouse keeper who finds a bottle on the shore.",
        "Write a short story about a lighthouse keeper who finds a bottle on the beach.",
        "write a SHORT story about a lighthouse  keeper who finds a bottle on the shore",
    ]
    found = [mapped([user(text) for text in order]) for order in (texts, texts[::-1])]
    assert [len(set(each)) for each in found] == [1, 1]
    first, last = (split_of(key_of(views_of(user(text))), SPLITS) for text in (texts[0], texts[-1]))
    assert (found[0][0][0], found[1][0][0]) == (first, last)


def chain() -> list[str]:
    """Texts each of which is like its neighbours and unlike those further off."""
    words = [f"word{number:03}" for number in range(60)]
    return [" ".join(words[start : start + 30]) for start in range(0, 20, 4)]


def test_a_prompt_between_two_splits_is_in_neither_and_moves_nobody() -> None:
    left, middle, right = chain()[:3]
    assert likeness(left, middle) >= LIKENESS <= likeness(middle, right)
    assert likeness(left, right) < LIKENESS
    for number in range(200):
        splits = Splits(validation=300, test=300, salt=str(number))
        apart = mapped([user(left), user(right)], splits)
        joined = mapped([user(left), user(right), user(middle)], splits)
        assert joined[:2] == apart
        if apart[0] != apart[1]:
            assert joined[2] == ("train", BETWEEN)
            return
    raise AssertionError("no salt parted them")


def test_a_chain_in_the_order_of_its_links_shares_a_split() -> None:
    texts = chain()
    assert min(likeness(*pair) for pair in pairwise(texts)) >= LIKENESS
    assert len(set(mapped([user(text) for text in texts]))) == 1


def test_a_conversation_is_with_its_opening_and_with_whole_conversations_like_it() -> None:
    opening = "How do tides come about, and why are there two of them a day at most shores?"
    going_on: list[Message] = [
        *user(opening),
        {"role": "assistant", "content": "By the moon."},
        {"role": "user", "content": "And the sun?"},
    ]
    assert len(set(mapped([user(opening), going_on]))) == 1


def test_instructions_to_the_system_make_no_difference() -> None:
    with_system: list[Message] = [{"role": "system", "content": "Be brief."}, *user("Why?")]
    assert mapped([user("Why?"), with_system])[0] == mapped([user("Why?"), with_system])[1]


def test_prompts_that_masks_make_the_same_share_a_split() -> None:
    texts = ["Mail a@b.de", "Mail an.other.and.much.longer.person@somewhere.far.away.example.org"]
    assert len(set(mapped([user(text) for text in texts]))) == 1


def test_shares_come_near_what_was_asked() -> None:
    splits = Splits(validation=100, test=50)
    found = [split_of(str(number), splits) for number in range(20_000)]
    assert abs(found.count("validation") / 20_000 - 0.1) < 0.01
    assert abs(found.count("test") / 20_000 - 0.05) < 0.01


shares = st.integers(0, 450)


@given(st.text("0123456789abcdef", min_size=16, max_size=16), shares, shares, shares, shares)
def test_a_share_that_grows_takes_from_train_alone(
    key: str, validation: int, test: int, more_validation: int, more_test: int
) -> None:
    before = split_of(key, Splits(validation=validation, test=test))
    grown = Splits(validation=max(validation, more_validation), test=max(test, more_test))
    assert split_of(key, grown) == before or before == "train"


def test_a_key_says_the_same_split_for_ever() -> None:
    splits = Splits(validation=100, test=100, salt="touchstone")
    keys = ("0000000000000000", "a", "b", "c", "d", "e", "f", "g", "h", "i")
    found = [split_of(key, splits) for key in keys]
    assert found == [*["train"] * 6, "validation", "test", "train", "train"]
    assert key_of(views_of(user("Why is the sky blue?"))) == "bfcdd1c8ee997e55"


def test_without_splits_everything_trains() -> None:
    assert mapped([user("One"), user("Two")], Splits()) == [("train", "")] * 2
