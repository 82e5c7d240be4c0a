"""When a schedule's next export is due. Pure; all times in UTC."""

from datetime import UTC, datetime, timedelta

DAY, WEEK, MONTH = "day", "week", "month"
_DAYS_TO_NEXT_MONTH = 32


def next_due(every: str, *, weekday: int, hour: int, after: datetime) -> datetime:
    """The first moment later than `after`: at the hour, of every day, of that day of the week
    (0 is Monday), or of the first of the month."""
    now = after.astimezone(UTC)
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if every == MONTH:
        due = due.replace(day=1)
        if due <= now:
            due = (due + timedelta(days=_DAYS_TO_NEXT_MONTH)).replace(day=1)
        return due
    if every == WEEK:
        due += timedelta(days=(weekday - due.weekday()) % 7)
    if due <= now:
        due += timedelta(days=7 if every == WEEK else 1)
    return due
