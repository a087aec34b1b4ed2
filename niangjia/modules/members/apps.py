from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "niangjia.modules.members"
    label = "members"
    verbose_name = "会员"

    def ready(self) -> None:
        from niangjia.engines.imports.sheet import register
        from niangjia.modules.members.sheets import MemberSheet
        from niangjia.modules.members.web import desk, joining_desk
        from niangjia.modules.members.web.phone import face

        desk.register()
        joining_desk.register()
        face.register()
        register(MemberSheet())
