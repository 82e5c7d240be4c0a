"""Where a project's snapshots may be sent: buckets, folders that the operator allows, a hub."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from exports.models import Target
from projects import audit
from projects.access import OWNERS, STAFF, project_for
from projects.errors import Conflict, InvalidInput, NotFound, Problem
from projects.models import Project, User
from projects.text import clean_name
from workers.endpoints.addresses import PRIVATE, leads_inside

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
LONGEST = {"name": 100, "url": 500, "endpoint_url": 500, "region": 100, "key": 200, "secret": 2000}
NEEDED = ("name", "url")
REGION = re.compile(r"[a-z0-9-]*")


def add_target(
    *,
    by: User,
    project: Project,
    kind: str,
    name: str,
    url: str,
    endpoint_url: str = "",
    region: str = "",
    key: str = "",
    secret: str = "",
    is_private: bool = True,
) -> Target:
    """A place that snapshots of this project may be sent to, with what opens it."""
    project_for(by, project.slug, roles=OWNERS)
    given = {
        "name": name,
        "url": url,
        "endpoint_url": endpoint_url,
        "region": region,
        "key": key,
        "secret": secret,
    }
    told = {field: _clean(field, value) for field, value in given.items()}
    problems = _problems(kind, told)
    if problems:
        raise InvalidInput(*problems)
    try:
        with transaction.atomic():
            target = Target.objects.create(
                project=project, kind=kind, by=by, is_private=is_private, **told
            )
            audit.record(
                verb="target.added",
                by=by,
                project=project,
                subject=target,
                name=target.name,
                url=target.url,
            )
    except IntegrityError as error:
        raise Conflict("The project has a target of this name already.") from error
    return target


def give_up_target(*, by: User, target: Target) -> None:
    """Nothing is sent there any more, and what opened it is forgotten."""
    project_for(by, target.project.slug, roles=OWNERS)
    with transaction.atomic():
        given_up = Target.objects.filter(pk=target.pk, given_up_at=None).update(
            given_up_at=timezone.now(), secret="", key=""
        )
        if not given_up:
            raise Conflict("This target was given up already.")
        audit.record(verb="target.given_up", by=by, project=target.project, subject=target)


def target_for(user: User, project: Project, name: str) -> Target:
    project_for(user, project.slug, roles=STAFF)
    target = project.export_targets.filter(name=name, given_up_at=None).first()
    if target is None:
        raise NotFound("There is no target of this name.")
    return target


def allowed_folder(url: str, inside: str = "") -> Path | None:
    """The folder that a file:// URL names, or one inside it, if the operator lets exports be sent
    there. Every link is followed: what is given back is where files go."""
    parts = urlsplit(url)
    is_plain = parts.scheme == "file" and parts.netloc in ("", "localhost")
    if not is_plain or _has_question(url) or not parts.path.startswith("/"):
        return None
    try:
        folder = Path(unquote(parts.path), inside).resolve()
    except (OSError, RuntimeError, ValueError):  # A circle of links, or a NUL.
        return None
    allowed = [Path(each).resolve() for each in settings.EXPORT_FOLDERS]
    return folder if any(folder.is_relative_to(each) for each in allowed) else None


def _clean(field: str, value: object) -> str:
    return clean_name(value, field=field, limit=LONGEST[field], required=field in NEEDED)


def _problems(kind: str, told: dict[str, str]) -> list[Problem]:
    problems: list[Problem] = []
    if kind not in Target.Kind.values:
        kinds = ", ".join(Target.Kind.values)
        return [Problem("kind", f"must be one of: {kinds}")]
    rule = _url_rule(told["url"]) if kind == Target.Kind.FILES else _repository_rule(told["url"])
    if rule:
        problems.append(Problem("url", rule))
    if told["endpoint_url"] and (rule := _endpoint_rule(told["endpoint_url"])):
        problems.append(Problem("endpoint_url", rule))
    if not REGION.fullmatch(told["region"]):
        problems.append(Problem("region", "must be of small letters, digits and dashes"))
    if bool(told["key"]) != bool(told["secret"]) and told["url"].startswith("s3:"):
        problems.append(Problem("secret", "must be given together with the key"))
    if kind == Target.Kind.HUB and not told["secret"]:
        problems.append(Problem("secret", "must be a token that may write to the hub"))
    return problems


def _url_rule(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "must be a whole address, like s3://bucket/folder"
    if parts.scheme == "s3":
        is_whole = BUCKET.fullmatch(parts.netloc) and not _has_question(url)
        return "" if is_whole else "must be like s3://bucket/folder"
    if parts.scheme == "file":
        if _has_question(url):
            return "must hold no ? and no #; as part of a folder's name they are %3F and %23"
        if allowed_folder(url) is None:
            return "must be a folder that the operator lists in TOUCHSTONE_EXPORT_FOLDERS"
        return ""
    return "must begin with s3:// or file://"


def _has_question(url: str) -> bool:
    return "?" in url or "#" in url


def _repository_rule(url: str) -> str:
    return "" if REPOSITORY.fullmatch(url) else "must be a dataset's owner/name"


def _endpoint_rule(url: str) -> str:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return "must be a whole address, like https://storage.example.org"
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
        return "must be a whole address, like https://storage.example.org"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no name, password or question"
    if leads_inside(url):
        return PRIVATE
    return ""
