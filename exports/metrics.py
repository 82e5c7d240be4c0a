"""What exports tell Prometheus."""

from collections.abc import Iterator

from django.db.models import Count, Sum
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from exports.models import Export, Upload


def metrics() -> Iterator[Metric]:
    """Exports are made by hand or once a day, so counting all of them is cheap."""
    yield _by_state("touchstone_exports", "Exports by state.", Export)
    yield _by_state("touchstone_export_uploads", "Exports sent somewhere, by state.", Upload)
    rows = Export.objects.filter(state=Export.State.DONE).aggregate(rows=Sum("n_rows"))
    total = CounterMetricFamily("touchstone_exported_rows", "Rows of all finished exports.")
    total.add_metric([], rows["rows"] or 0)
    yield total
    sent = Upload.objects.filter(state=Upload.State.DONE).aggregate(size=Sum("bytes_total"))
    size = CounterMetricFamily("touchstone_export_uploaded_bytes", "Bytes of finished uploads.")
    size.add_metric([], sent["size"] or 0)
    yield size
    left = Export.objects.filter(state=Export.State.RUNNING)
    pace = GaugeMetricFamily(
        "touchstone_export_rows_per_second", "Of the exports that are being built, together."
    )
    pace.add_metric([], left.aggregate(pace=Sum("rows_per_second"))["pace"] or 0)
    yield pace


def _by_state(name: str, what: str, model: type[Export] | type[Upload]) -> Metric:
    found = GaugeMetricFamily(name, what, labels=["state"])
    rows = model._default_manager.order_by().values_list("state").annotate(number=Count("pk"))
    counts = dict(rows)
    for state in model.State.values:
        found.add_metric([str(state)], counts.get(state, 0))
    return found
