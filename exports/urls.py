from django.urls import path

from exports.pages import files, listing, one

urlpatterns = [
    path("projects/<slug:slug>/exports/", listing.exports, name="exports"),
    path("exports/<uuid:public_id>/", one.export, name="export"),
    path("exports/<uuid:public_id>/files/<str:name>", files.export_file, name="export-file"),
]
