"""The dataset card: README.md, a header for programs and the whole story for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exports.columns import Column, ListOf, Struct, Type
from exports.files.header import header
from exports.files.loading import how_to_load
from exports.files.manifest import CROISSANT, MANIFEST, SPLITS, data_files
from exports.files.markdown import percent, plain, section, table
from exports.files.scanned import Scan, scans, unscanned
from exports.files.telling import recipe_in_words
from exports.files.templated import ALL_OF, ONE_IN

KINDS = {
    "sft": "Ideal answers to prompts, for supervised fine-tuning.",
    "preferences": "Pairs of answers to one prompt, of which one was preferred.",
    "reward": "Pairs of answers with how much better one of them is, for reward models.",
    "rankings": "Rankings of several answers to one prompt; the pairs of one stand together.",
    "unpaired": "Single answers that are wanted or unwanted.",
    "ratings": "Answers with what labelers gave them, criterion by criterion.",
    "critiques": "Answers, what was said against them, and what was made of them.",
    "prompts": "Prompts alone.",
    "conversations": "Battles of two models in conversation, with their votes.",
    "raw": "Judgements with everything that is known of them.",
}
SEVERAL = {
    "preferences": "pairs",
    "reward": "pairs",
    "unpaired": "answers",
    "ratings": "answers",
}
"""What one judgement can make several rows of."""
NOT_SCANNED = "It was not scanned for poisoning."
MEASURED = {
    "characters": "prompt and answers together",
    "tokens": "prompt and answer (of a pair, the longer one) as the chat template joins them where "
    "the tokenizer has one; where a row is neither conversation nor pair, all its texts",
}
WRITERS = {
    "person": "people",
    "model": "models",
    "mixed": "people and models, unknown who wrote what",
    "imported": "unknown: brought in from elsewhere",
}


def card(manifest: Mapping[str, Any], columns: Sequence[Column], note: str = "") -> bytes:
    """`note`: how the format's own consumer reads it, as a sentence or two in Markdown."""
    name, kind = plain(manifest["project"]["name"]), manifest["kind"]
    sections = [
        f"# {name}: {kind}",
        f"{KINDS[kind]} {_of_rows(manifest)}",
        *section("Warnings", [f"- {plain(each)}" for each in manifest["warnings"]]),
        *section("Columns", _columns(columns)),
        *section("How to load it and train on it", how_to_load(manifest, note)),
        *section("How it was made", [f"- {each}" for each in recipe_in_words(manifest)]),
        *section("What is in it", _counts(manifest)),
        *section("What was left out", _left_out(manifest)),
        *section("How long its rows are", _lengths(manifest)),
        *section("What the chat template makes of it", _templated(manifest["chat_template"])),
        *section("Who judged", _annotators(manifest)),
        *section("Which models wrote in it", _models(manifest)),
        *section("Licence and consent", _licence(manifest)),
        *section("What its texts were scanned for", _scanned(manifest)),
        *section("Scan for poisoning", _poisoning(manifest["poisoning"])),
        *section("Files", _files(manifest)),
    ]
    text = header(manifest, columns) + "\n" + "\n\n".join(sections) + "\n"
    return text.encode("utf-8", "replace")


def _of_rows(manifest: Mapping[str, Any]) -> str:
    return (
        f"{manifest['counts']['rows']:,} rows in the form of {plain(manifest['format'])}, as they "
        f"stood at {_minute(manifest['created_at'])}, exported from Touchstone "
        f"{plain(manifest['touchstone_version'])}."
    )


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


def _columns(columns: Sequence[Column]) -> Iterator[str]:
    rows = [(each.name, spelled(each.type), each.description) for each in columns]
    return table(("column", "type", "what it holds"), rows)


def spelled(kind: Type) -> str:
    """The type in words: list of (role: string, content: string)."""
    if isinstance(kind, ListOf):
        return f"list of {spelled(kind.item)}"
    if isinstance(kind, Struct):
        return f"({', '.join(f'{each.name}: {spelled(each.type)}' for each in kind.fields)})"
    return kind


def _counts(manifest: Mapping[str, Any]) -> Iterator[str]:
    counts = manifest["counts"]
    splits = [(name, counts["by_split"][name]) for name in SPLITS if name in counts["by_split"]]
    yield from table(("split", "rows"), splits)
    if counts["by_source"]:
        yield ""
        yield from table(("made of", "rows"), list(counts["by_source"].items()))
    if manifest["guideline_versions"]:
        yield ""
        versions = sorted(manifest["guideline_versions"].items(), key=lambda each: int(each[0]))
        yield from table(("guideline version", "rows"), versions)
    if manifest["character_shares"]:
        yield ""
        shares = [
            (WRITERS.get(origin, origin), manifest["characters"][origin], percent(share))
            for origin, share in manifest["character_shares"].items()
        ]
        yield from table(("answers written by", "characters", "share"), shares)


def _left_out(manifest: Mapping[str, Any]) -> Iterator[str]:
    dropped = sorted(manifest["counts"]["dropped"].items(), key=lambda each: (-each[1], each[0]))
    if not dropped:
        yield "Nothing was left out."
        return
    number = f"{sum(n for _, n in dropped):,}"
    if several := SEVERAL.get(manifest["kind"]):
        yield f"{number}, each under the first reason alone: judgements that were not chosen, and"
        yield f"of those that were each of their {several} that has no row.\n"
    else:
        yield f"{number}, each counted under the first reason alone.\n"
    yield from table(("why", "number"), dropped)


def _lengths(manifest: Mapping[str, Any]) -> Iterator[str]:
    told = manifest["lengths"]
    if not told["total"]:
        return
    unit = plain(told["unit"])
    shares = ", ".join(f"{each} of rows up to {most:,}" for each, most in told["shares"].items())
    yield f"In {unit}, {MEASURED[told['unit']]}: {told['mean']:,} in the mean, {shares}; "
    yield f"the longest {told['most']:,}; {told['total']:,} in all.\n"
    yield from table((f"up to ({unit})", "rows"), _by_doubling(told["bins"]))


def _by_doubling(bins: Mapping[str, int]) -> list[tuple[int, int]]:
    """Rows up to each power of two less one, which every fourth bin ends with."""
    rows: dict[int, int] = {}
    for edge, n_rows in bins.items():
        upper = (1 << int(edge).bit_length()) - 1
        rows[upper] = rows.get(upper, 0) + n_rows
    return sorted(rows.items())


def _templated(told: Mapping[str, Any]) -> Iterator[str]:
    """A round trip: put on, tokenized, and read back."""
    if not told:
        return
    yield (
        f"{told['rows_looked_at']:,} rows were put through the chat template and the tokenizer of "
        f"{plain(told['tokenizer'])} and read back: the first {ALL_OF:,} of each split, and one in "
        f"{ONE_IN} of the others. {told['rows']:,} of them were refused or changed.\n"
    )
    if told["found"]:
        rows = [(reason, number, told["first"][reason]) for reason, number in told["found"].items()]
        yield from table(("what", "rows", "first"), rows)


def _annotators(manifest: Mapping[str, Any]) -> Iterator[str]:
    if not manifest["annotators"]:
        return
    yield "By pseudonym. `provenance-…` says for each row who judged it.\n"
    ordered = sorted(manifest["annotators"].items(), key=lambda each: (-each[1], each[0]))
    shares = manifest["annotator_shares"]
    rows = [(name, n_rows, percent(shares[name])) for name, n_rows in ordered]
    yield from table(("annotator", "rows", "share"), rows)


def _models(manifest: Mapping[str, Any]) -> Iterator[str]:
    ordered = sorted(manifest["models"].items(), key=lambda each: (-each[1], each[0]))
    if not ordered:
        return
    licences = manifest["model_licences"]
    rows = [(name, n_answers, licences.get(name) or "") for name, n_answers in ordered]
    yield from table(("model", "answers", "licence"), rows)
    settings = [
        (model, setting, n_answers)
        for model, held in manifest["sampling"].items()
        for setting, n_answers in held.items()
    ]
    if settings:
        yield ""
        yield from table(("model", "sampling", "answers"), settings)


def _licence(manifest: Mapping[str, Any]) -> Iterator[str]:
    licence = plain(manifest["licence"])
    yield f"Licence: {licence}.\n" if licence else "The project has named no licence for it.\n"
    unknown = [name for name, licence in manifest["model_licences"].items() if not licence]
    if manifest["model_licences"]:
        yield "What models wrote stands under their licences too, which are named above."
    if unknown:
        yield f"Of {len(unknown)} of the models above no licence is known here."
    yield ""
    consent = plain(manifest["consent"])
    yield consent or "What the people who judged were told is not on record here."


def _scanned(manifest: Mapping[str, Any]) -> Iterator[str]:
    head = ("scan", "what becomes of finds", "rows looked at", "with finds", "found", "left out")
    found = scans(manifest)
    if found:
        yield from table(head, [_scan_row(each) for each in found])
    if benchmarks := manifest["hygiene"].get("benchmarks"):
        yield ""
        held_against = benchmarks["held_against"]
        rows = [(each["name"], each["items"], each["sha256"]) for each in held_against]
        yield from table(("benchmark", "items", "SHA-256 of its file"), rows)
    if missing := unscanned(manifest):
        yield f"\nNot looked for: {', '.join(missing)}."


def _scan_row(scan: Scan) -> tuple[object, ...]:
    looked_at = "all" if scan.rows_looked_at is None else scan.rows_looked_at
    rows = scan.left_out if scan.rows is None else scan.rows
    return scan.name, scan.asked, looked_at, rows, scan.found_said or "–", scan.left_out


def _poisoning(told: Mapping[str, Any]) -> Iterator[str]:
    if not told:
        yield NOT_SCANNED
    elif not told["findings"]:
        yield "Nothing was found."
    else:
        yield f"{told['findings']:,} findings.\n"
        yield from table(("severity", "findings"), list(told["by_severity"].items()))
        yield ""
        yield from table(("kind", "findings"), list(told["by_kind"].items()))


def _files(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"`{MANIFEST}` holds every count of this page, and the SHA-256 of every file; "
        f"`{CROISSANT}` says the same to programs. Line by line beside the rows, in files whose "
        "names begin with `provenance-`, stands where each comes from: who judged (by pseudonym), "
        "when, under which guideline version, for how long, at which level of autonomy, and which "
        "models wrote the answers, with which parameters.\n"
    )
    rows = [
        (split, len(entries), sum(each["bytes"] for each in entries))
        for split, entries in data_files(manifest).items()
    ]
    yield from table(("split", "files", "bytes"), rows)
    yield f"\nAddress of what it holds: `{manifest['address']}`"
