from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "niangjia.modules.insight"
    label = "insight"
    verbose_name = "统计分析"

    def ready(self) -> None:
        from niangjia.modules.insight.web import desk

        desk.register()
