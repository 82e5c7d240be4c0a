"""The kinds of export in plain words, with who trains on them. Pure data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """`has_sources`: comparisons, rankings and votes can be told apart."""

    title: str
    what: str
    trainers: str
    has_sources: bool = False


KINDS: dict[str, Words] = {
    "sft": Words(
        "Demonstrations",
        "Conversations that end with the answer a labeler wrote.",
        "Supervised fine-tuning",
    ),
    "preferences": Words(
        "Preferences",
        "A prompt with a better and a worse answer.",
        "DPO, and its kin: IPO, ORPO, SimPO, CPO",
        has_sources=True,
    ),
    "reward": Words(
        "Preferences with margins",
        "The same pairs, with how much better the better one is.",
        "Reward models",
        has_sources=True,
    ),
    "rankings": Words(
        "Rankings",
        "Several answers in order; all pairs of one ranking stay together.",
        "Reward models, as InstructGPT's",
    ),
    "unpaired": Words(
        "Wanted and unwanted answers",
        "One answer a row, marked as wanted or not.",
        "KTO, BCO",
        has_sources=True,
    ),
    "ratings": Words(
        "Ratings by criterion",
        "One answer a row, with its mark on every criterion from 0 to 4.",
        "Regression reward models, SteerLM",
    ),
    "critiques": Words(
        "Critiques and revisions",
        "What was said against an answer, and the answer made of it.",
        "Models that criticise and revise",
    ),
    "prompts": Words(
        "Prompts",
        "The prompts alone, without any answer.",
        "GRPO, PPO, RLOO, and drawing answers",
    ),
    "conversations": Words(
        "Arena conversations",
        "Battles with both conversations whole and their vote.",
        "Leaderboards and research",
    ),
    "raw": Words(
        "Judgements with everything",
        "Every judgement with all that is known of it, superseded ones too.",
        "Analysis, audits, backups",
    ),
}
FILE_TYPES = {
    "jsonl": "JSONL",
    "jsonl.gz": "JSONL, gzip",
    "jsonl.zst": "JSONL, Zstandard",
    "parquet": "Parquet",
}
SOURCES = {
    "all": "comparisons, rankings and votes",
    "comparisons": "comparisons",
    "rankings": "rankings",
    "votes": "votes",
}
Option = tuple[str, str, str]
CHOICES: dict[str, list[Option]] = {
    "source": [
        ("all", "Comparisons, rankings and votes", ""),
        ("comparisons", "Labelers' comparisons", ""),
        ("rankings", "Labelers' rankings", "each as its pairs"),
        ("votes", "Arena votes", "only battles of one turn share a prompt"),
    ],
    "judgements": [
        ("each", "One a judgement", "a task judged by three gives three"),
        ("consensus", "One a task", "by the project's rule of consensus"),
    ],
    "reviewed": [
        ("any", "Reviewed or not", ""),
        ("accepted", "Accepted", "a reviewer accepted or fixed it"),
        ("unreviewed", "Not reviewed", ""),
    ],
    "ties": [
        ("drop", "Leave out", "with their number"),
        ("both", "Both ways", "each answer chosen once"),
    ],
    "both_bad": [
        ("drop", "Leave out", "with their number"),
        ("undesirable", "Both unwanted", ""),
    ],
    "system": [
        ("keep", "Keep", "where the format has a system role"),
        ("merge", "Put before the first message", "some models' templates refuse them"),
    ],
    "personal_data": [
        ("keep", "Keep", "and count"),
        ("mask", "Mask", "with what it was: an address, a number"),
        ("drop", "Leave the row out", ""),
    ],
    "hidden_text": [
        ("keep", "Keep", "and count"),
        ("clean", "Clean", "invisible characters go"),
        ("drop", "Leave the row out", ""),
    ],
    "gate": [
        ("report", "Report", "findings are listed with the export"),
        ("hold", "Hold", "nothing is downloaded before a sign-off by name"),
        ("off", "Off", ""),
    ],
}


def file_type(name: str) -> str:
    return FILE_TYPES.get(name, name)


def duration(seconds: float | None) -> str:
    """How long, as people say it; empty where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
