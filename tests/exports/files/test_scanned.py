"""What scans did, of the manifest."""

from typing import Any

from exports.files.scanned import Scan, scans, unscanned


def manifest(hygiene: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    return {"recipe": {"kind": "sft", "hygiene": hygiene}, "hygiene": told}


def test_every_scan_says_what_it_met_and_what_became_of_it() -> None:
    asked = {
        "personal_data": "drop",
        "near_duplicates": 0.8,
        "decontaminate": ["sums"],
        "language_check": True,
    }
    sums = {"name": "sums", "sha256": "ab", "items": 9, "met": [{"item": 3, "rows": 4}]}
    told = {
        "personal_data": {
            "rows_looked_at": 40,
            "rows": 2,
            "found": {"phone": 1, "email": 3},
            "rows_left_out": 2,
        },
        "control_tokens": {
            "rows_looked_at": 20,
            "rows": 1,
            "found": {"<|im_end|>": 1},
            "rows_left_out": 0,
        },
        "language_check": {"rows_left_out": 3},
        "benchmarks": {"held_against": [sums], "rows_left_out": 4},
        "exact_duplicates": {"rows_left_out": 5},
        "near_duplicates": {"rows_left_out": 6},
    }
    assert scans(manifest(asked, told)) == [
        Scan("Personal data", "the row is left out", 2, 40, 2, (("email", 3), ("phone", 1))),
        Scan("Control tokens", "kept", 0, 20, 1, (("<|im_end|>", 1),)),
        Scan("Other languages", "the row is left out", 3),
        Scan("Benchmarks", "the row is left out: sums", 4, found=(("sums, items met", 1),)),
        Scan("Exact duplicates", "the first stands", 5),
        Scan("Near-duplicates", "alike from 0.8 on, the first stands", 6),
    ]
    assert unscanned(manifest(asked, told)) == []


def test_kinds_of_finds_are_said_in_words() -> None:
    found = Scan("Personal data", "kept", 0, 9, 1, (("email", 1200), ("<s>", 1)))
    assert found.found_said == "e-mail address 1,200, <s> 1"


def test_what_nobody_asked_for_is_named() -> None:
    told = manifest({"exact_duplicates": False}, {})
    assert scans(told) == []
    assert unscanned(told) == [
        "exact duplicates",
        "near-duplicates",
        "text of benchmarks",
        "other languages",
    ]
