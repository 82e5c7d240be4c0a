"""Administration of people and projects, for everything rare."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from projects.models import ApiToken, AuditEvent, Membership, Project, User

admin.site.site_header = "Touchstone"
admin.site.site_title = "Touchstone"
admin.site.index_title = "Administration"


class Frozen(admin.ModelAdmin[Model]):
    """Rows to be looked at. What was done stays as it was."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    list_display = ("username", "first_name", "is_active", "is_staff", "is_demo", "last_login")
    readonly_fields = ("pseudonym", "is_demo")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Touchstone", {"fields": readonly_fields}))


class MembershipInline(admin.TabularInline[Membership, Project]):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at",)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin[Project]):
    list_display = ("name", "slug", "arena_access", "is_home_arena", "is_demo", "created_at")
    list_filter = ("arena_access", "is_demo")
    search_fields = ("name", "slug")
    readonly_fields = ("is_demo", "created_at")
    inlines = (MembershipInline,)
    ordering = ("name", "pk")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(Frozen):
    list_display = ("created_at", "verb", "subject", "actor", "project")
    list_filter = ("verb",)
    list_select_related = ("actor", "project")
    search_fields = ("verb", "subject", "actor__username", "project__slug")
    ordering = ("-created_at", "-pk")
    show_full_result_count = False


@admin.register(ApiToken)
class ApiTokenAdmin(Frozen):
    list_display = ("prefix", "name", "user", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username")
    exclude = ("digest",)
    ordering = ("-created_at", "-pk")
