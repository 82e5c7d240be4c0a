from django.apps import AppConfig


class LabelingConfig(AppConfig):
    name = "labeling"

    def ready(self) -> None:
        from labeling import metrics, receivers  # noqa: F401
        from labeling.quality.judged_pairs import judged_pairs
        from workers import pairs
        from workers.watching import metrics as operating

        pairs.register(judged_pairs)
        operating.register(metrics.metrics)
