"""A recipe in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exports.files.markdown import plain

CHOSEN = {
    ("source", "comparisons"): "Of comparisons alone.",
    ("source", "rankings"): "Of rankings alone.",
    ("source", "votes"): "Of votes alone.",
    ("reviewed", "accepted"): "Only what a reviewer accepted or fixed.",
    ("reviewed", "unreviewed"): "Only what no reviewer has looked at.",
    ("judgements", "consensus"): "One row a task, by the project's rule of consensus.",
    ("ties", "both"): "Ties stand twice, with either answer chosen once.",
    ("both_bad", "undesirable"): "Where both answers were bad, both stand as unwanted.",
    ("system", "merge"): "System messages were joined to the first message of the user.",
    ("personal_data", "mask"): "Personal data was masked where it was found.",
    ("personal_data", "drop"): "Rows in which personal data was found were left out.",
    ("hidden_text", "clean"): "Invisible characters were taken out.",
    ("hidden_text", "drop"): "Rows with hidden text were left out.",
}
LISTS = {
    "guideline_versions": "Judged under guideline version",
    "labelers": "Judged by",
    "not_labelers": "Not judged by",
    "models": "With answers of",
    "tags": "Prompts tagged",
    "languages": "Prompts in",
    "autonomy_levels": "Made at level of autonomy",
    "decontaminate": "Left out: what is in the benchmarks",
}
JUDGED = ("preferences", "reward", "rankings", "unpaired")
STANDING = "Of the project's judgements that stand: superseded and held back ones are not in it."
RAW = "Of all the project's judgements: superseded and held back ones are in it, and say so."
SAID = {
    "with_machine": "With what judges of the machine settled alone, marked as theirs.",
    "valid_under_current": "Only what no changed clause of the guideline touches.",
    "language_check": "Rows that are not in their prompt's language were left out.",
}
NUMBERS = {
    "minimum_agreement": "At least {:.0%} of a task's labelers preferred the same side.",
    "minimum_vote_weight": "Votes that weigh at least {:g}.",
    "near_duplicates": "Of rows that are alike from {:g} (Jaccard) on, the first stands.",
}


def recipe_in_words(manifest: Mapping[str, Any]) -> Iterator[str]:
    """One sentence a choice."""
    yield RAW if manifest["kind"] == "raw" else STANDING
    recipe: Mapping[str, Any] = manifest["recipe"]
    chosen = {
        **recipe,
        **recipe.get("selection", {}),
        **recipe.get("mapping", {}),
        **recipe.get("hygiene", {}),
    }
    for name, value in chosen.items():
        if (name, value if isinstance(value, str) else "") in CHOSEN:
            yield CHOSEN[name, value]
        elif name in LISTS and value:
            yield f"{LISTS[name]} {_listed(value)}."
        elif value and name in SAID:
            yield SAID[name]
        elif value and name in NUMBERS:
            yield NUMBERS[name].format(value)
    if not chosen.get("with_machine") and manifest["kind"] in JUDGED:
        yield "Without what judges of the machine settled alone."
    yield from _rounds(chosen, manifest.get("rounds", ()))
    yield from _dates(chosen)
    if chosen.get("exact_duplicates", True):
        yield "Of rows that are the same, the first stands."
    yield from _splits(recipe.get("splits", {}))


def _listed(values: Any) -> str:
    return ", ".join(map(plain, values))


def _rounds(chosen: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if chosen.get("rounds") and not rounds:
        yield "Of rounds that there were not."
    for each in rounds:
        name = f", {plain(each['name'])}" if each["name"] else ""
        began = f" from {_minute(each['from'])}" if each["from"] else ""
        ended = f" until {_minute(each['to'])}" if each["to"] else ", which was going on"
        yield f"Of round {each['number']}{name}:{began}{ended} (UTC)."


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _dates(chosen: Mapping[str, Any]) -> Iterator[str]:
    since, until = chosen.get("since"), chosen.get("until")
    if since:
        yield f"Judged on {since} or later (UTC)."
    if until:
        yield f"Judged before {until} (UTC)."


def _splits(splits: Mapping[str, Any]) -> Iterator[str]:
    shares = {name: splits.get(name, 0) for name in ("validation", "test")}
    held = [f"{share / 10:g} % {name}" for name, share in shares.items() if share]
    if held:
        yield (
            f"Split by prompt with a salted hash ({', '.join(held)}): a prompt keeps its split as "
            "the data grows, and near-duplicates share one."
        )
    yield "Prompts that are held out for evaluation are never in train."
