"""A check, from being asked for to what its labeler makes of it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from instructions.models import Clause
from instructions.pins import pin
from labeling.assigning import queue
from labeling.checking.checks import (
    ask_check,
    decide_claim,
    settle,
    settle_generations,
    settle_overdue,
)
from labeling.checking.panel import FAILED, UNREADABLE, WAITING, panel_of
from labeling.checking.relevant import relevant_clauses
from labeling.checking.rules import arm_of, change_check_rules, check_rules_of
from labeling.judging.submissions import save_draft, submit_demonstration
from labeling.models import Assignment, Check, CheckArm, CheckClaim
from labeling.tasks import reconcile
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unavailable
from projects.models import AuditEvent, Project, User
from tests.factories import make_guideline_version, make_member, make_model
from tests.labeling.checked import GREEN, answered, asked, make_check, put_in, says, turn_on
from tests.labeling.rows import claim, end, make_comparison_task, make_demonstration_task
from workers.models import Generation
from workers.signals import generations_finished

pytestmark = pytest.mark.django_db
GREEN_SKY = "The sky is green."


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    """A labeler at an answer, checks on for every task."""
    turn_on(project)
    make_demonstration_task(project, "What colour is the sky?")
    return claim(labeler, project)


class TestArms:
    def test_without_checks_in_the_project_nothing_is_drawn(
        self, project: Project, labeler: User
    ) -> None:
        make_demonstration_task(project)
        assert arm_of(claim(labeler, project)) == ""
        assert CheckArm.objects.count() == 0

    def test_chance_draws_once_for_an_assignment(self, project: Project, labeler: User) -> None:
        turn_on(project, off_percent=50)
        make_demonstration_task(project)
        held = claim(labeler, project)
        assert {arm_of(held) for _ in range(20)} == {CheckArm.objects.get().arm}
        assert CheckArm.objects.get().off_percent == 50

    def test_the_share_is_about_what_was_asked_for(self, project: Project, labeler: User) -> None:
        turn_on(project, off_percent=30)
        made = [make_demonstration_task(project) for _ in range(200)]
        held = Assignment.objects.bulk_create(
            Assignment(
                task=task,
                labeler=labeler,
                leased_until=task.created_at,
                guideline_version=project.guideline.versions.get(),
            )
            for task in made
        )
        n_off = sum(arm_of(each) == "off" for each in held)
        # Out of this range once in ten million runs.
        assert 27 <= n_off <= 96

    def test_other_kinds_have_none(self, project: Project, labeler: User) -> None:
        turn_on(project)
        make_comparison_task(project)
        assert arm_of(claim(labeler, project, "comparison")) == ""

    def test_what_was_submitted_before_has_none(self, project: Project, labeler: User) -> None:
        make_demonstration_task(project)
        held = claim(labeler, project)
        submit_demonstration(by=labeler, assignment=held, text="Blue.")
        turn_on(project)
        assert arm_of(Assignment.objects.get(pk=held.pk)) == ""

    def test_an_arm_never_changes(self, writing: Assignment) -> None:
        arm_of(writing)
        with pytest.raises(IntegrityError), transaction.atomic():
            CheckArm.objects.update(arm="off")

    def test_without_the_check_nothing_can_be_asked(self, writing: Assignment) -> None:
        put_in(writing, "off")
        panel = panel_of(writing)
        assert panel is not None
        assert not panel.is_on
        with pytest.raises(Conflict):
            ask_check(by=writing.labeler, assignment=writing, written={"text": GREEN_SKY})


class TestAsking:
    def test_a_check_is_an_interactive_draw_of_the_projects_model(
        self, project: Project, writing: Assignment
    ) -> None:
        check = asked(writing)
        generation = check.generation
        assert generation.queue == Generation.Queue.INTERACTIVE
        assert generation.model == check_rules_of(project).model
        assert generation.parameters["response_format"]["type"] == "json_schema"
        sent = generation.messages[-1]["content"]
        assert "What colour is the sky?" in sent
        assert GREEN_SKY in sent
        assert "Answer the question." in sent
        assert (check.text, check.anchors, check.number) == (GREEN_SKY, ["c-1"], 1)
        assert AuditEvent.objects.filter(verb="check.asked", actor=writing.labeler).count() == 1

    def test_turns_are_checked_too(self, writing: Assignment) -> None:
        turns = [
            {"role": "user", "content": "And the sea?"},
            {"role": "assistant", "content": "Red."},
        ]
        check = asked(writing, turns=turns)
        assert check.text == "The sky is green.\n\nRed."
        assert "And the sea?" in check.generation.messages[-1]["content"]

    def test_one_at_a_time(self, writing: Assignment) -> None:
        asked(writing)
        with pytest.raises(Conflict, match="under way"):
            asked(writing)

    def test_a_cap_an_answer(self, project: Project, writing: Assignment) -> None:
        turn_on(project, most_checks=2)
        for _ in range(2):
            answered(asked(writing), says())
        with pytest.raises(Conflict, match="had all"):
            asked(writing)

    def test_what_could_not_be_read_does_not_count_but_not_for_ever(
        self, project: Project, writing: Assignment
    ) -> None:
        turn_on(project, most_checks=1)
        for _ in range(3):
            answered(asked(writing), "no")
        with pytest.raises(Conflict, match="had all"):
            asked(writing)
        assert Check.objects.filter(state="unreadable").count() == 3

    @pytest.mark.parametrize(
        "written",
        [
            None,
            [],
            {},
            {"text": "  "},
            {"text": 7},
            {"text": "a\0"},
            {"text": "\ud800"},
            {"text": "x" * 50_001},
            {"text": "x" * 45_000},
            {"text": "a", "turns": "b"},
            {"text": "a", "turns": [1]},
        ],
    )
    def test_bad_input_names_a_field_and_stores_nothing(
        self, writing: Assignment, written: object
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            ask_check(by=writing.labeler, assignment=writing, written=written)
        assert refused.value.problems[0].field
        assert (Check.objects.count(), Generation.objects.count()) == (0, 0)

    def test_a_model_that_is_switched_off_is_said(
        self, project: Project, writing: Assignment
    ) -> None:
        turn_on(project, model=make_model(is_active=False))
        with pytest.raises(Unavailable):
            asked(writing)

    def test_a_guideline_without_clauses_is_said(
        self, project: Project, writing: Assignment
    ) -> None:
        Clause.objects.all().delete()
        with pytest.raises(Unavailable, match="clause"):
            asked(writing)

    def test_nobody_elses_answer(self, project: Project, writing: Assignment) -> None:
        with pytest.raises(NotFound):
            ask_check(by=make_member(project), assignment=writing, written={"text": GREEN_SKY})

    def test_not_after_submitting(self, writing: Assignment) -> None:
        arm_of(writing)
        submit_demonstration(by=writing.labeler, assignment=writing, text="Blue.")
        with pytest.raises(Conflict):
            ask_check(by=writing.labeler, assignment=writing, written={"text": GREEN_SKY})


class TestRelevantClauses:
    @pytest.fixture
    def guided(self, project: Project) -> Project:
        version = make_guideline_version(project)
        bodies = {
            "2": ("Medical advice", "Never give a dose of medicine."),
            "3": ("Colours", "Name colours as a painter would."),
            "4": ("Length", "Answers have at most three sentences."),
        }
        for position, (number, (title, body)) in enumerate(bodies.items(), start=2):
            Clause.objects.create(
                version=version,
                position=position,
                number=number,
                anchor=f"c-{number}",
                title=title,
                level=1,
                body=body,
            )
        return project

    def anchors(self, project: Project, user: User, asked: str, written: str) -> list[str]:
        version = project.guideline.versions.order_by("-number")[0]
        found = relevant_clauses(
            user=user, project=project, version=version, asked=asked, written=written
        )
        return [clause.anchor for clause in found]

    def test_shared_rare_words_lead(self, guided: Project, labeler: User) -> None:
        found = self.anchors(guided, labeler, "Which medicine?", "Take a dose of it, twice.")
        assert found == ["c-2", "c-3"]

    def test_stems_count(self, guided: Project, labeler: User) -> None:
        assert self.anchors(guided, labeler, "A painter, colour it!", "")[0] == "c-3"

    def test_what_is_cited_and_pinned_comes_before(self, guided: Project, labeler: User) -> None:
        pin(by=labeler, project=guided, anchor="c-4")
        found = self.anchors(guided, labeler, "Which medicine?", "As §3 asks: no dose.")
        assert found[:3] == ["c-3", "c-4", "c-2"]

    def test_with_nothing_in_common_the_guideline_is_shown_from_its_beginning(
        self, guided: Project, labeler: User
    ) -> None:
        assert self.anchors(guided, labeler, "ξένος", "χαῖρε")[:2] == ["c-1", "c-2"]

    @pytest.mark.parametrize("text", ["'", "a' | 'b", "\\", "' & !", "%s %(x)s", "\u200b" * 99])
    def test_no_text_breaks_the_search(self, guided: Project, labeler: User, text: str) -> None:
        assert self.anchors(guided, labeler, text, text)


class TestSettling:
    def test_claims_are_kept_with_their_places(self, writing: Assignment) -> None:
        check = answered(asked(writing), says(GREEN, GREEN | {"quote": "the sea"}))
        row = CheckClaim.objects.get()
        assert (check.state, check.n_dropped) == ("read", 1)
        assert (row.anchor, row.quote, row.starts_at) == ("c-1", "sky is green", 4)
        assert (row.state, row.severity) == ("open", "serious")

    def test_what_cannot_be_read_is_said(self, writing: Assignment) -> None:
        assert answered(asked(writing), "Looks fine to me!").state == "unreadable"
        panel = panel_of(writing)
        assert panel is not None
        assert (panel.said, panel.claims) == (UNREADABLE, ())

    def test_what_could_not_be_drawn_is_said(self, writing: Assignment) -> None:
        assert answered(asked(writing), error="The endpoint failed (500).").state == "failed"
        panel = panel_of(writing)
        assert panel is not None
        assert panel.said == FAILED

    def test_the_claims_before_stay_when_the_next_check_fails(self, writing: Assignment) -> None:
        make_check(writing)
        answered(asked(writing), "no")
        panel = panel_of(writing)
        assert panel is not None
        assert (panel.said, len(panel.claims)) == (UNREADABLE, 1)

    def test_only_once(self, writing: Assignment) -> None:
        check = make_check(writing)
        settle(generation_id=check.generation_id)
        assert CheckClaim.objects.count() == 1

    def test_a_settled_check_never_changes(self, writing: Assignment) -> None:
        make_check(writing)
        with pytest.raises(IntegrityError), transaction.atomic():
            Check.objects.update(state="failed")

    def test_other_draws_cost_one_question(self, writing: Assignment) -> None:
        with CaptureQueriesContext(connection) as queries:
            settle_generations(generation_ids=[987_654])
        assert len(queries) == 1

    def test_the_signal_settles(self, writing: Assignment) -> None:
        check = asked(writing)
        end(check.generation, output=says(GREEN))
        generations_finished.send(sender=Generation, generation_ids=[check.generation_id])
        assert CheckClaim.objects.count() == 1

    def test_what_nobody_was_told_of_is_settled_later(self, writing: Assignment) -> None:
        check = asked(writing)
        assert settle_overdue() == 0
        end(check.generation, output=says(GREEN))
        reconcile()
        assert CheckClaim.objects.count() == 1

    def test_looking_settles_too(self, writing: Assignment) -> None:
        check = asked(writing)
        waiting = panel_of(writing)
        assert waiting is not None
        assert (waiting.is_waiting, waiting.said) == (True, WAITING)
        end(check.generation, output=says(GREEN))
        panel = panel_of(writing)
        assert panel is not None
        assert (panel.is_waiting, panel.said) == (False, "1 place to look at.")


class TestDeciding:
    def decide(self, check: Check, **fields: object) -> CheckClaim:
        return decide_claim(
            by=check.assignment.labeler,
            assignment=check.assignment,
            claim_id=check.claims.get().pk,
            **{"state": "dismissed", **fields},
        )

    def test_dismissed_with_and_without_a_reason(self, writing: Assignment) -> None:
        check = make_check(writing)
        assert self.decide(check).reason == ""
        row = self.decide(check, reason="trifle")
        assert (row.state, row.reason) == ("dismissed", "trifle")
        assert row.decided_at is not None

    def test_acted_on_and_taken_back(self, writing: Assignment) -> None:
        check = make_check(writing)
        assert self.decide(check, state="acted").state == "acted"
        row = self.decide(check, state="open")
        assert (row.state, row.decided_at) == ("open", None)
        told = AuditEvent.objects.filter(verb="claim.decided").order_by("pk")
        assert [event.detail["after"] for event in told] == ["acted", "open"]

    def test_deciding_changes_no_draft(self, writing: Assignment) -> None:
        save_draft(by=writing.labeler, assignment=writing, draft={"text": GREEN_SKY})
        self.decide(make_check(writing), state="acted")
        writing.refresh_from_db()
        assert writing.draft["text"] == GREEN_SKY

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "applied"},
            {"state": None},
            {"state": ["open"]},
            {"reason": "because"},
            {"reason": {"a": 1}},
            {"state": "acted", "reason": "trifle"},
        ],
    )
    def test_bad_input_is_refused(self, writing: Assignment, fields: dict[str, object]) -> None:
        check = make_check(writing)
        with pytest.raises(InvalidInput):
            self.decide(check, **fields)
        assert check.claims.get().state == "open"

    def test_a_claim_about_another_answer_is_not_found(
        self, project: Project, writing: Assignment
    ) -> None:
        row = make_check(writing).claims.get()
        make_demonstration_task(project)
        other = claim(make_member(project), project)
        for claim_id in (row.pk, -1, 2**70):
            with pytest.raises(NotFound):
                decide_claim(by=other.labeler, assignment=other, claim_id=claim_id, state="acted")

    def test_not_after_submitting(self, writing: Assignment) -> None:
        check = make_check(writing)
        submit_demonstration(by=writing.labeler, assignment=writing, text="Blue.")
        with pytest.raises(Conflict):
            self.decide(check)

    def test_a_claim_is_stale_once_its_words_are_gone(self, writing: Assignment) -> None:
        make_check(writing)
        for text, is_stale in (("Now the  sky is\ngreen.", False), ("The sky is blue.", True)):
            panel = panel_of(writing, {"text": text})
            assert panel is not None
            assert [shown.is_stale for shown in panel.claims] == [is_stale]

    def test_a_lease_that_is_given_up_takes_its_checks_along(self, writing: Assignment) -> None:
        make_check(writing)
        queue.skip(by=writing.labeler, assignment=writing, reason="")
        assert Check.objects.count() == 1


class TestRules:
    def test_owners_change_them_and_a_new_comparison_begins(
        self, project: Project, owner: User
    ) -> None:
        before = turn_on(project, is_on=False).measured_since
        same = change_check_rules(by=owner, project=project, most_checks=3, token_budget="900")
        assert same.measured_since == before
        rules = change_check_rules(by=owner, project=project, is_on=True, off_percent="20")
        assert rules.measured_since > before
        assert (rules.is_on, rules.off_percent, rules.token_budget) == (True, 20, 900)
        assert AuditEvent.objects.filter(verb="check_rules.changed").count() == 2

    def test_checks_need_a_model(self, project: Project, owner: User) -> None:
        with pytest.raises(InvalidInput, match="model"):
            change_check_rules(by=owner, project=project, is_on=True)
        turn_on(project)
        with pytest.raises(InvalidInput, match="model"):
            change_check_rules(by=owner, project=project, model="")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("is_on", "yes"),
            ("model", "x"),
            ("model", 2**70),
            ("model", 999_999),
            ("model", [1]),
            ("off_percent", 91),
            ("off_percent", True),
            ("most_checks", 0),
            ("token_budget", 10),
            ("token_budget", 1.5),
            ("arm", "on"),
        ],
    )
    def test_bad_input_names_the_field(
        self, project: Project, owner: User, name: str, value: object
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            change_check_rules(by=owner, project=project, **{name: value})
        assert [problem.field for problem in refused.value.problems] == [name]
        assert not check_rules_of(project).is_on

    def test_only_owners(self, project: Project, reviewer: User) -> None:
        with pytest.raises(NotPermitted):
            change_check_rules(by=reviewer, project=project, off_percent=10)
