"""The demo project: a guideline worth reading, prompts of our own, people to sign in as.

Its candidate answers are drawn by the configured models like anybody's; nothing is made up.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, Q, QuerySet

from arena.models import Battle, CountsImport, OnlineElo, RatingRun, Tally
from demo.furnishing import furnish
from exports.models import Export
from exports.snapshots.folders import draft_of, folder_of, remove
from instructions.publish import publish, save_draft
from labeling.models import (
    Assignment,
    Candidate,
    Comparison,
    Demonstration,
    Lane,
    Prompt,
    Ranking,
    Response,
    Review,
)
from projects import audit
from projects.errors import Conflict, NotFound
from projects.models import ApiToken, ArenaAccess, AuditEvent, Membership, Project, Role, User
from workers.models import Generation

SLUG = "demo"
CONTENT = Path(__file__).resolve().parent
LOADED = "demo.loaded"
PEOPLE = (
    ("olga", "Olga", Role.OWNER),
    ("rita", "Rita", Role.REVIEWER),
    ("lena", "Lena", Role.LABELER),
    ("luis", "Luis", Role.LABELER),
)


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str
    role: str


def was_loaded() -> bool:
    """Whether the demo ever was here; one that was removed does not come back by itself."""
    return AuditEvent.objects.filter(verb=LOADED).exists()


def load_demo() -> list[SignIn]:
    """Make the demo project and its people, and write their sign-ins to the data folder."""
    taken = User.objects.filter(username__in=[name for name, _, _ in PEOPLE])
    if Project.objects.filter(slug=SLUG).exists():
        raise Conflict("The demo project is here already.")
    if taken.exists():
        raise Conflict(f"A person named {taken[0].username} is here already.")
    sign_ins = [SignIn(name, _password(), role.label) for name, _, role in PEOPLE]
    with transaction.atomic():
        project = _project()
        people = {sign_in.role: _person(project, sign_in) for sign_in in sign_ins}
        owner = people[Role.OWNER.label]
        guideline = (CONTENT / "guideline.md").read_text(encoding="utf-8")
        save_draft(by=owner, project=project, text=guideline)
        publish(by=owner, project=project, change_note="The demo's first version.")
        furnish(by=owner, project=project)
        audit.record(verb=LOADED, by=None, subject=project)
    write_sign_ins(sign_ins)
    return sign_ins


def sign_ins_file() -> Path:
    return Path(settings.DATA_FOLDER) / "demo-sign-ins.txt"


def write_sign_ins(sign_ins: list[SignIn]) -> None:
    lines = [f"{s.username:<6} {s.password:<20} {s.role}\n" for s in sign_ins]
    path = sign_ins_file()
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def remove_demo() -> None:
    """Take the demo project away with everything that was done in it, and its people.

    One of its people who has worked in another project stays there as the author of that work,
    but can no longer sign in.
    """
    project = Project.objects.filter(slug=SLUG, is_demo=True).first()
    if project is None:
        raise NotFound("There is no demo project here.")
    exports = list(Export.objects.filter(project=project).only("public_id"))
    with transaction.atomic():
        _delete_work(project)
        people = User.objects.filter(is_demo=True)
        of_people = Q(actor__in=people, project=None)
        AuditEvent.objects.filter(Q(project=project) | of_people).delete()
        project.delete()
        for person in people:
            _delete_or_retire(person)
        audit.record(verb="demo.removed", by=None)
    for export in exports:
        remove(folder_of(export))
        remove(draft_of(export))
    sign_ins_file().unlink(missing_ok=True)


def _delete_work(project: Project) -> None:
    """In the order in which the rows protect one another."""
    in_project = {"prompt__project": project}
    for kind in (Review, Demonstration, Comparison, Ranking):
        _delete_newest_first(kind._default_manager.filter(**in_project))
    Assignment.objects.filter(task__project=project).delete()
    Candidate.objects.filter(task__project=project).delete()
    Response.objects.filter(**in_project).delete()
    Prompt.objects.filter(project=project).delete()
    Lane.objects.filter(project=project).delete()
    Battle.objects.filter(project=project).delete()
    for model in (Tally, OnlineElo, RatingRun, CountsImport, Export, Generation):
        model.objects.filter(project=project).delete()


def _delete_newest_first(rows: QuerySet[Any]) -> None:
    """A correction protects the judgement that it supersedes."""
    while found := list(rows.filter(superseded_by=None).values_list("pk", flat=True)):
        rows.filter(pk__in=found).delete()


def _delete_or_retire(person: User) -> None:
    try:
        with transaction.atomic():
            person.delete()
    except ProtectedError:
        ApiToken.objects.filter(user=person).delete()
        person.memberships.all().delete()
        person.is_active = person.is_staff = person.is_superuser = person.is_demo = False
        person.set_unusable_password()
        person.save()


def _project() -> Project:
    return Project.objects.create(
        slug=SLUG,
        name="Demo: a helpful assistant",
        description=(
            "A project to try everything in: write ideal answers, compare candidates, vote in "
            "battles, export what came of it. Remove it with: make demo-remove"
        ),
        is_demo=True,
        overlap=2,
        arena_access=ArenaAccess.PUBLIC,
        is_home_arena=not Project.objects.filter(is_home_arena=True).exists(),
    )


def _person(project: Project, sign_in: SignIn) -> User:
    is_owner = sign_in.role == Role.OWNER.label
    user = User.objects.create_user(
        username=sign_in.username,
        password=sign_in.password,
        first_name=sign_in.username.title(),
        is_demo=True,
        is_staff=is_owner,
        is_superuser=is_owner,
    )
    Membership.objects.create(project=project, user=user, role=Role[sign_in.role.upper()])
    return user


def _password() -> str:
    """Easy to type, and another one on every machine: the demo may be reachable by others."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
