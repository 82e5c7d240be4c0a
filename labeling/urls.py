from django.urls import include, path

from labeling.pages import answers as answer_views
from labeling.pages import autonomy as autonomy_views
from labeling.pages import batches as batch_views
from labeling.pages import drafting as drafting_views
from labeling.pages import flags as flag_views
from labeling.pages import gold as gold_views
from labeling.pages import home as views
from labeling.pages import impact as impact_views
from labeling.pages import judges as judge_views
from labeling.pages import labelers as labeler_views
from labeling.pages import one_task as one_task_views
from labeling.pages import project_tasks as project_task_views
from labeling.pages import prompts as prompt_views
from labeling.pages import proposals as proposal_views
from labeling.pages import quality as quality_views
from labeling.pages import reviews as review_views
from labeling.pages import rules as rules_views
from labeling.pages import scorecards as scorecard_views
from labeling.pages import tasks as task_views
from labeling.pages.draft_stream import draft_stream

PROJECT = "projects/<slug:slug>"

urlpatterns = [
    path("home/", views.home, name="home"),
    path(f"{PROJECT}/", views.project, name="project"),
    path(f"{PROJECT}/prompts/", prompt_views.prompts, name="prompts"),
    path(f"{PROJECT}/prompts/import/", prompt_views.prompts_import, name="prompts-import"),
    path(f"{PROJECT}/prompts/retry/", prompt_views.prompts_retry, name="prompts-retry"),
    path(f"{PROJECT}/batches/", batch_views.batches, name="batches"),
    path(f"{PROJECT}/batches/new/", batch_views.batch_new, name="batch-new"),
    path(f"{PROJECT}/batches/<int:pk>/", batch_views.batch, name="batch"),
    path(f"{PROJECT}/batches/<int:pk>/steer/", batch_views.batch_steer, name="batch-steer"),
    path("batches/<int:pk>/generations.jsonl", batch_views.batch_file, name="batch-file"),
    path(f"{PROJECT}/tasks/", project_task_views.tasks, name="tasks"),
    path(f"{PROJECT}/tasks/change/", project_task_views.tasks_change, name="tasks-change"),
    path(f"{PROJECT}/tasks/<int:pk>/", one_task_views.one_task, name="task"),
    path(f"{PROJECT}/next/<slug:kind>/", views.next_task, name="next-task"),
    path("assignments/<int:pk>/", task_views.assignment, name="assignment"),
    path("", include("labeling.check_urls")),
    path("assignments/<int:pk>/draft/", task_views.draft, name="assignment-draft"),
    path("assignments/<int:pk>/preview/", answer_views.preview, name="assignment-preview"),
    path("assignments/<int:pk>/changes/", answer_views.changes, name="assignment-changes"),
    path("assignments/<int:pk>/flag/", task_views.flag, name="assignment-flag"),
    path("assignments/<int:pk>/skip/", task_views.skip, name="assignment-skip"),
    path("assignments/<int:pk>/ahead/", task_views.ahead, name="assignment-ahead"),
    path("assignments/<int:pk>/drafts/", drafting_views.drafts_page, name="assignment-drafts"),
    path("stream/assignments/<int:pk>/drafts/", draft_stream, name="draft-stream"),
    path("assignments/<int:pk>/repairs/", drafting_views.repair_ask, name="assignment-repairs"),
    path(
        "assignments/<int:pk>/repairs/<int:number>/",
        drafting_views.repair_settle,
        name="assignment-repair",
    ),
    path(
        "assignments/<int:pk>/repairs/<int:number>/changes/",
        drafting_views.repair_changes,
        name="assignment-repair-changes",
    ),
    path(f"{PROJECT}/rules/drafting/", drafting_views.drafting_rules, name="drafting-rules"),
    path("assignments/<int:pk>/pulse/", task_views.pulse, name="assignment-pulse"),
    path("assignments/<int:pk>/undo/", task_views.undo, name="assignment-undo"),
    path("assignments/<int:pk>/leave/", task_views.leave, name="assignment-leave"),
    path(f"{PROJECT}/rules/", rules_views.work_rules, name="work-rules"),
    path(f"{PROJECT}/rules/criteria/", rules_views.criterion_add, name="criterion-add"),
    path(f"{PROJECT}/rules/criteria/<int:pk>/", rules_views.criterion, name="criterion"),
    path(f"{PROJECT}/flags/", flag_views.flag_list, name="flags"),
    path(f"{PROJECT}/flags/<int:pk>/", flag_views.flag_settle, name="flag-settle"),
    path(f"{PROJECT}/labelers/", labeler_views.labelers, name="labelers"),
    path(
        f"{PROJECT}/labelers/<int:pk>/change/",
        labeler_views.labeler_change,
        name="labeler-change",
    ),
    path(
        f"{PROJECT}/labelers/<int:pk>/pause/",
        labeler_views.labeler_pause,
        name="labeler-pause",
    ),
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
    path(f"{PROJECT}/quality/", quality_views.quality_dashboard, name="quality"),
    path(f"{PROJECT}/guideline/impact/", impact_views.impact, name="guideline-impact"),
    path(f"{PROJECT}/judges/", judge_views.judge_list, name="judges"),
    path(f"{PROJECT}/judges/new/", judge_views.judge_new, name="judge-new"),
    path(f"{PROJECT}/judges/<int:pk>/", judge_views.judge, name="judge"),
    path(f"{PROJECT}/judges/<int:pk>/change/", judge_views.judge_change, name="judge-change"),
    path(f"{PROJECT}/judges/<int:pk>/ask/", judge_views.judge_ask, name="judge-ask"),
    path(f"{PROJECT}/judges/<int:pk>/stress/", judge_views.judge_stress, name="judge-stress"),
    path(
        f"{PROJECT}/judges/runs/<int:pk>/cancel/",
        judge_views.judge_run_cancel,
        name="judge-run-cancel",
    ),
    path(
        f"{PROJECT}/judges/stress/<int:pk>/cancel/",
        judge_views.judge_stress_cancel,
        name="judge-stress-cancel",
    ),
    path(f"{PROJECT}/autonomy/", autonomy_views.autonomy, name="autonomy"),
    path(f"{PROJECT}/autonomy/noted/", autonomy_views.autonomy_noted, name="autonomy-noted"),
    path(
        f"{PROJECT}/autonomy/withdraw/",
        autonomy_views.autonomy_withdraw,
        name="autonomy-withdraw",
    ),
    path(f"{PROJECT}/proposals/", proposal_views.proposals, name="proposals"),
    path(f"{PROJECT}/proposals/choose/", proposal_views.proposals_choose, name="proposals-choose"),
    path(f"{PROJECT}/proposals/rules/", proposal_views.proposals_rules, name="proposals-rules"),
]
