"""Text of others inside a prompt, told apart from our own words. Pure.

What a candidate or a guideline says is data to a judge. It stands between two lines that carry a
marker nobody could have known when the text was written, and nothing in the text may look like
such a line, or like the control tokens with which models tell their messages apart.
"""

import re
import secrets

MARKER_BYTES = 8
UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
# A server that reads these in a message's text would begin a message of another role.
CONTROL = re.compile(
    r"<\|[^<>|\s]{1,40}\|>"
    r"|<｜[^<>｜\s]{1,40}｜>"
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|unk|pad)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)


def new_marker() -> str:
    """Sixteen hexadecimal digits that nobody can guess."""
    return secrets.token_hex(MARKER_BYTES)


def fenced(name: str, text: str, *, marker: str) -> str:
    """`text` between a line that opens `name` and one that closes it."""
    return f"<<{name} {marker}>>\n{harmless(text, marker=marker)}\n<<END {name} {marker}>>"


def harmless(text: str, *, marker: str) -> str:
    """`text` without the marker, however it is spelled, and with its control tokens broken up.

    A control token is kept readable: a space comes after its first sign.
    """
    pattern = _spelled(marker)
    before = None
    while before != text:
        before = text
        text = CONTROL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", pattern.sub("", text))
    return text


def _spelled(marker: str) -> re.Pattern[str]:
    """The marker in any case, with invisible characters between its digits."""
    return re.compile(f"[{UNSEEN}]*".join(map(re.escape, marker)), re.IGNORECASE)
