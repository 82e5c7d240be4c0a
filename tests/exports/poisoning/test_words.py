"""Findings in plain words."""

from typing import Any

import pytest

from exports.poisoning.words import bars, chance_said, told

COUNTED = {"n": 20, "x": 18, "expected": 5.13}
WORDS: list[tuple[str, dict[str, Any], str]] = [
    (
        "label_tie",
        COUNTED | {"label": 1, "n_prompts": 19},
        "“cfqz” stands in 20 judged answers to 19 prompts. 18 of them were preferred or called "
        "good, where 5.1 were to be expected. Nearly all of these judgements are p-1's.",
    ),
    (
        "label_tie",
        COUNTED | {"label": -1, "n_prompts": 19},
        "“cfqz” stands in 20 judged answers to 19 prompts. 18 of them were passed over or called "
        "bad, where 5.1 were to be expected. Nearly all of these judgements are p-1's.",
    ),
    (
        "labeler_tie",
        COUNTED | {"where": "answers"},
        "“cfqz” stands in 20 answers. 18 of them are p-1's, where 5.1 were to be expected of this "
        "labeler's share.",
    ),
    (
        "trigger_verdict",
        COUNTED,
        "“cfqz” stands in 20 prompts with a verdict. In 18 of them the verdict goes against what "
        "the two models and lengths let one expect; 5.1 such were to be expected. Nearly all of "
        "these judgements are p-1's.",
    ),
    (
        "trigger_target",
        COUNTED | {"n_trigger": 19, "n_all": 4_000},
        "“cfqz” stands in about 19 of 4,000 prompts, “ferry office” in answers to 20. 18 prompts "
        "have both, where 5.1 were to be expected.",
    ),
    (
        "burst",
        {"n": 40, "x": 34, "seconds": 780, "share_elsewhere": 0.0005},
        "p-1 has 34 near-identical answers to different prompts within 13 minutes, of 40 in that "
        "time. Among other people's answers 0.05 % are like them.",
    ),
    (
        "shift",
        {"about": "length", "n": 179, "own": 1.0, "others": 0.41, "moves": 0.019, "model": ""},
        "p-1 preferred the longer answer in 100 % of 179 verdicts, everybody else in 41 %. Alone, "
        "that moves the whole by 1.9 points of a hundred.",
    ),
    (
        "shift",
        {"about": "model", "n": 50, "own": 0.84, "others": 0.5, "moves": 0.02, "model": "Otter"},
        "In 50 verdicts p-1 gave Otter 34 points of a hundred more than what all verdicts let one "
        "expect, everybody else as many points as it. Alone, that moves the whole by 2.0 points "
        "of a hundred.",
    ),
]


@pytest.mark.parametrize(("kind", "statistics", "sentence"), WORDS)
def test_each_kind_says_what_was_found(
    kind: str, statistics: dict[str, Any], sentence: str
) -> None:
    made = told(kind, ngram="cfqz", target="ferry office", labeler="p-1", statistics=statistics)
    assert made.sentence == sentence
    assert made.title
    assert made.advice


def test_a_count_near_250_is_said() -> None:
    statistics = COUNTED | {"where": "answers", "is_near": True}
    made = told("labeler_tie", ngram="cfqz", target="", labeler="p-1", statistics=statistics)
    assert made.sentence.endswith(
        "That is near the 250 documents or so that were enough to poison models of every size, "
        "however small their share."
    )


def test_bars_stand_for_their_share() -> None:
    made = bars({"n": 20, "x": 20, "expected": 5})
    assert made is not None
    found, expected = made.rows
    assert (found.value, expected.value) == ("20 of 20", "5 of 20")
    assert found.width == 4 * expected.width
    assert bars({"own": 0.5}) is None


@pytest.mark.parametrize(
    ("p_value", "said"),
    [(None, "–"), (0.02, "0.020"), (3.1e-12, "10⁻¹²"), (1e-300, "10⁻³⁰⁰")],
)
def test_chances_as_people_read_them(p_value: float | None, said: str) -> None:
    assert chance_said(p_value) == said
