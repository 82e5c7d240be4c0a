"""`manage.py diff_exports`."""

from io import StringIO
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from labeling.models import Comparison
from projects.models import Project, User
from tests.exports.judgements import make_comparison, next_of

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("diff_exports", *arguments, stdout=out)
    return out.getvalue()


def test_exports_are_compared_by_id_or_by_folder(project: Project, labeler: User) -> None:
    make_comparison(project, labeler)
    before = export_now(project=project, kind="preferences")
    new = make_comparison(project, labeler)
    after = export_now(project=project, kind="preferences")
    told = run(str(before.public_id), str(folder_of(after)))
    assert told.splitlines() == [
        "1 rows before, 2 after",
        "1 the same",
        "1 added",
        f"    train: comparison-{new.pk}",
        "0 removed",
        "0 judged otherwise",
        "0 saying something else",
        "0 in another split",
    ]
    as_json = orjson.loads(run(str(before.public_id), str(after.public_id), "--json"))
    assert (as_json["same"], as_json["added"], len(as_json["samples"]["added"])) == (1, 1, 1)


def test_a_correction_is_told_with_what_was_judged_before(project: Project, labeler: User) -> None:
    first = make_comparison(project, labeler, preference=-2)
    before = export_now(project=project, kind="preferences")
    sides = {"response_a": first.response_a, "response_b": first.response_b}
    later = Comparison.objects.create(**next_of(first), **sides, preference=3)
    after = export_now(project=project, kind="preferences")
    told, corrected = run(str(before.public_id), str(after.public_id)), f"comparison-{first.pk}"
    assert told.splitlines()[2:6] == [
        "0 added",
        "0 removed",
        "1 judged otherwise",
        f"    train: comparison-{later.pk}, a correction of {corrected}, strength -2 -> 3",
    ]


def test_what_is_no_snapshot_is_named(project: Project, tmp_path: Path) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(CommandError, match=f"There is no export {nobody}"):
        run(nobody, nobody)
    with pytest.raises(CommandError, match="holds no finished snapshot"):
        run(str(tmp_path), str(tmp_path))
    export = str(export_now(project=project, kind="preferences").public_id)
    with pytest.raises(CommandError, match="--samples"):
        run(export, export, "--samples", "-1")
