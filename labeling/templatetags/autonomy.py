"""The notice to owners that a level fell back by itself."""

from typing import Any

from django import template

from labeling.autonomy.watching import fallen
from projects.models import Membership, Role

register = template.Library()


@register.inclusion_tag("labeling/_autonomy_fallen.html", takes_context=True)
def fallen_notice(context: dict[str, Any], member: Membership | None) -> dict[str, Any]:
    """For an owner, until one of them has taken note; nothing for anybody else."""
    is_owner = member is not None and member.role == Role.OWNER
    found = fallen(member.project) if member is not None and is_owner else None
    return {
        "fallen": found,
        "project": member.project if member else None,
        "with_link": True,
        "csrf_token": context.get("csrf_token"),
    }
