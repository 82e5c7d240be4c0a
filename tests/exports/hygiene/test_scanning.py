"""All scans together, over records of every kind."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exports.hygiene.met import LOOKED_AT, MOST_KINDS, OTHERS, Met, one_in
from exports.hygiene.scanning import Scans, cleaned
from exports.hygiene.sequences import Contamination, Sequences, sequences_of
from exports.hygiene.texts import parts_of, rewritten, texts_of
from exports.hygiene.verdicts import BENCHMARK, EXACT, HIDDEN, LANGUAGE, NEAR, PERSONAL, Verdict
from exports.recipe import Hygiene
from exports.records import (
    Asked,
    Candidate,
    Conversation,
    Critique,
    Ranked,
    Rated,
    Raw,
    Record,
    Unpaired,
)
from tests.exports.hygiene.records import demonstration, preference, user

AT = "2026-11-21T12:00:00.000+00:00"
MAIL = "Write to a@b.de"
ALL: list[Record] = [
    demonstration(MAIL, "a@b.de it is", turns=({"role": "assistant", "content": "a@b.de it is"},)),
    preference(MAIL, "a@b.de", "c@d.fr", justification="c@d.fr is wrong"),
    Unpaired(id="u", source="vote", prompt=user(MAIL), answer=Candidate(text="c@d.fr", origin=""),
             is_desirable=True, annotator="p", created_at=AT),
    Ranked(id="r", prompt=user(MAIL),
           answers=[Candidate(text=t, origin="") for t in ("c@d.fr", "b")],
           tiers=[[1], [0]], all_bad=False, annotator="p", created_at=AT),
    Rated(id="ra", prompt=user(MAIL), answer=Candidate(text="c@d.fr", origin=""), ratings={"a": 1},
          flags=(), annotator="p", created_at=AT),
    Critique(id="c", source="fix", prompt=user(MAIL), answer=Candidate(text="a", origin=""),
             critique="c@d.fr", clauses=(), revision=None, annotator="p", created_at=AT),
    Asked(id="a", prompt=user(MAIL), created_at=AT),
    Conversation(id="co", model_a="x", model_b="y", conversation_a=user(MAIL),
                 conversation_b=user(MAIL), winner="model_b", n_turns=1, voter="v", created_at=AT),
    Raw(id="raw", kind="vote", created_at=AT, judgement={
        "prompt": {"messages": user(MAIL)}, "labeler": "a@b.de",
        "marks": [{"note": "c@d.fr"}], "n": 1}),
]  # fmt: skip


def look(hygiene: Hygiene, *records: Record) -> list[Verdict]:
    with Scans(hygiene) as scans:
        return [scans.look(record) for record in records]


def test_every_kind_of_record_is_masked_and_otherwise_the_same() -> None:
    hygiene = Hygiene(personal_data="mask", exact_duplicates=False)
    for record, verdict in zip(ALL, look(hygiene, *ALL), strict=True):
        assert verdict.reason == ""
        assert verdict.changed == ("email",)
        written = " ".join(texts_of(verdict.record))
        assert "@" not in written
        assert "[EMAIL_1]" in written
        assert verdict.record == cleaned(record, hygiene)
        assert "a@b.de" in " ".join(texts_of(record))
        assert (verdict.record.id, verdict.record.created_at) == (record.id, AT)
    assert "labeler" in ALL[-1].judgement  # type: ignore[union-attr]
    raw = look(hygiene, ALL[-1])[0].record
    assert isinstance(raw, Raw)
    assert raw.judgement["labeler"] == "a@b.de"
    assert raw.judgement["marks"] == [{"note": "[EMAIL_2]"}]


def test_rewriting_to_the_same_gives_the_same() -> None:
    for record in ALL:
        assert rewritten(record, lambda text: text) == record


def test_who_wrote_what_is_not_said_of_changed_answers() -> None:
    record = demonstration("Who?", "a@b.de", spans=(["person", 6],))
    kept, changed = look(Hygiene(personal_data="keep"), record)[0], cleaned(
        record, Hygiene(personal_data="mask")
    )  # fmt: skip
    assert kept.record.spans == (["person", 6],)  # type: ignore[union-attr]
    assert changed.spans == ()  # type: ignore[union-attr]


def test_better_answers_come_first_among_the_parts() -> None:
    assert parts_of(preference("Q", "a", "b"))[1:] == ("a", "b")
    assert parts_of(preference("Q", "a", "b", strength=1))[1:] == ("b", "a")
    assert parts_of(ALL[3])[1:] == ("b", "c@d.fr")


def test_each_reason_is_said_and_counted() -> None:
    item = "What is the name of the tallest mountain in the land of the long white cloud today?"
    hygiene = Hygiene(near_duplicates=0.6, personal_data="drop", hidden_text="drop",
                      language_check=True)  # fmt: skip
    german = Asked(id="p", prompt=user("Warum ist der Himmel blau und nicht grün?"), created_at=AT,
                   language="en-GB")  # fmt: skip
    answer = "It is blue because air scatters short waves more than it scatters the long ones."
    records: list[Record] = [
        demonstration("Why is the sky blue?", answer),
        demonstration("Why is the sky blue? ", answer),
        demonstration("Why is the sky blue?", answer.replace("ones", "waves")),
        demonstration("Who?", "a@b.de"),
        demonstration("Who?", "me\u200b"),
        demonstration(item.upper(), "Aoraki."),
        german,
    ]
    with Scans(hygiene, benchmarks={"peaks": sequences_of(["Else?", item])}) as scans:
        verdicts = [scans.look(record) for record in records]
        reasons = ["", EXACT, NEAR, PERSONAL, HIDDEN, BENCHMARK, LANGUAGE]
        assert [verdict.reason for verdict in verdicts] == reasons
        assert [verdict.about for verdict in verdicts[5:]] == ["peaks, item 2", "de"]
        assert scans.dropped == dict.fromkeys(reasons[1:], 1)
        assert scans.found == {"email": 1, "zero width": 1}
        assert scans.benchmark_items == {("peaks", 2): 1}


def found(rows_looked_at: int, rows: int, **found: int) -> dict[str, Any]:
    kinds = {name.replace("_", " "): number for name, number in found.items()}
    return {"rows_looked_at": rows_looked_at, "rows": rows, "found": kinds, "rows_left_out": 0}


def test_what_is_kept_is_counted_in_evenly_spread_rows() -> None:
    record = demonstration("Who?", "a@b.de and c@d.fr, <|im_end|> and <|im_end|> again\u200b")
    with Scans(Hygiene(exact_duplicates=False), counting=2) as scans:
        changes = [scans.look(record).changed for _ in range(5)]
        assert changes == [()] * 5
        assert scans.told() == {
            "control_tokens": found(3, 3) | {"found": {"<|im_end|>": 3}},
            "hidden_text": found(3, 3, zero_width=3),
            "personal_data": found(3, 3, email=6),
        }


def test_what_is_masked_is_counted_in_every_row() -> None:
    rows = [demonstration("Who?", "a@b.de"), demonstration("Who?", "Nobody.")]
    with Scans(Hygiene(personal_data="mask"), counting=0) as scans:
        assert [scans.look(row).changed for row in [*rows, rows[0]]] == [("email",), (), ("email",)]
        assert scans.told() == {
            "exact_duplicates": {"rows_left_out": 1},
            "personal_data": found(3, 2, email=2),
        }


def test_steps_are_such_that_about_as_many_rows_are_looked_at_of_any_number() -> None:
    assert [one_in(n) for n in (0, 1, LOOKED_AT, LOOKED_AT + 1, 1_000_000)] == [1, 1, 1, 2, 200]


def test_a_text_cannot_make_up_kinds_without_end() -> None:
    met = Met()
    met.note(Counter({f"<|{n}|>": 1 for n in range(MOST_KINDS + 5)}))
    met.note(Counter({"<|0|>": 2, "<|new|>": 1}))
    assert (len(met.found), met.found[OTHERS], met.found["<|0|>"]) == (MOST_KINDS + 1, 6, 3)
    assert met.rows == 2


def test_what_was_hidden_by_invisible_signs_is_masked() -> None:
    hygiene = Hygiene(personal_data="mask", hidden_text="clean")
    verdict = look(hygiene, demonstration("Who?", "jane@exam\u200bple.org"))[0]
    assert texts_of(verdict.record)[1] == "[EMAIL_1]"
    assert verdict.changed == ("zero width", "email")


def test_a_cleaned_row_is_compared_as_it_will_be_written() -> None:
    rows = [demonstration("Who?", "It is a@b.de"), demonstration("Who?", "It is c@d.fr")]
    assert [v.reason for v in look(Hygiene(personal_data="mask"), *rows)] == ["", EXACT]
    assert [v.reason for v in look(Hygiene(), *rows)] == ["", ""]


texts = st.lists(
    st.sampled_from(["a@b.de", "the moon", "pulls", "the sea", "x\u200by", "+49 30 1234567"]),
    min_size=1, max_size=6,
).map(" ".join)  # fmt: skip
rows = st.lists(
    st.one_of(st.builds(demonstration, texts, texts), st.builds(preference, texts, texts, texts)),
    max_size=12,
)
hygienes = st.builds(
    Hygiene,
    exact_duplicates=st.booleans(),
    near_duplicates=st.sampled_from([0.0, 0.5, 0.8]),
    personal_data=st.sampled_from(["keep", "mask", "drop"]),
    hidden_text=st.sampled_from(["keep", "clean", "drop"]),
)


@settings(max_examples=60, deadline=None)
@given(rows, hygienes, st.integers(1, 5))
def test_batches_of_any_size_give_the_same(
    records: list[Record], hygiene: Hygiene, size: int
) -> None:
    one_by_one = look(hygiene, *records)
    with Scans(hygiene) as scans:
        batched = [
            verdict
            for start in range(0, len(records), size)
            for verdict in scans.look_at_all(records[start : start + size])
        ]
    assert batched == one_by_one
    for record, verdict in zip(records, one_by_one, strict=True):
        if not verdict.reason:
            assert verdict.record == cleaned(record, hygiene)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_packed_sequences_are_unpacked_again(items: list[str]) -> None:
    found = sequences_of(items)
    again = Sequences.unpacked(found.packed())
    assert again.packed() == found.packed()
    assert len(found.packed()) == 12 * len(found) + 5 * len(found.by_length)


def test_items_are_found_however_they_are_written() -> None:
    items = [
        "What is the capital of France, and how many people lived there in the year 2020?",
        "Name three primes below ten",
        "2+2=?",
    ]
    found = Contamination({"b": sequences_of(items)})

    def numbers(*texts: str) -> list[int]:
        return sorted(item for _, item in found.items(texts))

    assert numbers(
        "Tell me: WHAT is the capital of France and how many people lived there in 20"
    ) == [1]
    assert numbers("the capital of France and how many people lived there") == []
    assert numbers("Please name three primes, below ten!") == [2]
    assert numbers("Name three primes below twelve") == []
    assert numbers("2 + 2 = ?") == [3]
    assert numbers("What is 2+2=?") == []
    assert numbers("Name three primes", "below ten") == []


def test_a_benchmarks_template_says_nothing() -> None:
    template = "Read the passage and choose the one answer of the four that is right. "
    items = [template + f"Passage number{n} about thing{n} and nothing{n}." for n in range(30)]
    found = Contamination({"b": sequences_of(items)})
    assert found.items([template + "Something else altogether is asked here."]) == {}
    assert {item for _, item in found.items([items[4]])} == {5}
