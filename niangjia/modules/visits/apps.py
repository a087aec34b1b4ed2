from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "niangjia.modules.visits"
    label = "visits"
    verbose_name = "走访"

    def ready(self) -> None:
        from niangjia.modules.visits.actions import handover
        from niangjia.modules.visits.web import desk

        handover.register()
        desk.register()
