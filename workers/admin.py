"""Endpoints and models in the administration; generations to look at, not to change."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from projects import audit
from projects.access import person
from projects.errors import TouchstoneError
from workers.endpoints.addresses import PRIVATE, leads_inside
from workers.models import Endpoint, Generation, LanguageModel, ModelReplica
from workers.registry import clean_address, clean_key, clean_sampling


class EndpointForm(forms.ModelForm[Endpoint]):
    """The key goes in and never comes out again."""

    new_api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown again. Left empty, the key stays as it is.",
    )
    forget_api_key = forms.BooleanField(label="Forget the key", required=False)

    class Meta:
        model = Endpoint
        fields: ClassVar[list[str]] = [
            "name",
            "base_url",
            "is_active",
            "most_in_flight",
            "kept_for_interactive",
        ]

    def clean_base_url(self) -> str:
        try:
            address = clean_address(self.cleaned_data["base_url"])
        except TouchstoneError as error:
            raise ValidationError(str(error)) from error
        is_ours = self.instance.is_trusted and address == self.instance.base_url
        if not is_ours and leads_inside(address):
            raise ValidationError(PRIVATE)
        return address

    def clean_new_api_key(self) -> str:
        key = self.cleaned_data["new_api_key"]
        try:
            return clean_key(key) if key else ""
        except TouchstoneError as error:
            raise ValidationError(str(error)) from error

    def save(self, commit: bool = True) -> Endpoint:
        if "base_url" in self.changed_data:
            # The trust was in the address that the settings or the command line named.
            self.instance.is_trusted = False
        if self.cleaned_data["forget_api_key"]:
            self.instance.api_key = ""
        if self.cleaned_data["new_api_key"]:
            self.instance.api_key = self.cleaned_data["new_api_key"]
        endpoint: Endpoint = super().save(commit)
        return endpoint


class LanguageModelForm(forms.ModelForm[LanguageModel]):
    class Meta:
        model = LanguageModel
        fields: ClassVar[list[str]] = [
            "name",
            "endpoint",
            "served_name",
            "weights",
            "organisation",
            "licence",
            "is_open",
            "price",
            "size",
            "system_prompt",
            "sampling",
            "is_active",
            "is_in_arena",
        ]

    def clean_sampling(self) -> dict[str, Any]:
        try:
            return clean_sampling(self.cleaned_data["sampling"] or {})
        except TouchstoneError as error:
            raise ValidationError(str(error)) from error


class ReplicaInline(admin.TabularInline[ModelReplica, LanguageModel]):
    model = ModelReplica
    extra = 0
    verbose_name = "further endpoint"
    verbose_name_plural = "further endpoints that serve it"


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin[Endpoint]):
    form = EndpointForm
    list_display = ("name", "base_url", "is_active", "intake", "health", "health_note")
    list_filter = ("is_active", "intake", "health")
    readonly_fields = ("has_key", "is_trusted", "intake", "health", "health_note", "checked_at")
    ordering = ("name",)

    @admin.display(boolean=True, description="has a key")
    def has_key(self, endpoint: Endpoint) -> bool:
        return bool(endpoint.api_key)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "endpoint.changed" if change else "endpoint.added"
        audit.record(verb=verb, by=person(request), subject=obj, fields=list(form.changed_data))


@admin.register(LanguageModel)
class LanguageModelAdmin(admin.ModelAdmin[LanguageModel]):
    form = LanguageModelForm
    inlines = (ReplicaInline,)
    list_display = ("name", "endpoint", "served_name", "weights", "is_active", "is_in_arena")
    list_filter = ("is_active", "is_in_arena", "is_open", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("name", "organisation", "weights")
    ordering = ("name",)

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "model.changed" if change else "model.added"
        audit.record(verb=verb, by=person(request), subject=obj, fields=list(form.changed_data))


@admin.register(Generation)
class GenerationAdmin(admin.ModelAdmin[Generation]):
    list_display = ("pk", "model", "project", "queue", "state", "attempts", "error", "created_at")
    list_filter = ("state", "queue", "model")
    list_select_related = ("model", "project")
    show_full_result_count = False
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        return False
