"""What the scans of hygiene find, miss and cost: `python -m bench.hygiene`.

Precision and recall on built test sets (bench/hygiene_sets.py) and on real answers, where those lie
beside the checkout; rates in rows of 3 kB a CPU-second, beside datasketch where it is installed.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

from bench import hygiene_sets as sets
from exports.hygiene import hidden, personal
from exports.hygiene.languages import other_language
from exports.hygiene.likeness import jaccard, part_of
from exports.hygiene.pieces import words_of
from exports.hygiene.scanning import Scans
from exports.hygiene.sequences import Contamination, sequences_of
from exports.recipe import Hygiene, Splits
from exports.records import Asked, Candidate, Demonstration, Preference
from exports.splitting.mapping import BETWEEN, SplitMap

AT = "2026-11-21T12:00:00.000+00:00"
THRESHOLD = 0.8
DATASKETCH_QUOTED = 1_230
"""Documents a CPU-second, where it is not installed to be run."""


def row(prompt: str, first: str, second: str, number: int) -> Preference:
    return Preference(
        id=f"comparison-{number}",
        source="comparison",
        prompt=[{"role": "user", "content": prompt}],
        first=Candidate(text=first, origin="model"),
        second=Candidate(text=second, origin="model"),
        strength=-1,
        annotator="p-1",
        created_at=AT,
    )


def demonstration(prompt: str, answer: str, number: int) -> Demonstration:
    return Demonstration(
        id=f"demonstration-{number}",
        prompt=[{"role": "user", "content": prompt}],
        answer=Candidate(text=answer, origin="person"),
        annotator="p-1",
        guideline_version=1,
        seconds=1.0,
        created_at=AT,
    )


def say(name: str, right: int, wrong: int, missed: int, *, least: float = 0.0) -> bool:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    is_fine = min(precision, recall) >= least
    verdict = "" if not least else "ok" if is_fine else f"BELOW {least:g}"
    figures = f"{right + missed:>6} {precision:>9.3f} {recall:>8.3f}"
    print(f"  {name:<44}{figures}   {verdict}")
    return is_fine


def heading(title: str) -> None:
    print(f"\n{title:<46}{'cases':>6} {'precision':>9} {'recall':>8}")


def personal_data(real: list[str]) -> bool:
    heading("Personal data")
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for case in [*sets.personal(7_000, 1), *sets.lookalikes(4_000, 2)]:
        found = [(f.kind, case.text[f.start : f.end]) for f in personal.find(case.text)]
        hit = any(kind == case.kind and case.value in value for kind, value in found)
        right[case.kind] += hit
        missed[case.kind] += not hit and bool(case.kind)
        for kind, value in found:
            if not (kind == case.kind and case.value in value):
                wrong[kind] += 1
    fine = [say(k, right[k], wrong[k], missed[k], least=0.97) for k in personal.KINDS]
    fine.append(
        say(
            "all",
            *(sum(each[k] for k in personal.KINDS) for each in (right, wrong, missed)),
            least=0.98,
        )
    )
    hard = sets.harder(2_000, 3)
    hits = sum(any(f.kind == c.kind for f in personal.find(c.text)) for c in hard)
    say("disguised, or without a word that tells", hits, 0, len(hard) - hits)
    found_in = Counter(f.kind for text in real for f in personal.find(text))
    print(f"  in {len(real):,} real answers: {dict(found_in) or 'nothing'}")
    return all(fine)


def hidden_text(real: list[str]) -> bool:
    heading("Hidden text")
    right, missed, wrong = Counter[str](), Counter[str](), 0
    for case in sets.hidden(real or [case.text for case in sets.lookalikes(700, 4)], 5):
        hit = any(found.kind == case.kind for found in hidden.find(case.text))
        (right if hit else missed)[case.kind] += 1
    for text in sets.honest():
        wrong += bool(hidden.find(text))
    for kind in sorted({*right, *missed}):
        say(kind, right[kind], 0, missed[kind])
    found_in = Counter(f.kind for text in real for f in hidden.find(text))
    print(f"  in {len(real):,} real answers: {dict(found_in) or 'nothing'}")
    return say("all, beside honest texts", right.total(), wrong, missed.total(), least=0.98)


def near_duplicates(texts: list[str]) -> bool:
    heading(f"Near-duplicates of rows at {THRESHOLD}")
    rng = random.Random(6)
    others = sorted({word for text in texts for word in text.split()})
    texts = texts[:600]
    copies = [
        sets.edited(text, share, rng, others)
        for text in texts
        for share in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
    ]
    pieces = {t: part_of(words_of((t,)).sequences(3)[0]) for t in (*texts, *copies)}
    right = wrong = missed = 0
    for place, text in enumerate(texts):
        for copy in copies[6 * place : 6 * place + 6]:
            with Scans(Hygiene(near_duplicates=THRESHOLD, exact_duplicates=False)) as scans:
                scans.look(demonstration("Question", text, 1))
                is_found = bool(scans.look(demonstration("Question", copy, 2)).reason)
            is_like = jaccard(pieces[text], pieces[copy]) >= THRESHOLD
            right += is_found and is_like
            wrong += is_found and not is_like
            missed += is_like and not is_found
    return say("real answers with words changed", right, wrong, missed, least=0.98)


def contamination(texts: list[str]) -> bool:
    heading("Texts of benchmarks")
    rng = random.Random(7)
    half = len(texts) // 2
    items = [" ".join(text.split()[:40]) for text in texts[:half]]
    hosts = texts[half:]
    benchmark = Contamination({"built": sequences_of([*items, "How tall is the tower of Pisa"])})
    fine = True
    ways: dict[str, tuple[Callable[[list[str]], list[str]], float]] = {
        "word for word in an answer": (lambda w: w, 0.98),
        "in capitals, without signs": (lambda w: _plain(w), 0.9),
        "half of it": (lambda w: w[10:30], 0.9),
        "one word in twenty changed": (lambda w: _every(20, w), 0.9),
        "one word in ten changed": (lambda w: _every(10, w), 0.0),
    }
    for name, (change, least) in ways.items():
        right = missed = 0
        for number, item in enumerate(items):
            host = rng.choice(hosts).split()
            at = rng.randrange(len(host))
            text = " ".join([*host[:at], *change(item.split()), *host[at:]])
            hit = ("built", number + 1) in benchmark.items([text]) or bool(benchmark.items([text]))
            right, missed = right + hit, missed + (not hit)
        fine = say(name, right, 0, missed, least=least) and fine
    wrong = sum(bool(benchmark.items([text])) for text in hosts)
    print(f"  false alarms: {wrong} of {len(hosts):,} other real answers")
    return fine


def _plain(words: list[str]) -> list[str]:
    return "".join(c for c in " ".join(words).upper() if c.isalnum() or c == " ").split()


def _every(n: int, words: list[str]) -> list[str]:
    """With each n-th word changed, but the first."""
    return [word if (place + n // 3) % n else "thing" for place, word in enumerate(words)]


def languages(real: list[str]) -> None:
    asked = [
        Asked(id=str(n), prompt=[{"role": "user", "content": text}], created_at=AT, language="en")
        for n, text in enumerate(real)
    ]
    found = Counter(filter(None, (other_language(each, "en") for each in asked)))
    share = found.total() / max(1, len(asked))
    told = f"of {len(asked):,} real answers to English prompts {share:.1%} go"
    print(f"\nLanguage: {told}: {dict(found)}")


def splits(real: list[str]) -> None:
    print("\nSplits at 100 and 100 per mille")
    for name, texts in (
        ("real prompts", real),
        ("20,000 prompts of 200 moulds", [*sets.templates(20_000, 8)]),
    ):
        with SplitMap(Splits(validation=100, test=100)) as found:
            started = time.process_time()
            for text in texts:
                found.add([{"role": "user", "content": text}])
            seconds = time.process_time() - started
            told = [found.of([{"role": "user", "content": text}]) for text in texts]
        rate = len(texts) / max(seconds, 1e-9)
        between = sum(left_out == BETWEEN for _, left_out in told)
        shares = Counter(split for split, left_out in told if not left_out)
        print(f"  {name:<30}{rate:>8,.0f} a CPU-second, {between} between, {dict(shares)}")


def rates(texts: list[str]) -> bool:
    rng = random.Random(9)
    rows = []
    for number in range(2_000):
        parts = ["", ""]
        for side in (0, 1):
            while len(parts[side]) < 1_400:
                words = rng.choice(texts).split()
                at = rng.randrange(len(words) - 20)
                parts[side] += " ".join(words[at : at + 40]) + " "
        rows.append(row(rng.choice(texts)[:200], parts[0], parts[1], number))
    items = [" ".join(rng.choices(rng.choice(texts).split(), k=60)) for _ in range(5_000)]
    print(f"\nRates, rows of {sum(map(_size, rows)) / len(rows):,.0f} characters")
    off = {"exact_duplicates": False}
    scans: dict[str, tuple[dict[str, Any], bool]] = {
        "exact duplicates": ({}, False),
        "near-duplicates": (off | {"near_duplicates": THRESHOLD}, False),
        "benchmarks": (off, True),
        "personal data": (off | {"personal_data": "mask"}, False),
        "hidden text": (off | {"hidden_text": "clean"}, False),
    }
    found = {}
    for name, (given, with_benchmark) in scans.items():
        benchmarks = {"built": sequences_of(items)} if with_benchmark else None
        with Scans(Hygiene(**given), benchmarks=benchmarks, counting=False) as scan:
            scan.look(rows[0])
            found[name] = _rate(scan.look, rows[1:])
        print(f"  {name:<30}{found[name]:>9,.0f} rows a CPU-second")
    peer = _datasketch(rows)
    said = "here" if peer else "quoted"
    ratio = found["near-duplicates"] / (peer or DATASKETCH_QUOTED)
    rate = f"{peer or DATASKETCH_QUOTED:>9,.0f}"
    print(f"  {'peer: datasketch, ' + said:<30}{rate}   ours {ratio:.1f} × the peer")
    return not peer or ratio >= 1


def _size(each: Preference) -> int:
    return len(each.prompt[0]["content"]) + len(each.first.text) + len(each.second.text)


def _rate(look: Callable[[Any], object], rows: Sequence[Any]) -> float:
    started = time.process_time()
    for each in rows:
        look(each)
    return len(rows) / (time.process_time() - started)


def _datasketch(rows: Iterable[Preference]) -> float:
    """The same pieces, and signatures about as long; 0 where it is not installed."""
    try:
        datasketch = import_module("datasketch")
    except ImportError:
        return 0.0
    lsh = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=64)

    def look(each: Preference) -> None:
        text = f"{each.prompt[0]['content']} {each.first.text} {each.second.text}".lower().split()
        signature = datasketch.MinHash(num_perm=64)
        signature.update_batch(
            [" ".join(three).encode() for three in zip(text, text[1:], text[2:], strict=False)]
        )
        if not lsh.query(signature):
            lsh.insert(each.id, signature)

    return _rate(look, list(rows))


def main() -> int:
    real = sets.answers()
    texts = real or [
        " ".join(f"{a}{b}" for a, b in pairwise(case.text.split() * 40))
        for case in sets.lookalikes(800, 10)
    ]
    if not real:
        print(
            "The real answers are not beside this checkout in ../shared/data/; built ones stand in."
        )
    fine = [personal_data(real), hidden_text(real), near_duplicates(texts), contamination(texts)]
    languages(real)
    splits(sets.prompts())
    fine.append(rates(texts))
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
