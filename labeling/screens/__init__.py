"""What is particular to a kind of task: its template, what it shows, how its form is read.

A kind is one module here and one line in SCREENS; the views know no kind.
"""

from typing import Any, Protocol

from django.http import QueryDict

from labeling.models import Assignment, Task
from labeling.screens import comparison, demonstration, ranking, review
from projects.errors import NotFound
from projects.models import User


class Screen(Protocol):
    """What each module here holds.

    `context` gives what the template needs beside the common things (pages.task_page), with
    `values` as the draft to show. `draft_of` turns a posted form into a draft. `submit` makes the
    domain call and returns what to tell the labeler.
    """

    @property
    def TEMPLATE(self) -> str: ...  # noqa: N802 - a module's constant

    def context(self, assignment: Assignment, values: dict[str, Any]) -> dict[str, Any]: ...

    def draft_of(self, post: QueryDict) -> dict[str, Any]: ...

    def submit(self, *, by: User, assignment: Assignment, post: QueryDict) -> str: ...


SCREENS: dict[str, Screen] = {
    Task.Kind.DEMONSTRATION: demonstration,
    Task.Kind.COMPARISON: comparison,
    Task.Kind.RANKING: ranking,
    Task.Kind.REVIEW: review,
}


def screen_of(kind: str) -> Screen:
    if kind not in SCREENS:
        raise NotFound("There is no screen for this kind of task.")
    return SCREENS[kind]
