from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "niangjia.modules.organisations"
    label = "organisations"
    verbose_name = "组织"

    def ready(self) -> None:
        from niangjia.modules.organisations.actions import handover
        from niangjia.modules.organisations.sheets import register as sheets
        from niangjia.modules.organisations.web import desk

        handover.register()
        sheets.register_all()
        desk.register()
