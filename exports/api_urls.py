from django.urls import path

from exports.api import estimates, exports

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
    path("export-formats", exports.formats, name="api-export-formats"),
]
