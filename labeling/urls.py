from django.urls import include, path

from labeling import (
    answer_views,
    flag_views,
    labeler_views,
    prompt_views,
    rules_views,
    task_views,
    views,
)

urlpatterns = [
    path("", include("labeling.review_urls")),
    path("", include("labeling.quality_urls")),
    path("home/", views.home, name="home"),
    path("projects/<slug:slug>/", views.project, name="project"),
    path("projects/<slug:slug>/prompts/", prompt_views.prompts, name="prompts"),
    path(
        "projects/<slug:slug>/prompts/import/", prompt_views.prompts_import, name="prompts-import"
    ),
    path("projects/<slug:slug>/prompts/retry/", prompt_views.prompts_retry, name="prompts-retry"),
    path("projects/<slug:slug>/next/<slug:kind>/", views.next_task, name="next-task"),
    path("assignments/<int:pk>/", task_views.assignment, name="assignment"),
    path("assignments/<int:pk>/draft/", task_views.draft, name="assignment-draft"),
    path("assignments/<int:pk>/preview/", answer_views.preview, name="assignment-preview"),
    path("assignments/<int:pk>/changes/", answer_views.changes, name="assignment-changes"),
    path("assignments/<int:pk>/flag/", task_views.flag, name="assignment-flag"),
    path("assignments/<int:pk>/skip/", task_views.skip, name="assignment-skip"),
    path("assignments/<int:pk>/ahead/", task_views.ahead, name="assignment-ahead"),
    path("assignments/<int:pk>/pulse/", task_views.pulse, name="assignment-pulse"),
    path("assignments/<int:pk>/undo/", task_views.undo, name="assignment-undo"),
    path("assignments/<int:pk>/leave/", task_views.leave, name="assignment-leave"),
    path("projects/<slug:slug>/rules/", rules_views.work_rules, name="work-rules"),
    path("projects/<slug:slug>/rules/criteria/", rules_views.criterion_add, name="criterion-add"),
    path("projects/<slug:slug>/rules/criteria/<int:pk>/", rules_views.criterion, name="criterion"),
    path("projects/<slug:slug>/flags/", flag_views.flag_list, name="flags"),
    path("projects/<slug:slug>/flags/<int:pk>/", flag_views.flag_settle, name="flag-settle"),
    path("projects/<slug:slug>/labelers/", labeler_views.labelers, name="labelers"),
    path(
        "projects/<slug:slug>/labelers/<int:pk>/change/",
        labeler_views.labeler_change,
        name="labeler-change",
    ),
    path(
        "projects/<slug:slug>/labelers/<int:pk>/pause/",
        labeler_views.labeler_pause,
        name="labeler-pause",
    ),
]
