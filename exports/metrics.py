"""What exports tell Prometheus."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily, Metric

from exports.models import Export


def metrics() -> Iterator[Metric]:
    """Exports are made by hand, so counting all of them is cheap."""
    found = GaugeMetricFamily("touchstone_exports", "Exports by state.", labels=["state"])
    counts = dict(Export.objects.order_by().values_list("state").annotate(number=Count("pk")))
    for state in Export.State.values:
        found.add_metric([str(state)], counts.get(state, 0))
    yield found
