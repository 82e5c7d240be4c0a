from django.urls import URLPattern, path

from workers import api

urlpatterns: list[URLPattern] = [path("models", api.models, name="api-models")]
