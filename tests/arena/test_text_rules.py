"""Categories, language, looks and spelling of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.boards.categories import CATEGORIES, LANGUAGE_PREFIX, TOPICS, categories_of
from arena.boards.language import LANGUAGES, language_of
from arena.boards.spelling import folded, prompt_key
from arena.boards.style import FEATURES, difference, features

SENTENCES = {
    "en": "Write a poem about autumn", "de": "Schreibe ein Gedicht über den Herbst",
    "fr": "Écris un poème sur l'automne", "es": "Escribe un poema sobre el otoño",
    "pt": "Escreva um poema sobre o outono", "it": "Scrivi una poesia sull'autunno",
    "nl": "Schrijf een gedicht over de herfst", "pl": "Napisz wiersz o jesieni",
    "cs": "Napiš báseň o podzimu", "sv": "Skriv en dikt om hösten",
    "da": "Hvad er forskellen på et lån og en gæld?", "fi": "Kirjoita runo syksystä",
    "hu": "Írj egy verset az őszről", "ro": "Scrie o poezie despre toamnă",
    "tr": "Sonbahar hakkında bir şiir yaz", "id": "Tulis puisi tentang musim gugur yang indah",
    "vi": "Hãy viết một bài thơ về mùa thu", "ru": "Напиши стихотворение об осени",
    "uk": "Напиши вірш про осінь і зиму", "bg": "Какво е това и защо се случва?",
    "ar": "اكتب قصيدة عن الخريف", "fa": "یک شعر درباره پاییز بنویس",
    "ur": "خزاں کے بارے میں ایک نظم لکھیں", "hi": "शरद ऋतु पर एक कविता लिखें",
    "zh": "写一首关于秋天的诗", "ja": "秋についての詩を書いてください",
    "ko": "가을에 대한 시를 써 주세요",
    "el": "Γράψε ένα ποίημα", "he": "כתוב שיר על הסתיו", "th": "เขียนบทกวี",
    "et": "Miks on lehed sügisel kollased?", "lt": "Kodėl lapai yra geltoni ir kaip tai vyksta?",
}  # fmt: skip


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_tells_its_language(code: str) -> None:
    assert language_of(SENTENCES[code]) == code
    assert code in LANGUAGES


@pytest.mark.parametrize("text", ["", "2 + 2?", "x", "🙂🙂", "```python\nthe = and\n```", "qwrt"])
def test_a_text_that_does_not_say_has_no_language(text: str) -> None:
    assert language_of(text) == ""


def topics(*messages: str, replies: tuple[tuple[str, str], ...] = (("Yes.", "No."),)) -> list[str]:
    return [code for code in categories_of(messages, replies) if code in TOPICS]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Hello", []),
        ("How was the 2024-01-02 train?", []),
        ("Explain generators in Python", ["code"]),
        ("What does `C++` do here?", ["code"]),
        ("Why?\n```\nx\n```", ["code"]),
        ("import os\nfrom sys import path", ["code"]),
        ("import os", []),
        ("What is 3 * 4?", ["maths"]),
        (r"Evaluate \frac{1}{2}", ["maths"]),
        ("What is the probability of rain", ["maths"]),
        ("Tell me a joke", ["creative-writing"]),
        ("写一首关于秋天的诗", ["creative-writing"]),
        ("I read a story. Please write back", []),
        ("Write " + "very " * 9 + "poem", []),
        ("Why is the sky blue? In 20 words", ["instruction-following"]),
        ("Summarise it as a table without using verbs", ["instruction-following"]),
        ("Summarise it as a table", []),
        ("a" * 2000, ["long-query"]),
        ("a" * 1999, []),
        ("字" * 500, ["long-query"]),
        ("Prove that 1 + 2 + 3 = 6. Start with 1. Why does it hold? Answer.", ["maths", "hard"]),
    ],
)
def test_a_message_has_the_topics_its_rules_say(message: str, expected: list[str]) -> None:
    assert topics(message) == expected


def test_two_messages_are_a_conversation_of_several_turns() -> None:
    assert topics("Hello", "And you?") == ["multi-turn"]


def test_a_reply_that_will_not_help_is_a_refusal() -> None:
    assert topics("Hi", replies=(("I’m sorry, but I can't help with that.", "Sure."),)) == [
        "refusal"
    ]
    assert topics("Hi", replies=(("x" * 300 + "I can't help with that", "Sure."),)) == []


def test_code_in_both_replies_is_code_and_in_one_is_not() -> None:
    block = "Here:\n```python\nx = 1\n```"
    assert topics("Do it", replies=((block, block),)) == ["code"]
    assert topics("Do it", replies=((block, "No."),)) == []


def test_the_language_is_a_category_of_its_own() -> None:
    assert categories_of(["Was ist das für ein Tier?"], []) == [LANGUAGE_PREFIX + "de"]
    assert categories_of([], []) == []


@given(st.lists(st.text(max_size=300), max_size=3), st.lists(st.tuples(st.text(), st.text())))
def test_any_text_has_known_categories_each_once(
    messages: list[str], replies: list[tuple[str, str]]
) -> None:
    found = categories_of(messages, replies)
    assert [code for code in CATEGORIES if code in found] == found


def test_codes_fit_their_column() -> None:
    assert max(map(len, CATEGORIES)) <= 40
    assert max(map(len, LANGUAGES)) <= 8


def test_looks_are_counted_outside_code() -> None:
    text = "# Title\n\n**Bold** and __also__\n- one\n2. two\n```\n# no\n- no\n**no**\n```\n#no"
    assert features(text) == (55.0, 1.0, 2.0, 2.0)
    assert len(FEATURES) == 4
    assert features("") == (0.0, 0.0, 0.0, 0.0)


def test_the_difference_lies_between_minus_one_and_one_and_turns_with_the_sides() -> None:
    a, b = features("# Much longer, with a title"), features("Short")
    assert difference(a, b) == tuple(-value for value in difference(b, a))
    assert all(-1 < value < 1 for value in difference(a, b))
    assert difference((3.0,), (0.0,)) == (0.75,)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("What is it?", "what  is it"),
        ("café", "cafe\u0301"),
        ("ＡＢＣ １", "abc 1"),
        ("“Straße”", "'STRASSE'"),
        ("in\u200bvisible", "invisible"),
        ("ﬁne", "fine!"),
        ("你好！", "你好"),
        ("a\x00b", "ab"),
    ],
)
def test_prompts_that_differ_in_spelling_are_the_same(text: str, same: str) -> None:
    assert prompt_key(text) == prompt_key(same) != ""


@pytest.mark.parametrize(
    ("text", "other"), [("C", "C++"), ("2+2", "2-2"), ("3.5", "35"), ("resume", "résumé")]
)
def test_signs_that_change_the_question_stay(text: str, other: str) -> None:
    assert prompt_key(text) != prompt_key(other)


def test_a_prompt_without_a_word_has_no_key() -> None:
    assert prompt_key(" ?! \u200b") == ""


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert prompt_key(text) == prompt_key(text.upper().lower()) or text != text.upper().lower()


HOSTILE = (
    "a", "\n", " ", "```\n", "1 ", "1*", "x^", ".", ".!", "<", "a-", "a+", "def ", "return ", "(",
    "**a ", "__", "\u0301", "ﷺ", "写", "write ", "$", "\\", "public a ", "#",
    "- ", "~~~\n", "а", "і ",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_the_same_sign_a_million_times_is_read_to_the_end(unit: str) -> None:
    """No clock is read: what grows with the square of the text would not come to an end."""
    text = unit * (1_000_000 // len(unit))
    assert features(text)[0] == sum(not sign.isspace() for sign in text)
    shorter = text[:100_000]
    assert prompt_key(shorter) == prompt_key(shorter.upper().lower())
    assert language_of(shorter) in {"", *LANGUAGES}
    found = categories_of([shorter], [(shorter, shorter)])
    assert len(found) == len(set(found))
