from django.urls import path

from instructions import api

urlpatterns = [
    path("projects/<slug:slug>/guideline", api.guideline, name="api-guideline"),
]
