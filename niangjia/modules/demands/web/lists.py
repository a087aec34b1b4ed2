"""诉求台账: every demand in sight, and the cuts of it that figures open into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.engines.casework.models import NEVER
from niangjia.engines.casework.rules import OPEN, Stage, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.days import day_in
from niangjia.kernel.lists.counting import Count
from niangjia.kernel.lists.spec import Chosen, Column, Filter, ListSpec, Sort, register
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.figures import ACCEPTED, DONE, FIRST_TIME, NET, RATED
from niangjia.modules.demands.queries.finding import found, is_common
from niangjia.modules.demands.rules import Channel, HowClosed, Nature
from niangjia.modules.demands.web.marks import asker, left_mark, stage_mark, urgency_mark
from niangjia.modules.organisations.queries.membership import employer_names
from niangjia.modules.organisations.queries.naming import names_of_users
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.queries.zones import names_of_zones
from niangjia.ui.listing import Bulk, Screen
from niangjia.ui.pages import number_in

OPEN_ONES, ENDED_ONES = "open", "ended"
# Ids are given as demands come in, and indexes of what lists narrow to go on by id. Of a period, the moment counts.
BY_RECEIVED = Sort("received_at", "最近登记的在前", (), descending=True)
BY_MOMENT = Sort("received_at", "最近登记的在前", ("case__received_at",), descending=True)
BY_DUE = Sort("due", "最先到期的在前", ("due_first",))
BY_NUMBER = Sort("number", "按编号", ("case__number",), descending=True)
MOST_COUNTED = 500
LOOKED_INTO = 4000
"""Of so few in sight each is looked into for a word that many demands hold."""

Rows = QuerySet[Any]


def by(field: str, read: Callable[[str], Any] = str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: rows.filter(**{field: read(value)})


def by_id(field: str) -> Callable[[Rows, str], Rows]:
    """An id in the address; what is none finds nothing."""
    return lambda rows, value: rows.filter(**{field: number_in(value)})


def flag(**condition: Any) -> Callable[[Rows, str], Rows]:
    return lambda rows, _: rows.filter(**condition)


def by_stage(rows: Rows, value: str) -> Rows:
    if value in (OPEN_ONES, ENDED_ONES):
        stages = narrowing.STAGES_OPEN if value == OPEN_ONES else narrowing.STAGES_ENDED
        return rows.filter(case__stage__in=stages)
    return rows.filter(case__stage=int(value))


def by_rating(rows: Rows, value: str) -> Rows:
    return rows.filter(case__is_satisfied={"yes": True, "no": False, "none": None}[value])


def since(on: str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: narrowing.of_period(rows, day_in(value), None, on=on)


def until(on: str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: narrowing.of_period(rows, None, day_in(value), on=on)


def cut_by(where: Q) -> Callable[[Rows, str], Rows]:
    """As a figure counts."""
    return lambda rows, _: rows.filter(where)


def codes(words: Any) -> list[tuple[str, str]]:
    return [(str(code), label) for code, label in words.choices()]


def kinds(_: Actor) -> list[tuple[str, str]]:
    """Groups, each with its kinds below it."""
    known = catalogue()
    lines = [("-", "未分类")]
    for group in known.groups:
        lines.append((group.code, group.name))
        lines += [(kind.code, f"　{kind.name}") for kind in known.kinds_in(group.code)]
    return lines


def as_rows_say(field: str, names: Callable[[list[int]], dict[int, str]]) -> Callable[[str, Actor], str]:
    """Of an id in the address: its name where a row in sight bears it, else one would learn names by typing numbers."""

    def said(value: str, actor: Actor) -> str:
        pk = number_in(value)
        is_borne = Demand.objects.visible_to(actor).filter(**{field: pk}).exists()
        return (names([pk]).get(pk) if is_borne else None) or "已选定"

    return said


class DemandList(ListSpec):
    name = "demands.demand"
    title = "诉求台账"
    permission = Permission.DEMAND_VIEW
    search_hint = "编号、内容、诉求人、手机号"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("title", "诉求内容", lambda row: row.case.title, template="demands/cells/title.html", phone="title"),
        Column("number", "编号", lambda row: row.case.number, whole=True),
        Column("kind", "类别", lambda row: row.kind_name, whole=True),
        Column("asker", "诉求人", asker, phone="hidden", personal=True),
        Column("stage", "状态", lambda row: stage_mark(row.case)),
        Column("left", "时限", lambda row: left_mark(row.case, row.now), whole=True),
        Column("organisation", "承办单位", lambda row: row.organisation),
        Column("lead", "主办人", lambda row: row.lead_name, phone="hidden", whole=True),
        Column("received_at", "登记时间", lambda row: row.case.received_at, phone="hidden", whole=True),
        Column("channel", "来源", lambda row: Channel(row.channel).label, default=False, phone="hidden"),
        Column("nature", "性质", lambda row: Nature(row.nature).label, default=False, phone="hidden"),
        Column("urgency", "紧急程度", lambda row: urgency_mark(row.case), default=False, phone="hidden"),
        Column("due_at", "到期时间", lambda row: row.case.due_at, default=False, phone="hidden"),
        Column("employer", "用人单位", lambda row: row.employer_name, default=False, phone="hidden"),
        Column("people", "涉及人数", default=False, numeric=True, phone="hidden"),
        Column("ended_at", "办结时间", lambda row: row.case.ended_at, default=False, phone="hidden"),
        Column(
            "how_closed", "办结方式", default=False, phone="hidden",
            value=lambda row: HowClosed(row.how_closed).label if row.how_closed else "",
        ),
    )  # fmt: skip
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter(
            "stage", "状态", apply=by_stage,
            choices=[(OPEN_ONES, "在办（全部）"), *codes(Stage), (ENDED_ONES, "已结（全部）")],
        ),
        Filter("kind", "类别", choices=kinds, apply=narrowing.of_kind),
        Filter("urgency", "紧急程度", choices=codes(Urgency), apply=by("case__urgency", int)),
        Filter("nature", "性质", choices=codes(Nature), apply=by("nature", int)),
        Filter("channel", "来源", choices=codes(Channel), apply=by("channel", int)),
        Filter("since", "登记从", kind="date", apply=since("case__received_at")),
        Filter("until", "到", kind="date", apply=until("case__received_at")),
        Filter("overdue", "已超时", kind="flag", apply=lambda rows, _: narrowing.overdue(rows, timezone.now())),
        Filter("major", "重大", kind="flag", apply=flag(case__is_major=True)),
        Filter("reopened", "重新办理过", kind="flag", quiet=True, apply=flag(case__reopened__gt=0)),
        Filter(
            "soon", "一天内到期", kind="flag", quiet=True,
            apply=lambda rows, _: narrowing.due_before(rows, timezone.now(), timezone.now() + timedelta(days=1)),
        ),
        Filter(
            "today", "今天到期", kind="flag", quiet=True, apply=lambda rows, _: narrowing.due_today(rows, timezone.now())
        ),
        Filter("paused", "暂停计时", kind="flag", quiet=True, apply=flag(case__stage__in=narrowing.STAGES_OPEN, case__paused_at__isnull=False)),
        Filter("paused_before", "暂停早于", kind="date", quiet=True, apply=until("case__paused_at")),
        Filter("handed_back", "退办过", kind="flag", quiet=True, apply=flag(case__hand_backs__gt=0)),
        Filter("urged", "催办过", kind="flag", quiet=True, apply=flag(case__urged__gt=0)),
        Filter(
            "place", "承办单位（本级）", kind="text", quiet=True, label_of=as_rows_say("case__scope", names_of), apply=by_id("case__scope")
        ),
        Filter("lead", "主办人", kind="text", quiet=True, label_of=as_rows_say("case__lead", names_of_users), apply=by_id("case__lead")),
        Filter("no_lead", "没有主办人", kind="flag", quiet=True, apply=flag(case__lead=None)),
        Filter("zone", "片区", kind="text", quiet=True, label_of=as_rows_say("zone", names_of_zones), apply=by_id("zone")),
        Filter(
            "employer", "用人单位", kind="text", quiet=True, label_of=as_rows_say("employer", employer_names),
            apply=by_id("employer"),
        ),
        Filter(
            "how_closed", "办结方式", choices=HowClosed.choices(), quiet=True, apply=by("how_closed"),
        ),
        Filter(
            "satisfied", "满意度", choices=[("yes", "满意"), ("no", "不满意"), ("none", "未评价")], quiet=True,
            apply=by_rating,
        ),
        Filter("on_time", "按时办结", kind="flag", quiet=True, apply=lambda rows, _: narrowing.on_time(rows)),
        Filter("late", "超过时限", kind="flag", quiet=True, apply=lambda rows, _: narrowing.late(rows, timezone.now())),
        Filter("with_sums", "有追回金额", kind="flag", quiet=True, apply=flag(recovered_fen__gt=0)),
        Filter("at_once", "一次办结", kind="flag", quiet=True, apply=flag(is_closed_at_once=True)),
        Filter("accepted", "已受理", kind="flag", quiet=True, apply=cut_by(ACCEPTED)),
        Filter("net", "受理（不含并案、不予受理）", kind="flag", quiet=True, apply=cut_by(NET)),
        Filter("done", "已办结", kind="flag", quiet=True, apply=cut_by(DONE)),
        Filter("rated", "作了评价", kind="flag", quiet=True, apply=cut_by(RATED)),
        Filter("first_time", "一次解决", kind="flag", quiet=True, apply=cut_by(FIRST_TIME)),
        Filter("plain", "不含保密", kind="flag", quiet=True, apply=flag(case__is_confidential=False)),
        Filter("no_zone", "不在片区", kind="flag", quiet=True, apply=flag(zone=None)),
        Filter("accepted_since", "受理从", kind="date", quiet=True, apply=since("case__accepted_at")),
        Filter("accepted_until", "受理到", kind="date", quiet=True, apply=until("case__accepted_at")),
        Filter("ended_since", "办结从", kind="date", quiet=True, apply=since("case__ended_at")),
        Filter("ended_until", "办结到", kind="date", quiet=True, apply=until("case__ended_at")),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (BY_RECEIVED, BY_DUE, BY_NUMBER)

    def rows(self, actor: Actor) -> Rows:
        rows: Rows = with_due(Demand.objects.visible_to(actor))
        return rows

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        if not is_common(text):
            return found(rows, text)
        near = list(rows.order_by().values_list("pk", flat=True)[: LOOKED_INTO + 1])
        if len(near) > LOOKED_INTO:
            return found(rows, text)
        few = type(rows)(rows.model, using=rows.db).filter(pk__in=near)
        said: Rows = with_due(found(few, text, one_by_one=True))
        return said

    def sort_of(self, chosen: Chosen) -> Sort:
        sort = super().sort_of(chosen)
        return BY_MOMENT if sort is BY_RECEIVED and chosen.filters.keys() & {"since", "until"} else sort

    def counted(self, rows: Rows, chosen: Chosen, actor: Actor, within: str | None) -> tuple[Count, Rows]:
        """Few rows are named: a walk through the newest would meet them late or never, and one look is enough."""
        pks = list(rows.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
        if len(pks) > MOST_COUNTED:
            return Count(MOST_COUNTED, exact=False), rows
        return Count(len(pks)), with_due(type(rows)(rows.model, using=rows.db).filter(pk__in=pks))

    def dressed(self, rows: Rows) -> Rows:
        unread = ("body", "words", "asker_phone", "suggested", "case__limits", "case__lead__phone")
        dressed: Rows = with_due(rows).select_related("case__lead").defer(*unread)
        return dressed

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names, known, now = names_of({row.case.scope_id for row in rows}), catalogue(), timezone.now()
        for row in rows:
            row.now = now
            row.organisation = names.get(row.case.scope_id, "")
            row.kind_name = known.label_of(row.kind)
            row.lead_name = row.case.lead.name if row.case.lead else "待分派" if row.case.stage in OPEN else ""
            row.urgent_word = Urgency(row.case.urgency).label
        return rows


def with_due(rows: Any) -> Any:
    """What isn't running is due last; lists sort by no nulls. There is an index over this very expression."""
    return rows.annotate(due_first=Coalesce("case__due_at", Value(NEVER)))


ASSIGN = Bulk("分派", "demands:demands_assign", Permission.DEMAND_ACCEPT, icon="user-plus", text="下一步选择交给谁办。")
BULK = (
    Bulk(
        "受理", "demands:demands_accept", Permission.DEMAND_ACCEPT, icon="circle-check",
        text="逐件受理；哪一件不能受理会逐条说明。",
    ),
    ASSIGN,
    Bulk(
        "催办", "demands:demands_urge", Permission.DEMAND_SUPERVISE, icon="bell-ringing",
        text="主办人会收到您写的话。", reason=True,
    ),
)  # fmt: skip

DEMANDS = Screen(
    register(DemandList()),
    row_url=lambda row: reverse("demands:demand", args=[row.pk]),
    bulk=BULK,
    empty_title="还没有诉求",
    empty_text="从热线、窗口、手机和走访来的诉求都会出现在这里。先登记第一件吧。",
    empty_href=reverse_lazy("demands:record"),  # type: ignore[arg-type]
    empty_action="登记诉求",
    template="demands/demand_list.html",
)
