import time

import pytest

from arena.integrity.leaks import Leak, find, words_of

WORDS = words_of(
    ["SmolLM2-135M-Instruct", "Falcon", "Command R+", "mistralai/Mistral-7B", "o1"],
    ["OpenAI", "Hugging Face", "Quarry Labs"],
    ["banana split", "codeword"],
)


def leak(text: str, place: str = "A 1") -> str | None:
    found = find(WORDS, [(place, text)])
    return None if found is None else found.word


@pytest.mark.parametrize(
    "text",
    [
        "I am SmolLM2-135M-Instruct.",
        "smollm2 135m instruct",
        "ＳｍｏｌＬＭ２－１３５Ｍ－Ｉｎｓｔｒｕｃｔ",
        "S\u200bm\u200bo\u200bl LM2 135M (Instruct)",
        "s m o l l m 2 1 3 5 m i n s t r u c t",
        "I use command-r+ every day",
        "Mistral 7B says",
        "Ask Hugging\nFace",
        "the CODEWORD",
        "a Banana-Split, please",
    ],
)
def test_a_distinctive_name_tells_however_it_is_spelled(text: str) -> None:
    assert leak(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "I am Falcon, a language model.",
        "My name is FALCON.",
        "I’m F\u0301alcon",
        "As a model made by OpenAI I cannot.",
        "Are you Mistral?",
        "Ich bin Falcon.",
        "I was trained by Open AI",
        "I am SmolLM!",
    ],
)
def test_a_common_word_tells_where_somebody_says_who_they_are(text: str) -> None:
    assert leak(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "The peregrine falcon dives at 300 km/h.",
        "The mistral is a cold wind in Provence.",
        "falconry is an old art, I am sure",
        "A commander rarely sleeps.",
        "openaire is a project",
        "Version 135 of the manual",
        "to1 2",
        "",
    ],
)
def test_ordinary_words_tell_nothing(text: str) -> None:
    assert leak(text) is None


def test_what_was_found_says_which_word_and_where() -> None:
    assert find(WORDS, [("A 1", "Hello"), ("B 1", "I'm SmolLM2 135M Instruct")]) == Leak(
        "SmolLM2-135M-Instruct", "B 1"
    )


def test_names_that_say_nothing_are_no_words() -> None:
    assert words_of(["", "-", "x"], ["Labs", ""], []) == ()
    assert [word.letters for word in words_of(["model-7"], [], [])] == ["model7"]


def test_hostile_text_takes_time_in_its_length() -> None:
    words = words_of([f"model name {n}" for n in range(300)], ["Aa"], [])
    for text in ("a" * 100_000, "I am " * 20_000, "iam a" * 20_000, "\u0301" * 50_000):
        begun = time.thread_time()
        find(words, [("A 1", text)])
        assert time.thread_time() - begun < 5.0
