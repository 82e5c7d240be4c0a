"""Personal data found, left alone and masked."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports.hygiene.personal import Masks, find

FOUND = [
    ("email", "jane.doe+x@example.co.uk", "Write to {}, please."),
    ("email", "bob@mail.example", "<{}>"),
    ("email", "jürgen@müller.de", "An {}"),
    ("phone", "+49 30 1234567", "Call {}."),
    ("phone", "(212) 555-0123", "or {} after six"),
    ("phone", "06 12 34 56 78", "Mon portable : {}."),
    ("phone", "020 7946 0958", "Office: {}"),
    ("phone", "0612345678", "tel {}"),
    ("iban", "DE89 3704 0044 0532 0130 00", "IBAN {}, thanks"),
    ("iban", "GB82WEST12345698765432", "{}"),
    ("iban", "MT84MALT011000012345MTLCAST001S", "to {}."),
    ("card", "4111 1111 1111 1111", "card {}"),
    ("card", "378282246310005", "Amex {}."),
    ("ip", "192.168.1.20", "from {}:8080"),
    ("ip", "2001:db8::8a2e:370:7334", "[{}]"),
    ("identity", "078-05-1120", "SSN {}"),
    ("identity", "943 476 5919", "NHS number {}"),
    ("identity", "2 55 08 14 168 025 38", "sécu {}"),
    ("identity", "86 095 742 719", "Steuer-ID {}"),
    ("identity", "111222333", "mijn bsn is {}"),
    ("identity", "44051401359", "PESEL: {}"),
    ("identity", "811218-9876", "personnummer {}"),
    ("identity", "111.444.777-35", "CPF {}"),
    ("identity", "2341 2341 2346", "Aadhaar {}"),
    ("identity", "11010519491231002X", "身份证 {}"),
    ("identity", "12345678Z", "DNI {}"),
    ("identity", "X1234567L", "NIE {}"),
    ("identity", "RSSMRA85T10A562S", "codice fiscale {}"),
    ("identity", "AB123456C", "NI number {}."),
    ("identity", "130 692 544", "SIN {}"),
    ("secret", "sk-proj-abcdefghijk1234567890ABCD", "key {}"),
    ("secret", "AKIAIOSFODNN7EXAMPLE", "{}"),
    ("secret", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "token={}"),
    ("secret", "Tr0ub4dor&3", "password: {}"),
    ("secret", "hunter2-Rules", "my password is {}"),
    ("secret", "me:s3cret", "postgres://{}@db.internal/x"),
]
LEFT_ALONE = [
    "It was 01.02.2020 10:00, or 2020-11-21T12:00:00 and 12:34:56.",
    "π is 3.14159265358979 and e is 2.718281828.",
    "Numbers: 10 20 30 40 50 60 70 80 90, then 1234567890.",
    "ISBN 978-3-16-148410-0 and version 1.2.3.4 of std::vector<a::b>.",
    "Card 4111 1111 1111 1112 has a wrong digit, so has DE88 3704 0044 0532 0130 00.",
    "password: your_password_here, api_key = os.environ['API_KEY']",
    "git clone git@github.com:owner/name.git, then listen on 127.0.0.1 and 0.0.0.0.",
    "The order 123456789 of 100000000 items costs $1,234,567.89.",
    "@username and @dataclass(frozen=True) are no addresses; x @ y neither.",
    "uuid 123e4567-e89b-12d3-a456-426614174000, sha256 e3b0c44298fc1c149afbf4c8996fb924",
    "mask-task-disk-something-long-and-hyphenated and risk-adjusted-returns-of-portfolios",
]


@pytest.mark.parametrize(("kind", "value", "around"), FOUND)
def test_finds(kind: str, value: str, around: str) -> None:
    text = around.format(value)
    assert [(each.kind, text[each.start : each.end]) for each in find(text)] == [(kind, value)]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_leaves_alone(text: str) -> None:
    assert [(each.kind, text[each.start : each.end]) for each in find(text)] == []


def test_the_same_value_has_the_same_mask_throughout_a_row() -> None:
    masks = Masks()
    assert masks.masked("a@b.de and c@d.fr") == "[EMAIL_1] and [EMAIL_2]"
    assert masks.masked("C@D.FR, call +49 30 1234567") == "[EMAIL_2], call [PHONE_1]"
    assert masks.masked("+49 (30) 123-4567") == "[PHONE_1]"


digits = st.text("0123456789 .-+()/", min_size=1, max_size=24)
pieces = st.one_of(
    digits,
    st.sampled_from([value for _, value, _ in FOUND]),
    st.sampled_from(["tel ", "ssn ", "password: ", "@", "://", " ", "x", "-----", "::", "ü", "日"]),
    st.text(max_size=8),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=8).map("".join))
@example("4111 1111 1111 1111-4111 1111 1111 1111")
@example("sk-a@b.co" + "1" * 30)
def test_masking_leaves_nothing_that_is_found(text: str) -> None:
    masked = Masks().masked(text)
    assert find(masked) == []
    assert Masks().masked(masked) == masked


def test_a_long_hostile_text_takes_no_time_beyond_its_length() -> None:
    for text in (
        "1" * 200_000,
        "a." * 100_000 + "@",
        "1-" * 100_000,
        "@a." * 60_000,
        "::" * 90_000,
    ):
        find(text)
