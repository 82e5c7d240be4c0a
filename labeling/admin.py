"""For everything rare. Judgements are read here and never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from labeling.models import Assignment, Comparison, Demonstration, Prompt, Response, Task


class ReadOnly(admin.ModelAdmin[Any]):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    list_display = ["__str__", "project", "external_id", "source", "created_at"]
    list_filter = ["project"]
    search_fields = ["external_id"]
    list_select_related = ["project"]


@admin.register(Task)
class TaskAdmin(ReadOnly):
    list_display = ["pk", "project", "kind", "state", "is_open", "n_submitted", "overlap"]
    list_filter = ["project", "kind", "state"]
    list_select_related = ["project"]


@admin.register(Assignment)
class AssignmentAdmin(ReadOnly):
    list_display = ["pk", "task", "labeler", "state", "leased_until", "skip_reason"]
    list_filter = ["state", "task__project"]
    list_select_related = ["task", "labeler"]


@admin.register(Response)
class ResponseAdmin(ReadOnly):
    list_display = ["__str__", "origin", "author", "created_at"]
    list_filter = ["origin"]
    list_select_related = ["author"]


@admin.register(Demonstration)
class DemonstrationAdmin(ReadOnly):
    list_display = ["pk", "prompt", "labeler", "guideline_version", "created_at"]
    list_select_related = ["prompt", "labeler", "guideline_version"]


@admin.register(Comparison)
class ComparisonAdmin(ReadOnly):
    list_display = ["pk", "prompt", "labeler", "preference", "both_bad", "created_at"]
    list_select_related = ["prompt", "labeler"]
