from __future__ import annotations

from niangjia.modules.exchange.permissions import Permission
from niangjia.modules.exchange.web import lists  # noqa: F401 - the lists register themselves
from niangjia.ui import desk


def register() -> None:
    desk.register_menu(
        desk.MenuEntry(
            "系统管理", "数据交换", "arrows-exchange", "exchange:partner_list", Permission.PARTNER_EDIT, order=60
        )
    )
