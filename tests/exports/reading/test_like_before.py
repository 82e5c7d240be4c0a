"""The records read by COPY are those that objects gave, for any mixture of judgements."""

from typing import Any

import pytest

from exports import rows
from projects.models import Project
from tests.exports.reading.mixture import mixed
from tests.exports.reading.records_of import read
from tests.factories import make_guideline_version, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(params=range(3))
def project(request: Any) -> Project:
    made, other = make_project(), make_project()
    for each in (made, other):
        make_guideline_version(each)
    mixed(other, seed=99, n_each=1)
    mixed(made, seed=request.param)
    return made


def by_id(records: Any) -> dict[str, Any]:
    found = list(records)
    told = {record.id: record for record in found}
    assert len(told) == len(found)
    return told


def test_demonstrations_are_the_same(project: Project) -> None:
    assert by_id(read("sft", project)) == by_id(rows.demonstrations(project))


def test_preferences_are_the_same(project: Project) -> None:
    for source in ("all", "comparisons", "rankings", "votes"):
        for with_machine in (False, True):
            before = rows.preferences(project, source, with_machine=with_machine)
            now = read("preferences", project, source=source, with_machine=with_machine)
            assert by_id(now) == by_id(before)
