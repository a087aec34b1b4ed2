from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "niangjia.modules.members"
    label = "members"
    verbose_name = "会员"

    def ready(self) -> None:
        from niangjia.modules.members.web import desk

        desk.register()
