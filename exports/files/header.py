"""The header of a dataset card: how `datasets` finds the rows and which types they have.

Every text in it is quoted, with escapes for what does not print, so that no name breaks it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exports.columns import Column, Struct, Type
from exports.files.manifest import data_files, file_type_of

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
DTYPES = {
    "string": "string",
    "json": "string",
    "int64": "int64",
    "float64": "float64",
    "bool": "bool",
}
TAGS = {
    "sft": ("sft",),
    "preferences": ("dpo", "preference", "rlhf"),
    "reward": ("reward-model", "preference", "rlhf"),
    "rankings": ("ranking", "reward-model", "rlhf"),
    "unpaired": ("kto", "rlhf"),
    "ratings": ("ratings",),
    "critiques": ("critique",),
    "prompts": ("prompts",),
    "conversations": ("arena", "conversations"),
    "raw": ("judgements",),
}


def header(manifest: Mapping[str, Any], columns: Sequence[Column]) -> str:
    kind = manifest["kind"]
    lines = ["---", f"pretty_name: {_text(manifest['project']['name'] + ': ' + kind)}"]
    lines += _licence(manifest["licence"])
    lines += ["task_categories:", "- text-generation", "tags:"]
    lines += [f"- {tag}" for tag in ("human-feedback", "touchstone", *TAGS[kind])]
    lines += ["size_categories:", f"- {size_category(manifest['counts']['rows'])}"]
    splits = data_files(manifest)
    if splits:
        lines += [*_configs(splits, file_type_of(manifest)), *_info(manifest, columns)]
    return "\n".join([*lines, "---", ""])


def size_category(rows: int) -> str:
    return next((name for limit, name in SIZES if rows < limit), "100M<n<1B")


def _configs(splits: Mapping[str, Any], file_type: str) -> Iterator[str]:
    yield from ("configs:", "- config_name: default", "  default: true", "  data_files:")
    for split in splits:
        yield f"  - split: {split}"
        yield f"    path: {_text(f'{split}-*.{file_type}')}"


def _info(manifest: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[str]:
    yield from ("dataset_info:", "  config_name: default", "  features:")
    for column in columns:
        yield f"  - name: {_text(column.name)}"
        yield from _feature(column.type, "    ")


def _feature(kind: Type, indent: str) -> Iterator[str]:
    if isinstance(kind, str):
        yield f"{indent}dtype: {DTYPES[kind]}"
    elif isinstance(kind, Struct):
        yield f"{indent}struct:"
        yield from _fields(kind, indent)
    elif isinstance(kind.item, str):
        yield f"{indent}list: {DTYPES[kind.item]}"
    elif isinstance(kind.item, Struct):
        yield f"{indent}list:"
        yield from _fields(kind.item, indent)
    else:
        yield f"{indent}list:"
        yield from _feature(kind.item, f"{indent}  ")


def _fields(kind: Struct, indent: str) -> Iterator[str]:
    for each in kind.fields:
        yield f"{indent}- name: {_text(each.name)}"
        yield from _feature(each.type, f"{indent}  ")


def _licence(licence: str) -> Iterator[str]:
    """The hub knows licences by short names; what is none of those it calls other."""
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", licence):
        yield f"license: {licence}"
    elif licence:
        yield "license: other"
        yield f"license_name: {_text(licence)}"


def _text(value: str) -> str:
    spelled = value.replace("\\", "\\\\").replace('"', '\\"')
    signs = (sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in spelled)
    return f'"{"".join(signs)}"'
