from django.urls import URLPattern, path

from workers import views

urlpatterns: list[URLPattern] = [path("models/", views.models, name="models")]
