"""What every page knows."""

from typing import Any

from django.http import HttpRequest

from projects.models import Project


def site(request: HttpRequest) -> dict[str, Any]:
    """The navigation's projects; lazily, so that pages without navigation pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"site_name": "Touchstone", "nav_projects": []}
    projects = Project.objects.of(user).order_by("name", "pk").only("name", "slug", "is_demo")
    return {"site_name": "Touchstone", "nav_projects": projects}
