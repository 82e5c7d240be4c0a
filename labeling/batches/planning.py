"""A batch as it is asked for: what is drawn, and what that comes to before it begins."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from labeling.batches import choosing
from labeling.batches.choosing import Counted, Filters
from labeling.models import Batch
from projects.checks import check_all, decimal_from, number_from, one_of
from projects.errors import InvalidInput
from projects.models import Project
from projects.text import clean_name, clean_text
from workers.drawing import DEFAULTS
from workers.models import LanguageModel

NAME_LIMIT = 120
MOST_MODELS = 20
MOST_SAMPLES = 64
MOST_SYSTEM_PROMPTS = 5
SYSTEM_PROMPT_LIMIT = 20_000
MOST_A_PROMPT = 500
MOST_DRAWS = 5_000_000
MOST_TOKENS = 100_000
HOTTEST = 2.0
LARGEST_SEED = 999_999_999
CHARACTERS_A_TOKEN = 4
MILLION = 1_000_000
NAMES = (
    *("name", "tag", "language", "source", "search", "unanswered", "models", "samples"),
    *("temperature_from", "temperature_to", "max_tokens", "system_prompts", "seed", "makes"),
)


@dataclass(frozen=True)
class Plan:
    """What is to be drawn, every field checked. None is the model's own, a seed at random."""

    name: str
    filters: Filters
    models: tuple[LanguageModel, ...]
    samples: int = 1
    temperature_from: float | None = None
    temperature_to: float | None = None
    max_tokens: int | None = None
    system_prompts: tuple[str, ...] = ()
    seed: int | None = None
    makes: str = Batch.Makes.NOTHING

    @property
    def draws_of_a_model(self) -> int:
        """Of one prompt."""
        return self.samples * max(1, len(self.system_prompts))


@dataclass(frozen=True)
class ModelShare:
    """One model's part of a batch. Costs are of its output alone, at most."""

    model: LanguageModel
    draws: int
    prompt_tokens: int
    output_tokens_at_most: int

    @property
    def cost_at_most(self) -> Decimal | None:
        if self.model.price is None:
            return None
        return self.model.price * self.output_tokens_at_most / MILLION


@dataclass(frozen=True)
class Estimate:
    """What a batch comes to. Tokens of prompts are guessed from their characters."""

    prompts: int
    last_prompt: int
    shares: tuple[ModelShare, ...]

    @property
    def draws(self) -> int:
        return sum(share.draws for share in self.shares)

    @property
    def prompt_tokens(self) -> int:
        return sum(share.prompt_tokens for share in self.shares)

    @property
    def output_tokens_at_most(self) -> int:
        return sum(share.output_tokens_at_most for share in self.shares)

    @property
    def cost_at_most(self) -> Decimal | None:
        """Of the models that have a price; None where none has."""
        known = [share.cost_at_most for share in self.shares if share.cost_at_most is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def cost_said(self) -> str:
        cost = self.cost_at_most
        if cost is None:
            return ""
        return f"{cost:,.2f}" if cost >= 1 else f"{cost:.4f}"

    @property
    def without_price(self) -> list[str]:
        return [share.model.name for share in self.shares if share.model.price is None]


def plan_from(given: Mapping[str, Any]) -> Plan:
    """From outside. Names every broken rule at once in one InvalidInput."""
    unknown = sorted(str(name) for name in set(given) - set(NAMES))
    if unknown:
        raise InvalidInput.field(unknown[0][:60], "is not a field of a batch")
    clean = check_all(
        {
            "name": lambda: clean_name(given.get("name", ""), field="name", limit=NAME_LIMIT),
            "filters": lambda: choosing.filters_from(given),
            "models": lambda: _models(given.get("models")),
            "samples": lambda: number_from(
                given.get("samples", 1), 1, MOST_SAMPLES, field="samples"
            ),
            "temperature_from": lambda: _temperature(given, "temperature_from"),
            "temperature_to": lambda: _temperature(given, "temperature_to"),
            "max_tokens": lambda: _optional_number(given, "max_tokens", 1, MOST_TOKENS),
            "system_prompts": lambda: _system_prompts(given.get("system_prompts", [])),
            "seed": lambda: _optional_number(given, "seed", 0, LARGEST_SEED),
            "makes": lambda: one_of(
                given.get("makes", ""), [str(value) for value in Batch.Makes.values], field="makes"
            ),
        }
    )
    return _consistent(Plan(**clean))


def estimate(project: Project, plan: Plan) -> Estimate:
    """Raises InvalidInput where nothing, or more than MOST_DRAWS, would be drawn."""
    counted = choosing.count(project, plan.filters, plan.models)
    found = Estimate(
        prompts=counted.prompts,
        last_prompt=counted.last_prompt,
        shares=tuple(_share(plan, model, counted) for model in plan.models),
    )
    if not found.prompts:
        raise InvalidInput.field("tag", "no prompt of the project fits these filters")
    if not found.draws:
        raise InvalidInput.field("unanswered", "every prompt has a response of these models")
    if found.draws > MOST_DRAWS:
        raise InvalidInput.field(
            "samples", f"a batch has at most {MOST_DRAWS:,} draws; these are {found.draws:,}"
        )
    return found


def temperature_of(plan: Plan | Batch, sample: int) -> float | None:
    """The samples of one system prompt are spread evenly from the first temperature to the last."""
    low, high = plan.temperature_from, plan.temperature_to
    if low is None:
        return None
    if high is None or plan.samples == 1:
        return low
    return round(low + (high - low) * (sample % plan.samples) / (plan.samples - 1), 4)


def _share(plan: Plan, model: LanguageModel, counted: Counted) -> ModelShare:
    systems = plan.system_prompts or (model.system_prompt,)
    asked, each = counted.asked[model.pk], plan.samples
    characters = counted.characters[model.pk] * len(systems) * each
    characters += asked * each * sum(map(len, systems))
    draws = asked * plan.draws_of_a_model
    longest = plan.max_tokens or _own_limit(model)
    return ModelShare(
        model=model,
        draws=draws,
        prompt_tokens=math.ceil(characters / CHARACTERS_A_TOKEN),
        output_tokens_at_most=draws * longest,
    )


def _own_limit(model: LanguageModel) -> int:
    own = model.sampling.get("max_tokens", DEFAULTS["max_tokens"])
    return own if isinstance(own, int) else DEFAULTS["max_tokens"]


def _consistent(plan: Plan) -> Plan:
    low, high = plan.temperature_from, plan.temperature_to
    if high is not None and low is None:
        raise InvalidInput.field("temperature_from", "must be given where temperature_to is")
    if plan.samples > 1 and low == 0 and high in (None, 0.0):
        raise InvalidInput.field("samples", "at temperature 0 all samples would be the same")
    most = plan.draws_of_a_model * len(plan.models)
    if most > MOST_A_PROMPT:
        raise InvalidInput.field(
            "samples", f"are {most:,} draws of each prompt; at most {MOST_A_PROMPT} can be asked"
        )
    if plan.makes and most < 2:
        raise InvalidInput.field("makes", "needs at least two draws of each prompt")
    return plan


def _models(names: Any) -> tuple[LanguageModel, ...]:
    rule = f"must be a list of one to {MOST_MODELS} names of models that can be drawn from"
    if not isinstance(names, list | tuple) or not 1 <= len(names) <= MOST_MODELS:
        raise InvalidInput.field("models", rule)
    wanted = {clean_name(name, field="models", limit=120) for name in names}
    found = LanguageModel.objects.drawable().filter(name__in=wanted).order_by("name", "pk")
    models = tuple(found)
    if len(models) != len(wanted):
        missing = sorted(wanted - {model.name for model in models})[0]
        raise InvalidInput.field("models", f"“{missing}” is no model that can be drawn from")
    return models


def _temperature(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    return None if value in (None, "") else decimal_from(value, 0, HOTTEST, field=name)


def _optional_number(given: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    return number_from(value, low, high, field=name)


def _system_prompts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or len(values) > MOST_SYSTEM_PROMPTS:
        rule = f"must be a list of at most {MOST_SYSTEM_PROMPTS} texts"
        raise InvalidInput.field("system_prompts", rule)
    return tuple(_each_once([_system_prompt(value) for value in values]))


def _system_prompt(value: Any) -> str:
    return clean_text(value, field="system_prompts", limit=SYSTEM_PROMPT_LIMIT).strip()


def _each_once(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
