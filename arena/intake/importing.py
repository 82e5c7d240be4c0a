"""Votes and counts that were made elsewhere."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from arena.boards import counting, style
from arena.boards.describing import Description, Tags, describe, tags_of
from arena.intake.reading import CountLine, VoteLine, VotesFile, read
from arena.models import Battle, CountedVote, CountsImport, Turn, Vote
from arena.visitors import visitor_digest
from projects import audit
from projects.errors import TooLarge
from projects.models import Project, User
from workers.models import LanguageModel

LARGEST_FILE = 512 * 1024 * 1024
BATCH = 2_000


@dataclass(frozen=True)
class ImportReport:
    """What an import did. With `was_done_before` nothing was added."""

    n_votes: int = 0
    n_counted: int = 0
    n_texts: int = 0
    new_models: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    was_done_before: bool = False


def import_votes(
    *, project: Project, content: bytes, file_name: str, by: User | None = None
) -> ImportReport:
    """Import a file of votes or of counts, all of it or nothing; the same file counts once.

    Models not known yet are created without an endpoint. Raises InvalidInput with a problem for
    each bad line.
    """
    if len(content) > LARGEST_FILE:
        raise TooLarge(f"At most {LARGEST_FILE // 1024**2} MB; cut the file into parts.")
    file = read(content, file_name=file_name)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        # One import a project at a time; voting goes on meanwhile.
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if _was_imported(project, digest):
            return ImportReport(was_done_before=True, ignored_columns=file.ignored)
        models, new = _models(file)
        if file.counts:
            _store_counts(project, file.counts, digest, file_name, by)
        else:
            _store_votes(project, file.votes, models, digest)
        report = ImportReport(
            n_votes=len(file.votes),
            n_counted=sum(r.a_wins + r.b_wins + r.tie + r.tie_bothbad for r in file.counts),
            n_texts=sum(row.has_texts for row in file.votes),
            new_models=new,
            ignored_columns=file.ignored,
        )
        audit.record(
            verb="votes.imported",
            by=by,
            project=project,
            file_name=file_name,
            sha256=digest,
            votes=report.n_votes,
            counted=report.n_counted,
        )
    return report


def _was_imported(project: Project, digest: str) -> bool:
    return (
        Battle.objects.filter(project=project, import_key__startswith=f"{digest}:").exists()
        or CountsImport.objects.filter(project=project, digest=digest).exists()
    )


def _models(file: VotesFile) -> tuple[dict[str, int], tuple[str, ...]]:
    """The ids of all models named, and the names of those created for it."""
    rows: Iterable[VoteLine | CountLine] = (*file.votes, *file.counts)
    names = sorted({name for row in rows for name in (row.model_a, row.model_b)})
    known = set(LanguageModel.objects.filter(name__in=names).values_list("name", flat=True))
    new = tuple(name for name in names if name not in known)
    LanguageModel.objects.bulk_create(
        [LanguageModel(name=name, is_in_arena=False) for name in new], ignore_conflicts=True
    )
    ids = LanguageModel.objects.filter(name__in=names).values_list("name", "pk")
    return dict(ids), new


def _store_votes(
    project: Project, rows: Sequence[VoteLine], models: dict[str, int], digest: str
) -> None:
    now, tags = timezone.now(), tags_of(project)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        battles = Battle.objects.bulk_create(
            Battle(
                project=project,
                model_a_id=models[row.model_a],
                model_b_id=models[row.model_b],
                source=Battle.Source.IMPORT,
                import_key=f"{digest}:{row.line}",
                created_at=row.created_at or now,
            )
            for row in batch
        )
        pairs = list(zip(battles, batch, strict=True))
        Turn.objects.bulk_create(_turn(battle, row) for battle, row in pairs if row.has_texts)
        votes = Vote.objects.bulk_create(_vote(project, battle, row) for battle, row in pairs)
        counting.count(
            project=project,
            rows=[
                _counted(vote, battle, row, tags)
                for vote, (battle, row) in zip(votes, pairs, strict=True)
            ],
        )


def _counted(vote: Vote, battle: Battle, row: VoteLine, tags: Tags) -> CountedVote:
    described = Description()
    if row.has_texts:
        replies = [(row.response_a, row.response_b)]
        described = describe(messages=[row.prompt], replies=replies, tags=tags)
    elif row.looks is not None:
        described = Description(style=style.difference(*row.looks))
    return counting.counted(vote=vote, battle=battle, described=described)


def _turn(battle: Battle, row: VoteLine) -> Turn:
    return Turn(
        battle=battle,
        number=1,
        message=row.prompt,
        state=Turn.State.COMPLETE,
        reply_a=row.response_a,
        reply_b=row.response_b,
        created_at=battle.created_at,
    )


def _vote(project: Project, battle: Battle, row: VoteLine) -> Vote:
    voter = visitor_digest(f"import:{row.voter}") if row.voter else ""
    return Vote(
        battle=battle,
        project=project,
        verdict=row.verdict,
        voter=voter,
        created_at=battle.created_at,
    )


def _store_counts(
    project: Project,
    rows: Sequence[CountLine],
    digest: str,
    file_name: str,
    by: User | None,
) -> None:
    imported = CountsImport.objects.create(
        project=project,
        digest=digest,
        file_name=file_name[:200],
        rows=[
            {
                "model_a": row.model_a,
                "model_b": row.model_b,
                "a_wins": row.a_wins,
                "b_wins": row.b_wins,
                "tie": row.tie,
                "tie_bothbad": row.tie_bothbad,
            }
            for row in rows
        ],
        by=by,
    )
    counting.add_counts(project=project, counts=counting.imported_counts(imported.rows))
