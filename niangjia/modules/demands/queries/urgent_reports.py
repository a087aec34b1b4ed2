"""紧急信息: to whom it goes, what stands in it already, and those written before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.queries import holders
from niangjia.kernel.errors import Missing
from niangjia.modules.demands.models import Alert, Demand, UrgentReport
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.alerts import CHAIRS, may_know
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.responsibility import job_label
from niangjia.modules.organisations.queries.organisations import names_of

LEADERS = ("CHAIR", "FULL_TIME_VICE_CHAIR", "LEADER_IN_CHARGE")
HEADS_ABOVE = (*CHAIRS, "DEPARTMENT_HEAD")


@dataclass(frozen=True)
class Addressee:
    user: User
    what: str


def addressees(demand: Demand, *, now: datetime) -> list[Addressee]:
    """The leaders of the place and the heads of the nearest union above that has any; nobody who must not know."""
    places = list(reversed(Scope.objects.filter(path__above=demand.case.scope.path).order_by("path")))
    found = _holding(places[:1], LEADERS, now)
    for place in places[1:]:
        above = _holding([place], HEADS_ABOVE, now)
        if above:
            found += above
            break
    knowing = may_know({one.user.pk for one in found}, demand, now=now)
    first: dict[int, Addressee] = {}
    for one in found:
        if one.user.pk in knowing:
            first.setdefault(one.user.pk, one)
    return list(first.values())


def _holding(places: list[Scope], codes: tuple[str, ...], now: datetime) -> list[Addressee]:
    names = names_of(place.pk for place in places)
    return [
        Addressee(user, f"{names.get(place.pk, '')}{job_label(code)}")
        for place in places
        for code in codes
        for user in holders(code, [place.pk], on=timezone.localdate(now))
    ]


def drafted(demand: Demand) -> dict[str, str]:
    """What the facts say already; what was done and comes next is for the writer."""
    case, known = demand.case, catalogue()
    happened = f"{demand.happened_on:%Y年%-m月%-d日}" if demand.happened_on else ""
    received = timezone.localtime(case.received_at)
    where = demand.place or (demand.division.name if demand.division else "")
    firm = demand.employer_name or (demand.employer.name if demand.employer else "")
    return {
        "when": f"{happened + '，' if happened else ''}{received:%-m月%-d日 %H:%M} 接到反映",
        "where": "，".join(filter(None, (firm, where))) or "正在核实",
        "what": f"{known.full_label_of(demand.kind) + '：' if demand.kind else ''}{demand.body}"[:1000],
        "people": f"{demand.people} 人",
    }


def reports_of(demand: Demand) -> list[UrgentReport]:
    return list(demand.urgent_reports.order_by("pk"))


def report_in_sight(pk: int, actor: Actor) -> UrgentReport:
    """Raises Missing."""
    found: UrgentReport | None = (
        UrgentReport.objects.visible_to(actor).select_related("demand__case__scope").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这份紧急信息，可能不在您的管辖范围内。")
    return found


@dataclass(frozen=True)
class Urgent:
    """What the demand's page says of an emergency."""

    alerts: list[Alert]
    reports: list[UrgentReport]
    may_write: bool


def urgent_of(demand: Demand, actor: Actor) -> Urgent | None:
    """None for a demand that is none and never was one."""
    alerts = list(
        Alert.objects.unscoped(reason="alerts of a demand in sight")
        .filter(demand=demand)
        .select_related("acknowledged_by")
        .order_by("pk")
    )
    reports, case = reports_of(demand), demand.case
    if not (alerts or reports or case.is_major or case.urgency == Urgency.EXTREME):
        return None
    return Urgent(alerts, reports, actor.may(Permission.ALERT_ACKNOWLEDGE, case.scope.path))
