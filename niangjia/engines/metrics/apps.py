from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "niangjia.engines.metrics"
    label = "metrics"
    verbose_name = "数据指标"

    def ready(self) -> None:
        from niangjia.engines.metrics.web import desk

        desk.register()
