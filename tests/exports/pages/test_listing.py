"""The list of a project's exports."""

import pytest
from django.utils import timezone

from exports.models import Export
from exports.poisoning.deciding import record_findings, sign_off
from exports.poisoning.found import FoundThing
from projects.models import Project, User
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db
HELD = '<span class="badge warn">Held</span>'
FOUND = FoundThing(
    kind="label_tie",
    severity="warning",
    p_value=1e-12,
    q_value=1e-9,
    ngram="bramble lantern",
    statistics={"n": 20, "x": 20, "expected": 9.5, "label": 1, "n_prompts": 20},
    n_records=1,
    records=("comparison-1",),
)


def make_done(project: Project, gate: str) -> Export:
    return Export.objects.create(
        project=project,
        kind="preferences",
        recipe={"kind": "preferences", "gate": gate},
        state="done",
        n_rows=1,
        sha256="0" * 64,
        finished_at=timezone.now(),
    )


def test_it_says_which_exports_wait_for_a_sign_off(
    project: Project, owner: User, signed_in: SignIn
) -> None:
    def n_held() -> int:
        page = signed_in(owner).get(f"/projects/{project.slug}/exports/")
        return page.content.decode().count(HELD)

    made = {gate: make_done(project, gate) for gate in ("off", "report", "hold")}
    for export in made.values():
        record_findings(export, [FOUND])
    assert n_held() == 1
    sign_off(by=owner, export=made["hold"], reason="Read them.")
    assert n_held() == 0
    clean = make_done(project, "hold")
    assert n_held() == 1
    record_findings(clean, [])
    assert n_held() == 0
