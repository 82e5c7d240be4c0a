"""Small data sets of each kind, written as an export writes them, without a database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exports.files.shards import open_shard, shard_name, write_file
from exports.formats import FORMATS
from exports.recipe import Mappings
from exports.records import (
    Asked,
    Candidate,
    Conversation,
    Critique,
    Demonstration,
    Message,
    Preference,
    Ranked,
    Rated,
    Raw,
    Record,
    Unpaired,
)

WHEN = "2026-01-02T03:04:05.678+00:00"
N = 12


def prompt(number: int) -> list[Message]:
    """One with a system message, one with several turns, the others plain."""
    asked: Message = {"role": "user", "content": f"What is {number} plus {number}?"}
    if number == 1:
        return [{"role": "system", "content": "Be brief."}, asked]
    if number == 2:
        first: Message = {"role": "user", "content": "Hello."}
        return [first, {"role": "assistant", "content": "Hi there."}, asked]
    return [asked]


def good(number: int) -> Candidate:
    return Candidate(text=f"It is {2 * number}. café 日本", origin="person")


def bad(number: int) -> Candidate:
    return Candidate(text=f"It is {2 * number + 1}, I think.", origin="model", model="slate-1")


def records(kind: str) -> list[Record]:
    makers: dict[str, Any] = {
        "sft": _demonstration,
        "preferences": _preference,
        "reward": _preference,
        "rankings": _ranked,
        "unpaired": _unpaired,
        "ratings": _rated,
        "critiques": _critique,
        "prompts": _asked,
        "conversations": _conversation,
        "raw": _raw,
    }
    return [makers[kind](number) for number in range(1, N + 1)]


def write(folder: Path, name: str, kind: str, file_type: str = "jsonl") -> list[dict[str, Any]]:
    """One train split of `kind` in the format `name`; says which rows are in it."""
    form = FORMATS[name]
    mapping = Mappings(system="keep" if form.shapes[kind].has_system else "merge")
    rows = [row for each in _fit(name, kind) for row in form.accepts[kind](each, mapping)]
    folder.mkdir(parents=True, exist_ok=True)
    data = shard_name("train", 0, 1, file_type)
    with open_shard(folder / data, file_type, form.columns(kind)) as shard:
        shard.write(rows)
        shard.close()
    for extra, content in form.extras(kind, {"train": [data]}).items():
        write_file(folder / extra, content)
    return rows


def _fit(name: str, kind: str) -> Sequence[Record]:
    shape = FORMATS[name].shapes[kind]
    # The second has several turns, which not every format can say.
    return [each for each in records(kind) if shape.has_turns or not each.id.endswith("-2")]


def _about(number: int) -> dict[str, Any]:
    return {"id": f"made-{number}", "prompt": prompt(number), "created_at": WHEN}


def _demonstration(number: int) -> Record:
    return Demonstration(
        answer=good(number), annotator="p-1", guideline_version=1, seconds=3.0, **_about(number)
    )


def _preference(number: int) -> Record:
    return Preference(
        source="comparison",
        first=good(number),
        second=bad(number),
        strength=-1 - number % 3,
        annotator="p-1",
        **_about(number),
    )


def _ranked(number: int) -> Record:
    third = Candidate(text="I do not know.", origin="model", model="flint-2")
    return Ranked(
        answers=[bad(number), good(number), third],
        tiers=[[1], [0], [2]],
        all_bad=False,
        annotator="p-1",
        **_about(number),
    )


def _unpaired(number: int) -> Record:
    is_desirable = number % 2 == 0
    return Unpaired(
        source="comparison",
        answer=good(number) if is_desirable else bad(number),
        is_desirable=is_desirable,
        annotator="p-1",
        **_about(number),
    )


def _critique(number: int) -> Record:
    return Critique(
        source="fix",
        answer=bad(number),
        critique="The sum is wrong.",
        clauses=(),
        revision=good(number),
        annotator="p-1",
        **_about(number),
    )


def _asked(number: int) -> Record:
    return Asked(**_about(number))


def _rated(number: int) -> Record:
    return Rated(
        answer=good(number),
        ratings={"helpfulness": number % 5, "verbosity": 2},
        flags=("unsafe",) if number == 3 else (),
        annotator="p-1",
        **_about(number),
    )


def _conversation(number: int) -> Record:
    def whole(answer: Candidate) -> list[Message]:
        return [*prompt(number), {"role": "assistant", "content": answer.text}]

    return Conversation(
        id=f"vote-{number}",
        model_a="slate-1",
        model_b="flint-2",
        conversation_a=whole(good(number)),
        conversation_b=whole(bad(number)),
        winner="tie" if number == 3 else "model_a",
        n_turns=1,
        voter="v-1",
        created_at=WHEN,
        language="en",
        reasons=("truth",) if number == 4 else (),
        degree=number % 3 + 1,
    )


def _raw(number: int) -> Record:
    judgement = {"preference": -1, "answer_a": {"text": good(number).text}, "cites": []}
    return Raw(id=f"comparison-{number}", kind="comparison", judgement=judgement, created_at=WHEN)
