"""What this engine hangs into the desk and into the trail's words."""

from __future__ import annotations

from niangjia.engines.exports.layout import KINDS
from niangjia.engines.exports.permissions import Permission
from niangjia.engines.exports.queries import names_of_exports, names_of_layouts
from niangjia.engines.exports.web import lists  # noqa: F401 - the list registers itself
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.kernel.audit.wording import register_values
from niangjia.ui import desk


def register() -> None:
    desk.register_export("exports:export_add", Permission.EXPORT_RUN)
    desk.register_menu(
        desk.MenuEntry("系统管理", "导出格式", "table-export", "exports:layout_list", Permission.LAYOUT_EDIT, order=60)
    )
    register_labels(
        {
            "exports.list.asked": "申请导出",
            "exports.list.exported": "导出名单",
            "exports.list.failed": "导出没有完成",
            "exports.layout.added": "新增导出格式",
            "exports.layout.edited": "修改导出格式",
        }
    )
    # Whoever may read the trail at all must see who took what away.
    register_subject("exports.export", Access.AUDIT_VIEW, names_of_exports)
    register_subject("exports.exportlayout", Access.AUDIT_VIEW, names_of_layouts)
    register_values("exports.export", kind=lambda code: KINDS.get(code, code))
    register_values("exports.exportlayout", kind=lambda code: KINDS.get(code, code))
