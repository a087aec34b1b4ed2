"""The lists of stays and of risks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.days import LATEST, day_in
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.models import Risk, Stay
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.stays import helped_in, stay_state
from niangjia.modules.visits.rules import RiskLevel
from niangjia.modules.visits.web.lists import by_id, chosen_one, flag, townships, under
from niangjia.ui.listing import Mark, Screen
from niangjia.ui.pages import number_in

Rows = QuerySet[Any]
LEVEL_TONES = {RiskLevel.HIGH: "error", RiskLevel.MEDIUM: "warning", RiskLevel.LOW: "neutral"}
SHORTEST = 2
A_DAY = timedelta(days=1)


def level_mark(level: int) -> Mark:
    known = RiskLevel(level)
    return Mark(f"{known.label}风险", LEVEL_TONES[known])


def risk_mark(row: Any, today: Any) -> Mark:
    """Where it stands."""
    if row.closed_at is not None:
        return Mark("已销号", "success")
    if row.due_on is not None and row.due_on < today:
        return Mark(f"超期 {(today - row.due_on).days} 天", "error")
    return Mark("已报上级", "info") if row.reported_at is not None else Mark("跟进中", "warning")


def _by_state(rows: Rows, value: str) -> Rows:
    today = timezone.localdate()
    if value == "ended":
        return rows.filter(ended_at__isnull=False)
    going = rows.filter(ended_at=None)
    if value == "coming":
        return going.filter(from_on__gt=today)
    return (
        going.filter(until_on__lte=today) if value == "late" else going.filter(from_on__lte=today, until_on__gt=today)
    )


def _since(rows: Rows, value: str) -> Rows:
    day = day_in(value)
    return rows.filter(until_on__gt=day) if day else rows


def _until(rows: Rows, value: str) -> Rows:
    day = day_in(value)
    return rows.filter(from_on__lte=day) if day else rows


class StayList(ListSpec):
    name = "visits.stay"
    title = "蹲点"
    permission = Permission.VISIT_VIEW
    search_hint = "名称、地点"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("title", "名称", phone="title"),
        Column("place", "地点"),
        Column("state", "状态", lambda row: Mark(*stay_state(row, timezone.localdate()))),
        Column("leader", "组长", lambda row: row.leader.name, whole=True),
        Column("team", "人数", lambda row: len(row.team) + 1, numeric=True, phone="hidden"),
        Column("from_on", "开始", whole=True),
        Column("last_on", "最后一天", lambda row: row.until_on - A_DAY, whole=True),
        Column("unions", "帮助工会", lambda row: row.unions or "", numeric=True),
        Column("members", "帮助会员", lambda row: row.members or "", numeric=True),
        Column("organisation", "单位", lambda row: row.organisation, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("state", "状态", choices=[("going", "进行中"), ("coming", "未开始"), ("late", "到期未交报告"), ("ended", "已结束")], apply=_by_state),
        Filter("since", "从", kind="date", apply=_since),
        Filter("until", "到", kind="date", apply=_until),
        Filter("officer", "参加人", kind="text", quiet=True, label_of=chosen_one, apply=lambda rows, value: rows.filter(Q(leader=number_in(value)) | Q(team__contains=[number_in(value)]))),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=under),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("from_on", "最近开始的在前", ("from_on",), descending=True),
        Sort("ending", "最先结束的在前", ("until_on",)),
    )

    def rows(self, actor: Actor) -> Rows:
        return Stay.objects.visible_to(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        if len(text) < SHORTEST:
            raise Refused("visits.search", "请至少输入两个字。", "q")
        return rows.filter(Q(title__contains=text) | Q(place__contains=text))

    def dressed(self, rows: Rows) -> Rows:
        shown: Rows = rows.select_related("leader").defer("report", "leader__phone")
        return shown.annotate(unions=helped_in("unions"), members=helped_in("members"))  # type: ignore[no-any-return]

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        return _with_places(rows)


STAYS = Screen(
    register(StayList()),
    row_url=lambda row: reverse("visits:stay", args=[row.pk]),
    empty_title="还没有蹲点",
    empty_text="定下去哪里、谁去、多长时间、要办成什么，蹲点期间的走访和成果都会归到一起。",
    empty_href=reverse_lazy("visits:stay_add"),  # type: ignore[arg-type]
    empty_action="安排蹲点",
    template="visits/stays/list.html",
)


def by_risk_state(rows: Rows, value: str) -> Rows:
    if value == "closed":
        return rows.filter(closed_at__isnull=False)
    left = rows.filter(closed_at=None)
    return left.filter(due_on__lt=timezone.localdate()) if value == "late" else left


class RiskList(ListSpec):
    name = "visits.risk"
    title = "稳定风险"
    permission = Permission.VISIT_VIEW
    search_hint = "单位名称、风险内容"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("employer", "单位", lambda row: row.employer.name, phone="title"),
        Column("level", "等级", lambda row: level_mark(row.level)),
        Column("what", "什么风险"),
        Column("state", "状态", lambda row: risk_mark(row, timezone.localdate())),
        Column("owner", "负责人", lambda row: row.owner.name, whole=True),
        Column("due_on", "期限", whole=True),
        Column("reported_at", "报告上级", phone="hidden"),
        Column("organisation", "所在镇街", lambda row: row.organisation, phone="hidden"),
        Column("closed_because", "怎样化解", default=False, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("level", "等级", choices=[(str(code), f"{label}风险") for code, label in RiskLevel.choices()], apply=by_id("level")),
        Filter("state", "状态", choices=[("open", "未销号"), ("late", "已超期"), ("closed", "已销号")], apply=by_risk_state),
        Filter("township", "镇街", choices=townships, apply=by_id("scope")),
        Filter("reported", "已报上级", kind="flag", apply=flag(reported_at__isnull=False)),
        Filter("officer", "负责人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("owner")),
        Filter("employer", "单位", kind="text", quiet=True, label_of=chosen_one, apply=by_id("employer")),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=under),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("level", "等级高的在前", ("level",), descending=True),
        Sort("due_on", "最先到期的在前", ("due_first",)),
        Sort("new", "新的在前", (), descending=True),
    )

    def rows(self, actor: Actor) -> Rows:
        return Risk.objects.visible_to(actor).annotate(due_first=Coalesce("due_on", Value(LATEST)))

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        if len(text) < SHORTEST:
            raise Refused("visits.search", "请至少输入两个字。", "q")
        return rows.filter(Q(employer__name__contains=text) | Q(what__contains=text))

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("employer", "owner").defer("owner__phone")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        return _with_places(rows)


def _with_places(rows: list[Any]) -> list[Any]:
    names = names_of({row.scope_id for row in rows})
    for row in rows:
        row.organisation = names.get(row.scope_id, "")
    return rows


RISKS = Screen(
    register(RiskList()),
    row_url=lambda row: reverse("visits:risk", args=[row.pk]),
    empty_title="没有登记的稳定风险",
    empty_text="稳定排查时答了欠薪、裁员、断保、聚集的会自动登记，也可以直接登记。",
    template="visits/risks/list.html",
)
