"""Gold tasks: how they come to be, what labelers see of them, pauses and qualification."""

import json
import re
from difflib import unified_diff
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from labeling.gold import making as gold_making
from labeling.gold import results as gold
from labeling.intake.prompts import ImportRefused
from labeling.models import Candidate, Comparison, Flag, Gold, GoldResult, Labeler, Task
from labeling.reviewing.asking import ask_adjudication
from labeling.reviewing.verdicts import submit_review
from projects import tokens
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted
from projects.models import AuditEvent, Membership, Project, Role, User
from tests.conftest import SignIn
from tests.factories import make_member
from tests.labeling.reviewed import hold, judge, make_rules
from tests.labeling.rows import make_comparison_task, make_ranking_task

pytestmark = pytest.mark.django_db

ITEM: dict[str, Any] = {
    "prompt": "Why is the sky blue?",
    "answers": ["Light scatters.", "Because."],
    "preferences": [-3, -2],
    "reason": "The second does not explain, see §1.",
}
RANKING: dict[str, Any] = {
    "prompt": "Name a planet.",
    "answers": ["Moon", "Mars", "Tree"],
    "tiers": [[1], [0, 2]],
    "reason": "Only one is a planet.",
}


def written(project: Project, owner: User, number: int = 0, **fields: Any) -> Gold:
    item = ITEM | {"prompt": f"Why is the sky blue? {number}"} | fields
    return gold_making.write_gold(by=owner, project=project, item=item)


class TestWriting:
    def test_a_gold_task_waits_in_a_gold_lane_for_everybody(
        self, project: Project, owner: User
    ) -> None:
        made = gold_making.write_gold(by=owner, project=project, item=ITEM)
        task = made.task
        assert (task.kind, task.state, task.is_open, task.overlap) == (
            "comparison", "ready", True, 32_767,
        )  # fmt: skip
        assert task.lane.is_gold
        assert gold.is_gold(task)
        assert made.expected == {"preferences": [-3, -2], "both_bad": False}
        texts = Candidate.objects.filter(task=task).order_by("position")
        assert [candidate.response and candidate.response.text for candidate in texts] == [
            "Light scatters.",
            "Because.",
        ]
        assert AuditEvent.objects.filter(verb="gold.written", actor=owner).count() == 1

    def test_a_ranking_keeps_its_tiers_as_responses(self, project: Project, owner: User) -> None:
        made = gold_making.write_gold(by=owner, project=project, item=RANKING)
        moon, mars, tree = made.task.candidates.order_by("position").values_list(
            "response_id", flat=True
        )
        assert made.expected == {"tiers": [[mars], [moon, tree]], "all_bad": False}

    def test_only_owners_write_gold(self, project: Project, reviewer: User, labeler: User) -> None:
        for user in (reviewer, labeler):
            with pytest.raises(NotPermitted):
                gold_making.write_gold(by=user, project=project, item=ITEM)

    def test_the_same_answers_are_gold_once(self, project: Project, owner: User) -> None:
        gold_making.write_gold(by=owner, project=project, item=ITEM)
        turned = ITEM | {"answers": ITEM["answers"][::-1]}
        with pytest.raises(InvalidInput, match="here already"):
            gold_making.write_gold(by=owner, project=project, item=turned)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"preferences": []}, "preferences"),
            ({"preferences": [4]}, "preferences"),
            ({"preferences": "x"}, "preferences"),
            ({"preferences": [True]}, "preferences"),
            ({"answers": ["One"]}, "answers"),
            ({"answers": ["One", "One "]}, "answers"),
            ({"answers": ["One", 2]}, "answers.1"),
            ({"answers": ["a", "b", "c"]}, "tiers"),
            ({"tiers": [[0], [0]]}, "tiers"),
            ({"tiers": [[0]]}, "tiers"),
            ({"tiers": [0, 1]}, "tiers"),
            ({"tiers": [[10**30], [1]]}, "tiers"),
            ({"reason": " "}, "reason"),
            ({"reason": "a\0b"}, "reason"),
            ({"prompt": ""}, "prompt"),
            ({"both_bad": 1}, "both_bad"),
            ({"colour": "red"}, "line"),
        ],
    )
    def test_broken_rules_are_named_and_nothing_is_stored(
        self, project: Project, owner: User, change: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            gold_making.write_gold(by=owner, project=project, item=ITEM | change)
        assert field in [problem.field for problem in refused.value.problems]
        assert not Task.objects.exists()


class TestImporting:
    def lines(self, *items: Any) -> bytes:
        return b"\n".join(json.dumps(item).encode() for item in items)

    def test_a_file_is_imported(self, project: Project, owner: User) -> None:
        data = self.lines(ITEM | {"tags": ["sky"], "source": "ours", "language": "DE"}, RANKING)
        assert gold_making.import_golds(by=owner, project=project, data=data) == 2
        assert Gold.objects.count() == 2
        task = Task.objects.get(kind="comparison")
        assert (task.prompt.tags, task.prompt.source) == (["sky"], "ours")
        assert (task.prompt.language, task.lane.language) == ("de", "de")
        with pytest.raises(ImportRefused) as refused:
            gold_making.import_golds(by=owner, project=project, data=data)
        assert [problem.line for problem in refused.value.problems] == [1, 2]

    def test_all_of_it_or_nothing(self, project: Project, owner: User) -> None:
        data = self.lines(ITEM, ITEM | {"reason": ""}, [], ITEM) + b"\n{broken\n\xff\n"
        with pytest.raises(ImportRefused) as refused:
            gold_making.import_golds(by=owner, project=project, data=data)
        assert sorted(problem.line or 0 for problem in refused.value.problems) == [2, 3, 4, 5, 6]
        assert not Gold.objects.exists()

    def test_an_empty_file_is_refused(self, project: Project, owner: User) -> None:
        with pytest.raises(InvalidInput, match="empty"):
            gold_making.import_golds(by=owner, project=project, data=b" \n")

    def test_the_command(self, project: Project, owner: User, tmp_path: Any) -> None:
        file = tmp_path / "gold.jsonl"
        file.write_bytes(self.lines(ITEM))
        out = StringIO()
        options: dict[str, Any] = {"project": project.slug, "by": owner.username}
        call_command("import_gold", str(file), stdout=out, **options)
        assert out.getvalue() == "1 gold tasks added.\n"
        with pytest.raises(CommandError, match="Nothing was imported"):
            call_command("import_gold", str(file), stderr=StringIO(), **options)
        with pytest.raises(CommandError, match="no project"):
            call_command("import_gold", str(file), **options | {"project": "x"})


class TestMakingOfFinishedTasks:
    def test_what_most_said_is_suggested_with_sides_turned(
        self, project: Project, owner: User
    ) -> None:
        task = make_comparison_task(project, overlap=3)
        first, second = task.candidates.order_by("position").values_list("response_id", flat=True)
        judge(task, preference=-2, justification="It answers.")
        judge(task, preference=2, presented=[second, first])
        judge(task, preference=1)
        suggested = gold_making.suggested(task)
        assert suggested == {"preferences": [-3, -2, -1], "both_bad": False}
        assert gold_making.reason_given(task) == "It answers."
        made = gold_making.make_gold(by=owner, task=task, expected=suggested, reason="Clear.")
        answers = made.task.candidates.order_by("position").values_list("response_id", flat=True)
        assert list(answers) == sorted([first, second])
        assert made.task != task
        with pytest.raises(Conflict, match="already"):
            gold_making.make_gold(by=owner, task=task, expected=suggested, reason="Clear.")

    def test_a_settlement_is_suggested_first(
        self, project: Project, owner: User, reviewer: User
    ) -> None:
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-3)
        judge(task, preference=-3)
        ask_adjudication(by=None, task=task)
        held = hold(task.adjudications.get(), reviewer)
        submit_review(
            by=reviewer, assignment=held, verdict="settle", reason="See §1.",
            fix={"preference": 3},
        )  # fmt: skip
        assert gold_making.suggested(task) == {"preferences": [2, 3], "both_bad": False}
        assert gold_making.reason_given(task) == "See §1."

    def test_rankings_are_suggested_by_mean_place(self, project: Project, owner: User) -> None:
        task = make_ranking_task(project, overlap=2)
        one, two, three = task.candidates.order_by("position").values_list("response_id", flat=True)
        judge(task, tiers=[[one], [two], [three]])
        judge(task, tiers=[[two], [one], [three]])
        assert gold_making.suggested(task) == {"tiers": [[0, 1], [2]], "all_bad": False}

    def test_both_bad_and_equal_are_suggested(self, project: Project) -> None:
        task = make_comparison_task(project, overlap=2)
        judge(task, both_bad=True)
        judge(task, both_bad=True)
        assert gold_making.suggested(task) == {"preferences": [], "both_bad": True}
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=0)
        judge(task, preference=0)
        assert gold_making.suggested(task) == {"preferences": [0], "both_bad": False}

    def test_finished_tasks_people_agree_on_are_offered(
        self, project: Project, owner: User
    ) -> None:
        agreed, disputed = (make_comparison_task(project, overlap=2) for _ in range(2))
        judge(agreed, preference=-2)
        judge(agreed, preference=-2)
        judge(disputed, preference=-2)
        judge(disputed, preference=2)
        assert gold_making.could_be_gold(project) == [agreed]
        expected = gold_making.suggested(agreed)
        gold_making.make_gold(by=owner, task=agreed, expected=expected, reason="Clear.")
        assert gold_making.could_be_gold(project) == []

    def test_nothing_is_made_of_what_nobody_judged(self, project: Project, owner: User) -> None:
        task = make_comparison_task(project)
        with pytest.raises(Conflict):
            gold_making.make_gold(by=owner, task=task, expected={}, reason="x")


def test_a_retired_gold_task_is_given_to_nobody_and_counts_no_more(
    project: Project, owner: User, labeler: User
) -> None:
    made = written(project, owner)
    judge(made.task, labeler, preference=3)
    gold_making.retire_gold(by=owner, gold=made)
    gold_making.retire_gold(by=owner, gold=made)
    made.task.refresh_from_db()
    assert (made.task.state, made.task.is_open) == ("retired", False)
    assert AuditEvent.objects.filter(verb="gold.retired").count() == 1
    make_rules(project, pause_below_percent=90, pause_after_golds=2)
    judge(written(project, owner, 1).task, labeler, preference=3)
    assert not Labeler.objects.filter(paused_at__isnull=False).exists()


class TestFeedback:
    def test_a_labeler_is_told_at_once_and_may_dispute_it(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        row = judge(written(project, owner).task, labeler, preference=3)
        told = gold.feedback_for(row.assignment)
        assert told is not None
        assert (told.is_right, told.flag) == (False, None)
        flag = gold.dispute(by=labeler, assignment=row.assignment, note="It is funny.")
        assert gold.dispute(by=labeler, assignment=row.assignment, note="Again.") == flag
        assert (flag.note, flag.task_id) == ("It is funny.", row.assignment.task_id)
        with pytest.raises(NotFound):
            gold.dispute(by=owner, assignment=row.assignment, note="Mine.")

    def test_or_never(self, project: Project, owner: User, labeler: User) -> None:
        make_rules(project, gold_feedback="never")
        row = judge(written(project, owner).task, labeler)
        assert GoldResult.objects.count() == 1
        assert gold.feedback_for(row.assignment) is None
        with pytest.raises(NotFound):
            gold.dispute(by=labeler, assignment=row.assignment, note="x")

    @pytest.mark.parametrize(
        ("rules", "waits"),
        [
            ({}, False),
            ({"gold_percent": 10}, True),
            ({"qualify_percent": 50}, True),
            ({"gold_percent": 10, "gold_feedback": "never"}, False),
        ],
    )
    def test_a_page_waits_for_the_answer_where_any_task_of_the_project_may_be_told_of(
        self,
        project: Project,
        labeler: User,
        signed_in: SignIn,
        rules: dict[str, Any],
        waits: bool,
    ) -> None:
        held = hold(make_comparison_task(project), labeler)
        make_rules(project, **rules)
        page = signed_in(labeler).get(f"/assignments/{held.pk}/").content
        assert (b"data-waits" in page) is waits

    def test_nothing_is_told_of_other_tasks(self, project: Project, labeler: User) -> None:
        assert gold.feedback_for(judge(make_comparison_task(project), labeler).assignment) is None

    def test_the_page_shows_sides_as_they_stood(
        self, project: Project, owner: User, labeler: User, signed_in: SignIn
    ) -> None:
        made = written(project, owner)
        first, second = made.task.candidates.order_by("position").values_list(
            "response_id", flat=True
        )
        row = judge(made.task, labeler, preference=-1, presented=[second, first])
        client = signed_in(labeler)
        url = f"/assignments/{row.assignment_id}/expected/"
        page = client.get(url).content.decode()
        assert "B is better or B is much better" in page
        assert "expected otherwise" in page
        assert client.post(url, {"note": "I see it so."}).status_code == 302
        assert Flag.objects.get().note == "I see it so."
        assert "I see it so." in client.get(url).content.decode()
        assert client.post(url, {"note": ""}).status_code == 400


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_after_submitting_the_labeler_is_told_at_once(
    project: Project, owner: User, labeler: User, signed_in: SignIn, accept: str
) -> None:
    held = hold(written(project, owner).task, labeler)
    client = signed_in(labeler)
    answer = client.post(
        f"/assignments/{held.pk}/", {"preference": "-3"}, headers={"Accept": accept}
    )
    told = f"/assignments/{held.pk}/expected/"
    assert (answer.json()["next"] if answer.status_code == 200 else answer["Location"]) == told
    assert "As expected" in client.get(told).content.decode()


def test_a_gold_task_looks_like_any_other(
    project: Project, owner: User, labeler: User, signed_in: SignIn
) -> None:
    """The page and the API tell nothing but keys, which are replaced here."""
    with connection.cursor() as cursor:
        # Far from any other number on the page.
        cursor.execute("SELECT setval(pg_get_serial_sequence('labeling_assignment', 'id'), 987654)")
    answers = tuple(ITEM["answers"])
    plain = hold(make_comparison_task(project, ITEM["prompt"], answers=answers), labeler)
    gold_task = gold_making.write_gold(by=owner, project=project, item=ITEM).task
    other = hold(gold_task, labeler)
    client = signed_in(labeler)
    pages = [_neutral(client, f"/assignments/{held.pk}/", held.pk) for held in (plain, other)]
    plain_lines, gold_lines = (page.splitlines() for page in pages)
    differing = unified_diff(plain_lines, gold_lines, lineterm="", n=0)
    assert list(differing) == []
    assert "gold" not in pages[1].lower()


def _neutral(client: Client, path: str, pk: int) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    page = re.sub(r"\b\d\d:\d\d\b|T\d\d:\d\d:\d\d[^\"]*", "", page)
    return re.sub(rf"\b{pk}\b", "PK", page)


class TestQualifying:
    def member(self, project: Project, user: User) -> Membership:
        return Membership.objects.get(project=project, user=user)

    def test_everybody_is_in_where_nothing_is_asked(self, project: Project, labeler: User) -> None:
        assert gold.qualified(self.member(project, labeler)) is True

    def test_staff_are_in(self, project: Project, owner: User, reviewer: User) -> None:
        make_rules(project, qualify_percent=80)
        written(project, owner)
        assert gold.qualified(self.member(project, reviewer)) is True

    def test_labelers_come_in_by_their_first_gold_tasks(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        make_rules(project, qualify_percent=50, qualify_golds=2)
        made = [written(project, owner, number) for number in range(4)]
        member = self.member(project, labeler)
        assert gold.qualified(member) is None
        judge(made[0].task, labeler, preference=-3)
        assert gold.qualified(member) is None
        judge(made[1].task, labeler, preference=3)
        assert gold.qualified(member) is True
        judge(made[2].task, labeler, preference=3)
        assert gold.qualified(member) is True

    def test_too_low_a_score_keeps_them_out_until_a_person_lets_them_try_again(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        make_rules(project, qualify_percent=100, qualify_golds=2)
        made = [written(project, owner, number) for number in range(4)]
        member = self.member(project, labeler)
        for each in made[:2]:
            judge(each.task, labeler, preference=3)
        assert gold.qualified(member) is False
        paused = Labeler.objects.create(project=project, user=labeler, paused_at=timezone.now())
        gold.resume(by=owner, labeler=paused, note="Talked it over.")
        assert gold.qualified(member) is None
        for each in made[2:]:
            judge(each.task, labeler, preference=-3)
        assert gold.qualified(member) is True

    def test_fewer_gold_tasks_than_asked_for_are_enough(
        self, project: Project, owner: User, labeler: User
    ) -> None:
        make_rules(project, qualify_percent=80, qualify_golds=5)
        member = self.member(project, labeler)
        assert gold.qualified(member) is True
        judge(written(project, owner).task, labeler, preference=-3)
        assert gold.qualified(member) is True


def test_a_person_lifts_a_pause_and_gold_counts_anew(
    project: Project, owner: User, labeler: User, reviewer: User
) -> None:
    make_rules(project, pause_below_percent=60, pause_after_golds=2)
    made = [written(project, owner, number) for number in range(4)]
    for each in made[:2]:
        judge(each.task, labeler, preference=3)
    paused = Labeler.objects.get(project=project, user=labeler)
    assert paused.paused_at is not None
    with pytest.raises(NotPermitted):
        gold.resume(by=reviewer, labeler=paused, note="")
    gold.resume(by=owner, labeler=paused, note="The clause was unclear.")
    with pytest.raises(Conflict):
        gold.resume(by=owner, labeler=paused, note="")
    event = AuditEvent.objects.get(verb="labeler.resumed")
    assert (event.actor, event.detail) == (owner, {"note": "The clause was unclear."})
    judge(made[2].task, labeler, preference=3)
    assert Labeler.objects.get(pk=paused.pk).paused_at is None
    judge(made[3].task, labeler, preference=3)
    assert Labeler.objects.get(pk=paused.pk).paused_at is not None


class TestPages:
    def test_an_owner_writes_and_retires(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        client = signed_in(owner)
        form = {
            "kind": "ranking", "prompt": "Name a planet.", "reason": "One is.",
            "answer-0": "Moon", "answer-2": "Mars", "place-0": "2", "place-2": "1",
        }  # fmt: skip
        assert client.get("/projects/harbour/gold/new/?kind=ranking").status_code == 200
        assert client.post("/projects/harbour/gold/new/", form).status_code == 302
        made = Gold.objects.get()
        assert [len(tier) for tier in made.expected["tiers"]] == [1, 1]
        page = client.get("/projects/harbour/gold/").content.decode()
        assert "Name a planet." in page
        assert "B &gt; A" in page
        client.post(f"/projects/harbour/gold/{made.pk}/retire/")
        assert "retired" in client.get("/projects/harbour/gold/").content.decode()

    def test_a_refused_form_keeps_what_was_written(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        form = {"kind": "comparison", "prompt": "Why?", "answer-0": "One answer", "reason": "x"}
        answer = signed_in(owner).post("/projects/harbour/gold/new/", form)
        assert answer.status_code == 400
        assert "One answer" in answer.content.decode()
        assert not Gold.objects.exists()

    def test_a_place_that_is_missing_is_named(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        form = {
            "kind": "ranking", "prompt": "Why?", "answer-0": "a", "answer-1": "b", "place-0": "1",
            "reason": "x",
        }  # fmt: skip
        answer = signed_in(owner).post("/projects/harbour/gold/new/", form)
        assert "answer 2 needs a place" in answer.content.decode()

    def test_a_finished_task_is_made_gold(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        task = make_comparison_task(project, overlap=2)
        judge(task, preference=-2, justification="It answers.")
        judge(task, preference=-2)
        client = signed_in(owner)
        path = f"/projects/harbour/gold/from/{task.pk}/"
        assert "It answers." in client.get(path).content.decode()
        answer = client.post(path, {"preferences": ["-2", "-1"], "reason": "It answers."})
        assert answer.status_code == 302
        assert Gold.objects.get().expected == {"preferences": [-2, -1], "both_bad": False}
        assert client.post(path, {"preferences": "-2", "reason": "Again."}).status_code == 409
        assert client.get("/projects/harbour/gold/from/999999/").status_code == 404

    def test_a_broken_file_names_its_lines(
        self, project: Project, owner: User, signed_in: SignIn
    ) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile

        file = SimpleUploadedFile("g.jsonl", b'{"prompt": "Why?"}')
        answer = signed_in(owner).post("/projects/harbour/gold/import/", {"file": file})
        assert answer.status_code == 400
        assert "line 1, answers" in answer.content.decode()


def test_gold_judgements_are_no_comparisons_to_train_on(
    project: Project, owner: User, labeler: User
) -> None:
    from labeling.reviewing.verdicts import usable

    judge(written(project, owner).task, labeler)
    make_member(project, Role.LABELER)
    assert not usable(Comparison.objects.all()).exists()


def test_the_api_tells_nothing_of_gold_either(project: Project, owner: User, labeler: User) -> None:
    """The same fields with the same values, but for keys, times and what is worked on."""
    make_rules(project, gold_percent=100)
    key = tokens.create(by=labeler, name="test")[1]
    headers = {"Authorization": f"Bearer {key}"}
    path = f"/api/v1/projects/{project.slug}/next"
    answers = tuple(ITEM["answers"])
    for make in (
        lambda: make_comparison_task(project, ITEM["prompt"], answers=answers),
        lambda: gold_making.write_gold(by=owner, project=project, item=ITEM),
    ):
        make()
    bodies = []
    for _ in range(2):
        answer = Client().post(
            path, {"kind": "comparison"}, content_type="application/json", headers=headers
        )
        body = answer.json()
        submit = f"/api/v1/assignments/{body['id']}/submit"
        sent = Client().post(
            submit, {"preference": -3}, content_type="application/json", headers=headers
        )
        bodies.append((_shape(body), _shape(sent.json())))
    assert GoldResult.objects.count() == 1
    assert bodies[0] == bodies[1], json.dumps(bodies)
    assert "gold" not in json.dumps(bodies).lower()


def _shape(body: Any, name: str = "") -> Any:
    """The body without what differs from task to task: keys, times, and which side is which."""
    if isinstance(body, dict):
        return {name: _shape(value, name) for name, value in body.items() if name != "side"}
    if isinstance(body, list):
        return sorted((_shape(each) for each in body), key=str)
    is_number = isinstance(body, int | float) and not isinstance(body, bool)
    is_time = name.endswith("_at") or name == "leased_until"
    return type(body).__name__ if is_number or is_time else body
