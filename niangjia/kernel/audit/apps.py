from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "niangjia.kernel.audit"
    label = "audit"
    verbose_name = "审计"
