from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "niangjia.engines.casework"
    label = "casework"
    verbose_name = "工单办理"

    def ready(self) -> None:
        from niangjia.engines.casework import reclocking  # noqa: F401 - it hears of calendars and office hours
        from niangjia.engines.casework.rules import Verb
        from niangjia.engines.casework.web import desk
        from niangjia.kernel.audit.labels import register_labels

        register_labels({f"casework.case.{verb.value}": verb.label for verb in Verb})
        desk.register()
