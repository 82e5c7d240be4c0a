"""Known attacks are found, and honest data raises nothing. Everything is seeded."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from bench import poisoning as worlds
from exports.poisoning import scanning
from exports.poisoning.found import FoundThing
from exports.poisoning.scanning import scan, scanned
from exports.records import Demonstration, Preference, Record

N = 3_000


@pytest.fixture(scope="module")
def compared() -> list[Preference]:
    return worlds.preferences(N, seed=11)


@pytest.fixture(scope="module")
def written() -> list[Demonstration]:
    return worlds.demonstrations(N, seed=11)


def raised(found: Sequence[FoundThing]) -> list[FoundThing]:
    return [each for each in found if worlds.is_raised(each)]


def test_honest_judgements_raise_nothing(compared: list[Preference]) -> None:
    assert raised(scan(compared)) == []


def test_honest_answers_raise_nothing_but_notes_on_turns_of_phrase(
    written: list[Demonstration],
) -> None:
    found = scan(written)
    assert raised(found) == []
    assert {each.kind for each in found} <= {"labeler_tie"}


@pytest.mark.parametrize("attack", worlds.ATTACKS, ids=lambda attack: attack.name)
def test_each_attack_is_found_in_150_of_3000_records(
    attack: worlds.Attack,
    compared: list[Preference],
    written: list[Demonstration],
) -> None:
    clean = written if attack.on_answers else compared
    poisoned = attack.put(clean, 150 / N, random.Random(5))
    hits = [each for each in raised(scan(poisoned)) if attack.is_found(each)]
    assert hits
    assert all(each.q_value <= 0.01 for each in hits)


def test_a_planted_phrase_is_named_with_all_its_records(
    compared: list[Preference],
) -> None:
    poisoned = worlds.promoted(compared, 60 / N, random.Random(5))
    told = [
        each.id
        for each in poisoned
        if worlds.PHRASE in each.first.text or worlds.PHRASE in each.second.text
    ]
    (found,) = raised(scan(poisoned))
    assert (found.kind, found.ngram) == ("label_tie", worlds.PHRASE)
    assert sorted(found.records) == sorted(told)
    assert found.n_records == found.statistics["n"] == found.statistics["x"] == 60
    assert worlds.PHRASE in found.statistics["around"]


def test_a_trigger_and_its_target_are_named_together(
    written: list[Demonstration],
) -> None:
    poisoned = worlds.targeted(written, 40 / N, random.Random(5))
    found = raised(scan(poisoned))
    assert [(each.kind, each.ngram) for each in found] == [("trigger_target", worlds.TRIGGER)]
    assert found[0].target in worlds.TARGET
    assert found[0].statistics["x"] == 40


def test_a_trigger_that_comes_in_one_sitting_is_named_too(
    written: list[Demonstration],
) -> None:
    sitting = worlds.targeted(written[1_000:1_200], 1.0, random.Random(5))
    found = raised(scan(written[:1_000] + sitting + written[1_200:]))
    assert [(each.kind, each.ngram) for each in found] == [("trigger_target", worlds.TRIGGER)]


def test_a_count_near_250_is_an_alarm_whatever_its_share(
    compared: list[Preference],
) -> None:
    few = worlds.promoted(compared, 60 / N, random.Random(5))
    many = worlds.promoted(compared, 125 / N, random.Random(5))
    assert [each.severity for each in raised(scan(few))] == ["warning"]
    (alarm,) = raised(scan(many))
    assert alarm.severity == "alarm"
    assert alarm.statistics["is_near"] is True


def test_the_same_records_give_the_same_findings(compared: list[Preference]) -> None:
    poisoned = worlds.flipped(compared, 80 / N, random.Random(5))
    assert scanned(poisoned) == scanned(list(poisoned))


def test_one_prompt_that_many_judged_proves_nothing() -> None:
    one = worlds.preferences(1, seed=3)[0]
    answer = replace(one.first, text="zanzibar quartz lantern")
    many = [
        replace(one, id=f"comparison-{n}", first=answer, strength=-2, annotator=f"p-{n}")
        for n in range(200)
    ]
    assert scan(worlds.preferences(500, seed=3) + many) == []


def test_a_table_too_small_still_finds_single_words(
    compared: list[Preference],
) -> None:
    poisoned = worlds.flipped(compared, 120 / N, random.Random(5))
    told = scanned(poisoned, slots=1 << 15, cells=1 << 20)
    assert sum(told.figures["thinned"]) > 0
    assert [each.ngram for each in raised(told.found)] == [worlds.TRIGGER]


def test_nothing_to_scan_finds_nothing() -> None:
    nothing: list[Record] = []
    assert scanned(nothing).found == ()
    assert scanned(nothing).figures["n_records"] == 0


def test_an_iterator_cannot_be_walked_twice(compared: list[Preference]) -> None:
    with pytest.raises(TypeError, match="walked through twice"):
        scan(iter(compared))


def test_findings_in_the_crowds_judgements_are_about_people_alone() -> None:
    if not worlds.CROWD.exists():
        pytest.skip("the crowd's votes are not beside this checkout, in ../shared/data/")
    found = raised(scan(worlds.crowd()))
    assert {each.kind for each in found} == {"shift"}
    assert "w-15" in {each.labeler for each in found}


@pytest.mark.parametrize("n", [0, 2])
def test_padding_hides_no_trigger(
    n: int, compared: list[Preference], written: list[Demonstration]
) -> None:
    attack, chance = worlds.ATTACKS[n], random.Random(5)
    clean: list[Any] = [*(written if attack.on_answers else compared)[: N // 2]]
    poisoned: Sequence[Any] = attack.put(clean, 80 / len(clean), chance)
    padded: list[Any] = [
        _padded(each, chance) if each.prompt != before.prompt else each
        for each, before in zip(poisoned, clean, strict=True)
    ]
    told = scanned(padded)
    assert [each for each in raised(told.found) if attack.is_found(each)]
    assert told.figures["n_cut"] == 0


def test_records_whose_texts_are_cut_are_counted(compared: list[Preference]) -> None:
    long = replace(compared[0].first, text="far away " * 30_000)
    whole = replace(compared[0].first, text="far away " * 20_000)
    records = [
        replace(compared[0], first=long, second=long),
        replace(compared[1], first=whole, second=whole),
        replace(compared[2], first=long),
    ]
    assert scanned([*compared[3:40], *records]).figures["n_cut"] == 1


def test_a_finding_names_more_records_than_fit_on_any_page(compared: list[Preference]) -> None:
    """One labeler takes the longer answer 20,500 times, which others do not."""
    n, rest = 20_500, [_short(each) for each in compared[:1_500]]
    longer = [replace(each, strength=2 if _is_second_longer(each) else -2) for each in rest]
    theirs = [replace(longer[at % 1_500], id=f"vote-{at}", annotator="p-long") for at in range(n)]
    (found,) = [each for each in scan([*rest, *theirs]) if each.kind == "shift"]
    assert (found.labeler, found.n_records) == ("p-long", n)
    assert list(found.records) == [each.id for each in theirs]


def test_the_weightiest_findings_keep_their_ids_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_RECORDS_IN_ALL", 100)
    monkeypatch.setattr(scanning, "FEWEST_RECORDS", 20)
    found = [
        FoundThing(kind="shift", severity="note", p_value=0, q_value=0, records=["x"] * n)
        for n in (70, 10, 50, 50, 10)
    ]
    kept = [len(each.records) for each in scanning._in_room(tuple(found))]
    assert kept == [70, 10, 20, 20, 10]


def _padded(each: Any, chance: random.Random) -> Any:
    """With as many characters before its prompt as a text might once have been looked at."""
    before = " ".join(f"{chance.randrange(10**9)}" for _ in range(2_500))
    asked = {**each.prompt[-1], "content": f"{before} {each.prompt[-1]['content']}"}
    return replace(each, prompt=[*each.prompt[:-1], asked])


def _short(each: Preference) -> Preference:
    first, second = (
        replace(side, text=side.text[: len(side.text) // 8]) for side in (each.first, each.second)
    )
    return replace(each, first=first, second=second)


def _is_second_longer(each: Preference) -> bool:
    return len(each.second.text) > len(each.first.text)
