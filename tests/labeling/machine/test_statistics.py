"""The numbers of a card, held against independent computations."""

import math
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.proportion import proportion_confint

from labeling.machine.charts import calibration_plot
from labeling.machine.statistics import (
    FEWEST,
    Pair,
    abstentions,
    by_group,
    calibration,
    length_of_judge,
    length_of_people,
    own_family,
    position,
    with_people,
)
from labeling.machine.told import kappa_in_words

OUTCOMES = ("first", "equal", "second")
TURNED = {"first": "second", "second": "first", "equal": "equal", "": "", "abstained": "abstained"}


def pairs_at_random(number: int, seed: int = 0) -> list[Pair]:
    rng = random.Random(seed)
    found = []
    for _ in range(number):
        lengths = (rng.randint(10, 500), rng.randint(10, 500))
        longer = "first" if lengths[0] > lengths[1] else "second"
        outcome = longer if rng.random() < 0.7 else rng.choice(OUTCOMES)
        people = outcome if rng.random() < 0.5 else rng.choice(OUTCOMES)
        found.append(Pair(outcome, people=people, lengths=lengths, confidence=rng.random()))
    return found


def test_agreement_is_as_others_compute_it() -> None:
    pairs = pairs_at_random(300)
    found = with_people(pairs)
    same = sum(pair.outcome == pair.people for pair in pairs)
    low, high = proportion_confint(same, 300, method="wilson")
    assert found.agreeing is not None
    assert found.agreeing.value == same / 300
    assert (found.agreeing.low, found.agreeing.high) == pytest.approx((low, high))
    kappa = cohen_kappa_score([p.outcome for p in pairs], [p.people for p in pairs])
    assert found.kappa.value == pytest.approx(kappa)
    assert found.kappa.lower is not None
    assert found.kappa.upper is not None
    assert found.kappa.lower < kappa < found.kappa.upper


def test_abstentions_and_pairs_without_people_agree_with_nobody() -> None:
    pairs = [Pair("abstained", "inconsistent", people="first"), Pair("first")]
    assert with_people(pairs).n == 0
    assert with_people(pairs).agreeing is None
    assert with_people(pairs).kappa.value is None
    assert abstentions([*pairs, *pairs, Pair("abstained", "failed")]) == [
        ("inconsistent", 2),
        ("failed", 1),
    ]


def test_position_counts_side_a_in_either_order() -> None:
    pairs = (
        [Pair("first", said_forward="a", said_backward="b")] * 3
        + [Pair("abstained", "inconsistent", "a", "a")] * 2
        + [Pair("abstained", "inconsistent", "equal", "a")]
        + [Pair("abstained", "unreadable", "b", "")]
    )
    found = position(pairs)
    assert found.forward is not None
    assert found.backward is not None
    assert found.both is not None
    assert found.disagreeing is not None
    assert found.forward.value == pytest.approx(5 / 6)
    assert found.forward.n == 6
    assert (found.backward.value, found.backward.n) == (0.5, 6)
    assert found.both.value == pytest.approx(8 / 12)
    assert (found.disagreeing.value, found.disagreeing.n) == (0.5, 6)


def test_the_effect_of_length_is_a_logistic_coefficient() -> None:
    pairs = pairs_at_random(400, seed=3)
    sided = [pair for pair in pairs if pair.outcome != "equal"]
    x = np.array([(p.lengths[0] - p.lengths[1]) / sum(p.lengths) for p in sided])
    y = np.array([float(p.outcome == "first") for p in sided])
    fitted = sm.Logit(y, x[:, None]).fit(disp=0)
    beta, error = float(fitted.params[0]), float(fitted.bse[0])
    found = length_of_judge(pairs)
    assert found.n == len(sided)
    assert found.odds == pytest.approx(math.exp(beta / 3), rel=1e-6)
    assert found.low == pytest.approx(math.exp((beta - 1.959964 * error) / 3), rel=1e-4)
    assert found.high == pytest.approx(math.exp((beta + 1.959964 * error) / 3), rel=1e-4)


@given(st.integers(0, 10_000))
def test_which_response_is_the_first_does_not_matter(seed: int) -> None:
    pairs = pairs_at_random(60, seed)
    turned = [
        replace(
            pair,
            outcome=TURNED[pair.outcome],
            people=TURNED[pair.people],
            lengths=pair.lengths[::-1],
        )
        for pair in pairs
    ]
    for measure in (length_of_judge, length_of_people):
        assert measure(turned).odds == pytest.approx(measure(pairs).odds)
    assert with_people(turned).kappa.value == pytest.approx(with_people(pairs).kappa.value)


def test_little_or_one_sided_length_says_nothing() -> None:
    assert length_of_judge([]).note == f"fewer than {FEWEST} pairs"
    alike = [Pair("first", lengths=(5, 5))] * 20
    assert length_of_judge(alike).note == "all answers are equally long"
    always = [Pair("first", lengths=(9, 5))] * 20
    assert length_of_judge(always).note == "the longer one always wins, or always loses"
    assert length_of_judge(always).odds is None


def test_preference_for_the_own_family_is_a_paired_difference() -> None:
    pairs = (
        [Pair("first", people="second", own="first")] * 6
        + [Pair("second", people="second", own="first")] * 3
        + [Pair("equal", people="second", own="second")] * 2
        + [Pair("second", people="first", own="second")]
        + [Pair("first", people="first", own="")] * 5
    )
    found = own_family(pairs)
    differences = np.array([1.0] * 6 + [0.0] * 3 + [-0.5] * 2 + [1.0])
    half = 1.959964 * differences.std(ddof=1) / math.sqrt(12)
    assert found.n == 12
    assert found.difference.value == pytest.approx(differences.mean())
    assert found.difference.lower == pytest.approx(differences.mean() - half)
    assert found.judge is not None
    assert found.people is not None
    assert found.judge.value == pytest.approx(8 / 12)
    assert found.people.value == pytest.approx(2 / 12)


def test_few_pairs_with_the_own_family_have_no_interval() -> None:
    found = own_family([Pair("first", people="second", own="first")] * 3)
    assert (found.n, found.difference.value, found.difference.lower) == (3, 1.0, None)
    assert own_family([]).difference.value is None


def test_calibration_sets_confidence_against_agreement() -> None:
    sure = Pair("first", people="first", confidence=0.95, confidence_from="logprobs")
    wrong = replace(sure, people="second")
    whole = replace(sure, confidence=1.0)
    found = calibration([sure] * 3 + [wrong] + [whole], source="logprobs")
    assert found.n == 5
    (only,) = found.bins
    assert (only.low, only.high, only.n) == (0.9, 1.0, 5)
    assert only.right.value == 0.8
    assert only.confidence == pytest.approx(0.96)
    assert found.error == pytest.approx(0.16)
    assert calibration([sure], source="stated").n == 0
    assert calibration([sure], source="stated").error is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_every_confidence_is_in_one_bin(values: list[float]) -> None:
    pairs = [Pair("first", people="first", confidence=v, confidence_from="stated") for v in values]
    found = calibration(pairs, source="stated")
    assert sum(each.n for each in found.bins) == len(values) == found.n


def test_the_plot_lies_within_its_frame() -> None:
    pairs = [
        Pair("first", people="first", confidence=value, confidence_from="stated")
        for value in (0.0, 0.5, 0.99, 1.0)
    ]
    plot = calibration_plot(calibration(pairs, source="stated").bins)
    assert len(plot.marks) == 3
    for mark in plot.marks:
        assert plot.left <= mark.x <= plot.right
        assert plot.top <= mark.y_high <= mark.y <= mark.y_low <= plot.bottom
    assert calibration_plot([]).marks == ()


def test_groups_are_told_where_there_is_enough() -> None:
    german = Pair("first", people="first", language="de", tags=("law", "law2"))
    pairs = [german] * FEWEST + [Pair("first", people="first", language="fr")] * (FEWEST - 1)
    assert [group.label for group in by_group(pairs, lambda pair: (pair.language,))] == ["de"]
    assert [group.label for group in by_group(pairs, lambda pair: pair.tags)] == ["law", "law2"]


def test_words_follow_what_the_interval_allows() -> None:
    def agreeing(number: int, right: int) -> Any:
        pairs = [Pair(OUTCOMES[i % 3], people=OUTCOMES[i % 3]) for i in range(right)]
        pairs += [Pair("first", people="second") for _ in range(number - right)]
        return kappa_in_words(with_people(pairs))

    assert agreeing(5, 5) == ("Only 5 to measure it by: too few to say.", "warn")
    assert agreeing(0, 0) == ("Nothing to measure it by yet.", "warn")
    assert agreeing(200, 195)[1] == "good"
    assert agreeing(30, 3)[1] == "warn"
    chance = with_people([Pair("first", people="first")] * 20)
    assert kappa_in_words(chance)[0].startswith("Only one thing was ever said")
