from django.urls import path

from instructions import api, question_api

urlpatterns = [
    path("projects/<slug:slug>/guideline", api.guideline, name="api-guideline"),
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
