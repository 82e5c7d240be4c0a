"""A guideline of any length, the same for the same seed."""

import random

TAGS = ("helpful", "truthful", "harmless", "format")
LEXICON = (
    "answer person prompt reader claim source evidence doubt length tone table list code "
    "medical legal advice risk harm help honest certain unsure quote translate summary "
    "request context turn system style plain short long detail step number unit date name "
    "place refuse warn ask clarify prefer equal better worse both judge mark reason point"
)
WORDS = LEXICON.split()


def guideline_text(*, clauses: int, characters: int, seed: int = 1) -> str:
    """Markdown of about `characters` characters in `clauses` numbered clauses of three levels."""
    draw = random.Random(seed)
    each = characters // clauses
    opening = "# How to judge\n\nRead these pages once with care.\n"
    return "\n".join([opening, *(_heading(at, draw) + _body(each, draw) for at in range(clauses))])


def _heading(at: int, draw: random.Random) -> str:
    chapter, rest = divmod(at, 41)
    section, clause = divmod(rest - 1, 8)
    places = [chapter + 1, *([section + 1] if rest else []), *([clause] if rest and clause else [])]
    tags = ", ".join(draw.sample(TAGS, draw.choice((0, 1, 1, 2))))
    title = " ".join(draw.choices(WORDS, k=draw.randint(2, 5))).capitalize()
    hashes = "#" * (len(places) + 1)
    return f"{hashes} {'.'.join(map(str, places))} {title}{f' {{{tags}}}' if tags else ''}\n\n"


def _body(characters: int, draw: random.Random) -> str:
    blocks: list[str] = []
    while sum(map(len, blocks)) < characters - 150:
        blocks.append(draw.choice((_paragraph, _paragraph, _paragraph, _list, _example))(draw))
    return "\n\n".join(blocks) + "\n"


def _sentence(draw: random.Random) -> str:
    words = draw.choices(WORDS, k=draw.randint(7, 18))
    at = draw.randrange(len(words))
    words[at] = draw.choice((f"*{words[at]}*", f"**{words[at]}**", f"`{words[at]}`", words[at]))
    return " ".join(words).capitalize() + "."


def _paragraph(draw: random.Random) -> str:
    return " ".join(_sentence(draw) for _ in range(draw.randint(2, 4)))


def _list(draw: random.Random) -> str:
    return "\n".join(f"- {_sentence(draw)}" for _ in range(draw.randint(2, 4)))


def _example(draw: random.Random) -> str:
    kind = draw.choice(("good", "bad"))
    prompt, answer = _sentence(draw), _sentence(draw)
    return f":::{kind}\n**Prompt:** {prompt}\n\n**Answer:** {answer}\n:::"
