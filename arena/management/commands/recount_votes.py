"""`manage.py recount_votes`: tallies, online Elo and descriptions of votes, made anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.boards import counting
from arena.boards.describing import tags_of
from arena.models import CountedVote
from projects.models import Project


class Command(BaseCommand):
    help = (
        "Make the tallies and online Elo of a project anew from its counted votes. With "
        "--describe, first read the texts again for categories, language, style and prompt keys, "
        "as after a change of rules or tags."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="default: every project with votes")
        parser.add_argument("--describe", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        for project in _projects(options["project"]):
            if options["describe"]:
                self._describe(project)
            counting.recount(project=project)
            n_votes = CountedVote.objects.filter(project=project).count()
            self.stdout.write(f"{project.slug}: {n_votes:,} votes counted")

    def _describe(self, project: Project) -> None:
        tags, n_done = tags_of(project), 0
        total = CountedVote.objects.filter(project=project).count()
        last: int | None = 0
        while (
            last := counting.describe_anew(project=project, after=last or 0, tags=tags)
        ) is not None:
            n_done = CountedVote.objects.filter(project=project, pk__lte=last).count()
            self.stdout.write(f"{project.slug}: {n_done:,} of {total:,} votes described")


def _projects(slug: str | None) -> list[Project]:
    if slug is None:
        return list(Project.objects.filter(counted_votes__isnull=False).distinct().order_by("pk"))
    found = Project.objects.filter(slug=slug).first() if "\0" not in slug else None
    if found is None:
        raise CommandError(f"There is no project {slug!r}.")
    return [found]
