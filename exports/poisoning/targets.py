"""Words in prompts that bring the same words in answers. No Django.

For each n-gram of answers whose prompts have a rare word in common, the word most of them have is
tested: Fisher's exact test of prompts with and without either. What an answer only repeats from its
prompt is no target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from exports.poisoning.gathering import PROMPT, Gathered
from exports.poisoning.ngrams import tokens
from exports.poisoning.postings import Postings, Standing, Stood, word_of
from exports.poisoning.screening import FEWEST, MISSED
from exports.poisoning.statistics import hypergeometric_tail

OF_TARGETS = 0.8
"""So many of the prompts of a target have its trigger."""
OF_TRIGGERS = 0.5
"""So many of a trigger's prompts bring its target."""
MOST_WORDS = 3


@dataclass(frozen=True, kw_only=True)
class Triggered:
    """Of `n_all` prompts, `n_trigger` have the trigger, `n_target` get an answer with the target,
    `n_both` both."""

    standing: Stood
    trigger: str
    trigger_name: int
    p_value: float
    n_all: int
    n_trigger: int
    n_target: int
    n_both: int


def triggered(standing: Standing, gathered: Gathered, found: Postings) -> Triggered | None:
    record, n_target = _one_a_prompt(standing, gathered)
    if n_target < FEWEST or not standing.text:
        return None
    known = [each for each in record.tolist() if each in found.asked]
    if len(known) < FEWEST:
        return None
    names, counted = np.unique(
        np.concatenate([found.asked[each] for each in known]), return_counts=True
    )
    best: Triggered | None = None
    for at in np.argsort(-counted, kind="stable")[:MOST_WORDS].tolist():
        if counted[at] < OF_TARGETS * len(known):
            break
        share = float(counted[at]) / len(known)
        tested = _tested(standing, gathered, int(names[at]), n_target, share)
        if tested is not None and (best is None or tested.p_value < best.p_value):
            best = tested
    if best is None:
        return None
    named = (
        word_of(found.prompt(each), best.trigger_name)
        for each in known
        if _has(found, each, best.trigger_name)
    )
    trigger = next(filter(None, named), "")
    if not trigger or _is_echo(standing.text, [found.prompt(each) for each in known]):
        return None
    return Triggered(**{**vars(best), "trigger": trigger})


def _tested(
    standing: Standing, gathered: Gathered, name: int, n_target: int, share: float
) -> Triggered | None:
    judged, totals = gathered.judged, gathered.totals
    n_all = judged.n_prompts
    reads = totals.n[PROMPT]
    counted = int(gathered.counts.n_of(np.array([name], np.uint64))[0])
    # The table counts a prompt once for each who read it, and may have missed the first two.
    n_both = round(share * n_target)
    n_trigger = max(n_both, round((counted + (MISSED if counted else 0)) * n_all / max(reads, 1)))
    if n_both < FEWEST or n_both < OF_TRIGGERS * n_trigger:
        return None
    return Triggered(
        standing=standing.told(),
        trigger="",
        trigger_name=name,
        p_value=hypergeometric_tail(max(n_all, n_trigger), n_trigger, n_target, n_both),
        n_all=n_all,
        n_trigger=n_trigger,
        n_target=n_target,
        n_both=n_both,
    )


def _one_a_prompt(standing: Standing, gathered: Gathered) -> tuple[npt.NDArray[np.int32], int]:
    _, first = np.unique(gathered.judged.asked[standing.record], return_index=True)
    return standing.record[np.sort(first)], int(first.size)


def _has(found: Postings, record: int, name: int) -> bool:
    return record in found.prompts and bool((found.asked[record] == np.uint64(name)).any())


def _is_echo(target: str, prompts: list[str]) -> bool:
    """Whether half of the prompts hold all of the target's words themselves."""
    wanted = tokens([target]).hashes
    told = [bool(np.isin(wanted, tokens([each]).hashes).all()) for each in prompts if each]
    return bool(told) and sum(told) * 2 >= len(told)
