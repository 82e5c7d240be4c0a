"""Administration of guidelines: to look at, for they are written on their own page."""

from django.contrib import admin

from instructions.models import Clause, Guideline, GuidelineVersion
from projects.admin import Frozen


@admin.register(Guideline)
class GuidelineAdmin(Frozen):
    list_display = ("project", "draft_saved_at")
    list_select_related = ("project",)
    search_fields = ("project__name", "project__slug")
    ordering = ("project__name", "pk")


@admin.register(GuidelineVersion)
class GuidelineVersionAdmin(Frozen):
    list_display = ("guideline", "number", "published_by", "published_at", "change_note")
    list_select_related = ("guideline__project", "published_by")
    search_fields = ("guideline__project__name", "guideline__project__slug", "change_note")
    exclude = ("html",)
    ordering = ("-published_at", "-pk")


@admin.register(Clause)
class ClauseAdmin(Frozen):
    list_display = ("number", "title", "tags", "version")
    list_select_related = ("version",)
    search_fields = ("number", "title")
    ordering = ("-version_id", "position")
