"""The scan: two walks through the records, exact tests, findings with evidence. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from exports.memory import give_back
from exports.poisoning.aside import Named, Rows
from exports.poisoning.bursts import bursts
from exports.poisoning.counts import CELLS, SLOTS
from exports.poisoning.expected import Expected, expected
from exports.poisoning.found import FoundThing, Scanned, in_order, is_near
from exports.poisoning.gathering import ANSWER, PROMPT, Gathered, Gathering
from exports.poisoning.merging import Merged, merged
from exports.poisoning.ngrams import field_of
from exports.poisoning.postings import Following, Postings
from exports.poisoning.screening import RARE_WORDS_TESTED, Screened, screened
from exports.poisoning.shifts import Shift, is_far, shifts
from exports.poisoning.statistics import FALSE_DISCOVERIES, Bools, q_values
from exports.poisoning.targets import Triggered, triggered
from exports.poisoning.ties import Tied, label_tie, labeler_tie, trigger_verdict
from exports.records import Record

MOST_RECORDS = 250_000
"""Ids that a finding keeps: 20 MB of a worker's memory while they are written down."""
MOST_RECORDS_IN_ALL = 2_000_000
FEWEST_RECORDS = 20_000
"""That a finding keeps though those before it have all the room."""
MOST_FINDINGS = 100
ALSO = 8
SHIFTS_KEPT = 60
FEWEST_OF_A_PHRASE = 10
FEWEST_OF_A_WORD = 20
Test = Tied | Triggered


def scan(records: Iterable[Record]) -> list[FoundThing]:
    """What is found in these records. They are walked through twice, so `records` has to begin
    anew each time: a list, or an object whose `__iter__` reads again."""
    return list(scanned(records).found)


def scanned(records: Iterable[Record], *, slots: int = SLOTS, cells: int = CELLS) -> Scanned:
    """As `scan`, with what was looked at. `slots` n-grams have a place of their own, and `cells`
    are for those that are rarer still."""
    if isinstance(records, Iterator):
        raise TypeError("records are walked through twice; an iterator can be only once")
    gathered = Gathering(slots=slots, cells=cells).walk(records)
    wanted = screened(gathered)
    gathered.counts.narrow()
    postings = Following(gathered, wanted).walk(records)
    chances = expected(gathered.judged, len(gathered.known.models))
    found = _of_ngrams(gathered, wanted, postings, chances)
    # What follows needs as much memory again.
    del postings
    gathered.counts.forget()
    give_back()
    moved = shifts(gathered.judged, chances)
    del chances
    found += _of_bursts(gathered)
    found += [_shifted(gathered, each) for each in moved if is_far(each)]
    ordered = in_order(found)
    shown = _in_room(_capped(ordered))
    return Scanned(
        found=shown,
        figures=_figures(gathered, wanted, moved) | {"n_not_shown": len(ordered) - len(shown)},
    )


def _of_ngrams(
    gathered: Gathered, wanted: Screened, postings: Postings, chances: Expected
) -> list[FoundThing]:
    tests: dict[str, list[Test]] = {
        "labeler_tie": [],
        "label_tie": [],
        "trigger_verdict": [],
        "trigger_target": [],
    }
    field = field_of(wanted.names)
    for at, standing in enumerate(postings.standings()):
        if not standing.text:
            continue
        tested: list[tuple[str, Test | None]] = []
        if wanted.is_labelers[at]:
            tested.append(("labeler_tie", labeler_tie(standing, gathered, int(field[at]))))
        if wanted.is_label[at] and field[at] == ANSWER:
            tested.append(("label_tie", label_tie(standing, gathered, chances)))
        if wanted.is_label[at] and field[at] == PROMPT:
            tested.append(("trigger_verdict", trigger_verdict(standing, gathered, chances)))
        if wanted.is_target[at]:
            tested.append(("trigger_target", triggered(standing, gathered, postings)))
        for kind, result in tested:
            if result is not None and result.p_value <= FALSE_DISCOVERIES:
                tests[kind].append(result)
    n_prompts, n_answers = wanted.n_tested
    n_tests = {
        "labeler_tie": n_prompts + n_answers,
        "label_tie": n_answers,
        "trigger_verdict": n_prompts,
        "trigger_target": n_answers * RARE_WORDS_TESTED,
    }
    out = []
    for kind, made in tests.items():
        phrases = merged(made)
        told = q_values([each.test.p_value for each in phrases], tests=n_tests[kind])
        out += [
            _thing(gathered, each, q)
            for each, q in zip(phrases, told, strict=True)
            if q <= FALSE_DISCOVERIES
        ]
    return out


def _thing(gathered: Gathered, one: Merged, q_value: float) -> FoundThing:
    test = one.test
    records = test.standing.records
    about = _triggered(test) if isinstance(test, Triggered) else _tied(gathered, test)
    n_documents = test.standing.n_documents
    severity = about.pop("severity")
    if severity == "warning" and is_near(n_documents):
        severity = "alarm"
    statistics = about.pop("statistics") | {
        "n_documents": n_documents,
        "is_near": is_near(n_documents),
        "around": test.standing.around,
        "also": one.also[:ALSO],
        "n_also": len(one.also),
    }
    return FoundThing(
        **about,
        severity=severity,
        p_value=test.p_value,
        q_value=q_value,
        statistics=statistics,
        n_records=int(records.size),
        records=_ids(gathered, records),
    )


def _tied(gathered: Gathered, test: Tied) -> dict[str, Any]:
    field = int(field_of(np.array([test.standing.name], np.uint64))[0])
    judged, totals = gathered.judged, gathered.totals
    of_one = test.labeler and (judged.labeler == test.labeler).sum() < judged.labeler.size / 2
    severity = "warning"
    if test.test == "labeler_tie":
        # People have their own turns of phrase, and tasks are handed out by language and skill.
        severity = "warning" if is_near(test.n) else "note"
    elif of_one:
        severity = "alarm"
    elif test.label < 0:
        severity = "note"
    return {
        "kind": test.test,
        "severity": severity,
        "ngram": test.standing.text[:300],
        "labeler": gathered.known.labelers.names[test.labeler],
        "statistics": {
            "where": "prompts" if field == PROMPT else "answers",
            "n": test.n,
            "x": test.x,
            "expected": round(test.expected, 2),
            "label": test.label,
            "n_prompts": test.n_prompts,
            "n_units": totals.n[field],
        },
    }


def _triggered(test: Triggered) -> dict[str, Any]:
    is_phrase = len(test.standing.text.split()) >= 3
    is_weighty = test.n_both >= (FEWEST_OF_A_PHRASE if is_phrase else FEWEST_OF_A_WORD)
    return {
        "kind": "trigger_target",
        "severity": "warning" if is_weighty else "note",
        "ngram": test.trigger[:300],
        "target": test.standing.text[:300],
        "statistics": {
            "where": "answers",
            "n": test.n_target,
            "x": test.n_both,
            "n_trigger": test.n_trigger,
            "n_all": test.n_all,
            "expected": round(test.n_target * test.n_trigger / max(test.n_all, 1), 2),
        },
    }


def _of_bursts(gathered: Gathered) -> list[FoundThing]:
    found, n_tested = bursts(gathered.judged)
    told = q_values([each.p_value for each in found], tests=n_tested)
    out = []
    for each, q in zip(found, told, strict=True):
        if q > FALSE_DISCOVERIES:
            continue
        n = int(each.records.size)
        out.append(
            FoundThing(
                kind="burst",
                severity="alarm" if is_near(n) else "warning",
                p_value=each.p_value,
                q_value=q,
                labeler=gathered.known.labelers.names[each.labeler],
                statistics={
                    "n": each.n,
                    "x": n,
                    "share_elsewhere": round(each.share, 6),
                    "seconds": each.seconds,
                    "is_near": is_near(n),
                    "n_documents": n,
                },
                n_records=n,
                records=_ids(gathered, np.sort(each.records)),
            )
        )
    return out


def _shifted(gathered: Gathered, shift: Shift) -> FoundThing:
    records = np.concatenate(
        [at[_is_of(shift, pairs)] for at, pairs in gathered.judged.pairs()]
        or [np.zeros(0, np.int64)]
    )
    return FoundThing(
        kind="shift",
        severity="warning",
        p_value=shift.p_value,
        q_value=shift.q_value,
        labeler=gathered.known.labelers.names[shift.labeler],
        statistics=_told(gathered, shift),
        n_records=int(records.size),
        records=_ids(gathered, records),
    )


def _is_of(shift: Shift, pairs: Rows) -> Bools:
    mine = pairs["labeler"] == shift.labeler
    if shift.about == "model":
        mine &= (pairs["better"] == shift.model) | (pairs["worse"] == shift.model)
    return np.asarray(mine)


def _told(gathered: Gathered, shift: Shift) -> dict[str, Any]:
    return {
        "labeler": gathered.known.labelers.names[shift.labeler],
        "about": shift.about,
        "model": gathered.known.models.names[shift.model],
        "n": shift.n,
        "own": round(shift.own, 4),
        "others": round(shift.others, 4),
        "moves": round(shift.moves, 5),
        "z": round(shift.z, 2),
    }


def _figures(gathered: Gathered, wanted: Screened, moved: list[Shift]) -> dict[str, Any]:
    farthest = sorted(moved, key=lambda each: (-abs(each.z), each.labeler, each.model))
    return {
        "n_records": len(gathered.judged),
        "n_cut": gathered.totals.cut,
        "n_prompts": gathered.totals.n[PROMPT],
        "n_answers": gathered.totals.n[ANSWER],
        "n_labelers": len(gathered.known.labelers) - 1,
        "n_tested": sum(wanted.n_tested),
        "thinned": list(gathered.counts.thinned),
        "n_shifts": len(moved),
        "shifts": [_told(gathered, each) for each in farthest[:SHIFTS_KEPT]],
    }


def _ids(gathered: Gathered, records: npt.NDArray[np.integer[Any]]) -> Named:
    return gathered.ids.named(records[:MOST_RECORDS])


def _in_room(found: tuple[FoundThing, ...]) -> tuple[FoundThing, ...]:
    """With no more ids than a database should keep of a scan."""
    room = MOST_RECORDS_IN_ALL
    out = []
    for each in found:
        records = each.records[: max(room, FEWEST_RECORDS)]
        room -= len(records)
        out.append(replace(each, records=records))
    return tuple(out)


def _capped(found: tuple[FoundThing, ...]) -> tuple[FoundThing, ...]:
    """The weightiest hundred of each kind."""
    n: dict[str, int] = {}
    out = []
    for each in found:
        n[each.kind] = n.get(each.kind, 0) + 1
        if n[each.kind] <= MOST_FINDINGS:
            out.append(each)
    return tuple(out)
