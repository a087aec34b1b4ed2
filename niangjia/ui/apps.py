from django.apps import AppConfig

from niangjia.ui import plain_words

plain_words.speak()


class UiConfig(AppConfig):
    name = "niangjia.ui"
    label = "ui"
    verbose_name = "界面"

    def ready(self) -> None:
        from niangjia.ui.account import trail

        trail.connect()
