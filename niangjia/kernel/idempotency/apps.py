from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "niangjia.kernel.idempotency"
    label = "idempotency"
    verbose_name = "防重复提交"
