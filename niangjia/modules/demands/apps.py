from django.apps import AppConfig


class DemandsConfig(AppConfig):
    name = "niangjia.modules.demands"
    label = "demands"
    verbose_name = "诉求"

    def ready(self) -> None:
        from niangjia.modules.demands.web import desk

        desk.register()
