"""Rounds are begun one after the other, and every judgement is of exactly one."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from exports.models import Export, Round, SavedRecipe
from exports.rounds.keeping import begin, change, chosen_of, spans_of, take_back
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Project, Role, User
from tests.factories import make_member, make_model
from tests.threads import in_threads


@pytest.mark.django_db
def test_a_project_is_in_its_first_round_before_anybody_says_so(project: Project) -> None:
    (only,) = spans_of(project)
    assert (only.number, only.began_at, only.ended_at) == (1, None, None)
    assert not Round.objects.exists()


@pytest.mark.django_db
def test_a_round_ends_when_the_next_begins(project: Project, owner: User) -> None:
    second = begin(by=owner, project=project, number=2, name="  After the first model ")
    third = begin(by=owner, project=project, number=3)
    spans = spans_of(project)
    assert [(span.began_at, span.ended_at) for span in spans] == [
        (None, second.began_at),
        (second.began_at, third.began_at),
        (third.began_at, None),
    ]
    assert [span.round.name for span in spans] == ["", "After the first model", ""]
    assert [span.number for span in chosen_of(project, (0, 2, 7))] == [2, 3]
    verbs = AuditEvent.objects.filter(project=project, verb="round.begun")
    assert verbs.count() == 2


@pytest.mark.django_db
def test_the_next_round_has_to_be_named_by_its_number(project: Project, owner: User) -> None:
    for number in (3, 0, -1):
        with pytest.raises((InvalidInput, Conflict)):
            begin(by=owner, project=project, number=number)
    for wrong in (None, "2", 2.0, True):
        with pytest.raises(InvalidInput, match="number: must be the number"):
            begin(by=owner, project=project, number=wrong)
    with pytest.raises(InvalidInput, match="name"):
        begin(by=owner, project=project, number=2, name="x" * 81)
    begin(by=owner, project=project, number=2)
    with pytest.raises(Conflict, match="Round 2 has begun already"):
        begin(by=owner, project=project, number=2)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_begin_the_same_round_one_does(project: Project, owner: User) -> None:
    def one(number: int) -> str:
        try:
            begin(by=owner, project=project, number=number)
        except Conflict:
            return "refused"
        return "begun"

    outcomes = in_threads(one, [2] * 6)
    assert sorted(outcomes) == ["begun"] + ["refused"] * 5
    assert [span.number for span in spans_of(project)] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LABELER])
def test_only_owners_begin_change_and_take_back(project: Project, owner: User, role: Role) -> None:
    begin(by=owner, project=project, number=2)
    other = make_member(project, role)
    with pytest.raises(NotPermitted):
        begin(by=other, project=project, number=3)
    with pytest.raises(NotPermitted):
        change(by=other, project=project, number=1, given={"name": "Mine"})
    with pytest.raises(NotPermitted):
        take_back(by=other, project=project, number=2)


@pytest.mark.django_db
def test_what_is_given_is_changed_and_the_rest_stays(project: Project, owner: User) -> None:
    model = make_model()
    change(by=owner, project=project, number=1, given={"name": "First"})
    change(by=owner, project=project, number=1, given={"trained": model.name})
    (only,) = spans_of(project)
    assert (only.round.name, only.round.trained) == ("First", model)
    change(by=owner, project=project, number=1, given={"trained": ""})
    assert spans_of(project)[0].round.trained is None
    for given in ({}, {"number": 2}, {"name": "x", "began_at": ""}):
        with pytest.raises(InvalidInput, match="request"):
            change(by=owner, project=project, number=1, given=given)
    with pytest.raises(InvalidInput, match="there is no model"):
        change(by=owner, project=project, number=1, given={"trained": "never heard of"})
    for number in (0, 2, 10**12):
        with pytest.raises(NotFound):
            change(by=owner, project=project, number=number, given={"name": "x"})


@pytest.mark.django_db
def test_the_newest_is_taken_back_unless_something_chose_it(project: Project, owner: User) -> None:
    with pytest.raises(Conflict, match="the first never"):
        take_back(by=owner, project=project, number=1)
    begin(by=owner, project=project, number=2)
    begin(by=owner, project=project, number=3)
    with pytest.raises(Conflict, match="Only the newest"):
        take_back(by=owner, project=project, number=2)
    recipe = {"kind": "sft", "selection": {"rounds": [3]}}
    saved = SavedRecipe.objects.create(project=project, name="Weekly", data=recipe, by=owner)
    with pytest.raises(Conflict, match="the recipe Weekly"):
        take_back(by=owner, project=project, number=3)
    saved.delete()
    going_on = {"kind": "sft", "selection": {"rounds": [0]}}
    export = Export.objects.create(project=project, kind="sft", recipe=going_on)
    for manifest in ({}, {"rounds": [{"number": 2}, {"number": 3}]}):
        Export.objects.filter(pk=export.pk).update(manifest=manifest)
        with pytest.raises(Conflict, match="an export of"):
            take_back(by=owner, project=project, number=3)
    Export.objects.filter(pk=export.pk).update(manifest={"rounds": [{"number": 2}]})
    take_back(by=owner, project=project, number=3)
    assert [(span.number, span.ended_at) for span in spans_of(project)][1:] == [(2, None)]


@pytest.mark.django_db
def test_the_database_keeps_the_first_without_beginning_and_numbers_single(
    project: Project,
) -> None:
    now = timezone.now()
    wrong = ({"number": 1, "began_at": now}, {"number": 2}, {"number": 0, "began_at": now})
    for fields in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Round.objects.create(project=project, **fields)
    Round.objects.create(project=project, number=2, began_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.create(project=project, number=2, began_at=now)
