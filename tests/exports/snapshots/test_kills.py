"""A builder is killed at any point, and another goes on: the bytes are those of a build that
nothing disturbed."""

import hashlib
import multiprocessing
import os
import random
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from exports.models import Export
from exports.recipe import read
from exports.snapshots.building import build
from exports.snapshots.folders import folder_of
from exports.snapshots.requests import export_now, reconcile
from projects.models import Project, User
from tests.exports.judgements import make_comparison, make_ranking, make_vote
from tests.exports.tokenizers import MARKED, NAME, put_tokenizer

pytestmark = pytest.mark.django_db(transaction=True)
RECIPE = read({"kind": "preferences", "rows_per_file": 5, "tokenizer": NAME})
OURS = f"{os.sep}exports{os.sep}"
ABOUT = ("README.md", "croissant.json", "manifest.json")
N_EXPORTS = 14
KILLS = 3


class Calls:
    """Counts what exports call, in every thread, and dies at one of them."""

    def __init__(self, last: int | None = None) -> None:
        self.n, self.last = 0, last

    def __call__(self, frame: FrameType, event: str, what: Any) -> None:
        if event not in ("call", "return") or not self._is_ours(frame):
            return
        self.n += 1
        if self.n == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_ours(self, frame: FrameType) -> bool:
        back = frame.f_back
        return OURS in frame.f_code.co_filename or (
            back is not None and OURS in back.f_code.co_filename
        )

    def watch(self) -> None:
        threading.setprofile(self)
        sys.setprofile(self)


def in_child(export: Export, last: int | None) -> tuple[int | None, int]:
    """Build in a process of its own; its exit code, and how many calls it made."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    fork = multiprocessing.get_context("fork")
    told = fork.SimpleQueue()

    def child() -> None:
        calls = Calls(last)
        calls.watch()
        build(export.pk)
        sys.setprofile(None)
        told.put(calls.n)

    process = fork.Process(target=child)
    process.start()
    process.join()
    return process.exitcode, 0 if told.empty() else told.get()


def sums(export: Export) -> dict[str, str]:
    folder = folder_of(export)
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name not in ABOUT
    }


def queued(project: Project) -> Export:
    return Export.objects.create(project=project, kind=RECIPE.kind, recipe=RECIPE.as_dict())


def lapse(export: Export) -> None:
    """As if the minute of the lease had gone by; who is killed often is not given up here."""
    past = timezone.now() - timedelta(seconds=1)
    Export.objects.filter(pk=export.pk, state="running").update(leased_until=past, attempts=0)


def test_killed_anywhere_it_comes_to_the_same_bytes(
    project: Project, labeler: User, data_folder: Path
) -> None:
    put_tokenizer(data_folder, MARKED)
    for number in range(9):
        make_comparison(project, labeler, a=f"One {number}.", b=f"Two {number}.")
        make_vote(project, turns=[(f"Say {number}.", "Yes.", "No.")])
    make_ranking(project, labeler, [["Best."], ["Good."], ["Poor."], ["Worst."]])
    make_comparison(project, labeler, preference=0)
    undisturbed = export_now(project=project, recipe=RECIPE)
    counted = queued(project)
    exit_code, n_calls = in_child(counted, None)
    assert (exit_code, sums(counted)) == (0, sums(undisturbed))
    points = random.Random(6)
    n_killed = 0
    for number in range(N_EXPORTS):
        export = queued(project)
        for _ in range(KILLS):
            # Every other time near the end, where files are renamed and the row says done.
            first = n_calls * 9 // 10 if number % 2 else 1
            exit_code, _ = in_child(export, points.randint(first, n_calls))
            n_killed += exit_code == -signal.SIGKILL
            lapse(export)
        build(export.pk)
        export.refresh_from_db()
        assert export.state == "done"
        assert sums(export) == sums(undisturbed)
        assert export.address == undisturbed.address
        for told in ("counts", "lengths", "chat_template", "warnings"):
            assert export.manifest[told] == undisturbed.manifest[told]
    assert n_killed >= N_EXPORTS
    # One that died after its last word left what it had written in.
    reconcile()
    assert len(list((data_folder / "exports").iterdir())) == N_EXPORTS + 2
