"""What the importer hangs into the desk."""

from __future__ import annotations

from django.urls import reverse

from niangjia.engines.imports import queries
from niangjia.engines.imports.models import BatchState
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import sheets_for
from niangjia.engines.imports.web.lists import BATCHES
from niangjia.engines.imports.web.wording import VERBS
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.labels import register_rights
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.ui import desk

RIGHTS: dict[str, str] = {
    Permission.IMPORT_RUN: "导入花名册、整批撤回",
    Permission.IMPORT_APPROVE: "审批大批量导入",
}


def register() -> None:
    register_rights("导入", RIGHTS)
    register_labels(VERBS)
    register_subject("imports.importbatch", Permission.IMPORT_RUN, queries.names_of, "imports:batch")
    desk.register_menu(
        desk.MenuEntry(
            "组织与会员", BATCHES.spec.title, "file-import", "imports:batch_list", Permission.IMPORT_RUN, order=50,
            badge=queries.waiting_for,
        )
    )  # fmt: skip
    desk.register_waiting(waiting)
    desk.register_import(address_for)


def address_for(actor: Actor, list_name: str) -> str:
    """A sheet is called like the list of its rows."""
    if not actor.can(Permission.IMPORT_RUN) or list_name not in {sheet.name for sheet in sheets_for(actor)}:
        return ""
    return f"{reverse('imports:batch_add')}?sheet={list_name}"


def waiting(actor: Actor) -> list[desk.Waiting]:
    url = f"{reverse('imports:batch_list')}?state={BatchState.WAITING}"
    return [desk.Waiting("待审批的导入", queries.waiting_for(actor), url, "file-import")]
