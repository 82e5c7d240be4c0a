"""Rows for tests, as plain typed functions."""

from itertools import count
from typing import Any

from instructions.models import Clause, Guideline, GuidelineVersion
from projects.models import Membership, Project, Role, User
from workers.models import Endpoint, LanguageModel

_number = count(1)
PASSWORD = "correct horse battery staple"


def make_user(username: str = "", **fields: Any) -> User:
    return User.objects.create_user(
        username=username or f"person-{next(_number)}", password=PASSWORD, **fields
    )


def make_project(slug: str = "", **fields: Any) -> Project:
    slug = slug or f"project-{next(_number)}"
    return Project.objects.create(slug=slug, name=fields.pop("name", slug.title()), **fields)


def make_member(project: Project, role: str = Role.LABELER, username: str = "") -> User:
    user = make_user(username)
    Membership.objects.create(project=project, user=user, role=role)
    return user


def make_guideline_version(
    project: Project, *, text: str = "## 1 Be helpful {helpful}\n\nAnswer the question."
) -> GuidelineVersion:
    owner = make_member(project, Role.OWNER)
    guideline, _ = Guideline.objects.get_or_create(project=project, defaults={"draft": text})
    version = GuidelineVersion.objects.create(
        guideline=guideline,
        number=guideline.versions.count() + 1,
        text=text,
        html="<p>Answer the question.</p>",
        published_by=owner,
    )
    Clause.objects.create(
        version=version,
        position=1,
        number="1",
        anchor="c-1",
        title="Be helpful",
        level=2,
        tags=["helpful"],
        body="Answer the question.",
    )
    return version


def make_endpoint(**fields: Any) -> Endpoint:
    number = next(_number)
    defaults = {
        "name": f"endpoint-{number}",
        "base_url": "http://127.0.0.1:9/v1",
        "is_trusted": True,
    }
    return Endpoint.objects.create(**{**defaults, **fields})


def make_model(name: str = "", **fields: Any) -> LanguageModel:
    name = name or f"model-{next(_number)}"
    endpoint = fields.pop("endpoint", None) or make_endpoint()
    return LanguageModel.objects.create(
        name=name, endpoint=endpoint, served_name=fields.pop("served_name", name), **fields
    )
