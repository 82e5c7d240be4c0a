"""Tokenizers that are on this machine, by name: those that weights carry, and those put there.

A tokenizer is put there as `tokenizers/NAME.json`, or `tokenizers/NAME/tokenizer.json` with its
chat template beside it, in the data folder.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from config.endpoints import find_weights
from exports.formats import tokens
from exports.formats.gguf import NoTokenizer
from exports.recipe import Recipe
from projects.errors import InvalidInput

FOLDER = "tokenizers"


def known_tokenizers() -> dict[str, Path]:
    data = Path(settings.DATA_FOLDER)
    found = {each.served_name: each.path for each in find_weights(data)}
    for path in sorted((data / FOLDER).glob("*.json")):
        found[path.stem] = path
    for path in sorted((data / FOLDER).glob("*/tokenizer.json")):
        found[path.parent.name] = path
    return found


def tokenizer(name: str) -> tokens.Known:
    path = known_tokenizers().get(name)
    if path is None:
        known = ", ".join(known_tokenizers()) or "none"
        raise InvalidInput.field("tokenizer", f"is not known here; known are: {known}"[:300])
    try:
        return _loaded(path, path.stat().st_mtime_ns)
    except NoTokenizer as error:
        raise InvalidInput.field("tokenizer", str(error)) from error


def ruler_of(recipe: Recipe) -> tokens.Ruler | None:
    """What measures the rows of a recipe; None where it names no tokenizer."""
    if not recipe.tokenizer:
        return None
    return tokens.ruler(tokenizer(recipe.tokenizer), recipe.format, recipe.kind)


@lru_cache(maxsize=4)
def _loaded(path: Path, changed_at: int) -> tokens.Known:
    return tokens.load(path)
