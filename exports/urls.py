from django.urls import path

from exports.pages import files, findings, listing, making, one

urlpatterns = [
    path("projects/<slug:slug>/exports/", listing.exports, name="exports"),
    path("projects/<slug:slug>/exports/new/", making.export_new, name="export-new"),
    path("exports/<uuid:public_id>/", one.export, name="export"),
    path("exports/<uuid:public_id>/steer/", one.export_steer, name="export-steer"),
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
