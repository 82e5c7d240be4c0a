"""One record of each kind; every text that belongs into the row holds SECRET."""

from typing import Any

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

WHEN = "2026-11-21T10:00:00.000+00:00"
ASKED: list[Message] = [{"role": "user", "content": "SECRET question"}]
TALK: list[Message] = [*ASKED, {"role": "assistant", "content": "SECRET reply"}]


def answer(origin: str = "model") -> Candidate:
    return Candidate(
        text="SECRET answer", origin=origin, model="falcon", parameters={"temperature": 0.7}
    )


def _judged(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"{name}-1", "prompt": ASKED, "annotator": "ann", "created_at": WHEN, **fields}


RECORDS: list[Record] = [
    Demonstration(
        **_judged("demonstration"),
        answer=answer("mixed"),
        human_share=0.75,
        model_share=0.25,
        spans=(["person", 3], [7, 1, 0]),
        drafts={"7": "falcon"},
        guideline_version=2,
        seconds=4.5,
    ),
    Preference(
        **_judged("comparison"), source="comparison", first=answer(), second=answer(), strength=-2
    ),
    Unpaired(**_judged("vote"), source="vote", answer=answer(), is_desirable=True),
    Ranked(**_judged("ranking"), answers=[answer(), answer()], tiers=[[0], [1]], all_bad=False),
    Rated(**_judged("comparison"), answer=answer(), ratings={"helpful": 4}, flags=("unsafe",)),
    Critique(
        **_judged("critique"),
        source="fix",
        answer=answer(),
        critique="SECRET words",
        clauses=("4.2",),
        revision=answer("person"),
    ),
    Asked(id="prompt-1", prompt=ASKED, created_at=WHEN, language="en"),
    Conversation(
        id="vote-1",
        model_a="falcon",
        model_b="heron",
        conversation_a=TALK,
        conversation_b=TALK,
        winner="model_a",
        n_turns=1,
        voter="v-1",
        created_at=WHEN,
        degree=2,
    ),
    Raw(id="report-1", kind="report", judgement={"text": "SECRET"}, created_at=WHEN),
]
