from django.urls import path

from exports import api

urlpatterns = [
    path("projects/<slug:slug>/exports", api.exports, name="api-exports"),
    path("exports/<uuid:public_id>", api.export, name="api-export"),
    path("exports/<uuid:public_id>/files/<str:name>", api.export_file, name="api-export-file"),
]
