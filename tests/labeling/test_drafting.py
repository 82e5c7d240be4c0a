"""Drafts, rewritings, and who wrote what of the answers made of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.drafting.attributing import shares_of
from labeling.drafting.drafts import drafts_of, draw_drafts
from labeling.drafting.repairing import (
    changes_in,
    repairs_of,
    request_repair,
    settle_repair,
)
from labeling.drafting.rules import change_drafting_rules, drafting_rules_of
from labeling.judging.correcting import undo
from labeling.judging.rules import change_rules
from labeling.judging.submissions import save_draft, submit_demonstration
from labeling.models import Assignment, DraftingRules, ModelDraft, Repair, Response
from labeling.reviewing.asking import ask_review
from labeling.reviewing.verdicts import submit_review
from projects.errors import Conflict, InvalidInput, NotFound, NotPermitted, TooMany, Unavailable
from projects.models import AuditEvent, Project, User
from tests.factories import make_model
from tests.labeling.rows import claim, end, make_demonstration_task
from workers.models import Generation, LanguageModel

pytestmark = pytest.mark.django_db

DRAFT = "Rinse the pan while it is warm."
OTHER = "Oil it 😀 and heat it."


@pytest.fixture
def models(db: None) -> list[LanguageModel]:
    return [make_model("Silent Heron"), make_model("Loud Wren")]


@pytest.fixture
def rules(project: Project, owner: User) -> DraftingRules:
    return change_drafting_rules(by=owner, project=project, n_drafts=2, offers_repair=True)


@pytest.fixture
def writing(project: Project, labeler: User, rules: DraftingRules) -> Assignment:
    make_demonstration_task(project, "How do I clean a pan?")
    return claim(labeler, project)


@pytest.fixture
def drafted(writing: Assignment, labeler: User, models: list[LanguageModel]) -> Assignment:
    """With two drafts that are done."""
    for draft, text in zip(
        draw_drafts(by=labeler, assignment=writing), (DRAFT, OTHER), strict=True
    ):
        end(draft.generation, output=text)
    return again(writing)


def again(assignment: Assignment) -> Assignment:
    return Assignment.objects.select_related("task__project", "task__prompt").get(pk=assignment.pk)


def generations(assignment: Assignment) -> list[int]:
    return [draft.generation for draft in drafts_of(assignment)]


def submitted(by: User, assignment: Assignment, text: str, **said: Any) -> Response:
    return submit_demonstration(by=by, assignment=assignment, text=text, **said).response


class TestDrawing:
    def test_as_many_drafts_as_the_project_gives_are_asked_of_different_models(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        drafts = draw_drafts(by=labeler, assignment=writing)
        assert [draft.number for draft in drafts] == [1, 2]
        assert {draft.generation.model for draft in drafts} == set(models)
        asked = Generation.objects.order_by("pk")
        assert [row.queue for row in asked] == ["interactive"] * 2
        assert [row.messages for row in asked] == [writing.task.prompt.messages] * 2
        assert len({row.parameters["seed"] for row in asked}) == 2

    def test_asking_again_while_they_are_written_draws_nothing_twice(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        first = draw_drafts(by=labeler, assignment=writing)
        assert draw_drafts(by=labeler, assignment=writing) == first
        assert ModelDraft.objects.count() == 2

    def test_more_go_on_counting_up_to_the_cap(
        self, drafted: Assignment, labeler: User, owner: User, project: Project
    ) -> None:
        change_drafting_rules(by=owner, project=project, most_draws=3)
        assert [each.number for each in draw_drafts(by=labeler, assignment=drafted)] == [3]
        end(ModelDraft.objects.get(number=3).generation, output="A third.")
        with pytest.raises(TooMany, match="All 3 draws"):
            draw_drafts(by=labeler, assignment=drafted)
        assert again(drafted).n_draws == 3

    def test_with_no_model_up_it_says_so_and_counts_nothing(
        self, writing: Assignment, labeler: User
    ) -> None:
        make_model(is_active=False)
        with pytest.raises(Unavailable, match="can be written without"):
            draw_drafts(by=labeler, assignment=writing)
        assert again(writing).n_draws == 0

    def test_only_chosen_models_write(
        self,
        writing: Assignment,
        labeler: User,
        owner: User,
        project: Project,
        models: list[LanguageModel],
    ) -> None:
        change_drafting_rules(by=owner, project=project, writers=[models[1].pk])
        drafts = draw_drafts(by=labeler, assignment=writing)
        assert {draft.generation.model for draft in drafts} == {models[1]}

    def test_where_a_project_gives_none_there_are_none(
        self, writing: Assignment, labeler: User, owner: User, project: Project
    ) -> None:
        change_drafting_rules(by=owner, project=project, n_drafts=0)
        with pytest.raises(Conflict, match="no drafts"):
            draw_drafts(by=labeler, assignment=writing)

    def test_a_later_reply_is_drafted_from_the_conversation_so_far(
        self,
        writing: Assignment,
        labeler: User,
        owner: User,
        project: Project,
        models: list[LanguageModel],
    ) -> None:
        before = [
            {"role": "assistant", "content": "Rinse it."},
            {"role": "user", "content": "And then?"},
        ]
        with pytest.raises(Conflict, match="gone on"):
            draw_drafts(by=labeler, assignment=writing, before=before)
        change_rules(by=owner, project=project, demonstrations_go_on=True)
        draft, _ = draw_drafts(by=labeler, assignment=again(writing), before=before)
        assert draft.turn == 1
        assert draft.generation.messages == [*writing.task.prompt.messages, *before]

    @pytest.mark.parametrize(
        "before",
        ["x", {}, [{}], [1, 2], [{"content": "a"}], [{"content": "a"}, {"content": "\0"}]],
    )
    def test_a_conversation_that_is_none_is_refused(
        self,
        writing: Assignment,
        labeler: User,
        owner: User,
        project: Project,
        models: list[LanguageModel],
        before: Any,
    ) -> None:
        change_rules(by=owner, project=project, demonstrations_go_on=True)
        with pytest.raises(InvalidInput) as refused:
            draw_drafts(by=labeler, assignment=again(writing), before=before)
        assert refused.value.problems[0].field.startswith("before")

    def test_nobody_else_draws(
        self, writing: Assignment, owner: User, models: list[LanguageModel]
    ) -> None:
        with pytest.raises(NotFound):
            draw_drafts(by=owner, assignment=writing)

    def test_nothing_is_drawn_for_what_is_submitted(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        submit_demonstration(by=labeler, assignment=writing, text="Answer.")
        with pytest.raises(Conflict, match="already submitted"):
            draw_drafts(by=labeler, assignment=again(writing))

    def test_a_draw_past_its_time_is_told_to_end(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        draw_drafts(by=labeler, assignment=writing)
        late = timezone.now() - timedelta(seconds=121)
        Generation.objects.update(state="running", created_at=late)
        drafts_of(again(writing))
        assert Generation.objects.filter(stop_asked_at=None).count() == 0


class TestShowing:
    def test_nothing_tells_who_wrote_a_draft(
        self, drafted: Assignment, models: list[LanguageModel]
    ) -> None:
        shown = drafts_of(drafted)
        assert [(each.number, each.state, each.text) for each in shown] == [
            (1, "done", DRAFT),
            (2, "done", OTHER),
        ]
        assert not any(model.name in repr(shown) for model in models)

    def test_of_a_failure_the_errors_own_words_are_not_told(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        draft, other = draw_drafts(by=labeler, assignment=writing)
        end(draft.generation, error="The model Silent Heron does not exist.")
        end(other.generation, output="  ")
        shown = drafts_of(again(writing))
        assert [(each.state, each.note) for each in shown] == [
            ("failed", "Nothing could be drawn this time."),
            ("failed", "Nothing came in the time there was."),
        ]

    def test_line_ends_are_as_in_an_editor(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        draft, _ = draw_drafts(by=labeler, assignment=writing)
        end(draft.generation, output="One\r\ntwo\rthree")
        assert drafts_of(again(writing))[0].text == "One\ntwo\nthree"

    def test_drafts_never_change(self, drafted: Assignment) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ModelDraft.objects.update(number=9)


class TestAttributing:
    def test_without_drafts_an_answer_is_a_persons_and_nothing_is_noted(
        self, writing: Assignment, labeler: User
    ) -> None:
        response = submitted(labeler, writing, "Mine.", spans=[[1, 5, 0]])
        assert (response.origin, response.spans) == ("person", None)
        assert shares_of(response) is None

    def test_what_was_taken_from_drafts_is_kept_to_the_character(
        self, drafted: Assignment, labeler: User
    ) -> None:
        first, second = generations(drafted)
        text = f"{DRAFT[:9]} Mine. {OTHER[7:]}"
        spans = [[first, 9, 0], ["person", 7], [second, len(OTHER) - 7, 7]]
        response = submitted(labeler, drafted, text, spans=spans)
        assert (response.origin, response.spans, response.author) == ("mixed", spans, labeler)
        shares = shares_of(response)
        assert shares is not None
        assert (shares.person, shares.model) == (7, len(text) - 7)

    def test_a_draft_left_as_it_is_is_wholly_its_models(
        self, drafted: Assignment, labeler: User
    ) -> None:
        first, _ = generations(drafted)
        response = submitted(labeler, drafted, DRAFT, spans=[[first, len(DRAFT), 0]])
        shares = shares_of(response)
        assert shares is not None
        assert (response.origin, shares.model_percent) == ("mixed", 100)

    def test_who_types_what_a_draft_says_has_written_it(
        self, drafted: Assignment, labeler: User
    ) -> None:
        response = submitted(labeler, drafted, DRAFT, spans=[["person", len(DRAFT)]])
        assert (response.origin, response.spans) == ("person", [["person", len(DRAFT)]])

    @pytest.mark.parametrize(
        "spans",
        [
            None,
            "person",
            {"a": 1},
            [],
            [["person", 3]],
            [[999_999, len(DRAFT), 0]],
            [["first", len(DRAFT), 0]],
            [["person", 10**30]],
            [[True, len(DRAFT), 0]],
            [["person", len(DRAFT), 0]],
        ],
    )
    def test_an_account_that_does_not_hold_is_found_out_anew(
        self, drafted: Assignment, labeler: User, spans: Any
    ) -> None:
        first, _ = generations(drafted)
        response = submitted(labeler, drafted, DRAFT, spans=spans)
        assert response.text == DRAFT
        assert response.spans == [[first, len(DRAFT), 0]]

    def test_a_draft_of_somebody_elses_is_none(
        self, drafted: Assignment, labeler: User, reviewer: User, project: Project
    ) -> None:
        make_demonstration_task(project)
        other = claim(reviewer, project)
        draft, _ = draw_drafts(by=reviewer, assignment=other)
        end(draft.generation, output="Not to be seen.")
        spans = [[draft.generation_id, 15, 0]]
        response = submitted(labeler, drafted, "Not to be seen.", spans=spans)
        assert (response.origin, response.spans) == ("person", [["person", 15]])

    def test_every_reply_of_a_conversation_has_its_account(
        self, drafted: Assignment, labeler: User, owner: User, project: Project
    ) -> None:
        change_rules(by=owner, project=project, demonstrations_go_on=True)
        _, second = generations(drafted)
        turns = [
            {"role": "user", "content": "And then?"},
            {"role": "assistant", "content": OTHER},
        ]
        response = submitted(
            labeler,
            again(drafted),
            "Mine.",
            turns=turns,
            spans=[["person", 5]],
            turn_spans=[None, [[second, len(OTHER), 0]]],
        )
        assert response.spans == [["person", 5]]
        assert response.turn_spans == [[["person", 5]], None, [[second, len(OTHER), 0]]]
        assert response.origin == "mixed"
        shares = shares_of(response)
        assert shares is not None
        assert (shares.person, shares.model) == (5, len(OTHER))

    def test_an_unfinished_account_is_kept_with_its_text(
        self, drafted: Assignment, labeler: User
    ) -> None:
        first, _ = generations(drafted)
        draft = {"text": DRAFT, "spans": [[first, len(DRAFT), 0]], "turn_spans": [None, "x"]}
        kept = save_draft(by=labeler, assignment=drafted, draft=draft)
        assert kept.draft == draft | {"turn_spans": [None, None]}
        kept = save_draft(by=labeler, assignment=drafted, draft={"text": "a", "spans": "deep"})
        assert kept.draft == {"text": "a", "spans": None}

    def test_what_is_taken_back_has_its_account(self, drafted: Assignment, labeler: User) -> None:
        first, _ = generations(drafted)
        spans = [[first, len(DRAFT), 0]]
        submitted(labeler, drafted, DRAFT, spans=spans)
        held = undo(by=labeler, assignment=again(drafted))
        assert held.draft == {"text": DRAFT, "spans": spans, "turn_spans": []}

    def test_what_a_reviewer_changes_is_theirs_and_the_rest_as_it_was(
        self, drafted: Assignment, labeler: User, reviewer: User, project: Project
    ) -> None:
        first, _ = generations(drafted)
        submitted(labeler, drafted, DRAFT, spans=[[first, len(DRAFT), 0]])
        ask_review(by=None, project=project, assignments=[again(drafted)], cause="all")
        fixed = DRAFT.replace("warm", "hot")
        review = claim(reviewer, project, "review")
        submit_review(by=reviewer, assignment=review, verdict="fix", reason="", fix={"text": fixed})
        response = Response.objects.get(text=fixed)
        at = DRAFT.index("warm")
        assert response.origin == "mixed"
        assert response.spans == [
            [first, at, 0],
            ["person", 3],
            [first, len(DRAFT) - at - 4, at + 4],
        ]


class TestRepairing:
    @pytest.fixture
    def asked(self, writing: Assignment, labeler: User, models: list[LanguageModel]) -> Repair:
        return request_repair(
            by=labeler,
            assignment=writing,
            text="Soak it for a week.",
            complaint="Far too long. §1",
        )

    def test_a_model_is_told_the_conversation_the_answer_and_what_is_wrong(
        self, asked: Repair
    ) -> None:
        system, user = asked.generation.messages
        assert asked.generation.queue == "interactive"
        assert asked.clauses == ["c-1"]
        fence = user["content"].split(" ", 1)[0]
        assert fence in system["content"]
        assert user["content"] == "\n".join(
            [
                f"{fence} conversation",
                "user: How do I clean a pan?",
                f"{fence} answer",
                "Soak it for a week.",
                f"{fence} complaint",
                "Far too long. §1",
                f"{fence} clauses",
                "§1 Be helpful",
                "Answer the question.",
                f"{fence} end",
            ]
        )

    def test_no_two_fences_are_the_same(
        self, asked: Repair, labeler: User, writing: Assignment
    ) -> None:
        end(asked.generation, output="Soak it.")
        other = request_repair(by=labeler, assignment=writing, text="A.", complaint="B.")
        fences = {row.generation.messages[1]["content"].split(" ")[0] for row in (asked, other)}
        assert len(fences) == 2

    def test_it_is_shown_compared_and_settled_once(
        self, asked: Repair, labeler: User, writing: Assignment
    ) -> None:
        with pytest.raises(Conflict, match="under way"):
            settle_repair(by=labeler, assignment=writing, number=1, outcome="accepted")
        end(asked.generation, output="Soak it for an hour.")
        (shown,) = repairs_of(again(writing))
        assert (shown.drawn.text, shown.outcome) == ("Soak it for an hour.", "open")
        pieces = changes_in(writing, 1, "Soak it for a week.")
        assert [(piece.kind, piece.text) for piece in pieces] == [
            ("same", "Soak it for "),
            ("gone", "a week"),
            ("new", "an hour"),
            ("same", "."),
        ]
        settle_repair(by=labeler, assignment=writing, number=1, outcome="accepted")
        row = settle_repair(by=labeler, assignment=writing, number=1, outcome="accepted")
        assert (row.outcome, row.settled_at is not None) == ("accepted", True)
        with pytest.raises(Conflict, match="settled already"):
            settle_repair(by=labeler, assignment=writing, number=1, outcome="discarded")
        with pytest.raises(IntegrityError), transaction.atomic():
            Repair.objects.update(complaint="Another.")

    def test_what_was_taken_counts_as_its_models(
        self, asked: Repair, labeler: User, writing: Assignment
    ) -> None:
        text = "Soak it for an hour."
        end(asked.generation, output=text)
        settle_repair(by=labeler, assignment=writing, number=1, outcome="accepted")
        spans = [[asked.generation_id, len(text), 0], ["person", 5]]
        response = submitted(labeler, again(writing), f"{text} Dry.", spans=spans)
        assert (response.origin, response.spans) == ("mixed", spans)

    def test_one_at_a_time(self, asked: Repair, labeler: User, writing: Assignment) -> None:
        with pytest.raises(Conflict, match="under way"):
            request_repair(by=labeler, assignment=writing, text="A.", complaint="B.")

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"text": ""}, "text"),
            ({"text": None}, "text"),
            ({"text": "\ud800"}, "text"),
            ({"complaint": ""}, "complaint"),
            ({"complaint": "x" * 4_001}, "complaint"),
            ({"complaint": 5}, "complaint"),
            ({"clauses": "c-1"}, "clauses"),
            ({"clauses": ["c-9"]}, "clauses"),
            ({"clauses": [{}]}, "clauses"),
            ({"clauses": ["c-1"] * 21}, "clauses"),
        ],
    )
    def test_bad_input_is_refused_by_its_name(
        self,
        writing: Assignment,
        labeler: User,
        models: list[LanguageModel],
        given: dict[str, Any],
        field: str,
    ) -> None:
        whole: dict[str, Any] = {"text": "A.", "complaint": "B."} | given
        with pytest.raises(InvalidInput) as refused:
            request_repair(by=labeler, assignment=writing, **whole)
        assert refused.value.problems[0].field == field
        assert Repair.objects.count() == 0

    def test_a_clause_alone_is_enough(
        self, writing: Assignment, labeler: User, models: list[LanguageModel]
    ) -> None:
        row = request_repair(by=labeler, assignment=writing, text="A.", clauses=["c-1"])
        assert (row.complaint, row.clauses) == ("", ["c-1"])

    def test_it_is_off_until_it_is_switched_on(
        self, writing: Assignment, labeler: User, owner: User, project: Project
    ) -> None:
        change_drafting_rules(by=owner, project=project, offers_repair=False)
        with pytest.raises(Conflict, match="no rewriting"):
            request_repair(by=labeler, assignment=writing, text="A.", complaint="B.")

    def test_there_is_nothing_to_settle_that_was_not_asked_for(
        self, writing: Assignment, labeler: User
    ) -> None:
        for number in (1, 10**12):
            with pytest.raises(NotFound):
                settle_repair(by=labeler, assignment=writing, number=number, outcome="accepted")


class TestRules:
    def test_the_defaults_give_nothing(self, project: Project) -> None:
        rules = drafting_rules_of(project)
        assert (rules.n_drafts, rules.offers_repair) == (0, False)

    def test_a_change_is_recorded_with_what_was_before(
        self, project: Project, owner: User, models: list[LanguageModel]
    ) -> None:
        one = models[0].pk
        change_drafting_rules(by=owner, project=project, n_drafts="3", writers=[str(one)])
        change_drafting_rules(by=owner, project=project, n_drafts=3, writers=[one])
        (event,) = AuditEvent.objects.filter(verb="drafting.changed")
        assert event.detail == {
            "before": {"n_drafts": 0, "writers": []},
            "after": {"n_drafts": 3, "writers": [one]},
        }

    def test_owners_alone_change_them(self, project: Project, reviewer: User) -> None:
        with pytest.raises(NotPermitted):
            change_drafting_rules(by=reviewer, project=project, n_drafts=1)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("n_drafts", 6),
            ("n_drafts", "many"),
            ("most_draws", 0),
            ("most_seconds", 10**9),
            ("offers_repair", "on"),
            ("writers", "1"),
            ("writers", [987_654_321]),
            ("writers", [10**30]),
            ("writers", [None]),
            ("colour", "red"),
        ],
    )
    def test_bad_rules_are_refused_by_their_name(
        self, project: Project, owner: User, name: str, value: Any
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            change_drafting_rules(by=owner, project=project, **{name: value})
        assert refused.value.problems[0].field == name
        assert not DraftingRules.objects.exists()
