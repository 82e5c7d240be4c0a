"""Routes of quality and of the impact of a changed guideline."""

from django.urls import path

from labeling import impact_views, quality_views

PROJECT = "projects/<slug:slug>"

urlpatterns = [
    path(f"{PROJECT}/quality/", quality_views.quality_dashboard, name="quality"),
    path(f"{PROJECT}/guideline/impact/", impact_views.impact, name="guideline-impact"),
]
