from django.urls import path

from projects import api

urlpatterns = [
    path("me", api.me, name="api-me"),
    path("projects", api.projects, name="api-projects"),
]
