"""Why a draw did not succeed.

EndpointError
├── Refused      the server said no; trying again will not help (4xx, a redirect)
├── Overloaded   429 or 503, perhaps with a time to wait
├── TimedOut     a time limit passed
├── Broken       5xx, or an answer that is cut short or makes no sense
│   └── Unreachable  no connection at all
└── Stopped      we wanted no more of it
"""

from typing import ClassVar


class EndpointError(Exception):
    """A draw did not succeed. The message is a sentence for people, without keys or addresses."""

    is_retryable: ClassVar[bool] = True
    wait_seconds: float | None = None


class Refused(EndpointError):
    is_retryable = False

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Overloaded(EndpointError):
    def __init__(
        self, message: str, *, wait_seconds: float | None = None, status: int = 429
    ) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds
        self.status = status


class TimedOut(EndpointError):
    pass


class Broken(EndpointError):
    pass


class Unreachable(Broken):
    pass


class Stopped(EndpointError):
    is_retryable = False
