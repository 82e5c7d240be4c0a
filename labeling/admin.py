"""For everything rare. Judgements are read here and never changed."""

from django.contrib import admin

from labeling.models import (
    Assignment,
    Comparison,
    Criterion,
    Demonstration,
    Flag,
    Gold,
    GoldResult,
    Labeler,
    Lane,
    Prompt,
    QualityReport,
    Ranking,
    Response,
    Review,
    Task,
    WorkRules,
)
from projects.admin import Frozen


class ReadOnly(Frozen):
    show_full_result_count = False


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


@admin.register(Ranking)
class RankingAdmin(ReadOnly):
    list_display = ["pk", "prompt", "labeler", "all_bad", "created_at"]
    list_select_related = ["prompt", "labeler"]


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    list_display = ["pk", "prompt", "labeler", "verdict", "created_at"]
    list_filter = ["verdict", "prompt__project"]
    list_select_related = ["prompt", "labeler"]


@admin.register(Lane)
class LaneAdmin(ReadOnly):
    list_display = ["pk", "project", "kind", "priority", "language", "skills", "is_gold"]
    list_filter = ["project", "kind"]
    list_select_related = ["project"]


@admin.register(Flag)
class FlagAdmin(ReadOnly):
    list_display = ["pk", "task", "reason", "by", "created_at", "outcome"]
    list_filter = ["reason", "outcome"]
    list_select_related = ["task", "by"]


@admin.register(Gold)
class GoldAdmin(ReadOnly):
    list_display = ["pk", "task", "created_by", "created_at", "retired_at"]
    list_select_related = ["task", "created_by"]


@admin.register(GoldResult)
class GoldResultAdmin(ReadOnly):
    list_display = ["pk", "gold", "labeler", "score", "created_at"]
    list_select_related = ["gold", "labeler"]


@admin.register(Labeler)
class LabelerAdmin(ReadOnly):
    list_display = ["user", "project", "languages", "skills", "daily_cap", "paused_at"]
    list_filter = ["project"]
    list_select_related = ["user", "project"]


@admin.register(WorkRules)
class WorkRulesAdmin(ReadOnly):
    list_display = ["project", "scale", "review_mode", "gold_percent", "consensus"]
    list_select_related = ["project"]


@admin.register(Criterion)
class CriterionAdmin(ReadOnly):
    list_display = ["name", "project", "form", "is_required", "retired_at"]
    list_filter = ["project"]
    list_select_related = ["project"]


@admin.register(QualityReport)
class QualityReportAdmin(ReadOnly):
    list_display = ["project", "computed_at"]
    list_select_related = ["project"]
