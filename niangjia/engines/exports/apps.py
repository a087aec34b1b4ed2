from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "niangjia.engines.exports"
    label = "exports"
    verbose_name = "导出"

    def ready(self) -> None:
        from niangjia.engines.exports.web import desk

        desk.register()
