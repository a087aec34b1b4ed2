from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "niangjia.modules.exchange"
    label = "exchange"
    verbose_name = "数据交换"

    def ready(self) -> None:
        from niangjia.modules.exchange.actions import webhooks
        from niangjia.modules.exchange.web import desk

        webhooks.listen()
        desk.register()
