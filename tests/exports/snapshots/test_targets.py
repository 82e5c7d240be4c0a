"""Targets: what may be typed in, and who may."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from config.private_endpoints import PrivateEndpoints
from exports.models import Target
from exports.snapshots.places import Place, Refused
from exports.snapshots.signing import sha256_of
from exports.snapshots.targets import add_target, give_up_target, target_for
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, User

pytestmark = pytest.mark.django_db(transaction=True)
STORE: dict[str, Any] = {"kind": "files", "name": "store", "url": "s3://datasets/touchstone"}


def test_an_owner_names_a_store_and_its_secret_lies_encrypted(
    project: Project, owner: User
) -> None:
    target = add_target(by=owner, project=project, **STORE, key="AKID", secret="open sesame")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM exports_target")
        (stored,) = cursor.fetchone()
    assert "sesame" not in stored
    assert Target.objects.get().secret == "open sesame"
    event = AuditEvent.objects.get(verb="target.added")
    assert "sesame" not in str(event.detail)
    assert target_for(owner, project, "store") == target


def test_secrets_are_encrypted_anew_with_the_keys_of_endpoints(
    project: Project, owner: User, settings: Settings
) -> None:
    old, new, lost = ("k" * 40, "n" * 40, "l" * 40)
    settings.ENDPOINT_KEYS = (lost,)
    add_target(by=owner, project=project, **STORE | {"name": "attic"}, key="AKID", secret="shut")
    settings.ENDPOINT_KEYS = (old,)
    add_target(by=owner, project=project, **STORE, key="AKID", secret="open sesame")
    settings.ENDPOINT_KEYS = (new, old)
    with pytest.raises(CommandError, match="opens what is stored for target attic;"):
        call_command("reencrypt_keys")
    settings.ENDPOINT_KEYS = (new, lost)
    secrets = dict(Target.objects.values_list("name", "secret"))
    assert secrets == {"store": "open sesame", "attic": "shut"}


def test_only_owners_add_and_give_up(
    project: Project, owner: User, reviewer: User, labeler: User
) -> None:
    target = add_target(by=owner, project=project, **STORE)
    for user in (reviewer, labeler):
        with pytest.raises(NotPermitted):
            add_target(by=user, project=project, **STORE)
        with pytest.raises(NotPermitted):
            give_up_target(by=user, target=target)


def test_a_target_that_is_given_up_forgets_its_secret_and_frees_its_name(
    project: Project, owner: User
) -> None:
    target = add_target(by=owner, project=project, **STORE, key="AKID", secret="open sesame")
    with pytest.raises(Conflict):
        add_target(by=owner, project=project, **STORE)
    give_up_target(by=owner, target=target)
    target.refresh_from_db()
    assert (target.key, target.secret) == ("", "")
    with pytest.raises(NotFound):
        target_for(owner, project, "store")
    with pytest.raises(Conflict):
        give_up_target(by=owner, target=target)
    add_target(by=owner, project=project, **STORE)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "ftp"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"url": "/etc"}, "url"),
        ({"url": "file:///etc"}, "url"),
        ({"url": "file://elsewhere/srv"}, "url"),
        ({"url": "http://example.org/x"}, "url"),
        ({"url": "memory://x"}, "url"),
        ({"url": "s3://"}, "url"),
        ({"url": "s3://UPPER/x"}, "url"),
        ({"url": "s3://bucket/x?versionId=1"}, "url"),
        ({"url": "s3://bucket/x#"}, "url"),
        ({"url": "file://[bucket/x"}, "url"),
        ({"endpoint_url": "http://169.254.169.254/latest"}, "endpoint_url"),
        ({"endpoint_url": "http://127.0.0.1:9000"}, "endpoint_url"),
        ({"endpoint_url": "http://[::1]"}, "endpoint_url"),
        ({"endpoint_url": "https://user:pass@example.org"}, "endpoint_url"),
        ({"endpoint_url": "ftp://example.org"}, "endpoint_url"),
        ({"endpoint_url": "http://example.org:99999"}, "endpoint_url"),
        ({"region": "eu central"}, "region"),
        ({"key": "AKID"}, "secret"),
        ({"secret": "open sesame"}, "secret"),
        ({"kind": "hub", "url": "owner/name"}, "secret"),
        ({"kind": "hub", "url": "https://hub/owner/name", "secret": "t"}, "url"),
        ({"kind": "hub", "url": "owner/../x", "secret": "t"}, "url"),
    ],
)
def test_what_breaks_a_rule_is_named_and_not_stored(
    project: Project, owner: User, given: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_target(by=owner, project=project, **(STORE | given))
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not Target.objects.exists()


def test_folders_are_those_the_operator_lists_and_no_way_leads_out_of_them(
    project: Project, owner: User, settings: Settings, tmp_path: Path
) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    for folder in (allowed, outside):
        folder.mkdir()
    (allowed / "out").symlink_to(outside)
    settings.EXPORT_FOLDERS = (allowed,)
    add_target(by=owner, project=project, **(STORE | {"url": f"file://{allowed}/deep/er"}))
    for url in (
        f"file://{allowed}/../outside",
        f"file://{allowed}/out",
        f"file://{outside}",
        f"file://{allowed}/x%00y",
    ):
        with pytest.raises(InvalidInput):
            add_target(by=owner, project=project, **(STORE | {"name": "other", "url": url}))


@pytest.mark.parametrize("mark", ["?", "#"])
@pytest.mark.parametrize("rest", ["", "/../../outside", "a"])
def test_nothing_of_a_folder_s_address_is_passed_over(
    project: Project, owner: User, settings: Settings, tmp_path: Path, mark: str, rest: str
) -> None:
    settings.EXPORT_FOLDERS = (tmp_path / "allowed",)
    url = f"file://{tmp_path}/allowed/x{mark}{rest}"
    with pytest.raises(InvalidInput, match=r"url: must hold no \? and no #"):
        add_target(by=owner, project=project, **(STORE | {"url": url}))
    kept = Target.objects.create(project=project, by=owner, **(STORE | {"url": url}))
    with pytest.raises(Refused):
        Place(kept, "export")


def test_what_is_judged_is_where_files_go(
    project: Project, owner: User, settings: Settings, tmp_path: Path
) -> None:
    allowed, outside, file = (tmp_path / name for name in ("allowed", "outside", "rows.jsonl"))
    for folder in (allowed, outside):
        folder.mkdir()
    file.write_text("{}\n")
    settings.EXPORT_FOLDERS = (allowed,)
    url = f"file://localhost{allowed}/a%20%23b"
    target = add_target(by=owner, project=project, **(STORE | {"url": url}))
    place = Place(target, "export")
    place.put(file, sha256_of(file), lambda: None)
    assert (allowed / "a #b" / "export" / file.name).read_text() == "{}\n"
    assert place.base == str(allowed / "a #b" / "export")
    (allowed / "a #b" / "later").symlink_to(outside)
    with pytest.raises(Refused):
        Place(target, "later")
    (allowed / "a #b").rename(allowed / "moved")
    (allowed / "a #b").symlink_to(outside)
    with pytest.raises(Refused):
        Place(target, "export")
    assert list(outside.iterdir()) == []


def test_a_private_store_is_one_that_the_operator_allows(
    project: Project, owner: User, settings: Settings
) -> None:
    settings.PRIVATE_ENDPOINTS = PrivateEndpoints(hosts=frozenset({"store"}))
    told = STORE | {"endpoint_url": "http://store:9000"}
    assert add_target(by=owner, project=project, **told).endpoint_url == "http://store:9000"
