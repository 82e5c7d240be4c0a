from django.urls import path

from instructions import (
    question_views,
    quiz_edit_views,
    quiz_views,
    version_views,
    views,
    writing_views,
)

urlpatterns = [
    path("projects/<slug:slug>/guideline/", views.guideline, name="guideline"),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>/",
        views.guideline_version,
        name="guideline-version",
    ),
    path(
        "projects/<slug:slug>/guideline/edit/", writing_views.guideline_edit, name="guideline-edit"
    ),
    path(
        "projects/<slug:slug>/guideline/draft/",
        writing_views.guideline_draft,
        name="guideline-draft",
    ),
    path(
        "projects/<slug:slug>/guideline/preview/",
        writing_views.guideline_preview,
        name="guideline-preview",
    ),
    path(
        "projects/<slug:slug>/guideline/publish/",
        writing_views.guideline_publish,
        name="guideline-publish",
    ),
    path(
        "projects/<slug:slug>/guideline/questions/",
        question_views.guideline_questions,
        name="guideline-questions",
    ),
    path(
        "projects/<slug:slug>/guideline/questions/<int:pk>/answer/",
        question_views.question_answer,
        name="question-answer",
    ),
    path(
        "projects/<slug:slug>/guideline/questions/<int:pk>/hide/",
        question_views.question_hide,
        name="question-hide",
    ),
    path(
        "projects/<slug:slug>/guideline/notes/",
        question_views.guideline_notes,
        name="guideline-notes",
    ),
    path(
        "projects/<slug:slug>/guideline/pins/", question_views.guideline_pin, name="guideline-pin"
    ),
    path("projects/<slug:slug>/quizzes/", quiz_views.quiz_list, name="quizzes"),
    path("projects/<slug:slug>/quizzes/<int:pk>/", quiz_views.quiz, name="quiz"),
    path(
        "projects/<slug:slug>/quizzes/attempts/<int:pk>/",
        quiz_views.quiz_attempt,
        name="quiz-attempt",
    ),
    path(
        "projects/<slug:slug>/quizzes/<int:pk>/preview/",
        quiz_views.quiz_preview,
        name="quiz-preview",
    ),
    path(
        "projects/<slug:slug>/quizzes/<int:pk>/edit/", quiz_edit_views.quiz_edit, name="quiz-edit"
    ),
    path(
        "projects/<slug:slug>/quizzes/<int:pk>/results/",
        quiz_edit_views.results,
        name="quiz-results",
    ),
    path(
        "projects/<slug:slug>/quizzes/<int:pk>/grant/",
        quiz_edit_views.quiz_grant,
        name="quiz-grant",
    ),
    path(
        "projects/<slug:slug>/quizzes/<int:pk>/questions/",
        quiz_edit_views.quiz_question_add,
        name="quiz-question-add",
    ),
    path(
        "projects/<slug:slug>/quizzes/questions/<int:pk>/",
        quiz_edit_views.quiz_question,
        name="quiz-question",
    ),
    path(
        "projects/<slug:slug>/quizzes/questions/<int:pk>/move/",
        quiz_edit_views.quiz_question_move,
        name="quiz-question-move",
    ),
    path(
        "projects/<slug:slug>/quizzes/questions/<int:pk>/retire/",
        quiz_edit_views.quiz_question_retire,
        name="quiz-question-retire",
    ),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>/fragment/",
        views.guideline_fragment,
        name="guideline-fragment",
    ),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>/clauses.json",
        views.guideline_clauses,
        name="guideline-clauses",
    ),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>/restore/",
        writing_views.guideline_restore,
        name="guideline-restore",
    ),
    path(
        "projects/<slug:slug>/guideline/versions/",
        version_views.guideline_versions,
        name="guideline-versions",
    ),
    path(
        "projects/<slug:slug>/guideline/draft/changes/",
        writing_views.guideline_review,
        name="guideline-review",
    ),
    path(
        "projects/<slug:slug>/guideline/diff/", version_views.guideline_diff, name="guideline-diff"
    ),
    path(
        "projects/<slug:slug>/guideline/acknowledge/",
        version_views.guideline_acknowledge,
        name="guideline-acknowledge",
    ),
    path(
        "projects/<slug:slug>/guideline/confirmation/",
        version_views.guideline_confirmation,
        name="guideline-confirmation",
    ),
    path("projects/<slug:slug>/guideline/search/", views.guideline_search, name="guideline-search"),
    path("projects/<slug:slug>/guideline/search.json", views.guideline_hits, name="guideline-hits"),
    path("leaving/", views.leaving, name="leaving"),
]
