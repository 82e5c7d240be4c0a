"""The arena in the administration: to look at, not to change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from arena.models import Battle, CountsImport, OnlineElo, RatingRun, Standing, Tally, Turn, Vote


class ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TurnInline(ReadOnly, admin.StackedInline[Turn, Battle]):
    model = Turn
    extra = 0
    fields = ("number", "state", "message", "reply_a", "reply_b", "created_at")


class StandingInline(ReadOnly, admin.TabularInline[Standing, RatingRun]):
    model = Standing
    extra = 0


@admin.register(Battle)
class BattleAdmin(ReadOnly, admin.ModelAdmin[Battle]):
    list_display = ("public_id", "project", "model_a", "model_b", "source", "created_at")
    list_filter = ("source", "project")
    list_select_related = ("project", "model_a", "model_b")
    search_fields = ("public_id",)
    show_full_result_count = False
    ordering = ("-pk",)
    inlines = (TurnInline,)


@admin.register(Vote)
class VoteAdmin(ReadOnly, admin.ModelAdmin[Vote]):
    list_display = ("pk", "project", "verdict", "battle", "created_at")
    list_filter = ("verdict", "project")
    list_select_related = ("project", "battle")
    show_full_result_count = False
    ordering = ("-pk",)


@admin.register(Tally)
class TallyAdmin(ReadOnly, admin.ModelAdmin[Tally]):
    list_display = ("project", "left", "right", "left_wins", "right_wins", "ties", "both_bad")
    list_filter = ("project",)
    list_select_related = ("project", "left", "right")
    ordering = ("project", "left", "right")


@admin.register(OnlineElo)
class OnlineEloAdmin(ReadOnly, admin.ModelAdmin[OnlineElo]):
    list_display = ("project", "model", "rating", "n_votes")
    list_filter = ("project",)
    list_select_related = ("project", "model")
    ordering = ("project", "-rating", "pk")


@admin.register(CountsImport)
class CountsImportAdmin(ReadOnly, admin.ModelAdmin[CountsImport]):
    list_display = ("file_name", "project", "by", "created_at")
    list_select_related = ("project", "by")
    ordering = ("-pk",)


@admin.register(RatingRun)
class RatingRunAdmin(ReadOnly, admin.ModelAdmin[RatingRun]):
    list_display = ("pk", "project", "n_votes", "computed_at")
    list_filter = ("project",)
    list_select_related = ("project",)
    ordering = ("-pk",)
    inlines = (StandingInline,)
