"""What is particular to each kind of task."""

import pytest
from django.http import QueryDict
from django.template.loader import get_template

from labeling.models import Demonstration
from labeling.screens import SCREENS, demonstration, screen_of
from projects.errors import InvalidInput, NotFound
from projects.models import Project, User
from tests.labeling.reviewed import make_rules
from tests.labeling.rows import claim, make_demonstration_task

TURNS = "text=One&turn_user=Two&turn_reply=Three&turn_user=Four&turn_reply=Five"


@pytest.mark.parametrize("kind", sorted(SCREENS))
def test_every_kind_has_its_template(kind: str) -> None:
    assert get_template(screen_of(kind).TEMPLATE)


def test_a_kind_without_a_screen_is_not_found() -> None:
    with pytest.raises(NotFound):
        screen_of("red_team")


class TestDemonstration:
    def test_a_form_becomes_a_draft(self) -> None:
        assert demonstration.draft_of(QueryDict("text=One")) == {"text": "One"}
        assert demonstration.draft_of(QueryDict("")) == {"text": ""}
        assert demonstration.draft_of(QueryDict(TURNS)) == {
            "text": "One",
            "turns": [
                {"role": "user", "content": "Two"},
                {"role": "assistant", "content": "Three"},
                {"role": "user", "content": "Four"},
                {"role": "assistant", "content": "Five"},
            ],
        }

    def test_a_turn_more_is_an_empty_pair(self) -> None:
        turns = demonstration.draft_of(QueryDict("text=One&action=add_turn"))["turns"]
        assert [(turn["role"], turn["content"]) for turn in turns] == [
            ("user", ""),
            ("assistant", ""),
        ]

    @pytest.mark.django_db
    def test_turns_are_shown_in_pairs(self, project: Project, labeler: User) -> None:
        make_demonstration_task(project)
        values = demonstration.draft_of(QueryDict(TURNS))
        shown = demonstration.context(claim(labeler, project), values)
        assert shown["turns"] == [("Two", "Three"), ("Four", "Five")]

    @pytest.mark.django_db
    def test_a_conversation_is_submitted_whole(self, project: Project, labeler: User) -> None:
        make_rules(project, demonstrations_go_on=True)
        make_demonstration_task(project)
        done = demonstration.submit(
            by=labeler, assignment=claim(labeler, project), post=QueryDict(TURNS)
        )
        assert done == "Your answer is submitted."
        response = Demonstration.objects.get().response
        assert response.text == "One"
        assert [turn["role"] for turn in response.turns or []] == [
            "assistant",
            "user",
            "assistant",
            "user",
            "assistant",
        ]

    @pytest.mark.django_db
    def test_a_turn_left_empty_in_the_editor_is_refused(
        self, project: Project, labeler: User
    ) -> None:
        """There it can be removed, so an empty one is a mistake worth telling."""
        make_rules(project, demonstrations_go_on=True)
        make_demonstration_task(project)
        post = QueryDict("text=One&turn_user=Two&turn_reply=&activity=%7B%7D")
        with pytest.raises(InvalidInput) as refused:
            demonstration.submit(by=labeler, assignment=claim(labeler, project), post=post)
        assert refused.value.problems[0].field == "turn_reply"
