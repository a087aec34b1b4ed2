from django.apps import AppConfig


class DemandsConfig(AppConfig):
    name = "niangjia.modules.demands"
    label = "demands"
    verbose_name = "诉求"

    def ready(self) -> None:
        # They subscribe to the steps of cases.
        from niangjia.modules.demands.actions import alerts, handover, hearing, responsibility  # noqa: F401
        from niangjia.modules.demands.web import desk
        from niangjia.modules.demands.web.phone import face

        handover.register()
        desk.register()
        face.register()
