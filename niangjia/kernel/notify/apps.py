from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "niangjia.kernel.notify"
    label = "notify"
    verbose_name = "消息"
