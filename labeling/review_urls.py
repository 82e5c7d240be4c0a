"""Routes of reviews, feedback and scorecards."""

from django.urls import path

from labeling import review_views, scorecard_views

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
]
