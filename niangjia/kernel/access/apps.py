from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "niangjia.kernel.access"
    label = "access"
    verbose_name = "权限"
