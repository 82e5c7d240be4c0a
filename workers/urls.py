from django.urls import URLPattern, path

from workers import views
from workers.watching import answers
from workers.watching.metrics import metrics

urlpatterns: list[URLPattern] = [
    path("metrics", metrics, name="metrics"),
    path("models/", views.models, name="models"),
    path("models/<int:pk>/test/", answers.model_test, name="model-test"),
    path("models/answers/<str:token>/stream/", answers.model_test_stream, name="model-test-stream"),
    path("models/endpoints/<int:pk>/intake/", views.endpoint_intake, name="endpoint-intake"),
]
