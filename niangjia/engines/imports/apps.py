from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "niangjia.engines.imports"
    label = "imports"
    verbose_name = "导入"

    def ready(self) -> None:
        from niangjia.engines.imports.web import desk

        desk.register()
