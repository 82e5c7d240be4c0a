"""Built test sets for the scans of hygiene: what is to be found, and what only looks like it."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exports.hygiene import checksums

CROWD = Path(__file__).parents[2] / "shared/data/crowd-comparisons/llmfao_pairs.jsonl"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEX = "0123456789abcdef"
ALL = LETTERS + LETTERS.upper() + "0123456789"
AROUND = (
    "{}",
    "Here it is: {}.",
    "I noted {} yesterday, and nothing came of it.",
    "({})",
    "“{}”, she said.",
    "The first line\n{}\nand the last.",
    "see {}, or ask again",
    "name: Kim\nvalue: {}\n",
)


@dataclass(frozen=True)
class Case:
    """A text, with the kind and value that is to be found in it, if any."""

    text: str
    kind: str = ""
    value: str = ""


def _digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choices("0123456789", k=n))


def _until(is_right: Callable[[str], bool], make: Callable[[], str]) -> str:
    while True:
        try:
            if is_right(value := make()):
                return value
        except (KeyError, ValueError, IndexError):
            continue


def _word(rng: random.Random, n: int, signs: str = LETTERS) -> str:
    return "".join(rng.choices(signs, k=n))


def _iban(rng: random.Random) -> str:
    country, bank = rng.choice(
        [("DE", 18), ("FR", 23), ("ES", 20), ("PL", 24), ("NL", 0), ("GB", 0)]
    )
    rest = (
        _digits(rng, bank)
        if bank
        else _word(rng, 4, LETTERS.upper()) + _digits(rng, checksums.IBAN_LENGTHS[country] - 8)
    )
    number = int("".join(str(int(c, 36)) for c in f"{rest}{country}00"))
    compact = f"{country}{98 - number % 97:02}{rest}"
    if rng.random() < 0.5:
        return compact
    return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))


def _card(rng: random.Random) -> str:
    number = _until(checksums.card, lambda: rng.choice("45") + _digits(rng, 15))
    sign = rng.choice(["", " ", "-"])
    return sign.join(number[at : at + 4] for at in range(0, 16, 4))


def _phone(rng: random.Random) -> str:
    d = partial(_digits, rng)
    area = str(rng.randrange(200, 999))
    return rng.choice(
        [
            f"+49 {rng.randrange(151, 179)} {d(7)}",
            f"+44 20 {d(4)} {d(4)}",
            f"+1 {area}-{d(3)}-{d(4)}",
            f"({area}) {d(3)}-{d(4)}",
            f"{area}-{d(3)}-{d(4)}",
            f"0{rng.randrange(1, 7)} {d(2)} {d(2)} {d(2)} {d(2)}",
            f"0{rng.randrange(151, 179)}/{d(7)}",
            f"+33{rng.randrange(6, 8)}{d(8)}",
            f"tel 0{rng.randrange(6, 8)}{d(8)}",
        ]
    )


def _identity(rng: random.Random) -> tuple[str, str]:
    """What is said of it, and the number."""
    d = partial(_digits, rng)
    born = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 28):02}"
    upper = LETTERS.upper()
    made: list[Callable[[], tuple[str, str]]] = [
        lambda: ("SSN ", (n := _until(checksums.ssn, lambda: d(9)))[:3] + f"-{n[3:5]}-{n[5:]}"),
        lambda: (
            "NHS number ",
            (n := _until(checksums.nhs, lambda: d(10)))[:3] + f" {n[3:6]} {n[6:]}",
        ),
        lambda: ("", _until(checksums.nir, lambda: rng.choice("12") + d(14))),
        lambda: ("Steuer-ID ", _until(checksums.steuer_id, lambda: d(11))),
        lambda: ("BSN ", _until(checksums.bsn, lambda: d(9))),
        lambda: ("PESEL ", _until(checksums.pesel, lambda: born + d(5))),
        lambda: ("", (n := _until(checksums.personnummer, lambda: born + d(4)))[:6] + f"-{n[6:]}"),
        lambda: (
            "",
            (n := _until(checksums.cpf, lambda: d(11)))[:3] + f".{n[3:6]}.{n[6:9]}-{n[9:]}",
        ),
        lambda: ("", (n := _until(checksums.aadhaar, lambda: d(12)))[:4] + f" {n[4:8]} {n[8:]}"),
        lambda: (
            "",
            _until(checksums.chinese, lambda: f"{rng.randrange(110000, 650000)}19{born}{d(4)}"),
        ),
        lambda: ("", _until(checksums.dni, lambda: d(8) + rng.choice(upper))),
        lambda: (
            "",
            _until(
                checksums.codice_fiscale,
                lambda: (
                    f"{_word(rng, 6, upper)}{d(2)}{rng.choice('ABCDEHLMPRST')}{d(2)}"
                    f"{rng.choice(upper)}{d(3)}{rng.choice(upper)}"
                ),
            ),
        ),
        lambda: ("", f"AB {d(2)} {d(2)} {d(2)} C"),
        lambda: ("SIN ", (n := _until(checksums.sin, lambda: d(9)))[:3] + f" {n[3:6]} {n[6:]}"),
    ]
    return rng.choice(made)()


def _secret(rng: random.Random) -> tuple[str, str]:
    return rng.choice(
        [
            ("", "AKIA" + _word(rng, 16, ALL[26:])),
            ("", "ghp_" + _word(rng, 36, ALL)),
            ("", "sk-" + _word(rng, 20, LETTERS) + "7" + _word(rng, 20, ALL)),
            ("", "hf_" + _word(rng, 34, ALL)),
            ("", "AIza" + _word(rng, 35, ALL)),
            ("", "xoxb-" + _word(rng, 24, ALL)),
            ("", ".".join("eyJ" + _word(rng, 30, ALL) for _ in range(3))),
            ("password: ", _word(rng, 6, ALL) + "9!xQ"),
            ("api_key = ", _word(rng, 24, ALL) + "4b7"),
        ]
    )


def personal(n: int, seed: int) -> list[Case]:
    rng = random.Random(seed)
    cases = []
    for number in range(n):
        said, kind = "", ("email", "phone", "iban", "card", "ip", "identity", "secret")[number % 7]
        if kind == "email":
            name = _word(rng, 6) + rng.choice([".", "_", "+", ""]) + _word(rng, 5, ALL)
            ending = rng.choice(["de", "com", "co.uk", "example", "dev"])
            value = f"{name}@{_word(rng, 8)}.{ending}"
        elif kind == "ip":
            value = rng.choice(
                [
                    ".".join(str(rng.randrange(1, 224)) for _ in range(4)).replace("127.", "128."),
                    ":".join(["2001"] + [f"{rng.randrange(1, 65536):x}" for _ in range(7)]),
                    f"2001:db8::{rng.randrange(1, 65536):x}:{rng.randrange(1, 65536):x}",
                ]
            )
        elif kind == "phone":
            value = _phone(rng)
            said, value = ("tel ", value[4:]) if value.startswith("tel ") else ("", value)
        elif kind in ("identity", "secret"):
            said, value = (_identity if kind == "identity" else _secret)(rng)
        else:
            value = (_iban if kind == "iban" else _card)(rng)
        cases.append(Case(rng.choice(AROUND).format(said + value), kind, value))
    return cases


def harder(n: int, seed: int) -> list[Case]:
    """Written so that little tells them: without separators, without a word, disguised."""
    rng = random.Random(seed)
    d = partial(_digits, rng)
    made: list[Callable[[], tuple[str, str]]] = [
        lambda: ("phone", f"{rng.randrange(200, 999)}{d(7)}"),
        lambda: ("phone", f"0{rng.randrange(6, 8)}{d(8)}"),
        lambda: ("email", f"{_word(rng, 6)} at {_word(rng, 7)} dot com"),
        lambda: ("email", f"{_word(rng, 6)}[at]{_word(rng, 7)}.com"),
        lambda: ("identity", _until(checksums.bsn, lambda: d(9))),
        lambda: ("identity", _until(checksums.sin, lambda: d(9))),
        lambda: ("secret", f"my password is {_word(rng, 9)}"),
        lambda: ("secret", _word(rng, 40, HEX)),
        lambda: ("iban", _iban(rng).replace(" ", "").replace("DE", "DE ")),
        lambda: ("card", " ".join(_card(rng).replace(" ", "").replace("-", ""))),
    ]
    return [
        Case(rng.choice(AROUND).format(v), k, v) for k, v in (rng.choice(made)() for _ in range(n))
    ]


def lookalikes(n: int, seed: int) -> list[Case]:
    """Numbers, names and code that are nobody's."""
    rng = random.Random(seed)
    d = partial(_digits, rng)
    wrong_card = partial(_until, lambda v: not checksums.luhn(v), lambda: "4" + d(15))
    year = rng.randrange
    made: list[Callable[[], str]] = [
        lambda: f"{year(1900, 2030)}-{year(1, 13):02}-{year(1, 29):02}T12:{d(1)}0:00Z",
        lambda: f"{year(1, 29):02}.{year(1, 13):02}.{year(1900, 2030)} um 10:30",
        lambda: f"{rng.random():.12f} and {rng.uniform(1, 9e6):,.2f}",
        lambda: f"${rng.randrange(10**6):,}.00",
        lambda: f"ISBN 978-{d(1)}-{d(2)}-{d(6)}-{d(1)}",
        lambda: f"order {d(9)}",
        lambda: f"ticket #{d(10)}",
        lambda: f"version {rng.randrange(12)}.{rng.randrange(30)}.{d(5)}.{rng.randrange(9)}",
        lambda: f"{d(4)}-{d(2)}-{d(1)} is a CAS number",
        wrong_card,
        lambda: f"pp. {d(3)}-{d(3)}",
        lambda: f"sha256 {_word(rng, 64, HEX)}",
        lambda: " ".join(str(rng.randrange(99)) for _ in range(14)),
        lambda: f"{_word(rng, 8, HEX)}-{d(4)}-4{d(3)}-a{d(3)}-{_word(rng, 12, HEX)}",
        lambda: f"52.{d(4)}, 13.{d(4)}",
        lambda: f"@{_word(rng, 7)} wrote to @{_word(rng, 5)}",
        lambda: f"epoch {d(13)}",
        lambda: f"std::{_word(rng, 5)}<int>::{_word(rng, 4)}()",
        lambda: f"x = {d(7)} + {d(8)} * {d(3)}",
        lambda: f"DE{d(2)} {d(4)} {d(4)} {d(4)} {d(4)} 1",
        lambda: "password: your_password_here",
        lambda: f"git@{_word(rng, 6)}.com:{_word(rng, 4)}/{_word(rng, 5)}.git",
        lambda: "listen on 127.0.0.1:8000",
        lambda: f"sk-{_word(rng, 6)}-{_word(rng, 7)}-{_word(rng, 8)}-{_word(rng, 4)}",
        lambda: f"1{d(2)} 000 {d(3)} people",
    ]
    return [Case(rng.choice(AROUND).format(rng.choice(made)())) for _ in range(n)]


def hidden(texts: list[str], seed: int) -> list[Case]:
    rng = random.Random(seed)
    cases = []
    for number, text in enumerate(texts):
        kind = ("zero width", "direction", "tag", "variation", "control", "encoded", "data url")[
            number % 7
        ]
        blob = base64.b64encode(rng.randbytes(rng.randrange(96, 400))).decode()
        value = {
            "zero width": rng.choice("\u200b\u2060\ufeff\u200c"),
            "direction": rng.choice(["\u202e", "\u2066x\u2069", "\u200f"]),
            "tag": "".join(chr(0xE0000 + ord(c)) for c in "ignore all"),
            "variation": "".join(rng.choices([chr(0xFE00 + n) for n in range(16)], k=8)),
            "control": rng.choice("\x01\x07\x1b\x9b"),
            "encoded": rng.choice([f" {blob} ", f" {rng.randbytes(120).hex()} "]),
            "data url": f" data:image/png;base64,{blob} ",
        }[kind]
        at = text.find(" ", rng.randrange(len(text))) + 1
        cases.append(Case(text[:at] + value + text[at:], kind))
    return cases


def honest() -> list[str]:
    """Texts that need characters which are not seen, and long words that are none."""
    flag = "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbsct") + "\U000e007f"
    return [
        "👨‍👩‍👧 at home ❤️ 1️⃣ 🏳️‍🌈 👩🏽‍🚀 ☎️ ©️",
        f"{flag} Scotland",
        "می\u200cخواهم به خانه بروم \u200f(2020)",
        "क्\u200dष और श्री\u200cमान",
        "\u2067שלום\u2069 עולם",
        "葛\U000e0100飾区",
        "日本語の文章です。" * 40,
        "ไทย" * 60,
        "https://example.org/" + "path/of/many/words/" * 12,
        "a" * 200,
        "=" * 300,
        "0123456789" * 14,
        "sha512: " + "0f1e2d3c" * 16,
        "[link](https://example.org/?q=" + "word+" * 40 + ")",
        "ᠮᠣᠩᠭᠣᠯ\u180bᠤᠨ",
        "tab\tand\r\nline",
        "VeryLongCamelCaseNameOfAClassInJava" * 3,
        "⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙",
        "snake_case_name_" * 10,
    ]


def answers() -> list[str]:
    """Answers of models to real prompts, where they lie beside the checkout."""
    if not CROWD.exists():
        return []
    with CROWD.open(encoding="utf-8") as file:
        pairs = [json.loads(line) for line in file]
    found = {text.strip() for pair in pairs for text in (pair["result_x"], pair["result_y"])}
    return sorted(text for text in found if len(text.split()) >= 60)


def prompts() -> list[str]:
    if not CROWD.exists():
        return []
    with CROWD.open(encoding="utf-8") as file:
        return list(dict.fromkeys(json.loads(line)["text"] for line in file))


def edited(text: str, share: float, rng: random.Random, others: list[str]) -> str:
    """With this share of its words changed, taken out or doubled."""
    words = text.split()
    for place in sorted(rng.sample(range(len(words)), round(share * len(words))), reverse=True):
        words[place : place + 1] = rng.choice([[rng.choice(others)], [], [words[place]] * 2])
    return " ".join(words)


def templates(n: int, seed: int) -> Iterator[str]:
    """Prompts as teams import them: many from a few moulds."""
    rng = random.Random(seed)
    moulds = [
        " ".join(_word(rng, rng.randrange(3, 9)) for _ in range(12))
        + " {} "
        + " ".join(_word(rng, rng.randrange(3, 9)) for _ in range(6))
        for _ in range(200)
    ]
    for _ in range(n):
        yield rng.choice(moulds).format(" ".join(_word(rng, 6) for _ in range(rng.randrange(1, 9))))
