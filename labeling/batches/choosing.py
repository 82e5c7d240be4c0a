"""Which prompts of a project a batch is about."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, QuerySet, Value

from labeling.models import BatchItem, Prompt, Response
from projects.checks import check_all
from projects.errors import InvalidInput
from projects.models import Project
from projects.text import clean_name, clean_text
from workers.models import LanguageModel

TAG_LIMIT = 60
LANGUAGE_LIMIT = 16
SOURCE_LIMIT = 120
SEARCH_LIMIT = 200
OFFERED = 500
PENDING = (BatchItem.State.WAITING, BatchItem.State.ASKED)


@dataclass(frozen=True)
class Filters:
    """What the prompts are narrowed to; empty is all of them.

    With `unanswered` a model is asked only about prompts to which it has no response yet, nor one
    on its way in another batch.
    """

    tag: str = ""
    language: str = ""
    source: str = ""
    search: str = ""
    unanswered: bool = False

    @property
    def said(self) -> str:
        """In words, for people."""
        parts = [
            f"tagged “{self.tag}”" if self.tag else "",
            f"in {self.language}" if self.language else "",
            f"from {self.source}" if self.source else "",
            f"with “{self.search}” in them" if self.search else "",
            "without a response of the model yet" if self.unanswered else "",
        ]
        return ", ".join(filter(None, parts)) or "all of them"


@dataclass(frozen=True)
class Counted:
    """How many prompts there are, how many of them each model is asked about, and how long the
    conversations are. By the model's key."""

    last_prompt: int
    prompts: int
    asked: dict[int, int]
    characters: dict[int, int]


class _Says(Func):
    """Whether a message of the conversation matches the pattern, its case aside."""

    template = "EXISTS (SELECT 1 FROM jsonb_array_elements(%(expressions)s))"
    arg_joiner = ") message WHERE message ->> 'content' ILIKE ("
    output_field = BooleanField()


def filters_from(given: Mapping[str, Any]) -> Filters:
    """From outside; raises InvalidInput naming each field that breaks a rule."""
    clean = check_all(
        {
            "tag": lambda: _name(given, "tag", TAG_LIMIT),
            "language": lambda: _name(given, "language", LANGUAGE_LIMIT).lower(),
            "source": lambda: _name(given, "source", SOURCE_LIMIT),
            "search": lambda: clean_text(
                given.get("search", ""), field="search", limit=SEARCH_LIMIT, required=False
            ).strip(),
            "unanswered": lambda: _flag(given.get("unanswered", False)),
        }
    )
    return Filters(**clean)


def filters_of(kept: Mapping[str, Any]) -> Filters:
    """As they were kept with a batch."""
    return Filters(**kept)


def kept(filters: Filters) -> dict[str, Any]:
    return asdict(filters)


def prompts_for(project: Project, filters: Filters) -> QuerySet[Prompt]:
    """The prompts that fit, whatever the models said to them."""
    found = Prompt.objects.filter(project=project)
    if filters.tag:
        found = found.filter(tags__contains=[filters.tag])
    if filters.language:
        found = found.filter(language=filters.language)
    if filters.source:
        found = found.filter(source=filters.source)
    if filters.search:
        found = found.filter(_Says(F("messages"), Value(_pattern(filters.search))))
    return found


def has_response(model: LanguageModel) -> Exists:
    """Whether this model has answered the prompt already."""
    return Exists(Response.objects.filter(prompt=OuterRef("pk"), generation__model=model))


def is_pending(model: LanguageModel) -> Exists:
    """Whether this model is being asked about the prompt by some batch."""
    return Exists(BatchItem.objects.filter(prompt=OuterRef("pk"), model=model, state__in=PENDING))


def count(project: Project, filters: Filters, models: Sequence[LanguageModel]) -> Counted:
    """How many draws of one sample each this is. One statement a model where it matters."""
    prompts = prompts_for(project, filters)
    last = prompts.order_by("-pk").values_list("pk", flat=True).first() or 0
    total, characters = _sizes(prompts)
    asked = {model.pk: total for model in models}
    lengths = {model.pk: characters for model in models}
    if filters.unanswered:
        for model in models:
            open_ = prompts.filter(~has_response(model), ~is_pending(model))
            asked[model.pk], lengths[model.pk] = _sizes(open_)
    return Counted(last_prompt=last, prompts=total, asked=asked, characters=lengths)


def offered(project: Project) -> dict[str, list[str]]:
    """The tags, languages and sources that prompts of this project have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tag FROM labeling_prompt, unnest(tags) AS tag "
            "WHERE project_id = %s ORDER BY tag LIMIT %s",
            [project.pk, OFFERED],
        )
        tags = [tag for (tag,) in cursor]
    own = Prompt.objects.filter(project=project)
    return {
        "tag": tags,
        "language": _different(own, "language"),
        "source": _different(own, "source"),
    }


def _different(prompts: QuerySet[Prompt], name: str) -> list[str]:
    values = prompts.exclude(**{name: ""}).order_by(name).values_list(name, flat=True)
    return list(values.distinct()[:OFFERED])


def _sizes(prompts: QuerySet[Prompt]) -> tuple[int, int]:
    """How many, and how many characters their messages have in all."""
    sql, values = prompts.values("messages").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(sum((SELECT sum(length(message ->> 'content')) "  # noqa: S608 - Django's own SQL
            f"FROM jsonb_array_elements(messages) message)), 0) FROM ({sql}) chosen",
            values,
        )
        number, characters = cursor.fetchone() or (0, 0)
    return int(number), int(characters)


def _name(given: Mapping[str, Any], name: str, limit: int) -> str:
    return clean_name(given.get(name, ""), field=name, limit=limit, required=False)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput.field("unanswered", "must be true or false")
    return value


def _pattern(text: str) -> str:
    """What ILIKE looks for: the text itself, its signs no pattern."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"
