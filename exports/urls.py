from django.urls import path

from exports.pages import files, listing, making, one

urlpatterns = [
    path("projects/<slug:slug>/exports/", listing.exports, name="exports"),
    path("projects/<slug:slug>/exports/new/", making.export_new, name="export-new"),
    path("exports/<uuid:public_id>/", one.export, name="export"),
    path("exports/<uuid:public_id>/steer/", one.export_steer, name="export-steer"),
    path("exports/<uuid:public_id>/archive.tar", files.export_archive, name="export-archive"),
    path("exports/<uuid:public_id>/files/<str:name>", files.export_file, name="export-file"),
]
