from django.urls import path

from exports.pages import (
    benchmarks,
    comparing,
    files,
    findings,
    listing,
    making,
    one,
    recipes,
    rounds,
    targets,
)

urlpatterns = [
    path("projects/<slug:slug>/exports/", listing.exports, name="exports"),
    path("projects/<slug:slug>/exports/new/", making.export_new, name="export-new"),
    path("projects/<slug:slug>/exports/compare/", comparing.compare, name="export-compare"),
    path(
        "projects/<slug:slug>/exports/benchmarks/", benchmarks.benchmarks, name="export-benchmarks"
    ),
    path("projects/<slug:slug>/exports/held-out/", benchmarks.held_out, name="export-held-out"),
    path("projects/<slug:slug>/exports/targets/", targets.targets, name="export-targets"),
    path(
        "projects/<slug:slug>/exports/targets/<uuid:public_id>/give-up/",
        targets.target_give_up,
        name="export-target-give-up",
    ),
    path(
        "projects/<slug:slug>/exports/recipes/<int:pk>/",
        recipes.export_recipe,
        name="export-recipe",
    ),
    path("projects/<slug:slug>/rounds/", rounds.rounds, name="rounds"),
    path("exports/<uuid:public_id>/", one.export, name="export"),
    path("exports/<uuid:public_id>/steer/", one.export_steer, name="export-steer"),
    path("exports/<uuid:public_id>/send/", targets.export_send, name="export-send"),
    path("exports/<uuid:public_id>/archive.tar", files.export_archive, name="export-archive"),
    path("exports/<uuid:public_id>/files/<str:name>", files.export_file, name="export-file"),
    path("exports/<uuid:public_id>/findings/", findings.findings, name="export-findings"),
    path(
        "exports/<uuid:public_id>/findings/<int:place>/quarantine/",
        findings.finding_quarantine,
        name="finding-quarantine",
    ),
    path(
        "exports/<uuid:public_id>/quarantines/<int:number>/release/",
        findings.quarantine_release,
        name="quarantine-release",
    ),
    path("exports/<uuid:public_id>/sign-off/", findings.export_sign_off, name="export-sign-off"),
]
