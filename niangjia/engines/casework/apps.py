from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "niangjia.engines.casework"
    label = "casework"
    verbose_name = "工单办理"
