"""The demo project comes whole and goes without a trace."""

import stat
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from demo.loading import load_demo, remove_demo, sign_ins_file, was_loaded
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from instructions.models import GuidelineVersion, Quiz
from labeling.models import Comparison, Gold, Prompt, Task
from projects import audit, tokens
from projects.errors import Conflict, NotFound
from projects.models import AuditEvent, Membership, Project, Role, User
from tests.exports.judgements import (
    make_comparison,
    make_demonstration,
    make_ranking,
    make_vote,
    next_of,
)
from tests.factories import PASSWORD, make_guideline_version, make_member, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def rows_by_table() -> Counter[str]:
    """How many rows each of our tables holds."""
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] != "django"]
    counted = {model._meta.label: model._default_manager.count() for model in ours}
    return Counter({label: count for label, count in counted.items() if count})


def demo() -> Project:
    return Project.objects.get(slug="demo")


def work_in(project: Project, labeler: User) -> None:
    make_demonstration(project, labeler, "An ideal answer.")
    made = make_comparison(project, labeler)
    sides = {"response_a": made.response_a, "response_b": made.response_b}
    Comparison.objects.create(**next_of(made), **sides, preference=1)
    make_ranking(project, labeler, [["Best."], ["Good."]])
    make_vote(project)
    make_vote(project, turns=[], source="import")


def test_loading_makes_a_project_one_can_work_in() -> None:
    sign_ins = load_demo()
    project = demo()
    assert project.is_demo
    assert project.is_home_arena
    assert GuidelineVersion.objects.filter(guideline__project=project).count() == 1
    assert Prompt.objects.filter(project=project).count() >= 60
    assert set(Task.objects.filter(project=project).values_list("kind", flat=True)) == {
        "demonstration",
        "comparison",
        "ranking",
    }
    assert Gold.objects.filter(task__project=project).count() >= 5
    assert Quiz.objects.get(guideline__project=project).is_active
    assert Counter(project.memberships.values_list("role", flat=True)) == {
        Role.OWNER: 1,
        Role.REVIEWER: 1,
        Role.LABELER: 2,
    }
    assert {sign_in.username for sign_in in sign_ins} == set(
        User.objects.filter(is_demo=True).values_list("username", flat=True)
    )


def test_the_sign_ins_work_and_only_we_may_read_them() -> None:
    sign_ins = load_demo()
    for sign_in in sign_ins:
        assert User.objects.get(username=sign_in.username).check_password(sign_in.password)
        assert f"{sign_in.password} " in sign_ins_file().read_text()
    assert stat.S_IMODE(sign_ins_file().stat().st_mode) == 0o600


def test_loading_twice_is_refused_in_a_sentence() -> None:
    load_demo()
    before = rows_by_table()
    with pytest.raises(Conflict, match="The demo project is here already"):
        load_demo()
    with pytest.raises(CommandError, match="The demo project is here already"):
        call_command("load_demo")
    assert rows_by_table() == before


def test_a_person_of_that_name_is_not_taken_over() -> None:
    lena = make_user("lena")
    with pytest.raises(Conflict, match="A person named lena is here already"):
        load_demo()
    assert list(User.objects.all()) == [lena]
    assert lena.check_password(PASSWORD)
    assert not Project.objects.exists()


def test_another_home_arena_stays_the_home_arena() -> None:
    make_project("harbour", is_home_arena=True)
    load_demo()
    assert not demo().is_home_arena


def test_removing_takes_every_row_and_file_of_the_demo() -> None:
    before = rows_by_table()
    load_demo()
    project = demo()
    work_in(project, User.objects.get(username="lena"))
    tokens.create(by=User.objects.get(username="olga"), name="tried")
    folder = folder_of(export_now(project=project, kind="preferences"))
    remove_demo()
    after = rows_by_table()
    # The models that judgements compared belong to nobody's project.
    for label in ("workers.LanguageModel", "workers.Endpoint"):
        del after[label]
    assert after - before == Counter({"projects.AuditEvent": 2})
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {"demo.loaded", "demo.removed"}
    assert not folder.exists()
    assert not sign_ins_file().exists()
    assert was_loaded()


def test_removing_leaves_other_projects_as_they_were() -> None:
    harbour = make_project("harbour")
    make_guideline_version(harbour)
    labeler = make_member(harbour)
    work_in(harbour, labeler)
    folder = folder_of(export_now(project=harbour, kind="preferences"))
    audit.record(verb="tried", by=labeler, project=harbour)
    before = rows_by_table()
    load_demo()
    work_in(demo(), User.objects.get(username="lena"))
    remove_demo()
    after = rows_by_table()
    for label in ("workers.LanguageModel", "workers.Endpoint"):
        del before[label], after[label]
    assert after - before == Counter({"projects.AuditEvent": 2})
    assert before - after == Counter()
    assert folder.exists()


def test_what_others_did_in_the_demo_goes_and_they_stay() -> None:
    load_demo()
    visitor = make_user("visitor")
    Membership.objects.create(project=demo(), user=visitor, role=Role.LABELER)
    work_in(demo(), visitor)
    audit.record(verb="elsewhere", by=visitor)
    remove_demo()
    assert list(User.objects.all()) == [visitor]
    assert AuditEvent.objects.filter(verb="elsewhere", actor=visitor).exists()


def test_a_demo_person_who_worked_elsewhere_stays_without_a_way_in() -> None:
    harbour = make_project("harbour")
    make_guideline_version(harbour)
    load_demo()
    lena = User.objects.get(username="lena")
    Membership.objects.create(project=harbour, user=lena, role=Role.LABELER)
    made = make_demonstration(harbour, lena, "An answer in the harbour.")
    audit.record(verb="elsewhere", by=lena, project=harbour)
    remove_demo()
    made.refresh_from_db()
    lena.refresh_from_db()
    assert made.labeler == lena
    assert not lena.is_active
    assert not lena.has_usable_password()
    assert AuditEvent.objects.filter(verb="elsewhere", actor=lena).exists()
    assert list(User.objects.filter(is_demo=True)) == []


def test_the_demo_can_be_loaded_again_after_it_was_removed() -> None:
    load_demo()
    remove_demo()
    load_demo()
    assert demo().is_demo


def test_without_a_demo_there_is_nothing_to_remove() -> None:
    make_project("demo", is_demo=False)
    with pytest.raises(NotFound, match="There is no demo project here"):
        remove_demo()
    with pytest.raises(CommandError, match="There is no demo project here"):
        call_command("remove_demo")
    assert Project.objects.filter(slug="demo").exists()


def test_the_commands_say_what_they_did(data_folder: Path) -> None:
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == [
        "olga",
        "rita",
        "lena",
        "luis",
    ]
    call_command("remove_demo", stdout=out)
    assert out.getvalue().endswith("The demo is gone.\n")
