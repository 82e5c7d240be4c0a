"""What a crowd really said, brought in by our own importers and exported in everything we offer."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from arena.intake.importing import import_votes
from bench.poisoning import CROWD
from exports.formats import FORMATS
from exports.formats.folders import check_folder
from exports.recipe import FILE_TYPES, KINDS
from exports.recipe import read as recipe_of
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now
from exports.snapshots.stored import manifest_in, stored
from labeling.intake.comparison_files import read_votes
from labeling.intake.comparison_import import import_comparisons
from labeling.intake.prompt_files import Problems
from labeling.intake.prompts import import_prompts
from labeling.judging.criteria import add_criterion
from labeling.judging.submissions import (
    submit_comparison,
    submit_demonstration,
    submit_ranking,
)
from labeling.models import Prompt
from labeling.reviewing.verdicts import ask_review, submit_review
from projects.models import Project, Role, User
from tests.exports.reading.records_of import read
from tests.factories import make_member
from tests.labeling.reviewed import review_of
from tests.labeling.rows import claim, make_task, with_candidates

pytestmark = pytest.mark.django_db(transaction=True)
N_A_PROMPT = 10
OF_A_RANKING = "(a pair of a ranking)"
RATINGS = ("Helpfulness", "Verbosity")

Pairs = dict[str, dict[str, Any]]


class Crowd:
    """Some votes on each prompt of the crowd's, and the pairs that they are about."""

    def __init__(self) -> None:
        with (CROWD / "llmfao_pairs.jsonl").open() as lines:
            pairs: Pairs = {str(each["id"]): each for each in map(json.loads, lines)}
        with (CROWD / "llmfao_votes_crowd.csv").open(newline="") as file:
            votes = list(csv.DictReader(file))
        prompts = dict.fromkeys(each["prompt"] for each in votes)
        self.votes = [
            vote
            for prompt in prompts
            for vote in islice((each for each in votes if each["prompt"] == prompt), N_A_PROMPT)
        ]
        self.pairs = {vote["pair_id"]: pairs[vote["pair_id"]] for vote in self.votes}
        self.one_a_prompt = list({each["text"]: each for each in self.pairs.values()}.values())

    def answers_to(self, text: str) -> Iterator[str]:
        """Different ones."""
        said = (
            each[side]
            for each in self.pairs.values()
            if each["text"] == text
            for side in ("result_x", "result_y")
        )
        return iter(dict.fromkeys(said))


def bring_in_comparisons(project: Project, crowd: Crowd) -> None:
    votes = StringIO()
    writer = csv.DictWriter(votes, list(crowd.votes[0]))
    writer.writeheader()
    writer.writerows(crowd.votes)
    problems = Problems()
    file = read_votes(lines(crowd.pairs.values()), votes.getvalue().encode(), problems=problems)
    report = import_comparisons(by=None, project=project, file=file, problems=problems)
    assert (report.added, problems.total) == (len(crowd.votes), 0)


def bring_in_votes(project: Project, crowd: Crowd) -> None:
    told = [
        {
            "model_a": vote["model_a"],
            "model_b": vote["model_b"],
            "winner": vote["winner"],
            "voter": vote["worker"],
            "prompt": pair["text"],
            "response_a": pair["result_x"],
            "response_b": pair["result_y"],
        }
        for vote in crowd.votes
        for pair in [crowd.pairs[vote["pair_id"]]]
    ]
    report = import_votes(project=project, content=lines(told), file_name="votes.jsonl")
    assert report.n_votes == len(told)


def answer_prompts(project: Project, crowd: Crowd, labeler: User, reviewer: User) -> None:
    """Each prompt answered as a model did, and put right to what another did."""
    asked = [{"prompt": pair["text"], "tags": [pair["slug"]]} for pair in crowd.one_a_prompt]
    import_prompts(by=None, project=project, data=lines(asked), kinds=["demonstration"])
    for _ in asked:
        held = claim(labeler, project)
        first, better = islice(crowd.answers_to(held.task.prompt.messages[-1]["content"]), 2)
        made = submit_demonstration(by=labeler, assignment=held, text=first)
        ask_review(by=None, project=project, assignments=[made.assignment])
        submit_review(
            by=reviewer,
            assignment=review_of(made.assignment, reviewer),
            verdict="fix",
            reason="The other says more.",
            fix={"text": better},
        )


def rank_and_rate(project: Project, crowd: Crowd, labeler: User, owner: User) -> None:
    for name in RATINGS:
        add_criterion(by=owner, project=project, name=name, form="rating")
    for number, pair in enumerate(crowd.one_a_prompt):
        some = tuple(islice(crowd.answers_to(pair["text"]), 3))
        messages = [{"role": "user", "content": pair["text"]}]
        prompt = Prompt.objects.get(project=project, messages=messages)
        with_candidates(make_task(prompt, "ranking"), some)
        tiers = [[2], [0, 1]] if number % 2 else [[2], [1], [0]]
        submit_ranking(by=labeler, assignment=claim(labeler, project, "ranking"), tiers=tiers)
        with_candidates(make_task(prompt, "comparison", variant="rated"), some[:2])
        submit_comparison(
            by=labeler,
            assignment=claim(labeler, project, "comparison"),
            preference=number % 7 - 3,
            marks={name.lower(): [number % 5, (number + 2) % 5] for name in RATINGS},
        )


def lines(rows: Any) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def opened(folder: Path, cache: Path) -> dict[str, int]:
    """How many rows of each split `datasets` finds in a folder."""
    from datasets import load_dataset

    loaded: Any = load_dataset(str(folder), cache_dir=str(cache))
    return {split: each.num_rows for split, each in loaded.items()}


def cells() -> Iterator[tuple[str, str, str]]:
    """Every kind in every format, each with the next file type that the format has."""
    nexts = {name: cycle(each.file_types) for name, each in FORMATS.items()}
    for kind in KINDS:
        for name, each in FORMATS.items():
            if kind in each.shapes:
                yield kind, name, next(nexts[name])


def test_a_crowds_judgements_are_exported_in_every_kind_and_format(
    project: Project, owner: User, reviewer: User, labeler: User, offline: None, tmp_path: Path
) -> None:
    if not CROWD.exists():
        pytest.skip("the crowd's votes are not beside this checkout, in ../shared/data/")
    crowd = Crowd()
    bring_in_comparisons(project, crowd)
    bring_in_votes(project, crowd)
    answer_prompts(project, crowd, make_member(project, Role.LABELER), reviewer)
    rank_and_rate(project, crowd, labeler, owner)
    expected = {kind: {each.id for each in read(kind, project)} for kind in KINDS}
    n_votes, n_prompts = len(crowd.votes), len(crowd.one_a_prompt)
    assert (n_votes, n_prompts) == (13 * N_A_PROMPT, 13)
    assert len(expected["conversations"]) == n_votes
    assert len(expected["sft"]) == len(expected["critiques"]) == n_prompts
    assert len(expected["rankings"]) == n_prompts
    assert len(expected["ratings"]) == 2 * (n_votes + n_prompts)

    met, opened_kinds = set(), set()
    for kind, name, file_type in cells():
        where = (kind, name, file_type)
        recipe = recipe_of(
            {
                "kind": kind,
                "format": name,
                "file_type": file_type,
                "gate": "off",
                "splits": {"validation": 200},
                "hygiene": {"exact_duplicates": False},
            }
        )
        folder = folder_of(export_now(project=project, recipe=recipe))
        manifest = manifest_in(folder)
        counts = manifest["counts"]
        report = check_folder(folder)
        assert (report.rows, report.wrong) == (counts["rows"], []), where
        said = [str(each.origin["id"]) for each in stored(folder, manifest)]
        assert len(said) == counts["rows"] > 0, where
        assert set(said) <= expected[kind], where
        n_dropped = sum(
            n for reason, n in counts["dropped"].items() if not reason.endswith(OF_A_RANKING)
        )
        assert len(set(said)) + n_dropped == len(expected[kind]), (where, counts["dropped"])
        if kind not in opened_kinds and file_type != "jsonl.zst":
            # Which it does not read without a package that is not required here.
            opened_kinds.add(kind)
            assert opened(folder, tmp_path / "cache") == counts["by_split"], where
        met.add(file_type)
    assert (met, opened_kinds) == (set(FILE_TYPES), set(KINDS))
