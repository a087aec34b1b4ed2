"""Writing 紧急信息 to the leaders and the union above, numbered without a gap; a further one is a 续报."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework.actions.placing import call_to, write_line
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.demands.models import UrgentReport
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.demands import demand_in_sight
from niangjia.modules.demands.queries.urgent_reports import addressees
from niangjia.modules.organisations.queries.organisations import names_of

LONGEST = 1000
LABELS = {
    "when": "时间", "where": "地点", "what": "事由", "people": "涉及人数", "done": "已采取的措施", "next_steps": "下一步",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What leaders need to know, part by part."""

    when: str
    where: str
    what: str
    people: str
    done: str
    next_steps: str


def write_urgent_report(demand_id: int, *, report: Report, actor: Actor, now: datetime) -> UrgentReport:
    """Whoever is addressed is told and may look at it. Raises Missing, NotPermitted, Refused for an empty part."""
    demand = demand_in_sight(demand_id, actor)
    case = demand.case
    if not actor.may(Permission.ALERT_ACKNOWLEDGE, case.scope.path):
        raise NotPermitted
    text = written(report)
    with transaction.atomic():
        whom = [one for one in addressees(demand, now=now) if one.user.pk != actor.user_id]
        if not whom:
            raise Refused("urgent_report.nobody", "没有可以报送的领导：请先在干部管理里任命分管领导或主席。")
        number = _next_number(names_of([case.scope_id]).get(case.scope_id, "工会"), now)
        follows = demand.urgent_reports.count()
        row: UrgentReport = UrgentReport.objects.create(
            demand=demand, number=number, text=text, to=[[one.user.pk, one.user.name, one.what] for one in whom],
            made_by_name=actor.name, at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, verb="demands.urgent_report.written", subject=row, path=case.scope.path,
            after=audit.snapshot(row), now=now,
        )  # fmt: skip
        title = f"紧急信息{f'（续报{follows}）' if follows else ''}"
        said = "、".join(f"{one.what}{one.user.name}" for one in whom)
        write_line(case.pk, text=f"{title} {number}，报送：{said}", actor=actor, now=now)
        for one in whom:
            call_to(case.pk, one.user.pk, now=now)
        notify(
            [one.user.pk for one in whom],
            title=f"{title}：{case.number if case.is_confidential else case.title}"[:100],
            body="" if case.is_confidential else text[:300], url=reverse("demands:urgent_report", args=[row.pk]), now=now,
        )  # fmt: skip
    return row


def written(report: Report) -> str:
    """One part a line with its label. Raises Refused naming the part that is missing."""
    lines = []
    for part in fields(Report):
        said = " ".join(str(getattr(report, part.name)).split())
        if not said:
            raise Refused("urgent_report.empty", f"请填写{LABELS[part.name]}；还不清楚的写“正在核实”。", part.name)
        if len(said) > LONGEST:
            raise Refused("urgent_report.long", f"{LABELS[part.name]}最多 {LONGEST} 字。", part.name)
        lines.append(f"{LABELS[part.name]}：{said}")
    return "\n".join(lines)


def _next_number(organisation: str, now: datetime) -> str:
    prefix = f"{organisation[:20]}紧急信息〔{timezone.localdate(now).year}〕"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('demands.urgent_report'), hashtext(%s))", [prefix])
    rows = UrgentReport.objects.unscoped(reason="the next number of a series, whoever wrote those before")
    return f"{prefix}{rows.filter(number__startswith=prefix).count() + 1}号"
