"""Every route. An app lists its pages in `urls.py`, its part of the API in `api_urls.py`."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from projects.api import unknown

handler400 = "projects.views.bad_request"

APPS = ("projects", "instructions", "workers", "labeling", "arena", "exports")

api: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[]), name="api-schema"),
    *(path("", include(f"{app}.api_urls")) for app in APPS),
    path("<path:rest>", unknown, name="api-unknown"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    *(path("", include(f"{app}.urls")) for app in APPS),
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
