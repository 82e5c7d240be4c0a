from django.urls import path

from labeling.api import autonomy as autonomy_api
from labeling.api import batches as batch_api
from labeling.api import checks as check_api
from labeling.api import drafting as drafting_api
from labeling.api import judges as judge_api
from labeling.api import prompts as prompt_api
from labeling.api import rules as rules_api
from labeling.api import tasks as task_api
from labeling.api import work as api

urlpatterns = [
    path("projects/<slug:slug>/next", api.next_task, name="api-next"),
    path("assignments/<int:pk>/submit", api.submit, name="api-submit"),
    path("projects/<slug:slug>/prompts", prompt_api.prompts, name="api-prompts"),
    path("projects/<slug:slug>/batches", batch_api.batches, name="api-batches"),
    path("projects/<slug:slug>/batches/<int:pk>", batch_api.batch, name="api-batch"),
    path(
        "projects/<slug:slug>/batches/<int:pk>/pause",
        batch_api.batch_pause,
        name="api-batch-pause",
    ),
    path(
        "projects/<slug:slug>/batches/<int:pk>/resume",
        batch_api.batch_resume,
        name="api-batch-resume",
    ),
    path(
        "projects/<slug:slug>/batches/<int:pk>/cancel",
        batch_api.batch_cancel,
        name="api-batch-cancel",
    ),
    path(
        "projects/<slug:slug>/batches/<int:pk>/retry",
        batch_api.batch_retry,
        name="api-batch-retry",
    ),
    path("batches/<int:pk>/generations", batch_api.batch_generations, name="api-batch-generations"),
    path("projects/<slug:slug>/tasks", task_api.tasks, name="api-tasks"),
    path("projects/<slug:slug>/tasks/<int:pk>", task_api.task, name="api-task"),
    path("projects/<slug:slug>/rules", rules_api.rules, name="api-rules"),
    path("projects/<slug:slug>/criteria", rules_api.criteria, name="api-criteria"),
    path("assignments/<int:pk>/checks", check_api.checks, name="api-checks"),
    path("assignments/<int:pk>/checks/claims/<int:claim>", check_api.claim, name="api-claim"),
    path("projects/<slug:slug>/self-check", check_api.self_check, name="api-self-check"),
    path("assignments/<int:pk>/draft", api.draft, name="api-draft"),
    path("assignments/<int:pk>/drafts", drafting_api.draft_list, name="api-drafts"),
    path("assignments/<int:pk>/repairs", drafting_api.repair_list, name="api-repairs"),
    path("assignments/<int:pk>/repairs/<int:number>", drafting_api.repair, name="api-repair"),
    path("assignments/<int:pk>/pulse", api.pulse, name="api-pulse"),
    path("assignments/<int:pk>/skip", api.skip, name="api-skip"),
    path("assignments/<int:pk>/flag", api.flag, name="api-flag"),
    path("assignments/<int:pk>/undo", api.undo, name="api-undo"),
    path("assignments/<int:pk>/leave", api.leave, name="api-leave"),
    path("projects/<slug:slug>/judges", judge_api.judge_list, name="api-judges"),
    path("projects/<slug:slug>/judges/<int:pk>", judge_api.judge_card, name="api-judge"),
    path("projects/<slug:slug>/judges/<int:pk>/runs", judge_api.judge_runs, name="api-judge-runs"),
    path(
        "projects/<slug:slug>/judges/<int:pk>/verdicts",
        judge_api.judge_verdicts,
        name="api-judge-verdicts",
    ),
    path("projects/<slug:slug>/autonomy", autonomy_api.autonomy, name="api-autonomy"),
    path("projects/<slug:slug>/proposals", judge_api.proposal_list, name="api-proposals"),
]
