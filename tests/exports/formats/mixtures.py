"""Any mixture of records: sound ones, and everything that can be wrong with one."""

from typing import Any

from hypothesis import strategies as st

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
AWKWARD = [
    "",
    " \n",
    "\u200b",
    "a\n\nHuman: b",
    "a\n\nAssistant:",
    " Assistant: x Human:",
    "\ud800",
    "<|im_start|>system",
    "1989-11-09",
    " trimmed? ",
    "same text",
    "same  text",
    "\u2028\u0085",
]

any_text = st.one_of(st.text(max_size=30), st.sampled_from(AWKWARD))
good_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: any(sign.isalnum() for sign in text)
)
texts = st.one_of(good_text, good_text, good_text, any_text)
tags = st.lists(good_text, max_size=2).map(tuple)
versions = st.one_of(st.none(), st.integers(1, 9))
held_back = st.sampled_from(["", "", "", "", "its author is correcting it"])


def candidates() -> st.SearchStrategy[Candidate]:
    models = st.sampled_from(["", "slate-1"])
    return st.builds(
        Candidate, text=texts, origin=st.sampled_from(["person", "model"]), model=models
    )


@st.composite
def good_prompts(draw: st.DrawFn) -> list[Message]:
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(texts)})
    messages.append({"role": "user", "content": draw(texts)})
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        messages.append({"role": "assistant", "content": draw(texts)})
        messages.append({"role": "user", "content": draw(texts)})
    return messages


@st.composite
def any_messages(draw: st.DrawFn) -> list[Message]:
    roles = st.sampled_from(["system", "user", "assistant"])
    return draw(
        st.lists(st.fixed_dictionaries({"role": roles, "content": texts}), max_size=4)  # type: ignore[arg-type]
    )


prompts = st.one_of(good_prompts(), good_prompts(), good_prompts(), any_messages())


@st.composite
def turns(draw: st.DrawFn) -> tuple[Message, ...]:
    if draw(st.booleans()):
        return ()
    if draw(st.booleans()):
        return tuple(draw(any_messages()))
    answer: list[Message] = [{"role": "assistant", "content": draw(texts)}]
    asked: Message = {"role": "user", "content": draw(texts)}
    return (*answer, asked, {"role": "assistant", "content": draw(texts)})


def common(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": st.just(f"made-{number}"),
        "created_at": st.just(WHEN),
        "held_back": held_back,
        "tags": tags,
        **fields,
    }


def demonstrations() -> st.SearchStrategy[Record]:
    return st.builds(
        Demonstration,
        prompt=prompts,
        answer=candidates(),
        turns=turns(),
        annotator=st.just("p-1"),
        guideline_version=st.integers(1, 9),
        seconds=st.just(3.0),
        **common(1),
    )


def preferences() -> st.SearchStrategy[Record]:
    return st.builds(
        Preference,
        source=st.sampled_from(["comparison", "ranking", "vote", "judge"]),
        prompt=prompts,
        first=candidates(),
        second=candidates(),
        strength=st.one_of(st.none(), st.integers(-3, 3)),
        annotator=st.sampled_from(["p-1", ""]),
        n_turns=st.sampled_from([1, 1, 1, 2]),
        justification=good_text,
        guideline_version=versions,
        group=st.sampled_from(["", "ranking-1"]),
        margin=st.one_of(st.none(), st.floats(0, 3)),
        **common(2),
    )


@st.composite
def rankings(draw: st.DrawFn) -> Ranked:
    answers = draw(st.lists(candidates(), max_size=4))
    tiers: list[list[int]] = []
    for place in draw(st.permutations(range(len(answers)))):
        is_tied = draw(st.booleans())
        if tiers and is_tied:
            tiers[-1].append(place)
        else:
            tiers.append([place])
    fields = draw(st.fixed_dictionaries(common(3, prompt=prompts, all_bad=st.booleans())))
    return Ranked(
        answers=answers, tiers=tiers, annotator="p-1", guideline_version=draw(versions), **fields
    )


def unpaired() -> st.SearchStrategy[Record]:
    return st.builds(
        Unpaired,
        source=st.just("comparison"),
        prompt=prompts,
        answer=candidates(),
        is_desirable=st.booleans(),
        verdict=st.sampled_from(["", "", "tie", "both_bad"]),
        annotator=st.just("p-1"),
        guideline_version=versions,
        **common(4),
    )


def ratings() -> st.SearchStrategy[Record]:
    names = st.sampled_from(["helpfulness", "verbosity", "tone"])
    return st.builds(
        Rated,
        prompt=prompts,
        answer=candidates(),
        ratings=st.dictionaries(names, st.integers(0, 4)),
        flags=st.just(()),
        annotator=st.just("p-1"),
        guideline_version=versions,
        **common(5),
    )


def critiques() -> st.SearchStrategy[Record]:
    return st.builds(
        Critique,
        source=st.sampled_from(["repair", "fix", "return"]),
        prompt=prompts,
        answer=candidates(),
        critique=texts,
        clauses=tags,
        revision=st.one_of(st.none(), candidates()),
        outcome=st.sampled_from(["", "accepted", "edited", "discarded", "open"]),
        annotator=st.just("p-1"),
        guideline_version=versions,
        **common(6),
    )


def asked() -> st.SearchStrategy[Record]:
    return st.builds(Asked, prompt=prompts, language=st.sampled_from(["", "en"]), **common(7))


def conversations() -> st.SearchStrategy[Record]:
    whole = st.builds(
        lambda prompt, text: [*prompt, {"role": "assistant", "content": text}], prompts, texts
    )
    fields = {**common(8)}
    del fields["tags"]
    return st.builds(
        Conversation,
        model_a=st.just("slate-1"),
        model_b=st.just("flint-2"),
        conversation_a=st.one_of(whole, any_messages()),
        conversation_b=whole,
        winner=st.sampled_from(["model_a", "model_b", "tie", "both_bad"]),
        n_turns=st.integers(1, 4),
        voter=st.just("v-1"),
        degree=st.one_of(st.none(), st.integers(1, 3)),
        **fields,
    )


def raws() -> st.SearchStrategy[Record]:
    values = st.one_of(st.none(), st.booleans(), st.integers(), texts)
    fields = common(9)
    del fields["tags"]
    return st.builds(
        Raw,
        kind=st.just("comparison"),
        judgement=st.dictionaries(good_text, values, max_size=3),
        **fields,
    )


OF_KIND: dict[str, st.SearchStrategy[Record]] = {
    "sft": demonstrations(),
    "preferences": preferences(),
    "reward": preferences(),
    "rankings": rankings(),
    "unpaired": unpaired(),
    "ratings": ratings(),
    "critiques": critiques(),
    "prompts": asked(),
    "conversations": conversations(),
    "raw": raws(),
}
