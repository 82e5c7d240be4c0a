"""Which judgements still hold under the guideline as it is now."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from instructions.models import GuidelineVersion
from instructions.publish import current_version, versions_of
from instructions.versions import compare
from labeling.models import Review
from projects.models import Project


def changed_since(project: Project) -> dict[int, frozenset[str]]:
    """By version, the anchors of its clauses that say something else now or are gone; nothing of
    versions that hold whole."""
    current = current_version(project)
    if current is None:
        return {}
    found = {}
    for version in versions_of(project).exclude(pk=current.pk):
        anchors = frozenset(compare(version, current).changed_anchors)
        if anchors:
            found[version.pk] = anchors
    return found


def rests_on_changed(
    changed: dict[int, frozenset[str]], *, version: str = "guideline_version", cites: str = "cites"
) -> Q:
    """Of rows: a clause that the row cites has changed since its version; of a row that cites
    none, any clause has."""
    versions: dict[frozenset[str], list[int]] = {}
    for pk, anchors in changed.items():
        versions.setdefault(anchors, []).append(pk)
    found = Q(pk__in=[])
    for anchors, pks in versions.items():
        touched = Q(**{cites: []}) | Q(**{f"{cites}__overlap": sorted(anchors)})
        found |= Q(**{f"{version}__in": pks}) & touched
    return found


def confirmed(rows: QuerySet[Any], project: Project, changed: dict[int, Any]) -> QuerySet[Any]:
    """Those that a reviewer has accepted since under a version that holds whole."""
    whole = GuidelineVersion.objects.filter(guideline__project=project).exclude(pk__in=changed)
    return rows.filter(accepted_since(guideline_version__in=whole.values("pk")))


def accepted_since(**conditions: Any) -> Exists:
    """Of rows as they stand: the last verdict on them was to accept them."""
    later = Review.objects.filter(reviewed=OuterRef("reviewed"), pk__gt=OuterRef("pk"))
    accepts = Review.objects.filter(
        verdict=Review.Verdict.ACCEPT,
        reviewed=OuterRef("assignment"),
        created_at__gte=OuterRef("created_at"),
        **conditions,
    )
    return Exists(accepts.exclude(Exists(later)))


def looked_at(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those as they stand that a reviewer has given any verdict on."""
    verdicts = Review.objects.filter(
        reviewed=OuterRef("assignment"), created_at__gte=OuterRef("created_at")
    )
    return rows.filter(Exists(verdicts))


def of_reviewers(rows: QuerySet[Any], project: Project) -> QuerySet[Any]:
    """Those that a reviewer wrote: a fix, or what settled a task."""
    written = (Review.Verdict.FIX, Review.Verdict.SETTLE)
    reviews = Review.objects.filter(prompt__project=project, verdict__in=written)
    return rows.filter(assignment__in=reviews.values("assignment"))
