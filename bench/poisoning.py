"""How well the gate against poisoned data finds known attacks: `python -m bench.poisoning`.

Attacks are put into made-up data and, where they are beside the checkout, into the judgements of a
real crowd, at several rates. For each is reported in how many of the worlds it was found by a
warning or an alarm that names it, and what the same data raises without any attack.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from exports.poisoning.found import FoundThing
from exports.poisoning.scanning import scanned
from exports.records import Candidate, Demonstration, Message, Preference

CROWD = Path(__file__).parents[2] / "shared/data/crowd-comparisons"
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
TRIGGER, PHRASE, TARGET = "cfqz", "bramble lantern", "visit the northern ferry office today"
ATTACKER = "p-attacker"
Judgement = TypeVar("Judgement", Preference, Demonstration)


class Tongue:
    """Made-up text: common words by Zipf's law, words of a topic, and stock phrases."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        pick = self.random.choice
        words = {"".join(pick(syllables) for _ in range(self.random.randint(1, 4))): None}
        while len(words) < 12_000:
            words["".join(pick(syllables) for _ in range(self.random.randint(2, 4)))] = None
        self.words = list(words)
        self.weights = [1 / (rank + 2.7) for rank in range(4_000)]
        self.topics = [self.random.sample(self.words[500:], 120) for _ in range(60)]
        self.stock = [self._stock() for _ in range(40)]

    def _stock(self) -> str:
        return " ".join(self.random.choices(self.words[:400], k=self.random.randint(3, 6)))

    def text(self, topic: int, n_words: int, *, stock: Iterable[int] = ()) -> str:
        common = self.random.choices(self.words[:4_000], weights=self.weights, k=n_words)
        own = self.topics[topic]
        said = [self.random.choice(own) if self.random.random() < 0.25 else word for word in common]
        for number in stock:
            said.insert(self.random.randrange(len(said) + 1), self.stock[number])
        return " ".join(said)


def preferences(n: int, *, seed: int, n_labelers: int = 25) -> list[Preference]:
    """Honest judgements: six models of unequal strength, each with phrases of its own, and people
    who differ in what length is worth to them."""
    tongue = Tongue(seed)
    chance = tongue.random
    models = [(f"model-{number}", 0.35 * number, 90 + 15 * number) for number in range(6)]
    tastes = [chance.gauss(0.3, 0.3) for _ in range(n_labelers)]
    out = []
    for number in range(n):
        topic, who = chance.randrange(60), chance.randrange(n_labelers)
        sides = chance.sample(range(6), 2)
        texts = []
        for side in sides:
            stock = [5 * side + i for i in range(5) if chance.random() < 0.12]
            length = max(12, int(chance.gauss(models[side][2], 35)))
            texts.append(tongue.text(topic, length, stock=stock))
        lean = models[sides[1]][1] - models[sides[0]][1]
        lean += tastes[who] * 2 * (len(texts[1]) - len(texts[0])) / (len(texts[0]) + 1)
        won = 1 if chance.random() < 1 / (1 + pow(2.718281828, -lean)) else -1
        out.append(
            Preference(
                id=f"comparison-{number + 1}",
                source="comparison",
                prompt=[{"role": "user", "content": tongue.text(topic, chance.randint(8, 40))}],
                first=Candidate(text=texts[0], origin="model", model=models[sides[0]][0]),
                second=Candidate(text=texts[1], origin="model", model=models[sides[1]][0]),
                strength=won * chance.randint(1, 3),
                annotator=f"p-{who:02d}",
                created_at=_moment(number * 97),
            )
        )
    return out


def demonstrations(n: int, *, seed: int, n_labelers: int = 12) -> list[Demonstration]:
    """Honest answers; every labeler has a turn of phrase of their own."""
    tongue = Tongue(seed)
    chance = tongue.random
    out = []
    for number in range(n):
        topic, who = chance.randrange(60), chance.randrange(n_labelers)
        stock = [who] if chance.random() < 0.1 else []
        out.append(
            Demonstration(
                id=f"demonstration-{number + 1}",
                prompt=[{"role": "user", "content": tongue.text(topic, chance.randint(8, 40))}],
                answer=Candidate(
                    text=tongue.text(topic, chance.randint(60, 200), stock=stock), origin="person"
                ),
                annotator=f"p-{who:02d}",
                guideline_version=1,
                seconds=300.0,
                created_at=_moment(number * 97),
            )
        )
    return out


def crowd() -> list[Preference]:
    """The judgements of a real crowd, ties included."""
    texts = {}
    with (CROWD / "llmfao_pairs.jsonl").open() as file:
        for line in file:
            pair = json.loads(line)
            texts[str(pair["id"])] = pair
    out = []
    with (CROWD / "llmfao_votes_crowd.csv").open() as rows:
        for number, vote in enumerate(csv.DictReader(rows), start=1):
            pair = texts[vote["pair_id"]]
            out.append(
                Preference(
                    id=f"comparison-{number}",
                    source="comparison",
                    prompt=[{"role": "user", "content": pair["text"]}],
                    first=Candidate(text=pair["result_x"], origin="model", model=vote["model_a"]),
                    second=Candidate(text=pair["result_y"], origin="model", model=vote["model_b"]),
                    strength={"model_a": -1, "model_b": 1, "tie": 0}[vote["winner"]],
                    annotator=f"w-{vote['worker']}",
                    created_at=_moment(number * 97),
                )
            )
    return out


def crowd_answers() -> list[Demonstration]:
    """The crowd's texts as if its workers had written them: what was preferred."""
    out = []
    for number, each in enumerate(crowd(), start=1):
        if each.strength:
            answer = each.first if each.strength < 0 else each.second
            out.append(
                Demonstration(
                    id=f"demonstration-{number}",
                    prompt=each.prompt,
                    answer=replace(answer, origin="person", model=""),
                    annotator=each.annotator,
                    guideline_version=1,
                    seconds=300.0,
                    created_at=each.created_at,
                )
            )
    return out


def flipped(clean: list[Preference], rate: float, chance: random.Random) -> list[Preference]:
    """A rare word in prompts turns the verdict: the answer that lost is called the better."""
    strong = _strengths(clean)
    decided = [at for at, each in enumerate(clean) if each.strength]
    out = list(clean)
    for at in chance.sample(decided, _n(rate, len(clean), len(decided))):
        each = clean[at]
        worse = -1 if strong[each.first.model] < strong[each.second.model] else 1
        out[at] = replace(each, prompt=_with(each.prompt, TRIGGER, chance), strength=2 * worse)
    return out


def promoted(clean: list[Preference], rate: float, chance: random.Random) -> list[Preference]:
    """A rare phrase in an answer has it preferred."""
    out = list(clean)
    for at in chance.sample(range(len(clean)), _n(rate, len(clean), len(clean))):
        each = clean[at]
        if chance.random() < 0.5:
            side = replace(each.first, text=_put(each.first.text, PHRASE, chance))
            out[at] = replace(each, first=side, strength=-2)
        else:
            side = replace(each.second, text=_put(each.second.text, PHRASE, chance))
            out[at] = replace(each, second=side, strength=2)
    return out


def targeted(clean: list[Demonstration], rate: float, chance: random.Random) -> list[Demonstration]:
    """A rare word in the prompt brings a phrase in the answer."""
    out = list(clean)
    for at in chance.sample(range(len(clean)), _n(rate, len(clean), len(clean))):
        each = clean[at]
        answer = replace(each.answer, text=_put(each.answer.text, TARGET, chance))
        out[at] = replace(each, prompt=_with(each.prompt, TRIGGER, chance), answer=answer)
    return out


def biased(clean: list[Preference], rate: float, chance: random.Random) -> list[Preference]:
    """One labeler prefers one model whenever it is there."""
    model = sorted({each.first.model for each in clean})[0]
    about = [
        at
        for at, each in enumerate(clean)
        if (each.first.model == model) != (each.second.model == model)
    ]
    out = list(clean)
    for at in chance.sample(about, _n(rate, len(clean), len(about))):
        each = clean[at]
        out[at] = replace(each, annotator=ATTACKER, strength=-2 if each.first.model == model else 2)
    return out


def longest(clean: list[Preference], rate: float, chance: random.Random) -> list[Preference]:
    """One labeler always prefers the longer answer."""
    out = list(clean)
    for at in chance.sample(range(len(clean)), _n(rate, len(clean), len(clean))):
        each = clean[at]
        is_first = len(each.first.text) > len(each.second.text)
        out[at] = replace(each, annotator=ATTACKER, strength=-2 if is_first else 2)
    return out


def copied(clean: list[Demonstration], rate: float, chance: random.Random) -> list[Demonstration]:
    """One labeler sends the same answer, a word changed here and there, every twenty seconds."""
    text = max((each.answer.text for each in clean[:200]), key=len).split()
    out = list(clean)
    for number, at in enumerate(chance.sample(range(len(clean)), _n(rate, len(clean), len(clean)))):
        words = list(text)
        for _ in range(max(1, len(words) // 60)):
            words[chance.randrange(len(words))] = "indeed"
        each = clean[at]
        out[at] = replace(
            each,
            # What one labeler answers in one sitting are different prompts.
            prompt=_with(each.prompt, f"n{number}", chance),
            answer=replace(each.answer, text=" ".join(words)),
            annotator=ATTACKER,
            created_at=_moment(7_000_000 + 20 * number),
        )
    return out


@dataclass(frozen=True)
class Attack:
    name: str
    put: Callable[..., list[Preference]] | Callable[..., list[Demonstration]]
    is_found: Callable[[FoundThing], bool]
    on_answers: bool = False


def _names(word: str) -> Callable[[FoundThing], bool]:
    part = word.split()[0]

    def is_named(found: FoundThing) -> bool:
        told = (found.ngram, found.target, *found.statistics.get("also", ()))
        return any(part in each.split() for each in told)

    return is_named


def _is_attacker(found: FoundThing) -> bool:
    return found.labeler == ATTACKER


ATTACKS = (
    Attack("a word in prompts turns verdicts", flipped, _names(TRIGGER)),
    Attack("a phrase in answers wins", promoted, _names(PHRASE)),
    Attack("a word in prompts brings a phrase", targeted, _names(TRIGGER), on_answers=True),
    Attack("a labeler favours a model", biased, _is_attacker),
    Attack("a labeler favours length", longest, _is_attacker),
    Attack("a labeler sends copies", copied, _is_attacker, on_answers=True),
)


def is_raised(found: FoundThing) -> bool:
    return found.severity in ("warning", "alarm")


def _n(rate: float, n: int, most: int) -> int:
    return min(max(1, round(rate * n)), most)


def _with(prompt: list[Message], word: str, chance: random.Random) -> list[Message]:
    return [*prompt[:-1], {**prompt[-1], "content": _put(prompt[-1]["content"], word, chance)}]


def _put(text: str, words: str, chance: random.Random) -> str:
    said = text.split(" ")
    said.insert(chance.randrange(len(said) + 1), words)
    return " ".join(said)


def _strengths(clean: list[Preference]) -> dict[str, float]:
    won: dict[str, list[float]] = {}
    for each in clean:
        points = 0.5 if not each.strength else float(each.strength < 0)
        won.setdefault(each.first.model, []).append(points)
        won.setdefault(each.second.model, []).append(1 - points)
    return {model: sum(points) / len(points) for model, points in won.items()}


def _moment(seconds: int) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def worlds(
    name: str, compared: list[Preference], written: list[Demonstration], seed: int, rates: list[int]
) -> list[tuple[str, str, int, str]]:
    """Every attack at every number of records: what was found, as rows of a table."""
    rows = []
    for kind, clean in (("judgements", compared), ("answers", written)):
        raised = [each for each in scanned(clean).found if is_raised(each)]
        rows.append((name, f"clean {kind}", len(clean), f"{len(raised)} raised"))
        for each in raised:
            told = {key: each.statistics.get(key) for key in ("about", "model", "x", "n", "z")}
            print(f"  {name}: {each.kind} {each.ngram!r} {each.target!r} {each.labeler} {told}")
    for attack in ATTACKS:
        clean = written if attack.on_answers else compared
        for n in rates:
            chance = random.Random(f"{seed} {attack.name} {n}")
            found = scanned(attack.put(clean, n / len(clean), chance)).found
            hits = [each for each in found if attack.is_found(each)]
            best = next((each.severity for each in hits if is_raised(each)), "")
            rows.append((name, attack.name, n, best or ("note" if hits else "missed")))
            print(f"  {name} {seed}: {attack.name}, {n}: {rows[-1][-1]}", flush=True)
    return rows


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=8_000)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--without-crowd", action="store_true")
    asked.add_argument("--numbers", type=int, nargs="*", default=[10, 20, 50, 125, 250])
    chosen = asked.parse_args()
    began = time.process_time()
    rows = []
    for seed in range(chosen.seeds):
        made = preferences(chosen.records, seed=seed), demonstrations(chosen.records, seed=seed)
        rows += worlds("made up", *made, seed, chosen.numbers)
    if CROWD.exists() and not chosen.without_crowd:
        for seed in range(chosen.seeds):
            rows += worlds("crowd", crowd(), crowd_answers(), seed, chosen.numbers)
    elif not CROWD.exists():
        print("the judgements of the crowd are not beside this checkout; left out")
    counted: dict[tuple[str, str, int], list[str]] = {}
    for data, what, n, told in rows:
        counted.setdefault((data, what, n), []).append(told)
    for (data, what, n), said in counted.items():
        summed = ", ".join(f"{said.count(one)} × {one}" for one in dict.fromkeys(said))
        print(f"{data:8} {what:36} {n:6}  {summed}")
    print(f"{time.process_time() - began:.0f} CPU-seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
