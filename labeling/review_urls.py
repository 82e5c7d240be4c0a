"""Routes of reviews, feedback, scorecards and gold."""

from django.urls import path

from labeling import gold_views, review_views, scorecard_views

PROJECT = "projects/<slug:slug>"

urlpatterns = [
    path(f"{PROJECT}/reviews/", review_views.review_list, name="review-list"),
    path(f"{PROJECT}/reviews/ask/", review_views.review_ask, name="review-ask"),
    path(f"{PROJECT}/feedback/", review_views.my_feedback, name="my-feedback"),
    path(f"{PROJECT}/scorecard/", scorecard_views.my_scorecard, name="my-scorecard"),
    path(f"{PROJECT}/labelers/<int:pk>/", scorecard_views.scorecard, name="scorecard"),
    path(
        f"{PROJECT}/labelers/<int:pk>/resume/",
        scorecard_views.labeler_resume,
        name="labeler-resume",
    ),
    path(f"{PROJECT}/gold/", gold_views.gold_list, name="gold"),
    path(f"{PROJECT}/gold/new/", gold_views.gold_new, name="gold-new"),
    path(f"{PROJECT}/gold/import/", gold_views.gold_import, name="gold-import"),
    path(f"{PROJECT}/gold/from/<int:pk>/", gold_views.gold_from, name="gold-from"),
    path(f"{PROJECT}/gold/<int:pk>/retire/", gold_views.gold_retire, name="gold-retire"),
    path("assignments/<int:pk>/expected/", gold_views.gold_feedback, name="gold-feedback"),
]
