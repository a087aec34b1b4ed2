"""What demands hang into the desk and the phone: the kind of case, menu, lists, cards."""

from __future__ import annotations

from django.urls import reverse

from niangjia.engines.casework.kinds import CaseKind, register_kind
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.web import doors, watching

DEMAND = CaseKind(
    name="demands.demand",
    noun="诉求",
    prefix="SQ",
    view=Permission.DEMAND_VIEW,
    accept=Permission.DEMAND_ACCEPT,
    handle=Permission.DEMAND_HANDLE,
    call_back=Permission.DEMAND_CALL_BACK,
    supervise=Permission.DEMAND_SUPERVISE,
    lead=Permission.DEMAND_INSTRUCT,
    address=lambda case_id: reverse("demands:demand", args=[case_id]),
)


def register() -> None:
    register_kind(DEMAND)
    watching.register()
    doors.register()
