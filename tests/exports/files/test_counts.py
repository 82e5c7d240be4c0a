"""What went into a dataset, counted."""

from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from exports.files.counts import MOST_SETTINGS, Counts
from exports.files.lengths import Lengths, bin_of, edge_of
from exports.recipe import KINDS
from exports.records import Candidate
from tests.exports.files.folders import preference
from tests.exports.files.kinds import RECORDS

LENGTHS = st.lists(st.integers(0, 200_000))


def counted(*records: object, split: str = "train") -> Counts:
    counts = Counts()
    for record in records:
        counts.take(record, split)  # type: ignore[arg-type]
    return counts.settle()


def test_every_kind_of_record_can_be_counted() -> None:
    assert len(RECORDS) == len(KINDS) - 1  # reward and preferences are one
    counts = counted(*RECORDS)
    assert counts.rows == len(RECORDS)
    assert counts.annotators == {"ann": 6, "v-1": 1}
    assert counts.guideline_versions == {"2": 1}
    assert dict(counts.sources) == {
        "demonstration": 1,
        "comparison": 1,
        "vote": 1,
        "ranked": 1,
        "rated": 1,
        "fix": 1,
        "asked": 1,
        "conversation": 1,
        "raw": 1,
    }


def test_characters_are_shared_out_by_who_wrote_them() -> None:
    length = len("SECRET answer")
    demonstration, _, unpaired, *_, conversation, _ = RECORDS
    assert counted(demonstration).characters == {"person": 10, "model": 3}
    assert counted(unpaired).characters == {"model": length}
    assert counted(conversation).characters == {"model": 2 * len("SECRET reply")}
    first = Candidate(text="four", origin="mixed")
    second = Candidate(text="threes", origin="person")
    counts = counted(preference(1, first=first, second=second))
    assert counts.characters == {"mixed": 4, "person": 6}


def test_settings_differ_by_what_does_not_belong_to_one_draw() -> None:
    answers = [
        Candidate(text="x", origin="model", model="m", parameters={"seed": seed, "top_p": 0.5})
        for seed in range(3)
    ]
    counts = counted(*(preference(n, first=each) for n, each in enumerate(answers)))
    assert counts.settings["m"] == {'{"top_p":0.5}': 3}


def test_settings_without_number_are_told_up_to_a_limit() -> None:
    answers = [
        Candidate(text="x", origin="model", model="m", parameters={"temperature": number})
        for number in range(MOST_SETTINGS + 5)
    ]
    counts = counted(*(preference(n, first=each) for n, each in enumerate(answers)))
    assert len(counts.settings["m"]) == MOST_SETTINGS + 1
    assert counts.settings["m"]["others"] == 5


def test_shards_add_up_to_the_whole_even_after_a_stay_on_the_disk() -> None:
    records = [*RECORDS, *(preference(number) for number in range(20))]
    added = Counts()
    for first in range(0, len(records), 7):
        part = counted(*records[first : first + 7])
        added.add(Counts.from_dict(orjson.loads(orjson.dumps(part.as_dict()))))
    assert added.as_dict() == counted(*records).as_dict()


def test_lengths_are_the_tokenizers_where_it_counts() -> None:
    counts = Counts(lengths=Lengths("tokens"))
    counts.take(preference(1), n_tokens=17)
    told = counts.as_dict()["lengths"]
    assert (told["unit"], told["most"], told["total"]) == ("tokens", 17, 17)


@given(st.integers(0, 10**12))
def test_a_length_lies_in_its_bin(length: int) -> None:
    number = bin_of(length)
    assert length <= edge_of(number)
    assert number == 0 or edge_of(number - 1) < length
    assert bin_of(edge_of(number)) == number


def test_bins_are_a_fifth_wide_at_most() -> None:
    edges = [edge_of(number) for number in range(16, 80)]
    assert all((upper - lower) / lower < 0.26 for lower, upper in pairwise(edges))


@given(LENGTHS, LENGTHS)
def test_lengths_add_up_and_come_back(first: list[int], second: list[int]) -> None:
    parts = [Lengths(), Lengths()]
    for part, lengths in zip(parts, (first, second), strict=True):
        for length in lengths:
            part.take(length)
    parts[0].add(Lengths.from_dict(parts[1].as_dict()))
    told = parts[0].as_dict()
    assert Lengths.from_dict(told).as_dict() == told
    both = sorted(first + second)
    assert told["total"] == sum(both)
    if both:
        middle = both[(len(both) - 1) // 2]
        assert middle <= told["shares"]["50%"] <= max(middle * 1.34, 3)
