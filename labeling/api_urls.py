from django.urls import path

from labeling import api

urlpatterns = [
    path("projects/<slug:slug>/prompts", api.prompts, name="api-prompts"),
    path("projects/<slug:slug>/next", api.next_task, name="api-next"),
    path("assignments/<int:pk>/submit", api.submit, name="api-submit"),
    path("assignments/<int:pk>/draft", api.draft, name="api-draft"),
    path("assignments/<int:pk>/skip", api.skip, name="api-skip"),
]
