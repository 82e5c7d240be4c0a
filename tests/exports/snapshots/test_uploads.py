"""Snapshots sent to a store, a folder and a hub that really answer."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from config.private_endpoints import PrivateEndpoints
from exports.models import Export, Target, Upload
from exports.recipe import read
from exports.snapshots.folders import folder_of, remove
from exports.snapshots.requests import export_now
from exports.snapshots.signing import sha256_of, verify
from exports.snapshots.targets import add_target, give_up_target
from exports.snapshots.uploads import (
    MOST_ATTEMPTS,
    cancel_upload,
    files_of,
    name_of,
    send,
    upload,
)
from projects.errors import Conflict, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User
from tests.exports.judgements import make_comparison
from tests.exports.snapshots.hubs import Hub, running_hub

pytestmark = pytest.mark.django_db(transaction=True)
LOOPBACK = PrivateEndpoints(networks=(ip_network("127.0.0.0/8"),))
BUCKET = "datasets"
RIGHT = Hub.token


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="AKID",
        aws_secret_access_key="open sesame",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as found:
        yield found


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings: Settings) -> None:
    settings.PRIVATE_ENDPOINTS = LOOPBACK


@pytest.fixture
def export(project: Project, labeler: User) -> Export:
    make_comparison(project, labeler)
    recipe = read({"kind": "preferences", "file_type": "parquet"})
    return export_now(project=project, recipe=recipe)


def store_target(project: Project, owner: User, store: Any) -> Target:
    return add_target(
        by=owner,
        project=project,
        kind="files",
        name="store",
        url=f"s3://{BUCKET}/touchstone",
        endpoint_url=store.meta.endpoint_url,
        region="us-east-1",
        key="AKID",
        secret="open sesame",
    )


def hub_target(project: Project, owner: User, hub: Hub, token: str = RIGHT) -> Target:
    return add_target(
        by=owner,
        project=project,
        kind="hub",
        name="hub",
        url="team/data",
        endpoint_url=hub.address,
        secret=token,
    )


def folder_target(project: Project, owner: User, settings: Settings, folder: Path) -> Target:
    settings.EXPORT_FOLDERS = (folder,)
    return add_target(
        by=owner, project=project, kind="files", name="folder", url=f"file://{folder}/sent"
    )


def sent(export: Export, target: Target, by: User) -> Upload:
    row = send(by=by, export=export, target=target)
    upload(row.pk)
    row.refresh_from_db()
    return row


def test_a_store_gets_every_file_and_the_manifest_last(
    project: Project, owner: User, reviewer: User, export: Export, store: Any, tmp_path: Path
) -> None:
    row = sent(export, store_target(project, owner, store), reviewer)
    assert (row.state, row.error, row.n_files_done) == ("done", "", row.n_files)
    assert row.bytes_done == row.bytes_total
    assert row.location == f"s3://{BUCKET}/touchstone/{name_of(export)}"
    got = tmp_path / "got"
    got.mkdir()
    prefix = f"touchstone/{name_of(export)}/"
    listed = store.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    for each in listed:
        name = each["Key"].removeprefix(prefix)
        store.download_file(BUCKET, each["Key"], str(got / name))
        told = store.head_object(Bucket=BUCKET, Key=each["Key"])["Metadata"]
        assert told == {"sha256": sha256_of(got / name)}
    assert verify(got).problems == ()
    assert verify(got).address == export.address
    assert files_of(export)[-1].name == "manifest.json"
    assert AuditEvent.objects.filter(verb="export.sent", actor=reviewer).count() == 1


def test_what_lies_there_already_is_not_sent_again(
    project: Project, owner: User, export: Export, store: Any
) -> None:
    target = store_target(project, owner, store)
    sent(export, target, owner)
    key = f"touchstone/{name_of(export)}/README.md"
    before = store.head_object(Bucket=BUCKET, Key=key)["LastModified"]
    store.put_object(
        Bucket=BUCKET, Key=f"touchstone/{name_of(export)}/croissant.json", Body=b"damaged"
    )
    assert sent(export, target, owner).state == "done"
    assert store.head_object(Bucket=BUCKET, Key=key)["LastModified"] == before
    mended = store.get_object(Bucket=BUCKET, Key=f"touchstone/{name_of(export)}/croissant.json")[
        "Body"
    ].read()
    assert mended == (folder_of(export) / "croissant.json").read_bytes()


def test_a_bucket_that_is_not_there_is_tried_again_later(
    project: Project, owner: User, export: Export, store: Any
) -> None:
    target = store_target(project, owner, store)
    Target.objects.filter(pk=target.pk).update(url="s3://elsewhere/x")
    row = sent(export, target, owner)
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.error
    assert row.due_at > timezone.now() + timedelta(seconds=20)
    upload(row.pk)
    row.refresh_from_db()
    assert row.attempts == 1
    due = {"due_at": timezone.now(), "attempts": MOST_ATTEMPTS - 1}
    Upload.objects.filter(pk=row.pk).update(**due)
    upload(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", MOST_ATTEMPTS)


def test_an_address_that_has_become_private_is_not_connected_to(
    project: Project, owner: User, export: Export, store: Any, settings: Settings
) -> None:
    target = store_target(project, owner, store)
    settings.PRIVATE_ENDPOINTS = PrivateEndpoints()
    row = sent(export, target, owner)
    assert (row.state, "private" in row.error) == ("failed", True)


def test_a_folder_gets_a_whole_snapshot(
    project: Project, owner: User, export: Export, settings: Settings, tmp_path: Path
) -> None:
    row = sent(export, folder_target(project, owner, settings, tmp_path), owner)
    assert (row.state, row.error) == ("done", "")
    assert verify(tmp_path / "sent" / name_of(export)).problems == ()
    settings.EXPORT_FOLDERS = ()
    assert sent(export, row.target, owner).state == "failed"


def test_a_hub_gets_one_commit_of_exactly_these_files(
    project: Project, owner: User, export: Export, hub: Hub
) -> None:
    hub.repositories["team/data"] = {"train-00000-of-00009.parquet": b"of the last time"}
    row = sent(export, hub_target(project, owner, hub), owner)
    assert (row.state, row.error) == ("done", "")
    assert row.location == f"{hub.address}/datasets/team/data/commit/1"
    assert hub.is_private == {"team/data": True}
    there = hub.repositories["team/data"]
    assert there == {path.name: path.read_bytes() for path in files_of(export)}
    assert export.address[:12] in hub.commits[0]["summary"]


def test_a_token_that_the_hub_refuses_is_not_tried_again(
    project: Project, owner: User, export: Export, hub: Hub
) -> None:
    row = sent(export, hub_target(project, owner, hub, token="hf_wrong"), owner)
    assert (row.state, row.error) == ("failed", "The hub refused (401).")
    assert hub.commits == []


def test_a_hub_that_leads_inside_is_not_connected_to(
    project: Project, owner: User, export: Export, hub: Hub, settings: Settings
) -> None:
    target = hub_target(project, owner, hub)
    settings.PRIVATE_ENDPOINTS = PrivateEndpoints()
    row = sent(export, target, owner)
    assert (row.state, "private" in row.error) == ("failed", True)
    assert hub.repositories == {}


def test_a_worker_that_died_is_followed_by_another(
    project: Project, owner: User, export: Export, settings: Settings, tmp_path: Path
) -> None:
    target = folder_target(project, owner, settings, tmp_path)
    row = send(by=owner, export=export, target=target)
    held = {"state": "running", "attempts": 1, "leased_until": timezone.now()}
    ahead = held | {"leased_until": timezone.now() + timedelta(minutes=1)}
    Upload.objects.filter(pk=row.pk).update(**ahead)
    upload(row.pk)
    assert Upload.objects.get(pk=row.pk).state == "running"
    Upload.objects.filter(pk=row.pk).update(**held)
    upload(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 2)


def test_one_upload_at_a_time_and_a_cancelled_one_is_not_sent(
    project: Project, owner: User, export: Export, settings: Settings, tmp_path: Path
) -> None:
    target = folder_target(project, owner, settings, tmp_path)
    row = send(by=owner, export=export, target=target)
    with pytest.raises(Conflict):
        send(by=owner, export=export, target=target)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.create(export=export, target=target)
    cancel_upload(by=owner, upload=row)
    upload(row.pk)
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert not (tmp_path / "sent").exists()
    with pytest.raises(Conflict):
        cancel_upload(by=owner, upload=row)


def test_what_cannot_be_sent_is_refused_at_once(
    project: Project, owner: User, labeler: User, export: Export, settings: Settings, tmp_path: Path
) -> None:
    target = folder_target(project, owner, settings, tmp_path)
    with pytest.raises(NotPermitted):
        send(by=labeler, export=export, target=target)
    waiting = Export.objects.create(project=project, kind="sft")
    with pytest.raises(Conflict):
        send(by=owner, export=waiting, target=target)
    remove(folder_of(export))
    with pytest.raises(Conflict):
        send(by=owner, export=export, target=target)
    give_up_target(by=owner, target=target)
    target.refresh_from_db()
    with pytest.raises(NotFound):
        send(by=owner, export=export, target=target)
