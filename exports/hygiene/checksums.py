"""Check digits of cards, accounts and identity numbers. Pure."""

from __future__ import annotations

from datetime import date

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24,
    "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURNED = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_ODD_PLACES = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3,
         6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right is doubled."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(d)] for d in digits[-2::-2])
    return total % 10 == 0


def iban(compact: str) -> bool:
    """ISO 13616: its country's length, and 1 modulo 97."""
    if IBAN_LENGTHS.get(compact[:2]) != len(compact):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def card(digits: str) -> bool:
    return luhn(digits) and _is_card_number(digits)


def _is_card_number(digits: str) -> bool:
    n, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return n in (16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return n == 16
    if two in (34, 37):
        return n == 15
    if two in (30, 36, 38, 39):
        return n == 14
    return (four == 6011 or two in (62, 64, 65) or 3528 <= four <= 3589) and 16 <= n <= 19


def verhoeff(digits: str) -> bool:
    """India's Aadhaar."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_TURNED[place % 8][int(digit)])])
    return check == 0


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def aadhaar(digits: str) -> bool:
    return len(digits) == 12 and digits[0] not in "01" and verhoeff(digits)


def bsn(digits: str) -> bool:
    """The Netherlands."""
    return len(digits) == 9 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def chinese(compact: str) -> bool:
    """GB 11643: ISO 7064 MOD 11-2, with a date of birth."""
    weights = tuple(pow(2, 17 - place, 11) for place in range(17))
    check = "10X98765432"[weighted(compact[:17], weights) % 11]
    return compact[17].upper() == check and _is_date(compact[6:14])


def codice_fiscale(compact: str) -> bool:
    """Italy."""
    compact = compact.upper()
    total = sum(_ODD_PLACES[c] for c in compact[:15:2])
    total += sum(int(c) if c.isdigit() else ord(c) - 65 for c in compact[1:15:2])
    return compact[15] == chr(65 + total % 26)


def cpf(digits: str) -> bool:
    """Brazil."""
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    for n in (9, 10):
        rest = weighted(digits[:n], tuple(range(n + 1, 1, -1))) * 10 % 11 % 10
        if rest != int(digits[n]):
            return False
    return True


def dni(compact: str) -> bool:
    """Spain's DNI and NIE."""
    compact = compact.upper()
    number = int(compact[:-1].translate(str.maketrans("XYZ", "012")))
    return compact[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def nhs(digits: str) -> bool:
    """The United Kingdom's health service."""
    check = (11 - weighted(digits[:9], tuple(range(10, 1, -1))) % 11) % 11
    return len(digits) == 10 and check == int(digits[9])


def nir(digits: str) -> bool:
    """France."""
    return digits[0] in "12" and 97 - int(digits[:13]) % 97 == int(digits[13:])


def pesel(digits: str) -> bool:
    """Poland."""
    if len(digits) != 11 or not 1 <= int(digits[4:6]) <= 31 or not 1 <= int(digits[2:4]) % 20 <= 12:
        return False
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(digits: str) -> bool:
    """Sweden."""
    digits = digits[-10:]
    day = int(digits[4:6])
    return (
        luhn(digits) and 1 <= int(digits[2:4]) <= 12 and 1 <= (day - 60 if day > 60 else day) <= 31
    )


def sin(digits: str) -> bool:
    """Canada."""
    return len(digits) == 9 and digits[0] not in "08" and luhn(digits)


def ssn(digits: str) -> bool:
    """The United States: it has no check digit, but numbers that are never given."""
    area = int(digits[:3])
    return 0 < area < 900 and area != 666 and digits[3:5] != "00" and digits[5:] != "0000"


def steuer_id(digits: str) -> bool:
    """Germany: ISO 7064 MOD 11,10; of the first ten digits one stands there twice or thrice."""
    counts = sorted((digits[:10].count(d) for d in set(digits[:10])), reverse=True)
    if len(digits) != 11 or digits[0] == "0" or counts[0] not in (2, 3) or counts[1:2] != [1]:
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[10])


def _is_date(digits: str) -> bool:
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False
