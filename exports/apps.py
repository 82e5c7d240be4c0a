from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "exports"

    def ready(self) -> None:
        from exports.memory import share_one_heap
        from exports.metrics import metrics
        from workers.watching import metrics as operating

        operating.register(metrics)
        share_one_heap()
