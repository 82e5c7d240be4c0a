"""The judgements reviewers write: what they fixed, and how they settle a disputed task."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.drafting.attributing import attribute_fix
from labeling.judging.drafts import LONGEST_ANSWER
from labeling.judging.guards import check_comparison, check_ranking
from labeling.judging.rules import rules_of
from labeling.models import Comparison, Demonstration, Ranking, Response
from labeling.reviewing.subjects import Judgement, Subject
from projects.checks import an_object
from projects.errors import InvalidInput, Problem
from projects.text import clean_text


def write_fix(subject: Subject, fix: Any, common: dict[str, Any]) -> Judgement:
    """The reviewer's own row in place of the one under review, which stays as it is.

    `fix` has the fields of the kind's own form, tiers as places on the reviewer's screen. Raises
    InvalidInput where a rule is broken or nothing was changed.
    """
    row, given = subject.row, _given(fix)
    common = common | {"supersedes": row}
    if isinstance(row, Demonstration):
        return _write_answer(row, given, common)
    if isinstance(row, Comparison):
        clean = _comparison(subject, given) | {"marks": row.marks, "flags": row.flags}
        _require_change(row, clean, ("preference", "both_bad", "justification"))
        sides = {"response_a_id": row.response_a_id, "response_b_id": row.response_b_id}
        return Comparison.objects.create(**sides, **clean, **common)
    clean = _ranking(subject, given) | {"flags": row.flags}
    _require_change(row, clean, ("tiers", "all_bad", "justification"))
    return Ranking.objects.create(**clean, **common)


def write_settlement(
    subject: Subject, settlement: Any, common: dict[str, Any], *, reason: str
) -> Judgement:
    """The reviewer's own judgement of the whole task. It supersedes nothing; it decides.

    It holds no marks of criteria and no safety flags, also where the project requires them: what
    labelers marked is theirs, and only the judgement was in dispute.
    """
    given = _given(settlement)
    given = {**given, "justification": given.get("justification") or reason}
    try:
        if isinstance(subject.row, Comparison):
            side_a, side_b = subject.order
            sides = {"response_a_id": side_a, "response_b_id": side_b}
            return Comparison.objects.create(**sides, **_comparison(subject, given), **common)
        return Ranking.objects.create(**_ranking(subject, given), **common)
    except InvalidInput as error:
        # The reason is the justification here, so that is the field to name.
        named = {"justification": "reason"}
        problems = [Problem(named.get(p.field, p.field), p.rule) for p in error.problems]
        raise InvalidInput(*problems) from error


def _given(value: Any) -> Mapping[str, Any]:
    given = an_object(value, field="fix")
    if not given:
        raise InvalidInput.field("fix", "is missing: say how it should be")
    return given


def _comparison(subject: Subject, given: Mapping[str, Any]) -> dict[str, Any]:
    return check_comparison(
        rules_of(subject.task.project),
        [],
        is_disputed=False,
        preference=given.get("preference"),
        both_bad=given.get("both_bad", False),
        justification=given.get("justification", ""),
        marks=None,
        flags=None,
    )


def _ranking(subject: Subject, given: Mapping[str, Any]) -> dict[str, Any]:
    return check_ranking(
        rules_of(subject.task.project),
        subject.order,
        is_disputed=False,
        tiers=given.get("tiers"),
        all_bad=given.get("all_bad", False),
        justification=given.get("justification", ""),
        flags=None,
    )


def _write_answer(
    row: Demonstration, given: Mapping[str, Any], common: dict[str, Any]
) -> Demonstration:
    text = clean_text(given.get("text"), field="text", limit=LONGEST_ANSWER)
    turns = _turns(row.response.turns, given.get("turns"), text)
    if text == row.response.text and turns == row.response.turns:
        raise InvalidInput.field("text", "is as it was submitted; accept it, or change it")
    response = Response.objects.create(
        prompt_id=row.prompt_id,
        text=text,
        turns=turns,
        author=common["labeler"],
        **attribute_fix(row.response, text, turns).columns,
    )
    return Demonstration.objects.create(response=response, **common)


def _turns(
    stored: Sequence[Mapping[str, str]] | None, given: Any, text: str
) -> list[dict[str, str]] | None:
    """The conversation after the prompt with its texts changed: never longer, never shorter."""
    if not stored:
        return None
    later = list(stored[1:])
    texts: list[Any] = [turn["content"] for turn in later]
    if given is not None:
        if not isinstance(given, list) or len(given) != len(later):
            raise InvalidInput.field("turns", f"must be a list of {len(later)} messages")
        texts = [an_object(turn, field="turns").get("content") for turn in given]
    contents = [
        clean_text(content, field=f"turns.{at}", limit=LONGEST_ANSWER)
        for at, content in enumerate(texts)
    ]
    said = [
        {"role": turn["role"], "content": content}
        for turn, content in zip(later, contents, strict=True)
    ]
    return [{"role": stored[0]["role"], "content": text}, *said]


def _require_change(row: Judgement, clean: dict[str, Any], fields: Sequence[str]) -> None:
    if all(getattr(row, name) == clean[name] for name in fields):
        raise InvalidInput.field("fix", "is as it was submitted; accept it, or change it")
