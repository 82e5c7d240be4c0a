"""Everything the domain refuses, as one tree.

TouchstoneError
├── InvalidInput        400  a field breaks a rule; names both
├── NotPermitted        403  a member whose role does not allow it
├── NotFound            404  not there, or not for this person
├── Conflict            409  true input at the wrong moment (already submitted, lease lapsed)
├── TooLarge            413  more than the stated limit
├── TooMany             429  too often in too short a time
└── Unavailable         503  something the work needs is missing just now (no model, say)
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One broken rule. `field` is the input's own name, `line` counts from 1 in a file."""

    field: str
    rule: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}, " if self.line is not None else ""
        return f"{where}{self.field}: {self.rule}" if self.field else f"{where}{self.rule}"


class TouchstoneError(Exception):
    status = 400
    title = "The request was refused."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.title)


class InvalidInput(TouchstoneError):
    title = "Some of the input breaks a rule."

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))

    @classmethod
    def field(cls, field: str, rule: str) -> "InvalidInput":
        return cls(Problem(field, rule))


class NotPermitted(TouchstoneError):
    status = 403
    title = "Your role in this project does not allow this."


class NotFound(TouchstoneError):
    status = 404
    title = "There is nothing here."


class Conflict(TouchstoneError):
    status = 409
    title = "This was already done, or can no longer be done."


class TooLarge(TouchstoneError):
    status = 413
    title = "This is larger than the limit."


class TooMany(TouchstoneError):
    status = 429
    title = "This came too often in a short time."


class Unavailable(TouchstoneError):
    status = 503
    title = "Something this needs is missing at the moment."
