from django.urls import path

from instructions import views

urlpatterns = [
    path("projects/<slug:slug>/guideline/", views.guideline, name="guideline"),
    path(
        "projects/<slug:slug>/guideline/versions/<int:number>/",
        views.guideline_version,
        name="guideline-version",
    ),
    path("projects/<slug:slug>/guideline/edit/", views.guideline_edit, name="guideline-edit"),
    path("projects/<slug:slug>/guideline/draft/", views.guideline_draft, name="guideline-draft"),
    path(
        "projects/<slug:slug>/guideline/preview/",
        views.guideline_preview,
        name="guideline-preview",
    ),
    path(
        "projects/<slug:slug>/guideline/publish/",
        views.guideline_publish,
        name="guideline-publish",
    ),
    path("leaving/", views.leaving, name="leaving"),
]
