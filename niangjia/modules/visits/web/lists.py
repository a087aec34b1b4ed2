"""The lists of visits and of what they found, and the employers that were or were not visited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.engines.casework.web.wording import STAGE_TONES
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.days import day_in
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.spec import Chosen, Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.queries.employers import at_place, grounds_to_filter
from niangjia.modules.organisations.queries.ground import employers_seen, townships_under
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.models import Finding, FollowUp, RecordProposal, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.employers import in_words, key_on, last_visits
from niangjia.modules.visits.queries.kinds import kind_name, kind_names, kinds_at
from niangjia.modules.visits.queries.narrowing import PLAIN, TIMES, looks_of, of_period, with_findings
from niangjia.modules.visits.queries.people import names_of_users
from niangjia.modules.visits.rules import EMPLOYER_FIELDS, Outcome, PlaceState, ProposalState
from niangjia.modules.visits.web.marks import ago, follow_up_mark, looks_mark, outcome_mark, place_mark, proposal_mark
from niangjia.ui.listing import Mark, Screen
from niangjia.ui.pages import number_in

Rows = QuerySet[Any]
REASON = "what belongs to rows in sight"
MOST_CHOICES = 60


def by_id(field: str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: rows.filter(**{field: number_in(value)})


def flag(**condition: Any) -> Callable[[Rows, str], Rows]:
    return lambda rows, _: rows.filter(**condition)


def since(on: str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: of_period(rows, day_in(value), None, on=on)


def until(on: str) -> Callable[[Rows, str], Rows]:
    return lambda rows, value: of_period(rows, None, day_in(value), on=on)


def under(rows: Any, value: str) -> Rows:
    """At a place and under it, as the figures count."""
    path = Scope.objects.filter(pk=number_in(value)).values_list("path", flat=True).first()
    return rows.under(str(path)) if path else rows.none()  # type: ignore[no-any-return]


def chosen_one(_: str, __: Actor) -> str:
    """Of an id in the address: whoever typed it may not know of whom it is, so its name isn't said."""
    return "已选定"


def townships(actor: Actor) -> list[tuple[str, str]]:
    found = {row.pk: row.name for path in actor.paths(Permission.VISIT_VIEW) for row in townships_under(path)}
    return [(str(pk), name) for pk, name in list(found.items())[:MOST_CHOICES]]


def kinds(actor: Actor) -> list[tuple[str, str]]:
    found = {
        kind.code: kind.name for path in actor.paths(Permission.VISIT_VIEW) for kind in kinds_at(path, stopped=True)
    }
    return list(found.items())


def search(field: str) -> Callable[[Rows, str], Rows]:
    def found(rows: Rows, text: str) -> Rows:
        if len(text) < 2:  # noqa: PLR2004 - one letter means nothing
            raise Refused("visits.search", "请至少输入两个字。", "q")
        return rows.filter(
            Q(**{f"{field}employer__name__contains": text}) | Q(**{f"{field}user__name__contains": text})
        )

    return found


class VisitList(ListSpec):
    name = "visits.visit"
    title = "走访记录"
    permission = Permission.VISIT_VIEW
    search_hint = "单位名称、走访人"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("employer", "单位", lambda row: row.employer.name, phone="title"),
        Column("arrived_at", "到达", whole=True),
        Column("user", "走访人", lambda row: row.who, whole=True),
        Column("kind", "类型", lambda row: row.kind_name, whole=True),
        Column("looks", "五看", lambda row: row.looks),
        Column("findings", "发现", lambda row: row.spoken or "", numeric=True),
        Column("passed_on", "转办", lambda row: row.passed or "", numeric=True, phone="hidden"),
        Column("place", "定位", lambda row: place_mark(row.place_state)),
        Column("organisation", "所在镇街", lambda row: row.organisation, phone="hidden"),
        Column("key", "重点企业", lambda row: Mark("重点", "info") if row.is_key else "", phone="hidden"),
        Column("people", "谈话人数", lambda row: row.spoken_with_count, numeric=True, default=False, phone="hidden"),
        Column("left_at", "离开", default=False, phone="hidden"),
        Column("place_note", "定位说明", default=False, phone="hidden"),
        Column("summary", "小结", default=False, phone="hidden", personal=True),
        Column("handed_in_at", "交回时间", default=False, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("kind", "类型", choices=kinds, apply=lambda rows, value: rows.filter(kind=value)),
        Filter("township", "镇街", choices=townships, apply=by_id("scope")),
        Filter("since", "从", kind="date", apply=since("arrived_at")),
        Filter("until", "到", kind="date", apply=until("arrived_at")),
        Filter("with", "发现", choices=[("any", "有发现"), ("passed", "有转办"), ("poor", "有看着差的"), ("none", "没有发现")], apply=with_findings),
        Filter("located", "定位", choices=PlaceState.choices(), apply=lambda rows, value: rows.filter(place_state=value)),
        Filter("key", "重点企业", kind="flag", apply=flag(is_key=True)),
        Filter("mine", "我去的", kind="text", quiet=True, label_of=chosen_one, apply=lambda rows, value: rows.filter(Q(user=number_in(value)) | Q(companions__contains=[number_in(value)]))),
        Filter("officer", "走访人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("user")),
        Filter("employer", "单位", kind="text", quiet=True, label_of=chosen_one, apply=by_id("employer")),
        Filter("group", "小组", kind="text", quiet=True, label_of=chosen_one, apply=lambda rows, value: rows.filter(posting__group=number_in(value) or None)),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=under),
        Filter("stay", "蹲点", kind="text", quiet=True, label_of=chosen_one, apply=by_id("stay")),
        Filter("counted", "按家次（同一小时的合计一次）", kind="flag", quiet=True, apply=lambda rows, _: rows.filter(TIMES)),
        Filter("clock", "手机时间不准", kind="flag", quiet=True, apply=lambda rows, _: rows.exclude(clock_off_seconds=0)),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("arrived_at", "最近走访的在前", ("arrived_at",), descending=True),
        Sort("handed_in_at", "最近交回的在前", ("handed_in_at",), descending=True),
        Sort("oldest", "最早走访的在前", ("arrived_at",)),
    )

    def rows(self, actor: Actor) -> Rows:
        return Visit.objects.visible_to(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        return search("")(rows, text)

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("employer", "user").defer("answers", "chosen_over", "user__phone")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        pks = [row.pk for row in rows]
        looks = looks_of(pks)
        told = Finding.objects.visible_to(actor).filter(visit__in=pks).values("visit_id").order_by()
        counts = {
            row["visit_id"]: row
            for row in told.annotate(n=Count("pk"), passed=Count("pk", filter=Q(outcome=Outcome.PASSED_ON)))
        }
        names, own = names_of({row.scope_id for row in rows}), kind_names({row.kind for row in rows})
        others = names_of_users(pk for row in rows for pk in row.companions)
        for row in rows:
            row.looks = looks_mark(looks[row.pk])
            row.spoken = counts.get(row.pk, {}).get("n", 0)
            row.passed = counts.get(row.pk, {}).get("passed", 0)
            row.organisation = names.get(row.scope_id, "")
            row.kind_name = kind_name(row.kind, own)
            row.who = "、".join([row.user.name, *(others[pk] for pk in row.companions if pk in others)])
        return rows


VISITS = Screen(
    register(VisitList()),
    row_url=lambda row: reverse("visits:visit", args=[row.pk]),
    empty_title="还没有走访记录",
    empty_text="打开“现场走访”，到单位后点“到达”，交回的走访就会出现在这里。",
    empty_href=reverse_lazy("visits:field"),  # type: ignore[arg-type]
    empty_action="去现场走访",
    template="visits/visit_list.html",
)


class FindingList(ListSpec):
    name = "visits.finding"
    title = "走访发现"
    permission = Permission.VISIT_VIEW
    search_hint = "发现的内容、单位名称"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("text", "发现", phone="title"),
        Column("outcome", "处理", lambda row: outcome_mark(row.outcome)),
        Column("stage", "诉求状态", lambda row: row.stage),
        Column("employer", "单位", lambda row: row.visit.employer.name),
        Column("at", "走访日期", lambda row: timezone.localdate(row.visit.arrived_at), whole=True),
        Column("user", "走访人", lambda row: row.visit.user.name, phone="hidden", whole=True),
        Column("organisation", "所在镇街", lambda row: row.organisation, phone="hidden"),
        Column("people", "涉及人数", numeric=True, default=False, phone="hidden"),
        Column("explanation", "怎样解释的", default=False, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("outcome", "处理", choices=[(str(code), label) for code, label in Outcome.choices()], apply=by_id("outcome")),
        Filter("township", "镇街", choices=townships, apply=by_id("visit__scope")),
        Filter("since", "从", kind="date", apply=since("visit__arrived_at")),
        Filter("until", "到", kind="date", apply=until("visit__arrived_at")),
        Filter("employer_asks", "单位提出的", kind="flag", apply=flag(by_employer=True)),
        Filter("officer", "走访人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("visit__user")),
        Filter("employer", "单位", kind="text", quiet=True, label_of=chosen_one, apply=by_id("visit__employer")),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=under),
        Filter("plain", "不含保密", kind="flag", quiet=True, apply=lambda rows, _: rows.filter(PLAIN)),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("at", "最近走访的在前", ("visit__arrived_at",), descending=True),
        Sort("people", "涉及人数多的在前", ("people",), descending=True),
    )

    def rows(self, actor: Actor) -> Rows:
        return Finding.objects.visible_to(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        if len(text) < 2:  # noqa: PLR2004 - one letter means nothing
            raise Refused("visits.search", "请至少输入两个字。", "q")
        return rows.filter(Q(text__contains=text) | Q(visit__employer__name__contains=text))

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("visit__employer", "visit__user").defer(
            "asker_name", "asker_phone", "visit__answers", "visit__user__phone"
        )

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        stages = stages_told([row.case_id for row in rows], actor)
        names = names_of({row.visit.scope_id for row in rows})
        for row in rows:
            row.stage = stages.get(row.case_id, "")
            row.organisation = names.get(row.visit.scope_id, "")
        return rows


def stages_told(case_ids: list[Any], actor: Actor) -> dict[int, Mark]:
    """Of the demands that the reader may know of."""
    rows = Case.objects.visible_to(actor).filter(pk__in=[pk for pk in case_ids if pk])
    return {
        pk: Mark(Stage(stage).label, STAGE_TONES.get(Stage(stage), "neutral"))
        for pk, stage in rows.values_list("pk", "stage")
    }


FINDINGS = Screen(
    register(FindingList()),
    row_url=lambda row: reverse("visits:visit", args=[row.visit_id]),
    empty_title="还没有走访发现",
    empty_text="走访时记下职工说的话：能当场解释的写下怎样解释的，不能的转为诉求。",
    empty_href=reverse_lazy("visits:visit_list"),  # type: ignore[arg-type]
    empty_action="看走访记录",
)


class CoveredList(ListSpec):
    """Employers, by whether somebody was there in the period."""

    name = "visits.covered"
    title = "单位走访情况"
    permission = Permission.VISIT_VIEW
    search_hint = "单位名称"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("name", "单位", phone="title"),
        Column("division", "所在镇街", lambda row: row.division.name),
        Column("last", "上次走访", lambda row: row.last),
        Column("days", "距今", lambda row: ago(row.days)),
        Column("key", "重点企业", lambda row: Mark("重点", "info") if row.is_key else ""),
        Column("headcount", "职工人数", numeric=True, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("visited", "期内", choices=[("yes", "走访过"), ("no", "没有走访")], apply=lambda rows, _: rows),
        Filter("since", "从", kind="date", apply=lambda rows, _: rows),
        Filter("until", "到", kind="date", apply=lambda rows, _: rows),
        Filter("division", "镇街", choices=grounds_to_filter, apply=at_place),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=under),
    )
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("headcount", "职工多的在前", ("headcount",), descending=True),
        Sort("name", "按名称", ("name_key",)),
    )

    def rows(self, actor: Actor) -> Rows:
        return employers_seen(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        return rows.filter(name__contains=text)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> Rows:
        rows = super().narrowed(chosen, actor, within)
        visited = chosen.filters.get("visited", "")
        if visited != "yes":
            rows = rows.filter(closed_on=None)
        if not visited:
            return rows
        visits = of_period(
            Visit.objects.visible_to(actor), day_in(chosen.filters.get("since", "")), day_in(chosen.filters.get("until", ""))
        )  # fmt: skip
        place = chosen.filters.get("place") or ""
        visits = under(visits, place) if place else visits
        there = Exists(visits.filter(employer=OuterRef("pk")))
        return rows.filter(there if visited == "yes" else ~there)

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("division")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        last, today = last_visits([row.pk for row in rows]), timezone.localdate()
        keys = key_on([row.pk for row in rows], today)
        for row in rows:
            row.last = timezone.localdate(last[row.pk]) if row.pk in last else None
            row.days = (today - row.last).days if row.last else None
            row.is_key = row.pk in keys
        return rows


COVERED = Screen(
    register(CoveredList()),
    row_url=lambda row: reverse("organisations:employer", args=[row.pk]),
    empty_title="没有这样的单位",
    empty_text="换一段时间或镇街再看。",
)


class ProposalList(ListSpec):
    name = "visits.proposal"
    title = "资料更新建议"
    permission = Permission.VISIT_VIEW
    columns: ClassVar[tuple[Column, ...]] = (
        Column("employer", "单位", lambda row: row.visit.employer.name, phone="title"),
        Column("field", "项目", lambda row: EMPLOYER_FIELDS.get(row.field, row.field)),
        Column("old", "原来", lambda row: in_words(row.field, row.old)),
        Column("new", "走访所见", lambda row: in_words(row.field, row.new)),
        Column("state", "处理", lambda row: proposal_mark(row.state)),
        Column("at", "走访日期", lambda row: timezone.localdate(row.visit.arrived_at), whole=True),
        Column("user", "走访人", lambda row: row.visit.user.name, phone="hidden", whole=True),
        Column("answer", "答复", default=False, phone="hidden"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("state", "处理", choices=[(str(code), label) for code, label in ProposalState.choices()], apply=by_id("state")),
        Filter("township", "镇街", choices=townships, apply=by_id("visit__scope")),
        Filter("officer", "走访人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("visit__user")),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (Sort("new", "新的在前", (), descending=True),)

    def rows(self, actor: Actor) -> Rows:
        return RecordProposal.objects.visible_to(actor)

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("visit__employer", "visit__user").defer("visit__answers", "visit__user__phone")


PROPOSALS = Screen(
    register(ProposalList()),
    row_url=lambda row: reverse("visits:visit", args=[row.visit_id]),
    empty_title="没有更新建议",
    empty_text="走访时问到的人数、地址、建会情况与登记的不同，会在这里等您确认。",
)


class FollowUpList(ListSpec):
    name = "visits.follow_up"
    title = "待回看"
    permission = Permission.VISIT_VIEW
    columns: ClassVar[tuple[Column, ...]] = (
        Column("what", "看什么", phone="title"),
        Column("employer", "单位", lambda row: row.visit.employer.name),
        Column("due_on", "最晚", whole=True),
        Column("state", "状态", lambda row: follow_up_mark(row, timezone.localdate())),
        Column("at", "上次走访", lambda row: timezone.localdate(row.visit.arrived_at), whole=True, phone="hidden"),
        Column("user", "走访人", lambda row: row.visit.user.name, phone="hidden", whole=True),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("open", "还没回看", kind="flag", apply=flag(done_by=None, dropped_at=None)),
        Filter("overdue", "已超期", kind="flag", apply=lambda rows, _: rows.filter(done_by=None, dropped_at=None, due_on__lt=timezone.localdate())),
        Filter("township", "镇街", choices=townships, apply=by_id("visit__scope")),
        Filter("officer", "走访人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("visit__user")),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("due_on", "最先到期的在前", ("due_on",)),
        Sort("new", "新的在前", (), descending=True),
    )

    def rows(self, actor: Actor) -> Rows:
        return FollowUp.objects.visible_to(actor)

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("visit__employer", "visit__user").defer("visit__answers", "visit__user__phone")


FOLLOW_UPS = Screen(
    register(FollowUpList()),
    row_url=lambda row: reverse("visits:visit", args=[row.visit_id]),
    empty_title="没有要回看的",
    empty_text="走访时看着差的、答了“拖欠”之类的，会到期提醒再去看一次。",
)
