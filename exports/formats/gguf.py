"""The vocabulary and the chat template that a GGUF file of weights carries."""

import mmap
import struct
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, PreTokenizer, Sequence, Split

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
NUMBERS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
CONTROL, USER_DEFINED = 3, 4
QWEN_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class NoTokenizer(ValueError):
    """The file has no tokenizer that can be made here."""


def metadata(path: Path) -> dict[str, Any]:
    """Everything in the file's head; the weights behind it are not read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != MAGIC:
            raise NoTokenizer(f"{path.name} is not a GGUF file")
        reader = _Reader(data, 8)
        try:
            reader.number("<Q")
            return {reader.text(): reader.value() for _ in range(reader.number("<Q"))}
        except struct.error as error:
            raise NoTokenizer(f"{path.name} is cut short") from error


def tokenizer_of(told: dict[str, Any]) -> Tokenizer:
    """A byte-level BPE tokenizer from a file's metadata."""
    if told.get("tokenizer.ggml.model") != "gpt2":
        kind = told.get("tokenizer.ggml.model", "none")
        raise NoTokenizer(f"its tokenizer is of the kind {kind}; byte-level BPE is read here")
    tokens: list[str] = told["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in told["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(BPE({token: place for place, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = _pieces(told.get("tokenizer.ggml.pre", ""))
    tokenizer.decoder = ByteLevelDecoder()
    kinds = told.get("tokenizer.ggml.token_type", [])
    special = [
        AddedToken(token, special=kind == CONTROL, normalized=False)
        for token, kind in zip(tokens, kinds, strict=False)
        if kind in (CONTROL, USER_DEFINED)
    ]
    tokenizer.add_tokens(special)
    return tokenizer


def _pieces(name: str) -> PreTokenizer:
    if name == "qwen2":
        split = Split(Regex(QWEN_PIECES), behavior="isolated")
        return Sequence([split, ByteLevel(add_prefix_space=False, use_regex=False)])
    if name in ("smollm", "starcoder", "refact", "command-r"):
        return Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
    return ByteLevel(add_prefix_space=False)


class _Reader:
    def __init__(self, data: mmap.mmap, at: int) -> None:
        self.data, self.at = data, at

    def number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(kind, self.data, self.at)
        self.at += struct.calcsize(kind)
        return value

    def text(self) -> str:
        length = self.number("<Q")
        start, self.at = self.at, self.at + length
        return self.data[start : self.at].decode("utf-8", "replace")

    def value(self, kind: int | None = None) -> Any:
        kind = self.number("<I") if kind is None else kind
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            item, length = self.number("<I"), self.number("<Q")
            return [self.value(item) for _ in range(length)]
        if kind not in NUMBERS:
            raise NoTokenizer("the head of the file is not understood")
        return self.number(NUMBERS[kind])
