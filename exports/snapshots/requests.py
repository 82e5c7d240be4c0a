"""Exports asked for, built at once for the command line, cancelled, and taken up again."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from exports.models import Export, SavedRecipe
from exports.recipe import Recipe, read
from exports.snapshots.building import build
from exports.snapshots.claims import MOST_ATTEMPTS, is_claimable
from exports.snapshots.folders import draft_of, exports_folder, folder_of, remove
from exports.snapshots.making import check
from projects import audit
from projects.access import STAFF, project_for
from projects.errors import Conflict
from projects.models import Project, User

logger = logging.getLogger(__name__)
NUDGE_AFTER = timedelta(seconds=10)
SWEPT_FOR = timedelta(days=1)


def request_export(
    *,
    by: User,
    project: Project,
    recipe: Recipe | None = None,
    recipe_of: SavedRecipe | None = None,
    kind: str = "",
    source: str = Export.Source.ALL,
    with_machine: bool = False,
) -> Export:
    """Queue an export of the project's judgements as they stand when it runs: by `recipe`, kept
    under the name of `recipe_of` if it is, or by the plainest of this kind and source."""
    project_for(by, project.slug, roles=STAFF)
    if recipe is None:
        recipe = read({"kind": kind, "source": source, "with_machine": with_machine})
    export = _new(project=project, recipe=recipe, by=by, recipe_of=recipe_of)
    transaction.on_commit(lambda: nudge(export.pk))
    return export


def export_now(
    *,
    project: Project,
    recipe: Recipe | None = None,
    kind: str = "",
    source: str = Export.Source.ALL,
    with_machine: bool = False,
) -> Export:
    """The command line's way: the same export, built in this process."""
    if recipe is None:
        recipe = read({"kind": kind, "source": source, "with_machine": with_machine})
    export = _new(project=project, recipe=recipe, by=None)
    build(export.pk)
    export.refresh_from_db()
    if not export.is_done:
        raise Conflict("Another process is building this export, or it was cancelled.")
    return export


def cancel(*, by: User, export: Export) -> Export:
    """Stop an export that is not finished; what is written of it goes."""
    project_for(by, export.project.slug, roles=STAFF)
    with transaction.atomic():
        row = Export.objects.select_for_update().get(pk=export.pk)
        if not row.is_waiting:
            raise Conflict("This export is not being built any more.")
        row.state, row.claim, row.leased_until = Export.State.CANCELLED, None, None
        row.finished_at = timezone.now()
        row.save(update_fields=["state", "claim", "leased_until", "finished_at"])
        audit.record(verb="export.cancelled", by=by, project=export.project, subject=export)
        transaction.on_commit(lambda: remove(draft_of(row)))
    return row


def reconcile() -> None:
    """Nudge exports whose message was lost or whose builder died, give up on those that come no
    further, and sweep up what is left of exports that are no more being built."""
    now = timezone.now()
    dead = Export.objects.filter(
        state=Export.State.RUNNING, leased_until__lt=now, attempts__gte=MOST_ATTEMPTS
    )
    dead.update(
        state=Export.State.FAILED, error="Interrupted three times.", claim=None, finished_at=now
    )
    waiting = Export.objects.filter(is_claimable()).filter(created_at__lt=now - NUDGE_AFTER)
    for export_id in waiting.order_by("pk").values_list("pk", flat=True)[:100]:
        nudge(export_id)
    _sweep()


def nudge(export_id: int) -> None:
    from exports.tasks import build_export

    try:
        build_export.delay(export_id)
    except build_export.OperationalError:
        logger.warning("no broker for export %s; the reconciler will nudge again", export_id)


def _sweep() -> None:
    _sweep_renamed()
    drafts = {path.name.lstrip("."): path for path in exports_folder().glob(".????????-*")}
    if not drafts:
        return
    waiting = Export.objects.filter(
        public_id__in=drafts, state__in=[Export.State.QUEUED, Export.State.RUNNING]
    )
    kept = {str(public_id) for public_id in waiting.values_list("public_id", flat=True)}
    for name in drafts.keys() - kept:
        remove(drafts[name])


def _new(
    *, project: Project, recipe: Recipe, by: User | None, recipe_of: SavedRecipe | None = None
) -> Export:
    check(recipe)
    told = recipe.as_dict()
    with transaction.atomic():
        export = Export.objects.create(
            project=project,
            kind=recipe.kind,
            source=recipe.source,
            with_machine=recipe.with_machine,
            recipe=told,
            by=by,
        )
        name = {"recipe_of": recipe_of.name} if recipe_of else {}
        audit.record(
            verb="export.requested", by=by, project=project, subject=export, recipe=told, **name
        )
    return export


def _sweep_renamed() -> None:
    """Whole folders whose builder died between the renaming and its commit, and that nobody is to
    finish any more."""
    ended = Export.objects.filter(
        state__in=[Export.State.CANCELLED, Export.State.FAILED],
        finished_at__gte=timezone.now() - SWEPT_FOR,
    )
    for export in ended:
        remove(folder_of(export))
