"""The same selection once more, judgement by judgement in plain Python."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from arena.models import Vote
from exports.recipe import Recipe
from exports.selecting.reasons import WORDS, Reason
from labeling.models import (
    Comparison,
    Demonstration,
    MachineJudgement,
    Prompt,
    Ranking,
    Response,
    Review,
)
from labeling.quality.consensus import UNDECIDED
from projects.models import Project
from tests.exports.selecting.world import CHANGED, ROUNDS_BEGAN
from workers.models import Generation

ROWS: dict[str, Any] = {
    "demonstration": Demonstration,
    "comparison": Comparison,
    "ranking": Ranking,
}
RELATED = (
    "labeler",
    "prompt",
    "guideline_version",
    "assignment__work_level",
    "assignment__task__lane",
    "assignment__task__reviewed",
)
DRAWN = "__generation__model"


class Facts:
    """Everything of a project that a selection asks for, read once."""

    def __init__(self, project: Project) -> None:
        inside = {"prompt__project": project}
        answers = {
            "demonstration": ["response" + DRAWN],
            "comparison": ["response_a" + DRAWN, "response_b" + DRAWN],
            "ranking": [],
        }
        self.rows: dict[str, list[Any]] = {
            source: list(
                model.objects.filter(**inside)
                .select_related(*RELATED, *answers[source])
                .order_by("pk")
            )
            for source, model in ROWS.items()
        }
        reviews = Review.objects.filter(**inside).select_related("guideline_version")
        self.reviews = list(reviews.order_by("pk"))
        self.superseded = {
            source: {row.supersedes_id for row in rows} for source, rows in self.rows.items()
        }
        self.votes = list(
            Vote.objects.filter(project=project)
            .select_related("battle__model_a", "battle__model_b", "counted")
            .order_by("pk")
        )
        verdict = "verdict__"
        self.judged = list(
            MachineJudgement.objects.filter(task__project=project)
            .select_related(
                "task__prompt",
                verdict + "judge",
                verdict + "guideline_version",
                verdict + "first" + DRAWN,
                verdict + "second" + DRAWN,
            )
            .order_by("pk")
        )
        self.prompts = list(Prompt.objects.filter(project=project).order_by("pk"))
        responses = Response.objects.filter(**inside).select_related("generation__model")
        self.responses = {each.pk: each for each in responses}
        drawn = Generation.objects.filter(project=project).select_related("model")
        self.drawn = {each.pk: each.model.name for each in drawn}

    def last_verdict(self, row: Any) -> Review | None:
        since = [
            review
            for review in self.reviews
            if review.reviewed_id == row.assignment_id and review.created_at >= row.created_at
        ]
        return since[-1] if since else None

    def settlement(self, review: Review) -> Comparison | None:
        rows = self.rows["comparison"]
        return next((row for row in rows if row.assignment_id == review.assignment_id), None)


LOWEST = {"demonstration": 1, "comparison": 3, "ranking": 3}
HELD = set(list(Reason)[:5])


def expected(
    facts: Facts, recipe: Recipe, sources: tuple[str, ...], rule: str
) -> tuple[dict[str, list[int]], Counter[str]]:
    kept: dict[str, list[int]] = {}
    dropped: Counter[str] = Counter()
    for source in sources:
        reasons = _reasons(source, facts, recipe)
        if source in ROWS:
            _settle(source, reasons, recipe, rule)
        kept[source] = sorted(row.pk for row, why in reasons.items() if not why)
        dropped.update(WORDS[min(why)] for why in reasons.values() if why)
    return kept, dropped


def _reasons(source: str, facts: Facts, recipe: Recipe) -> dict[Any, set[Reason]]:
    if source == "vote":
        return {row: _of_vote(row, recipe) for row in facts.votes}
    if source == "judge":
        standing = [row for row in facts.judged if not row.is_audit and _stands(row, recipe)]
        return {row: _of_judge(row, recipe) for row in standing}
    if source == "prompt":
        return {row: _of_prompt(row, recipe) | _dates(row, recipe) for row in facts.prompts}
    rows = facts.rows[source]
    if recipe.kind != "raw":
        rows = [row for row in rows if row.pk not in facts.superseded[source]]
    return {row: _of_submission(source, row, recipe, facts) for row in rows}


def _stands(row: MachineJudgement, recipe: Recipe) -> bool:
    return recipe.kind == "raw" or not (row.withdrawn_at or row.task.n_submitted)


def _dates(row: Any, recipe: Recipe) -> set[Reason]:
    since, until = recipe.selection.since, recipe.selection.until
    is_early = since and row.created_at < datetime.fromisoformat(since).replace(tzinfo=UTC)
    is_late = until and row.created_at >= datetime.fromisoformat(until).replace(tzinfo=UTC)
    found = {Reason.DATES} if is_early or is_late else set()
    if recipe.selection.rounds and not _rounds_of(row) & set(recipe.selection.rounds):
        found.add(Reason.ROUND)
    return found


def _rounds_of(row: Any) -> set[int]:
    """The number of its round, and 0 where that is the one that goes on."""
    begun = [began for began in ROUNDS_BEGAN if row.created_at >= began]
    return {1 + len(begun)} | ({0} if len(begun) == len(ROUNDS_BEGAN) else set())


def _of_prompt(prompt: Prompt, recipe: Recipe) -> set[Reason]:
    found = set()
    if recipe.selection.tags and not set(recipe.selection.tags) & set(prompt.tags):
        found.add(Reason.TAG)
    if recipe.selection.languages and prompt.language not in recipe.selection.languages:
        found.add(Reason.LANGUAGE)
    return found


def _by(name: str, recipe: Recipe) -> set[Reason]:
    chosen, refused = recipe.selection.labelers, recipe.selection.not_labelers
    return {Reason.LABELER} if (chosen and name not in chosen) or name in refused else set()


def _model(response: Any) -> str:
    drawn = response.generation
    return str(drawn.model.name if drawn else response.model_name)


def _of_models(names: set[str], recipe: Recipe) -> set[Reason]:
    wanted = recipe.selection.models
    return {Reason.MODEL} if wanted and not names & set(wanted) else set()


def _stale(number: int, cites: list[str]) -> bool:
    changed = CHANGED[number]
    return bool(changed & set(cites)) if cites else bool(changed)


def _of_submission(source: str, row: Any, recipe: Recipe, facts: Facts) -> set[Reason]:
    chosen, held = recipe.selection, row.assignment
    found = (
        _dates(row, recipe) | _of_prompt(row.prompt, recipe) | _by(row.labeler.pseudonym, recipe)
    )
    last = facts.last_verdict(row)
    is_written = any(
        review.assignment_id == held.pk and review.verdict in ("fix", "settle")
        for review in facts.reviews
    )
    is_accepted = is_written or (last is not None and last.verdict == "accept")
    if recipe.kind != "raw":
        found |= _held_back(source, row, last, facts)
    number = row.guideline_version.number
    if chosen.guideline_versions and number not in chosen.guideline_versions:
        found.add(Reason.VERSION)
    holds_again = (
        last is not None and last.verdict == "accept" and not CHANGED[last.guideline_version.number]
    )
    if chosen.valid_under_current and _stale(number, row.cites) and not holds_again:
        found.add(Reason.CHANGED)
    if chosen.autonomy_levels and _level(source, held) not in chosen.autonomy_levels:
        found.add(Reason.LEVEL)
    if chosen.reviewed == "accepted" and not is_accepted:
        found.add(Reason.NOT_ACCEPTED)
    if chosen.reviewed == "unreviewed" and (last is not None or is_written):
        found.add(Reason.REVIEWED)
    row.is_accepted = is_accepted
    return found | _of_models(_models(source, row, facts), recipe)


def _held_back(source: str, row: Any, last: Review | None, facts: Facts) -> set[Reason]:
    held, found = row.assignment, set()
    if held.state == "reopened":
        found.add(Reason.CORRECTED)
    if held.task.lane.is_gold:
        found.add(Reason.GOLD)
    if last is not None and last.verdict == "return":
        found.add(Reason.RETURNED)
    for review in facts.reviews:
        is_later = review.created_at > row.created_at
        if review.verdict != "settle" or review.about_id != _task(row) or not is_later:
            continue
        decided = facts.settlement(review)
        if source != "comparison" or (decided is not None and _pair(decided) == _pair(row)):
            found.add(Reason.SETTLED)
    return found


def _task(row: Any) -> int:
    task = row.assignment.task
    if task.about_id:
        return int(task.about_id)
    return int(task.reviewed.task_id if task.reviewed_id else task.pk)


def _pair(row: Comparison) -> tuple[int, ...]:
    return tuple(sorted((row.response_a_id, row.response_b_id)))


def _level(source: str, held: Any) -> int:
    if hasattr(held, "work_level"):
        return int(held.work_level.level)
    return 2 if source == "demonstration" and held.n_draws else LOWEST[source]


def _models(source: str, row: Any, facts: Facts) -> set[str]:
    if source == "comparison":
        return {_model(row.response_a), _model(row.response_b)}
    if source == "ranking":
        return {_model(facts.responses[pk]) for tier in row.tiers for pk in tier}
    drafts = [span[0] for span in row.response.spans or [] if span[0] != "person"]
    return {_model(row.response)} | {facts.drawn[pk] for pk in drafts}


def _of_vote(row: Vote, recipe: Recipe) -> set[Reason]:
    chosen, counted = recipe.selection, getattr(row, "counted", None)
    found = _dates(row, recipe) | _by(f"v-{row.voter[:16]}" if row.voter else "", recipe)
    found |= _of_models({row.battle.model_a.name, row.battle.model_b.name}, recipe)  # type: ignore[union-attr]
    told = {name.removeprefix("tag:") for name in counted.categories} if counted else set()
    if chosen.tags and not told & set(chosen.tags):
        found.add(Reason.TAG)
    if chosen.languages and (counted.language if counted else "") not in chosen.languages:
        found.add(Reason.LANGUAGE)
    if (counted.weight if counted else 0) < chosen.minimum_vote_weight:
        found.add(Reason.WEIGHT)
    if chosen.guideline_versions:
        found.add(Reason.VERSION)
    if chosen.autonomy_levels:
        found.add(Reason.LEVEL)
    if chosen.reviewed == "accepted":
        found.add(Reason.NOT_ACCEPTED)
    return found


def _of_judge(row: MachineJudgement, recipe: Recipe) -> set[Reason]:
    chosen, verdict = recipe.selection, row.verdict
    found = _dates(row, recipe) | _of_prompt(row.task.prompt, recipe)
    found |= _by(f"judge {verdict.judge.name}", recipe)
    found |= _of_models({_model(verdict.first), _model(verdict.second)}, recipe)
    number = verdict.guideline_version.number
    if chosen.guideline_versions and number not in chosen.guideline_versions:
        found.add(Reason.VERSION)
    if chosen.valid_under_current and _stale(number, verdict.clauses):
        found.add(Reason.CHANGED)
    if chosen.autonomy_levels and 5 not in chosen.autonomy_levels:
        found.add(Reason.LEVEL)
    if chosen.reviewed == "accepted":
        found.add(Reason.NOT_ACCEPTED)
    return found


def _settle(source: str, reasons: dict[Any, set[Reason]], recipe: Recipe, rule: str) -> None:
    chosen = recipe.selection
    if source != "demonstration" and chosen.minimum_agreement:
        usable = [row for row, why in reasons.items() if not why & HELD]
        for rows in _units(source, usable).values():
            if _agreement(source, rows) < chosen.minimum_agreement - 1e-9:
                for row in rows:
                    reasons[row].add(Reason.AGREEMENT)
    if chosen.judgements == "consensus":
        left = [row for row, why in reasons.items() if not why]
        for rows in _units(source, left).values():
            speaker = _speaker(source, rows, rule)
            for row in rows:
                if speaker is None:
                    reasons[row].add(Reason.UNDECIDED)
                elif row is not speaker:
                    reasons[row].add(Reason.SPOKEN_FOR)


def _units(source: str, rows: list[Any]) -> dict[Any, list[Any]]:
    units = defaultdict(list)
    for row in rows:
        units[(_task(row), *(_pair(row) if source == "comparison" else ()))].append(row)
    return units


def _said(row: Comparison) -> str:
    if row.preference is None:
        return "both bad"
    better = row.response_a_id if row.preference < 0 else row.response_b_id
    return str(better) if row.preference else "equal"


def _pairs(row: Ranking) -> dict[tuple[int, int], int]:
    tier = {pk: at for at, pks in enumerate(row.tiers) for pk in pks}
    return {
        (low, high): (tier[low] > tier[high]) - (tier[low] < tier[high])
        for low in tier
        for high in tier
        if low < high
    }


def _agreement(source: str, rows: list[Any]) -> float:
    if source == "comparison":
        return Counter(map(_said, rows)).most_common(1)[0][1] / len(rows)
    said = defaultdict(list)
    for row in rows:
        for pair, sign in _pairs(row).items():
            said[pair].append(sign)
    shares = [Counter(signs).most_common(1)[0][1] / len(signs) for signs in said.values()]
    return sum(shares) / len(shares)


def _speaker(source: str, rows: list[Any], rule: str) -> Any:
    """The row that speaks for all; None where they come to nothing."""
    if source == "demonstration":
        return next((row for row in rows if row.is_accepted), rows[0])
    settled = [row for row in rows if row.assignment.task.about_id]
    if source == "ranking":
        return _leading_ranking(rows, settled, rule)
    counted = Counter(map(_said, rows)).most_common()
    if rule == "adjudicated":
        value = _said(settled[0]) if settled else counted[0][0] if len(counted) == 1 else UNDECIDED
    else:
        is_split = len(counted) > 1 and counted[0][1] == counted[1][1]
        value = UNDECIDED if is_split else counted[0][0]
    agreeing = [row for row in settled if _said(row) == value] or [
        row for row in rows if _said(row) == value
    ]
    by_strength = sorted(agreeing, key=lambda row: (abs(row.preference or 0), row.pk))
    return by_strength[(len(by_strength) - 1) // 2] if by_strength else None


def _leading_ranking(rows: list[Any], settled: list[Any], rule: str) -> Any:
    if settled:
        return settled[0]
    if rule == "adjudicated":
        return rows[0] if all(_pairs(row) == _pairs(rows[0]) for row in rows) else None

    def score(row: Any) -> float:
        own, total = _pairs(row), 0.0
        for pair, sign in own.items():
            others = [_pairs(each)[pair] for each in rows]
            total += others.count(sign) / len(others)
        return total / len(own)

    best = max(map(score, rows))
    leaders = [row for row in rows if score(row) >= best - 1e-9]
    return leaders[0] if all(_pairs(row) == _pairs(leaders[0]) for row in leaders) else None
