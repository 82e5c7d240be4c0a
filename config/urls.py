"""Every route. An app lists its pages in `urls.py`, its part of the API in `api_urls.py`."""

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from projects.api import unknown

handler400 = "projects.views.bad_request"

APPS = ("projects", "instructions", "workers", "labeling", "arena", "exports")
# Routes are tried one after another: those of all day's work come first.
BUSIEST_FIRST = ("labeling", *(app for app in APPS if app != "labeling"))

api: list[URLPattern | URLResolver] = [
    # Side by side and not included, which would be one more step for each request.
    *(route for app in BUSIEST_FIRST for route in import_module(f"{app}.api_urls").urlpatterns),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[]), name="api-schema"),
    path("<path:rest>", unknown, name="api-unknown"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    *(path("", include(f"{app}.urls")) for app in APPS),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    from django.views.generic import TemplateView

    urlpatterns += [
        path(
            "styleguide/",
            TemplateView.as_view(template_name="styleguide/index.html"),
            name="styleguide",
        )
    ]
