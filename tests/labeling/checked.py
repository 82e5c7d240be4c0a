"""Rows of self-checks for tests."""

import json
from typing import Any

from labeling.checking.checks import ask_check, settle
from labeling.checking.rules import arm_of
from labeling.models import Assignment, Check, CheckArm, CheckRules
from projects.models import Project
from tests.factories import make_model
from tests.labeling.rows import end

GREEN = {
    "quote": "sky is green",
    "clause": "1",
    "problem": "That is not what was asked.",
    "severity": "serious",
}


def turn_on(project: Project, **fields: Any) -> CheckRules:
    fields.setdefault("model", make_model())
    rules, _ = CheckRules.objects.update_or_create(
        project=project, defaults={"is_on": True, "off_percent": 0, **fields}
    )
    return rules


def put_in(assignment: Assignment, arm: str) -> None:
    """As if chance had put it there."""
    CheckArm.objects.create(assignment=assignment, arm=arm, off_percent=50)


def asked(assignment: Assignment, text: str = "The sky is green.", **fields: Any) -> Check:
    arm_of(assignment)
    return ask_check(by=assignment.labeler, assignment=assignment, written={"text": text, **fields})


def answered(check: Check, output: str = "", *, error: str = "") -> Check:
    """What the model said has come, and was read."""
    end(check.generation, output=output, error=error)
    settle(generation_id=check.generation_id)
    check.refresh_from_db()
    return check


def says(*claims: dict[str, Any]) -> str:
    return json.dumps({"claims": list(claims)})


def make_check(assignment: Assignment, *, text: str = "The sky is green.") -> Check:
    """A check that was read, with one claim."""
    return answered(asked(assignment, text), says(GREEN))
