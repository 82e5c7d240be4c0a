"""A visitor's own conversations, the newest first."""

from django.db.models import OuterRef, QuerySet, Subquery

from arena.models import Battle, Turn
from arena.visitors import Visitor
from projects.models import Project


def conversations_of(*, project: Project, visitor: Visitor) -> QuerySet[Battle]:
    """Each with `begun_with`, its first message."""
    first = Turn.objects.filter(battle=OuterRef("pk"), number=1).values("message")[:1]
    return (
        Battle.objects.of(visitor=visitor.digest, user=visitor.user)
        .filter(project=project)
        .select_related("model_a", "model_b", "vote")
        .annotate(begun_with=Subquery(first))
        .order_by("-pk")
    )
