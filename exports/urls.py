from django.urls import path

from exports import views

urlpatterns = [
    path("projects/<slug:slug>/exports/", views.exports, name="exports"),
    path("exports/<uuid:public_id>/", views.export, name="export"),
    path("exports/<uuid:public_id>/files/<str:name>", views.export_file, name="export-file"),
]
