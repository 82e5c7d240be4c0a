from django.urls import path

from instructions import api, question_api, version_api

urlpatterns = [
    path("projects/<slug:slug>/guideline", api.guideline, name="api-guideline"),
    path(
        "projects/<slug:slug>/guideline/versions",
        version_api.versions,
        name="api-guideline-versions",
    ),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>",
        version_api.version,
        name="api-guideline-version",
    ),
    path("projects/<slug:slug>/guideline/diff", version_api.diff, name="api-guideline-diff"),
    path(
        "projects/<slug:slug>/guideline/search",
        version_api.search_guideline,
        name="api-guideline-search",
    ),
    path(
        "projects/<slug:slug>/guideline/questions",
        question_api.guideline_questions,
        name="api-guideline-questions",
    ),
    path(
        "projects/<slug:slug>/guideline/questions/<int:pk>/answer",
        question_api.answer,
        name="api-question-answer",
    ),
]
