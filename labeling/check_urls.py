from django.urls import path

from labeling.pages import checks as check_views
from labeling.pages import self_check as views

urlpatterns = [
    path("assignments/<int:pk>/checks/", check_views.checks, name="assignment-checks"),
    path(
        "assignments/<int:pk>/checks/claims/<int:claim>/",
        check_views.claim,
        name="assignment-claim",
    ),
    path("projects/<slug:slug>/self-check/", views.self_check, name="self-check"),
]
