"""What the arena's pages show beside an input that was refused."""

from dataclasses import dataclass

from projects.errors import InvalidInput, TouchstoneError


@dataclass(frozen=True)
class Draft:
    """The message as typed, and why it was not taken."""

    message: str = ""
    error: str = ""

    @classmethod
    def refused(cls, message: str, error: TouchstoneError) -> "Draft":
        if isinstance(error, InvalidInput):
            rules = "; ".join(problem.rule for problem in error.problems)
            return cls(message.replace("\0", ""), f"The message {rules}.")
        return cls(message, str(error))
