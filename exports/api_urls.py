from django.urls import path

from exports.api import exports

urlpatterns = [
    path("projects/<slug:slug>/exports", exports.exports, name="api-exports"),
    path("exports/<uuid:public_id>", exports.export, name="api-export"),
    path("exports/<uuid:public_id>/files/<str:name>", exports.export_file, name="api-export-file"),
]
