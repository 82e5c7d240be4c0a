"""Findings over the API: told, and decided on by name."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exports.api.findings import MOST_IDS
from exports.models import Export, Quarantine, SignOff
from exports.poisoning import deciding
from exports.poisoning.deciding import may_download, quarantined, record_findings
from projects import tokens
from projects.models import AuditEvent, Project, User
from tests.exports.poisoning.test_deciding import first, found, make_export

pytestmark = pytest.mark.django_db
WHY = {"reason": "Planted."}


def api_of(user: User) -> Client:
    token = tokens.create(by=user, name="test")[1]
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def api(reviewer: User) -> Client:
    return api_of(reviewer)


@pytest.fixture
def export(project: Project) -> Export:
    return make_export(project, "hold")


def path_of(export: Export, rest: str = "/findings") -> str:
    return f"/api/v1/exports/{export.public_id}{rest}"


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def pages(client: Client, path: str) -> list[Any]:
    """The results of every page, by the links from one to the next."""
    told: list[Any] = []
    following: str | None = path
    while following and len(told) < 9:
        page = client.get(following).json()
        told.append(page["results"])
        following = page["next"]
    return told


def asked(client: Client, path: str) -> list[str]:
    # A token's first use is noted.
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [each["sql"] for each in seen.captured_queries]


def whole_records(asked: Sequence[str]) -> list[str]:
    """Queries that bring all ids of a finding along, not only a slice or the number of them."""
    column = '"exports_finding"."records"'
    return [
        sql
        for sql in asked
        if column in sql
        and sql.count(column)
        != sql.count(f"jsonb_array_length({column})")
        + sql.count(f"jsonb_path_query_array({column}")
    ]


def test_a_finding_is_told_with_its_sentence_and_its_numbers(export: Export, api: Client) -> None:
    planted = found("comparison-17", "vote-9", n_records=3, labeler="p-1", severity="alarm")
    record_findings(
        export,
        [
            planted,
            found(
                "vote-8",
                kind="burst",
                ngram="",
                target="t",
                labeler="p-2",
                p_value=None,
                q_value=None,
                statistics={"n": 10, "x": 8, "seconds": 30, "share_elsewhere": 0.01},
            ),
        ],
    )
    answer = api.get(path_of(export))
    assert answer.status_code == 200
    one, two = answer.json()["results"]
    assert one == {
        "place": 1,
        "kind": "label_tie",
        "severity": "alarm",
        "sentence": "“bramble lantern” stands in 20 judged answers to 20 prompts. 20 of them were "
        "preferred or called good, where 9.5 were to be expected. Nearly all of these judgements "
        "are p-1's.",
        "ngram": "bramble lantern",
        "target": "",
        "labeler": "p-1",
        "p_value": 1e-12,
        "q_value": 1e-9,
        "statistics": {"n": 20, "x": 20, "expected": 9.5, "label": 1, "n_prompts": 20},
        "n_records": 3,
        "n_kept": 2,
        "quarantine": None,
    }
    assert two["sentence"].startswith("p-2 has 8 near-identical answers")
    assert (two["place"], two["kind"], two["target"]) == (2, "burst", "t")
    assert (two["p_value"], two["q_value"]) == (None, None)


def test_findings_come_in_the_order_of_weight_and_pages_follow(export: Export, api: Client) -> None:
    # The first is the last to come into the table.
    record_findings(export, [found(f"vote-{n}") for n in range(102)])
    moved = export.findings.get(place=1)
    export.findings.filter(pk=moved.pk).delete()
    moved.pk = None
    moved.save(force_insert=True)
    told = pages(api, path_of(export))
    assert [[each["place"] for each in page] for page in told] == [[*range(1, 101)], [101, 102]]


def test_an_export_without_findings_has_none(export: Export, api: Client) -> None:
    record_findings(export, [])
    record_findings(make_export(export.project), [found("vote-9")])
    assert api.get(path_of(export)).json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        ("report", "has not been scanned yet"),
        ("hold", "has not been scanned yet"),
        ("off", "leaves the scan for poisoning out"),
    ],
)
def test_before_the_scan_nobody_can_tell(
    project: Project, api: Client, gate: str, why: str
) -> None:
    answer = api.get(path_of(make_export(project, gate)))
    assert answer.status_code == 409
    assert why in answer.json()["detail"]


def test_a_page_of_findings_is_few_queries_and_leaves_their_ids_where_they_are(
    export: Export, reviewer: User, api: Client
) -> None:
    other = make_export(export.project)
    record_findings(export, [found("vote-1")])
    record_findings(other, [found(*[f"vote-{n}" for n in range(3)]) for _ in range(30)])
    for each in [*export.findings.all(), *other.findings.all()]:
        deciding.quarantine(by=reviewer, finding=each, reason="Planted.")
    few, many = (asked(api, path_of(each)) for each in (export, other))
    assert len(few) == len(many)
    assert whole_records(many) == []
    assert any("jsonb_array_length" in sql for sql in many)


def test_all_ids_that_are_kept_come_in_their_order_page_by_page(
    export: Export, api: Client
) -> None:
    ids = [f"comparison-{n}" for n in range(2 * MOST_IDS + 1)]
    record_findings(export, [found("vote-1"), found(*ids, n_records=900_000)])
    path = path_of(export, "/findings/2/records")
    told = pages(api, path)
    assert [len(page) for page in told] == [MOST_IDS, MOST_IDS, 1]
    assert [each for page in told for each in page] == ids
    assert pages(api, path_of(export, "/findings/1/records")) == [["vote-1"]]


def test_pages_of_ids_lead_back_to_the_first(export: Export, api: Client) -> None:
    ids = [f"comparison-{n}" for n in range(MOST_IDS + 1)]
    record_findings(export, [found(*ids)])
    begin = api.get(path_of(export, "/findings/1/records")).json()
    second = api.get(begin["next"]).json()
    assert (begin["previous"], second["next"], second["results"]) == (None, None, ids[-1:])
    assert api.get(second["previous"]).json() == begin


def test_as_many_ids_as_fill_a_page_are_all(export: Export, api: Client) -> None:
    record_findings(export, [found(*(f"vote-{n}" for n in range(MOST_IDS))), found()])
    assert api.get(path_of(export, "/findings/1/records")).json()["next"] is None
    empty = api.get(path_of(export, "/findings/2/records"))
    assert empty.json() == {"next": None, "previous": None, "results": []}


def test_of_all_ids_only_a_page_leaves_the_database(export: Export, api: Client) -> None:
    record_findings(export, [found("vote-1", "vote-2")])
    queries = asked(api, path_of(export, "/findings/1/records"))
    assert whole_records(queries) == []
    assert any("jsonb_path_query_array" in sql for sql in queries)


@pytest.mark.parametrize(
    ("cursor", "status"),
    [
        ("%", 200),  # nothing at all
        ("bz0tMQ==", 404),  # o=-1
        ("bz14", 404),  # o=x
        ("é", 404),
        ("cD1hYmM=", 200),  # p=abc
        ("bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk=", 200),  # o=99999999999999999999
    ],
)
def test_a_cursor_of_no_meaning_is_no_fault(
    export: Export, api: Client, cursor: str, status: int
) -> None:
    record_findings(export, [found("vote-1")])
    answer = api.get(path_of(export, "/findings/1/records"), {"cursor": cursor})
    assert answer.status_code == status
    assert api.get(path_of(export), {"cursor": cursor}).status_code in (200, 404)


def test_a_finding_is_quarantined_and_released(
    project: Project, export: Export, reviewer: User, owner: User, api: Client
) -> None:
    record_findings(export, [found("comparison-17", "vote-9"), found("vote-8")])
    made = post(api, path_of(export, "/findings/1/quarantine"), {"reason": " Planted. "})
    assert made.status_code == 201
    kept = Quarantine.objects.get()
    assert made.json() == {
        "id": kept.pk,
        "by": reviewer.username,
        "reason": "Planted.",
        "n_judgements": 2,
        "created_at": kept.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert quarantined(project) == {("comparison", 17), ("vote", 9)}
    one, two = api.get(path_of(export)).json()["results"]
    assert (one["quarantine"], two["quarantine"]) == (made.json(), None)
    again = post(api, path_of(export, "/findings/1/quarantine"), WHY)
    assert (again.status_code, quarantined(project)) == (409, {("comparison", 17), ("vote", 9)})

    path = f"/api/v1/quarantines/{kept.pk}/release"
    released = post(api_of(owner), path, {"reason": "A topic."})
    kept.refresh_from_db()
    assert released.status_code == 200
    assert kept.released_at is not None
    assert released.json() == {
        **made.json(),
        "released_by": owner.username,
        "release_reason": "A topic.",
        "released_at": kept.released_at.isoformat().replace("+00:00", "Z"),
    }
    assert quarantined(project) == set()
    assert [each["quarantine"] for each in api.get(path_of(export)).json()["results"]] == [
        None,
        None,
    ]
    assert post(api, path, {"reason": "Twice."}).status_code == 409
    assert AuditEvent.objects.filter(verb="export.released").get().actor == owner


def test_what_was_released_can_be_quarantined_again(export: Export, api: Client) -> None:
    record_findings(export, [found("vote-9")])
    path = path_of(export, "/findings/1/quarantine")
    numbers = []
    for _ in range(2):
        numbers.append(post(api, path, WHY).json()["id"])
        post(api, f"/api/v1/quarantines/{numbers[-1]}/release", WHY)
    last = post(api, path, WHY).json()
    assert api.get(path_of(export)).json()["results"][0]["quarantine"] == last
    assert len({*numbers, last["id"]}) == 3


def test_a_quarantine_outlives_its_export_and_is_released_then(
    project: Project, export: Export, api: Client
) -> None:
    record_findings(export, [found("vote-9")])
    made = post(api, path_of(export, "/findings/1/quarantine"), WHY).json()
    export.delete()
    assert quarantined(project) == {("vote", 9)}
    assert post(api, f"/api/v1/quarantines/{made['id']}/release", WHY).status_code == 200
    assert quarantined(project) == set()


def test_an_export_is_signed_off_by_name_and_then_goes_out(
    export: Export, reviewer: User, owner: User, api: Client
) -> None:
    path = path_of(export, "/sign-off")
    unscanned = post(api, path, WHY)
    assert unscanned.status_code == 409
    assert "not been scanned" in unscanned.json()["detail"]
    other = make_export(export.project)
    for each in (export, other):
        record_findings(each, [found("vote-9"), found("vote-8")])
    assert api.get(path).json()["results"] == []
    signed = post(api, path, {"reason": "Read them."})
    assert signed.status_code == 201
    made = export.sign_offs.get()
    assert signed.json() == {
        "by": reviewer.username,
        "reason": "Read them.",
        "n_findings": 2,
        "created_at": made.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert may_download(export)
    assert not api.get(path_of(export, "")).json()["is_held"]
    assert post(api, path, {"reason": "Again."}).status_code == 409
    assert post(api_of(owner), path, {"reason": "So did I."}).status_code == 201
    told = [(each["by"], each["reason"]) for each in api.get(path).json()["results"]]
    assert told == [(reviewer.username, "Read them."), (owner.username, "So did I.")]
    assert api.get(path_of(other, "/sign-off")).json()["results"] == []


def test_sign_offs_are_told_in_as_many_queries_however_many_there_are(
    export: Export, reviewer: User, owner: User, api: Client
) -> None:
    record_findings(export, [found("vote-9")])
    deciding.sign_off(by=reviewer, export=export, reason="Read them.")
    one = asked(api, path_of(export, "/sign-off"))
    deciding.sign_off(by=owner, export=export, reason="So did I.")
    assert len(asked(api, path_of(export, "/sign-off"))) == len(one)


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, "reason", "must be a text"),
        ({"reason": None}, "reason", "must be a text"),
        ({"reason": ["x"]}, "reason", "must be a text"),
        ({"reason": " \n"}, "reason", "must not be blank"),
        ({"reason": "x" * 2_001}, "reason", "must be at most 2,000 characters, is 2,001"),
        ({"reason": "a\0b"}, "reason", "must not hold a NUL character"),
        ({"reason": "x", "by": "olga"}, "by", "is not known here"),
        (["x"], "request", "must be an object"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name_everywhere(
    export: Export, reviewer: User, api: Client, body: Any, field: str, rule: str
) -> None:
    record_findings(export, [found("vote-8"), found("vote-9")])
    made = deciding.quarantine(by=reviewer, finding=first(export), reason="Planted.")
    for path in (
        path_of(export, "/findings/2/quarantine"),
        path_of(export, "/sign-off"),
        f"/api/v1/quarantines/{made.pk}/release",
    ):
        answer = post(api, path, body)
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"] == [{"field": field, "rule": rule}]
    assert Quarantine.objects.get().released_at is None
    assert not SignOff.objects.exists()


def test_a_finding_that_names_no_judgement_keeps_nothing_out(export: Export, api: Client) -> None:
    record_findings(export, [found("odd id")])
    answer = post(api, path_of(export, "/findings/1/quarantine"), WHY)
    assert answer.status_code == 409
    assert "names no judgement" in answer.json()["detail"]


def test_what_is_not_there_cannot_be_decided(export: Export, api: Client) -> None:
    other = make_export(export.project)
    record_findings(export, [found("vote-9")])
    for rest in ("/findings/2", f"/findings/{2**63}", f"/findings/{10**30}"):
        assert api.get(path_of(export, f"{rest}/records")).status_code == 404
        assert post(api, path_of(export, f"{rest}/quarantine"), WHY).status_code == 404
    assert api.get(path_of(other, "/findings/1/records")).status_code == 404
    assert post(api, path_of(other, "/findings/1/quarantine"), WHY).status_code == 404
    for number in (2**31, 2**63, 10**30):
        assert post(api, f"/api/v1/quarantines/{number}/release", WHY).status_code == 404
    assert not Quarantine.objects.exists()


def test_strangers_and_labelers_decide_nothing_and_a_stranger_cannot_tell_it_from_none(
    export: Export, reviewer: User, labeler: User, stranger: User
) -> None:
    record_findings(export, [found("vote-9")])
    made = deciding.quarantine(by=reviewer, finding=first(export), reason="Planted.")
    path = f"/api/v1/quarantines/{made.pk}/release"
    outside = api_of(stranger)
    for body in (WHY, {}, {"other": 1}):
        there, nowhere = post(outside, path, body), post(outside, f"{path[:-8]}0/release", body)
        assert (there.status_code, there.content) == (404, nowhere.content)
        assert post(api_of(labeler), path, body).status_code == 403
    made.refresh_from_db()
    assert made.released_at is None
