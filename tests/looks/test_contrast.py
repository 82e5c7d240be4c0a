"""The colours of the style sheets against WCAG 2.2 AA, in both schemes."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "static" / "css" / "touchstone.css"
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
SCHEMES = ("light", "dark")

GROUNDS = ("paper", "surface", "raised", "sunken", "bubble")
TEXTS = ("ink", "ink-soft", "accent", "a", "b", "good", "bad", "warn")
TEXT_PAIRS = [(text, ground) for text in TEXTS for ground in GROUNDS if ground != "bubble"]
TEXT_PAIRS += [("ink", "bubble"), ("ink-soft", "bubble")]
TEXT_PAIRS += [(name, f"{name}-soft") for name in ("a", "b", "good", "bad", "warn", "violet")]
TEXT_PAIRS += [("teal", "teal-soft"), ("accent", "accent-soft"), ("ink", "accent-soft")]
TEXT_PAIRS += [("ink", f"{name}-soft") for name in ("a", "b", "good", "bad", "warn")]
TEXT_PAIRS += [("on-primary", "primary"), ("on-primary", "primary-hover")]
TEXT_PAIRS += [("on-a", "a"), ("on-b", "b"), ("surface", "ink")]
TEXT_PAIRS += [(f"code-{part}", "sunken") for part in ("keyword", "string", "number", "name")]
TEXT_PAIRS += [("code-comment", "sunken")]
EDGE_PAIRS = [("line-strong", ground) for ground in ("paper", "surface", "raised", "sunken")]


def tokens(scheme: str) -> dict[str, str]:
    side = SCHEMES.index(scheme) + 1
    return {match[1]: match[side + 1] for match in TOKEN.finditer(STYLES.read_text("utf-8"))}


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_of_controls_stand_out_from_their_ground(scheme: str, edge: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[edge], colours[ground]) >= 3
