"""Markdown for a card, safe for whatever words stand in it."""

from collections.abc import Iterator, Sequence

MOST_ROWS = 200
"""Of one table."""
MARKS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#~"} | {"\n": " ", "\r": " "})


def plain(text: object) -> str:
    """Somebody's words, or a number, as Markdown that says just these."""
    said = f"{text:,}" if isinstance(text, int) and not isinstance(text, bool) else str(text)
    return said.translate(MARKS)


def percent(share: float) -> str:
    return f"{share:.1%}"


def section(title: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    """Nothing where there is nothing to say."""
    text = "\n".join(lines).strip("\n")
    if text:
        yield f"## {title}"
        yield text


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows[:MOST_ROWS]:
        yield f"| {' | '.join(map(plain, row))} |"
    if len(rows) > MOST_ROWS:
        yield f"\n{len(rows) - MOST_ROWS:,} more are in `manifest.json`."
