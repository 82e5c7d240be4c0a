from django.urls import path

from exports.api import comparing, estimates, exports, findings, recipes, rounds

urlpatterns = [
    path("projects/<slug:slug>/exports", exports.exports, name="api-exports"),
    path(
        "projects/<slug:slug>/exports/estimate",
        estimates.export_estimate,
        name="api-export-estimate",
    ),
    path(
        "projects/<slug:slug>/exports/preview", estimates.export_preview, name="api-export-preview"
    ),
    path("exports/<uuid:public_id>", exports.export, name="api-export"),
    path("exports/<uuid:public_id>/cancel", exports.export_cancel, name="api-export-cancel"),
    path("exports/<uuid:public_id>/archive", exports.export_archive, name="api-export-archive"),
    path("exports/<uuid:public_id>/files/<str:name>", exports.export_file, name="api-export-file"),
    path(
        "exports/<uuid:public_id>/diff/<uuid:other>", comparing.export_diff, name="api-export-diff"
    ),
    path("exports/<uuid:public_id>/findings", findings.findings, name="api-export-findings"),
    path(
        "exports/<uuid:public_id>/findings/<int:place>/records",
        findings.finding_records,
        name="api-finding-records",
    ),
    path(
        "exports/<uuid:public_id>/findings/<int:place>/quarantine",
        findings.finding_quarantine,
        name="api-finding-quarantine",
    ),
    path(
        "quarantines/<int:pk>/release", findings.quarantine_release, name="api-quarantine-release"
    ),
    path("exports/<uuid:public_id>/sign-off", findings.export_sign_off, name="api-export-sign-off"),
    path("projects/<slug:slug>/export-recipes", recipes.recipes, name="api-export-recipes"),
    path("export-recipes/<int:pk>", recipes.recipe, name="api-export-recipe"),
    path("export-recipes/<int:pk>/exports", recipes.recipe_export, name="api-export-recipe-run"),
    path(
        "export-recipes/<int:pk>/schedule",
        recipes.recipe_schedule,
        name="api-export-recipe-schedule",
    ),
    path("projects/<slug:slug>/rounds", rounds.rounds, name="api-rounds"),
    path("projects/<slug:slug>/rounds/<int:number>", rounds.one_round, name="api-round"),
    path("export-formats", exports.formats, name="api-export-formats"),
]
