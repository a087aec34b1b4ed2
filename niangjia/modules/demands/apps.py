from django.apps import AppConfig


class DemandsConfig(AppConfig):
    name = "niangjia.modules.demands"
    label = "demands"
    verbose_name = "诉求"

    def ready(self) -> None:
        from niangjia.engines.imports.sheet import register as register_sheet

        # They subscribe to the steps of cases.
        from niangjia.modules.demands.actions import alerts, handover, hearing, hotspots, responsibility, triage  # noqa: F401
        from niangjia.modules.demands.sheets.demands import DEMANDS
        from niangjia.modules.demands.web import desk
        from niangjia.modules.demands.web.phone import face

        handover.register()
        register_sheet(DEMANDS)
        desk.register()
        face.register()
