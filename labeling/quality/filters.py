"""What a look at a project's quality is limited to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q

from projects.errors import InvalidInput
from projects.models import Project, TaskKind
from projects.text import clean_text

LONGEST = 60
LONGEST_NUMBER = 18


@dataclass(frozen=True)
class Filters:
    """Empty fields limit nothing. `labeler` is the key of a person; days are in UTC."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    language: str = ""
    tag: str = ""
    labeler: int | None = None

    @property
    def is_empty(self) -> bool:
        return self == Filters()

    @property
    def key(self) -> str:
        """Tells two sets of filters apart in a cache."""
        return repr(self)

    def prompts(self, prefix: str = "") -> Q:
        """What holds of a prompt at the end of `prefix`."""
        found = Q()
        if self.language:
            found &= Q(**{f"{prefix}language": self.language})
        if self.tag:
            found &= Q(**{f"{prefix}tags__contains": [self.tag]})
        return found

    def days(self, field: str) -> Q:
        found = Q()
        if self.since:
            found &= Q(**{f"{field}__gte": _midnight(self.since)})
        if self.until:
            found &= Q(**{f"{field}__lt": _midnight(self.until) + timedelta(days=1)})
        return found

    def allows(self, kind: str) -> bool:
        return self.kind in ("", kind)


def filters_from(given: Mapping[str, Any], project: Project) -> Filters:
    """From a form's fields. Raises InvalidInput naming the field."""
    kind = _text(given, "kind")
    if kind and kind not in TaskKind.values:
        raise InvalidInput.field("kind", f"must be one of {', '.join(TaskKind.values)}")
    since, until = _day(given, "since"), _day(given, "until")
    if since and until and since > until:
        raise InvalidInput.field("until", "must not be before since")
    return Filters(
        kind=kind,
        since=since,
        until=until,
        language=_text(given, "language").lower(),
        tag=_text(given, "tag"),
        labeler=_labeler(_text(given, "labeler"), project),
    )


def _text(given: Mapping[str, Any], name: str) -> str:
    return clean_text(given.get(name, ""), field=name, limit=LONGEST, required=False).strip()


def _day(given: Mapping[str, Any], name: str) -> date | None:
    text = _text(given, name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput.field(name, "must be a day like 2026-03-31") from error
    if not 1990 <= found.year <= 2200:
        raise InvalidInput.field(name, "must be a day from 1990 to 2200")
    return found


def _labeler(text: str, project: Project) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise InvalidInput.field("labeler", "must be one of the project's people")
    if not project.memberships.filter(user=int(text)).exists():
        raise InvalidInput.field("labeler", "must be one of the project's people")
    return int(text)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
