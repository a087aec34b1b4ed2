from django.apps import AppConfig


class DemandsConfig(AppConfig):
    name = "niangjia.modules.demands"
    label = "demands"
    verbose_name = "诉求"

    def ready(self) -> None:
        from niangjia.modules.demands.actions import hearing  # noqa: F401 - it subscribes to the steps of cases
        from niangjia.modules.demands.web import desk
        from niangjia.modules.demands.web.phone import face

        desk.register()
        face.register()
