"""Administration of guidelines: to look at, for they are written on their own page."""

from django.contrib import admin

from instructions.models import (
    Acknowledgement,
    Clause,
    ClauseQuestion,
    Guideline,
    GuidelineVersion,
    Quiz,
    QuizAttempt,
)
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


@admin.register(Acknowledgement)
class AcknowledgementAdmin(Frozen):
    list_display = ("user", "version", "created_at")
    list_select_related = ("user", "version")
    ordering = ("-created_at", "-pk")


@admin.register(ClauseQuestion)
class ClauseQuestionAdmin(Frozen):
    list_display = ("anchor", "guideline", "asked_by", "asked_at", "answered_by", "hidden_at")
    list_select_related = ("guideline__project", "asked_by", "answered_by")
    search_fields = ("text", "answer")
    ordering = ("-asked_at", "-pk")


@admin.register(Quiz)
class QuizAdmin(Frozen):
    list_display = ("title", "guideline", "kinds", "pass_percent", "most_attempts", "is_active")
    list_select_related = ("guideline__project",)
    ordering = ("title", "pk")


@admin.register(QuizAttempt)
class QuizAttemptAdmin(Frozen):
    list_display = ("quiz", "user", "number", "n_right", "has_passed", "created_at")
    list_select_related = ("quiz", "user")
    ordering = ("-created_at", "-pk")
