"""An arena's votes as a file without texts and without names, from which its boards follow.

A file in JSON lines. The first line says what it is: the board it gives, and its digest. Then come
the votes in the order of casting, comparisons of the lab where the board counts them, and counts
that were imported as counts. A voter is a pseudonym that holds within one project and
cannot be traced back; times are cut to the hour.
"""

import fcntl
import gzip
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from arena.boards import reading, standings
from arena.boards.computed import Selection
from arena.boards.style import FEATURES
from arena.models import ArenaRules, Board, CountsImport
from arena.rules import rules_of
from projects.errors import Unavailable
from projects.models import Project
from workers.models import LanguageModel
from workers.pairs import pairs_of

FORMAT = "touchstone-votes"
VERSION = 1
WRITTEN_EVERY = 600
_ROWS_AT_ONCE = 5_000
_SALT = "touchstone.arena.dump"
_VOTES = """
    SELECT a.name, b.name, counted.verdict, counted.weight, counted.categories, counted.style,
        counted.cast_at,
        CASE WHEN vote.user_id IS NOT NULL THEN 'user ' || vote.user_id ELSE vote.voter END
    FROM arena_countedvote counted
    JOIN arena_vote vote ON vote.id = counted.vote_id
    JOIN workers_languagemodel a ON a.id = counted.model_a_id
    JOIN workers_languagemodel b ON b.id = counted.model_b_id
    WHERE counted.project_id = %s ORDER BY counted.vote_id
"""

Line = dict[str, Any]


def file_of(*, project: Project, board: Board | None = None) -> Path:
    """The dump of the main board or of a named one, not older than ten minutes.

    Raises Unavailable while publication is frozen: the newest votes are what is doubted then.
    """
    rules = rules_of(project)
    if rules.frozen_at is not None:
        raise Unavailable("The boards stand still, and so do the votes that are published.")
    folder = Path(settings.DATA_FOLDER) / "dumps"
    folder.mkdir(parents=True, exist_ok=True)
    # Another database beside the same folder may hold another project of the same number.
    made = f"{project.created_at.timestamp():.0f}"
    path = folder / f"{project.slug}-{made}-{board.pk if board else 0}.jsonl.gz"
    with (folder / f"{path.name}.lock").open("w") as lock:
        # Whoever comes while it is written waits, and is given what was written.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or time.time() - path.stat().st_mtime > WRITTEN_EVERY:
            draft = path.with_suffix(".draft")
            write(project=project, selection=_selection(board), to=draft)
            draft.replace(path)
    return path


def write(*, project: Project, selection: Selection, to: Path) -> None:
    """Write the dump, from one snapshot of the database. Equal votes give equal bytes but for the
    time of the cut-off."""
    # No file name and no time inside, so that only the content tells.
    with to.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        for line in lines(project=project, selection=selection):
            packed.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def lines(*, project: Project, selection: Selection) -> Iterator[Line]:
    """The dump line by line, the head first."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield _head(project, selection, rules_of(project))
        yield from _votes(project)
        if selection.source != Board.Source.VOTES:
            yield from _lab(project)
        for imported in CountsImport.objects.filter(project=project).order_by("pk"):
            yield from ({"kind": "counts", **row} for row in imported.rows)


def _selection(board: Board | None) -> Selection:
    return Selection() if board is None else Selection.of(board)


def _head(project: Project, selection: Selection, rules: ArenaRules) -> Line:
    material = reading.material_for(project=project, selection=selection)
    method = standings.method_of(selection=selection, rules=rules)
    models = LanguageModel.objects.filter(name__in=material.tallies.models).order_by("name")
    return {
        "kind": "head",
        "format": FORMAT,
        "version": VERSION,
        "project": project.slug,
        "cut_off_at": timezone.now().isoformat(timespec="seconds"),
        "digest": material.digest,
        "n_votes": material.n_votes,
        "board": asdict(selection),
        "anchor": list(method.anchor) if method.anchor else None,
        "listed_from": rules.listed_from,
        "provisional_below": rules.provisional_below,
        "features": list(FEATURES),
        "open_models": [model.name for model in models if model.is_open],
    }


def _votes(project: Project) -> Iterator[Line]:
    pseudonyms: dict[str, str] = {"": ""}
    with connection.chunked_cursor() as cursor:
        cursor.execute(_VOTES, [project.pk])
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            for a, b, verdict, weight, categories, style, cast_at, voter in rows:
                if voter not in pseudonyms:
                    pseudonyms[voter] = _pseudonym(project, voter)
                yield {
                    "kind": "vote",
                    "model_a": a,
                    "model_b": b,
                    "verdict": verdict,
                    "weight": weight,
                    "categories": categories,
                    "style": style,
                    "at": f"{cast_at:%Y-%m-%dT%H:00Z}",
                    "voter": pseudonyms[voter],
                }


def _lab(project: Project) -> Iterator[Line]:
    for pair in pairs_of(project):
        yield {
            "kind": "lab",
            "model_a": pair.model_a,
            "model_b": pair.model_b,
            "verdict": pair.verdict,
            "weight": pair.weight,
            "at": f"{pair.judged_at:%Y-%m-%dT%H:00Z}",
        }


def _pseudonym(project: Project, voter: str) -> str:
    return salted_hmac(_SALT, f"{project.pk} {voter}", algorithm="sha256").hexdigest()[:16]
