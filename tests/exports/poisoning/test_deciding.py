"""Findings are kept; judgements are quarantined and released; exports are signed off."""

from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from exports.models import Export, Finding, PoisoningScan, Quarantine, SignOff
from exports.poisoning.deciding import (
    judgement_of,
    may_download,
    quarantine,
    quarantined,
    quarantined_ids,
    record_findings,
    release,
    sign_off,
)
from exports.poisoning.found import FoundThing
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def found(*records: str, **fields: Any) -> FoundThing:
    told = {
        "kind": "label_tie",
        "severity": "warning",
        "p_value": 1e-12,
        "q_value": 1e-9,
        "ngram": "bramble lantern",
        "statistics": {"n": 20, "x": 20, "expected": 9.5, "label": 1, "n_prompts": 20},
        "n_records": len(records),
        "records": records,
    }
    return FoundThing(**{**told, **fields})


def make_export(project: Project, gate: str = "report") -> Export:
    return Export.objects.create(
        project=project, kind="preferences", recipe={"kind": "preferences", "gate": gate}
    )


@pytest.fixture
def export(project: Project) -> Export:
    return make_export(project)


def first(export: Export) -> Finding:
    return export.findings.select_related("export__project").order_by("place")[0]


def test_findings_are_kept_in_order_with_what_was_looked_at(export: Export) -> None:
    things = [found("comparison-1"), found("vote-2", ngram="cfqz", labeler="p-1")]
    scan = record_findings(export, things, figures={"n_records": 900, "n_tested": 12})
    assert (scan.n_records, scan.n_findings) == (900, 2)
    told = list(export.findings.order_by("place").values_list("place", "ngram", "records"))
    assert told == [(1, "bramble lantern", ["comparison-1"]), (2, "cfqz", ["vote-2"])]
    assert AuditEvent.objects.filter(verb="export.scanned").count() == 1


def test_a_second_scan_changes_nothing(export: Export) -> None:
    record_findings(export, [found("comparison-1")])
    record_findings(export, [found("vote-2"), found("vote-3")])
    assert export.findings.get().records == ["comparison-1"]
    assert PoisoningScan.objects.get().n_findings == 1


def test_characters_that_postgresql_cannot_keep_are_replaced(export: Export) -> None:
    record_findings(export, [found("comparison-1", ngram="a\0b")])
    assert first(export).ngram == "a\N{REPLACEMENT CHARACTER}b"


def test_a_finding_and_a_sign_off_never_change(export: Export, owner: User) -> None:
    record_findings(export, [found("comparison-1")])
    sign_off(by=owner, export=export, reason="Read them.")
    for row, field in ((first(export), "ngram"), (SignOff.objects.get(), "reason")):
        setattr(row, field, "other")
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            row.save()


def test_what_a_finding_names_is_kept_out_until_it_is_released(
    export: Export, owner: User, reviewer: User
) -> None:
    record_findings(
        export, [found("comparison-17", "ranking-5-2", "ranking-5-1", "vote-9", "odd id")]
    )
    made = quarantine(by=owner, finding=first(export), reason=" Planted. ")
    assert (made.reason, made.n_judgements) == ("Planted.", 3)
    assert quarantined(export.project) == {("comparison", 17), ("ranking", 5), ("vote", 9)}
    ids = quarantined_ids(export.project)
    assert {source: keys.tolist() for source, keys in ids.items()} == {
        "comparison": [17],
        "ranking": [5],
        "vote": [9],
    }
    assert all(keys.dtype == np.int64 for keys in ids.values())
    released = release(by=reviewer, quarantine=made, reason="A topic after all.")
    assert (released.released_by, released.release_reason) == (reviewer, "A topic after all.")
    assert quarantined(export.project) == set()
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["export.quarantined", "export.released"]


def test_a_quarantine_holds_in_its_own_project_only(export: Export, owner: User) -> None:
    other = Project.objects.create(slug="elsewhere", name="Elsewhere")
    record_findings(export, [found("comparison-17")])
    quarantine(by=owner, finding=first(export), reason="Planted.")
    assert quarantined(other) == set()


def test_judgements_that_two_findings_name_come_back_with_the_second_release(
    export: Export, owner: User
) -> None:
    record_findings(export, [found("comparison-1"), found("comparison-1", "comparison-2")])
    one, two = (
        quarantine(by=owner, finding=each, reason="Planted.")
        for each in export.findings.select_related("export__project").order_by("place")
    )
    assert quarantined_ids(export.project)["comparison"].tolist() == [1, 2]
    release(by=owner, quarantine=two, reason="Fine.")
    assert quarantined(export.project) == {("comparison", 1)}
    release(by=owner, quarantine=one, reason="Fine.")
    assert quarantined(export.project) == set()


def test_one_finding_has_one_open_quarantine(export: Export, owner: User) -> None:
    record_findings(export, [found("comparison-1")])
    made = quarantine(by=owner, finding=first(export), reason="Planted.")
    with pytest.raises(Conflict, match="quarantined already"):
        quarantine(by=owner, finding=first(export), reason="Again.")
    with pytest.raises(IntegrityError, match="one_open_quarantine"), transaction.atomic():
        Quarantine.objects.create(
            project=export.project, finding=made.finding, by=owner, reason="x", n_judgements=1
        )
    release(by=owner, quarantine=made, reason="Fine.")
    with pytest.raises(Conflict, match="released already"):
        release(by=owner, quarantine=made, reason="Twice.")
    again = quarantine(by=owner, finding=first(export), reason="After all.")
    assert again.pk != made.pk


def test_a_release_without_a_name_is_refused_by_the_database(export: Export, owner: User) -> None:
    record_findings(export, [found("comparison-1")])
    made = quarantine(by=owner, finding=first(export), reason="Planted.")
    with pytest.raises(IntegrityError, match="who_and_why"), transaction.atomic():
        Quarantine.objects.filter(pk=made.pk).update(released_at=timezone.now())


def test_a_finding_without_judgements_has_nothing_to_keep_out(export: Export, owner: User) -> None:
    record_findings(export, [found()])
    with pytest.raises(Conflict, match="names no judgement"):
        quarantine(by=owner, finding=first(export), reason="Planted.")


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001, "a\0b", "\ud800", None])
def test_a_reason_is_wanted_everywhere(export: Export, owner: User, reason: Any) -> None:
    record_findings(export, [found("comparison-1")])
    with pytest.raises(InvalidInput, match="reason"):
        quarantine(by=owner, finding=first(export), reason=reason)
    with pytest.raises(InvalidInput, match="reason"):
        sign_off(by=owner, export=export, reason=reason)
    assert not Quarantine.objects.exists()
    assert not SignOff.objects.exists()


def test_labelers_and_strangers_decide_nothing(export: Export, labeler: User) -> None:
    record_findings(export, [found("comparison-1")])
    for person, error in ((labeler, NotPermitted), (make_user(), NotFound)):
        with pytest.raises(error):
            quarantine(by=person, finding=first(export), reason="Planted.")
        with pytest.raises(error):
            sign_off(by=person, export=export, reason="Read them.")


def test_a_held_export_waits_for_its_scan_and_a_sign_off(project: Project, owner: User) -> None:
    held = make_export(project, "hold")
    assert not may_download(held)
    record_findings(held, [found("comparison-1")])
    assert not may_download(held)
    sign_off(by=owner, export=held, reason="Read them.")
    assert may_download(held)


def test_a_held_export_in_which_nothing_was_found_is_free(project: Project) -> None:
    held = make_export(project, "hold")
    record_findings(held, [])
    assert may_download(held)


@pytest.mark.parametrize("gate", ["off", "report"])
def test_other_gates_hold_nothing(project: Project, gate: str) -> None:
    export = make_export(project, gate)
    assert may_download(export)
    record_findings(export, [found("comparison-1")])
    assert may_download(export)


def test_an_export_is_signed_off_once_by_each_and_after_its_scan(
    export: Export, owner: User, reviewer: User
) -> None:
    with pytest.raises(Conflict, match="not been scanned"):
        sign_off(by=owner, export=export, reason="Read them.")
    record_findings(export, [found("comparison-1")])
    sign_off(by=owner, export=export, reason="Read them.")
    with pytest.raises(Conflict, match="already"):
        sign_off(by=owner, export=export, reason="Read them again.")
    sign_off(by=reviewer, export=export, reason="So did I.")
    assert [each.by for each in export.sign_offs.order_by("pk")] == [owner, reviewer]
    event = AuditEvent.objects.filter(verb="export.signed_off").order_by("pk")[0]
    assert (event.actor, event.detail) == (owner, {"reason": "Read them.", "findings": 1})


@pytest.mark.parametrize(
    ("record", "judgement"),
    [
        ("comparison-17", ("comparison", 17)),
        ("ranking-5-2", ("ranking", 5)),
        ("comparison-17-first", ("comparison", 17)),
        ("comparison", None),
        ("comparison-", None),
        ("-5", None),
        ("comparison-²", None),
        (f"comparison-{10**30}", None),
    ],
)
def test_the_judgement_of_a_record(record: str, judgement: tuple[str, int] | None) -> None:
    assert judgement_of(record) == judgement


def test_all_judgements_of_a_large_finding_are_kept_out(export: Export, owner: User) -> None:
    ids = [f"{source}-{n}" for n in range(20_000) for source in ("comparison", "vote")]
    record_findings(export, [found(*ids)])
    assert quarantine(by=owner, finding=first(export), reason="Planted.").n_judgements == 40_000
    kept_out = quarantined_ids(export.project)
    assert {source: keys.tolist() for source, keys in kept_out.items()} == {
        "comparison": [*range(20_000)],
        "vote": [*range(20_000)],
    }
