"""Active time, and the evidence of how a text came in."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from labeling.assigning.queue import lapse_expired
from labeling.judging.activity import explain, pulse
from labeling.judging.likeness import is_taken_from
from labeling.judging.submissions import submit_demonstration
from labeling.models import Assignment
from projects.errors import Conflict, InvalidInput, NotFound
from projects.models import Project, User
from tests.labeling.rows import claim, make_comparison_task, make_demonstration_task, make_task

LONG = (
    "The tide comes in twice a day because the moon draws the water nearest to it, and the "
    "earth itself away from the water on its other side."
)
OTHER = (
    "Boil the potatoes in their skins, let them steam dry, and fry them slowly in butter "
    "until every side is brown and crisp."
)


@pytest.fixture
def writing(project: Project, labeler: User) -> Assignment:
    make_demonstration_task(project, "Why is there a tide?")
    held = claim(labeler, project)
    opened_at = timezone.now() - timedelta(seconds=100)
    Assignment.objects.filter(pk=held.pk).update(opened_at=opened_at)
    return held


def evidence(*pastes: dict[str, Any], **counts: int) -> dict[str, Any]:
    return {"typed": 0, "pasted": 0, "bulk": 0, **counts, "pastes": list(pastes)}


def paste(text: str, at: float = 1.0) -> dict[str, Any]:
    return {"field": "text", "at_seconds": at, "chars": len(text), "text": text}


@pytest.mark.django_db
class TestPulse:
    def test_active_time_only_grows_and_stays_within_the_time_since_opening(
        self, labeler: User, writing: Assignment
    ) -> None:
        seen = [
            pulse(by=labeler, assignment=writing, active_seconds=at, evidence={}).active_seconds
            for at in (10, 40.5, 7, 0, 10**9)
        ]
        assert seen[:4] == [10, 40.5, 40.5, 40.5]
        assert 100 <= seen[4] < 120

    def test_it_renews_the_lease(self, labeler: User, writing: Assignment) -> None:
        Assignment.objects.update(leased_until=timezone.now() + timedelta(seconds=1))
        pulse(by=labeler, assignment=writing, active_seconds=1, evidence=None)
        writing.refresh_from_db()
        assert writing.leased_until > timezone.now() + timedelta(minutes=1)
        Assignment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        lapse_expired()
        held = pulse(by=labeler, assignment=writing, active_seconds=1, evidence=None)
        assert held.state == "open"

    def test_counts_only_grow_and_a_paste_is_kept_once(
        self, labeler: User, writing: Assignment
    ) -> None:
        first, second = paste("short", at=1.04), paste("shore", at=3)
        for sent in (
            evidence(first, typed=5, pasted=5),
            evidence(first, second, typed=9, pasted=10, bulk=2),
            evidence(second, typed=1),
        ):
            held = pulse(by=labeler, assignment=writing, active_seconds=5, evidence=sent)
        assert held.evidence == {
            "typed": 9,
            "pasted": 10,
            "bulk": 2,
            "pastes": [
                {"field": "text", "at_seconds": 1.0, "chars": 5, "head": "short", "matches": ""},
                {"field": "text", "at_seconds": 3.0, "chars": 5, "head": "shore", "matches": ""},
            ],
        }

    def test_fifty_pastes_and_their_beginnings_are_kept(
        self, labeler: User, writing: Assignment
    ) -> None:
        for start in (0, 40):
            pastes = [paste("x" * 300, at=start + i) for i in range(40)]
            sent = evidence(*pastes, pasted=20_000)
            held = pulse(by=labeler, assignment=writing, active_seconds=5, evidence=sent)
        assert len(held.evidence["pastes"]) == 50
        assert {len(kept["head"]) for kept in held.evidence["pastes"]} == {200}
        assert "text" not in held.evidence["pastes"][0]

    def test_a_models_answer_to_the_prompt_is_recognised(
        self, project: Project, labeler: User
    ) -> None:
        compared = make_comparison_task(project, "Why a tide?", answers=(LONG, "Two."))
        make_task(compared.prompt, "demonstration")
        writing = claim(labeler, project)
        sent = evidence(paste(f"  {LONG.upper()}\n\nSo it is."), paste(OTHER, at=2))
        held = pulse(by=labeler, assignment=writing, active_seconds=1, evidence=sent)
        assert [kept["matches"] for kept in held.evidence["pastes"]] == ["generation", ""]

    def test_an_answer_on_the_screen_is_a_candidate(self, project: Project, labeler: User) -> None:
        make_comparison_task(project, answers=(LONG, OTHER))
        comparing = claim(labeler, project, "comparison")
        sent = evidence({**paste(LONG), "field": "justification"})
        held = pulse(by=labeler, assignment=comparing, active_seconds=1, evidence=sent)
        assert [kept["matches"] for kept in held.evidence["pastes"]] == ["candidate"]

    def test_what_the_labeler_wrote_before_is_their_own(
        self, project: Project, labeler: User, writing: Assignment
    ) -> None:
        submit_demonstration(by=labeler, assignment=writing, text=f"{LONG} {OTHER}")
        make_demonstration_task(project)
        again = claim(labeler, project)
        held = pulse(
            by=labeler, assignment=again, active_seconds=1, evidence=evidence(paste(OTHER))
        )
        assert [kept["matches"] for kept in held.evidence["pastes"]] == ["own"]

    @pytest.mark.parametrize(
        ("active_seconds", "sent", "field"),
        [
            ("9", {}, "active_seconds"),
            (None, {}, "active_seconds"),
            (-1, {}, "active_seconds"),
            (float("inf"), {}, "active_seconds"),
            (float("nan"), {}, "active_seconds"),
            (10**400, {}, "active_seconds"),
            (True, {}, "active_seconds"),
            (1, [], "evidence"),
            (1, "x", "evidence"),
            (1, {"typed": -1}, "evidence.typed"),
            (1, {"typed": 1.5}, "evidence.typed"),
            (1, {"pasted": 10**30}, "evidence.pasted"),
            (1, {"bulk": "1"}, "evidence.bulk"),
            (1, {"pastes": {}, "typed": 1}, "evidence.pastes"),
            (1, {"pastes": [7]}, "evidence.pastes"),
            (1, {"pastes": [{}]}, "evidence.pastes.field"),
            (1, {"pastes": [{**paste("a"), "field": "x" * 41}]}, "evidence.pastes.field"),
            (1, {"pastes": [{**paste("a"), "text": "\0"}]}, "evidence.pastes.text"),
            (1, {"pastes": [paste("x" * 20_001)]}, "evidence.pastes.text"),
            (1, {"pastes": [paste("a", at=-1)]}, "evidence.pastes.at_seconds"),
            (1, {"pastes": [{**paste("a"), "chars": None}]}, "evidence.pastes.chars"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_what_cannot_be_evidence_is_refused(
        self, labeler: User, writing: Assignment, active_seconds: Any, sent: Any, field: str
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            pulse(by=labeler, assignment=writing, active_seconds=active_seconds, evidence=sent)
        assert caught.value.problems[0].field == field
        writing.refresh_from_db()
        assert (writing.active_seconds, writing.evidence) == (0, {})

    def test_it_is_the_labelers_own_and_unfinished(
        self, owner: User, labeler: User, writing: Assignment
    ) -> None:
        with pytest.raises(NotFound):
            pulse(by=owner, assignment=writing, active_seconds=1, evidence={})
        submit_demonstration(by=labeler, assignment=writing, text="Answer.")
        with pytest.raises(Conflict, match="already submitted"):
            pulse(by=labeler, assignment=writing, active_seconds=1, evidence={})


def test_evidence_in_plain_words() -> None:
    assert explain({}) == []
    assert explain(evidence(typed=3)) == ["All of it was typed."]
    kept = {"field": "text", "at_seconds": 31.4, "chars": 640, "head": "", "matches": "candidate"}
    later = kept | {"at_seconds": 600.0, "chars": 1, "matches": "own"}
    found = explain(evidence(kept, kept | {"matches": ""}, later, typed=1, pasted=1281, bulk=9))
    assert found == [
        "1 character typed, 1,281 characters pasted.",
        "9 characters came in at once in another way, as by dropping a text.",
        "A text of 640 characters pasted after 31 s is like one of the answers shown.",
        "A text of 1 character pasted after 10 min is like something the labeler wrote before.",
    ]


def test_a_copy_with_a_few_words_changed_is_still_recognised() -> None:
    changed = LONG.replace("twice", "two times").replace("because", "as")
    assert is_taken_from(changed, ["x", f"They say: {LONG}"])


def test_other_words_and_short_texts_are_not() -> None:
    assert not is_taken_from(OTHER, [LONG])
    assert not is_taken_from(LONG[:30], [LONG])
    assert not is_taken_from(LONG, [])
    assert not is_taken_from(LONG, [LONG[: len(LONG) // 3]])


@given(st.text(min_size=60, max_size=400), st.text(max_size=50), st.text(max_size=50))
def test_a_whole_copy_is_always_recognised(text: str, before: str, after: str) -> None:
    folded = " ".join(text.casefold().split())
    expected = len(folded) >= 40
    assert is_taken_from(text, [f"{before} {text} {after}"]) == expected
