"""The making page's form: what it sends becomes a recipe, and a recipe fills it again."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from exports import recipe
from exports.formats import FORMATS
from exports.formats.mappings import heeded
from exports.pages.form import checked, fitted, shown
from exports.pages.form import given as given_by
from exports.pages.options import choices
from exports.recipe import FILE_TYPES, KINDS, Recipe, everything, read
from projects.errors import InvalidInput

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)
NUMBERS = st.integers(0, 100)


def sent(told: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """The pairs that a browser sends of a form that shows `told`."""
    pairs: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, dict):
            pairs += sent(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            pairs += [(f"{prefix}{name}", str(each)) for each in value]
        elif value is True:
            pairs.append((f"{prefix}{name}", "1"))
        elif value is not False:
            pairs.append((f"{prefix}{name}", str(value)))
    return pairs


def query(pairs: list[tuple[str, str]]) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, value in pairs:
        found.appendlist(name, value)
    return found


@given(
    kind=st.sampled_from(KINDS),
    file_type=st.sampled_from(FILE_TYPES),
    versions=st.lists(NUMBERS, max_size=3),
    models=st.lists(TEXTS, max_size=3),
    agreement=st.floats(0, 1),
    valid=st.booleans(),
    exact=st.booleans(),
    validation=st.integers(0, 400),
)
def test_a_recipe_comes_back_from_the_form_that_shows_it(
    kind: str,
    file_type: str,
    versions: list[int],
    models: list[str],
    agreement: float,
    valid: bool,
    exact: bool,
    validation: int,
) -> None:
    asked = read(
        {
            "kind": kind,
            "file_type": file_type,
            "selection": {
                "guideline_versions": versions,
                "models": models,
                "minimum_agreement": round(agreement, 3),
                "valid_under_current": valid,
            },
            "hygiene": {"exact_duplicates": exact},
            "splits": {"validation": validation},
        }
    )
    assert read(given_by(query(sent(everything(asked))))) == asked


def test_a_box_that_is_not_sent_is_off() -> None:
    told = given_by(query([("kind", "sft")]))
    assert told["hygiene"]["exact_duplicates"] is False
    assert Recipe(kind="sft").hygiene.exact_duplicates is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("splits.test", "1e400"),
        ("splits.test", "nan"),
        ("splits.test", "９"),
        ("splits.test", "9" * 5_000),
        ("selection.minimum_agreement", "nan"),
        ("selection.minimum_agreement", "inf"),
        ("selection.guideline_versions", "one"),
        ("selection.guideline_versions", "-1"),
        ("selection.rounds", "first"),
        ("selection.since", "yesterday"),
        ("selection.models", "\ud800"),
        ("selection.models", "a\0b"),
        ("gate", "open"),
        ("splits.salt", "\x07"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_the_name_of_its_field(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(given_by(query([("kind", "preferences"), (name, value)])))
    assert [problem.field for problem in refused.value.problems] == [name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapping_of_another_kind_is_let_go_and_one_that_goes_with_it_kept(kind: str) -> None:
    mapping = {"ties": "both", "both_bad": "undesirable", "system": "merge"}
    for form in FORMATS:
        told = fitted({"kind": kind, "format": form, "mapping": mapping})
        kept = {
            name: value
            for name, value in mapping.items()
            if value in heeded(kind, told["format"])[name]
        }
        assert told["mapping"] == kept
        assert checked(told).kind == kind
    assert fitted({"kind": kind, "mapping": {"ties": "toss"}})["mapping"] == {"ties": "toss"}


def test_a_mapping_that_would_do_nothing_is_refused_by_its_name() -> None:
    told = {"kind": "unpaired", "mapping": {"ties": "both"}}
    with pytest.raises(InvalidInput) as refused:
        checked(told)
    [problem] = refused.value.problems
    assert (problem.field, problem.rule) == (
        "mapping.ties",
        "must for this kind and format be: drop",
    )


@pytest.mark.parametrize(
    ("kind", "form", "expected"),
    [
        ("preferences", "trl", {"ties", "system"}),
        ("preferences", "helpsteer", set()),
        ("unpaired", "trl", {"both_bad", "system"}),
        ("critiques", "trl", {"system"}),
        ("raw", "touchstone", set()),
    ],
)
def test_the_form_asks_only_what_the_kind_and_format_know(
    kind: str, form: str, expected: set[str]
) -> None:
    assert {"ties", "both_bad", "system"} & choices(kind, form).keys() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_never_shows_a_format_that_cannot_say_the_kind(kind: str) -> None:
    for form in FORMATS:
        told = fitted({"kind": kind, "format": form, "file_type": "jsonl.zst"})
        assert kind in FORMATS[told["format"]].accepts
        assert told["file_type"] in FORMATS[told["format"]].file_types
        assert checked(told).kind == kind


def test_a_format_that_goes_with_the_kind_is_kept() -> None:
    told = {"kind": "sft", "format": "openai", "file_type": "jsonl"}
    assert fitted(told)["format"] == "openai"


def test_a_format_that_cannot_say_the_kind_is_refused() -> None:
    wrong = next(name for name, each in FORMATS.items() if "raw" not in each.accepts)
    with pytest.raises(InvalidInput) as refused:
        checked({"kind": "raw", "format": wrong})
    assert [problem.field for problem in refused.value.problems] == ["format"]


def test_every_field_of_a_recipe_stands_in_the_form() -> None:
    assert shown({"kind": "sft", "selection": "nonsense", "nothing": 1}) == {
        **recipe.everything(Recipe(kind="preferences")),
        "kind": "sft",
    }
