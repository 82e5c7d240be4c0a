"""Records to look at, without a database."""

from typing import Any

from exports.records import Candidate, Demonstration, Message, Preference


def user(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def demonstration(prompt: str, answer: str, **fields: Any) -> Demonstration:
    told: dict[str, Any] = {
        "id": "demonstration-1",
        "prompt": user(prompt),
        "answer": Candidate(text=answer, origin="person"),
        "annotator": "p-1",
        "guideline_version": 1,
        "seconds": 10.0,
        "created_at": "2026-11-21T12:00:00.000+00:00",
    }
    return Demonstration(**(told | fields))


def preference(prompt: str, first: str, second: str, **fields: Any) -> Preference:
    told: dict[str, Any] = {
        "id": "comparison-1",
        "source": "comparison",
        "prompt": user(prompt),
        "first": Candidate(text=first, origin="model"),
        "second": Candidate(text=second, origin="model"),
        "strength": -2,
        "annotator": "p-1",
        "created_at": "2026-11-21T12:00:00.000+00:00",
    }
    return Preference(**(told | fields))
