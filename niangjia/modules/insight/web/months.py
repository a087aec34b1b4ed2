"""月交流: the page a group sits before, its minutes, and the tasks that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.web.fields import MomentField, WordsField
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.insight import papers
from niangjia.modules.insight.queries.months import facts_told, month_facts
from niangjia.modules.insight.web.sending import send_paper
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.meetings import (
    Decision,
    Presence,
    Present,
    close_meeting,
    finish_meeting_task,
    move_meeting,
    note_meeting,
    open_meeting,
)
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.meetings import (
    groups_to_meet,
    last_day_of,
    mark_of,
    may_lead,
    meeting_in_sight,
    meetings_in_sight,
    own_tasks,
    people_for_tasks,
    places_to_meet,
    postings_of_meeting,
    task_in_sight,
    task_line,
    tasks_in_sight,
    with_tasks_counted,
)
from niangjia.ui.forms import DayField
from niangjia.ui.listing import Mark, Screen, show_list
from niangjia.ui.pages import actor_of, form_page, sent

ROWS, SHOWN_ROWS = 12, 3
LATEST_TASKS = 50


def group_of(row: Any) -> str:
    return row.group.name if row.group else "全体"


class MeetingList(ListSpec):
    name, title, permission = "visits.meeting", "月交流", Permission.VISIT_VIEW
    columns = (
        Column("month", "月份", value=lambda row: f"{row.month:%Y}年{row.month.month}月", phone="title"),
        Column("group", "小组", value=group_of),
        Column("held_at", "开会时间"),
        Column("place", "地点", phone="hidden"),
        Column(
            "state", "状态", value=lambda row: Mark("已结束", "success") if row.closed_at else Mark("准备中", "info")
        ),
        Column("tasks", "定下的任务", value=lambda row: row.all_tasks),
        Column("left", "没完成的", value=lambda row: row.open_tasks),
    )
    filters = (
        Filter("open", "还没结束", kind="flag", apply=lambda rows, _: rows.filter(closed_at=None)),
        Filter(
            "since",
            "自",
            kind="date",
            apply=lambda rows, day: rows.filter(month__gte=date.fromisoformat(day).replace(day=1)),
        ),
    )
    sorts = (Sort("month", "最近的在前", ("month", "held_at"), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return meetings_in_sight(actor)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return with_tasks_counted(rows)


SCREEN = Screen(
    register(MeetingList()),
    row_url=lambda row: reverse("insight:meeting", args=[row.pk]),
    empty_title="还没有开过月交流会",
    empty_text="选一个小组和月份，上月任务、走访、诉求、热点和风险会自动备好。",
    template="insight/months/meeting_list.html",
)


@requires(Permission.VISIT_VIEW)
@require_GET
def meeting_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, SCREEN, context={"may_open": bool(meeting_choices(actor_of(request)))})


def meeting_choices(actor: Actor) -> list[tuple[str, str]]:
    """'g17' a group, 's3' all officers of a place."""
    groups = groups_to_meet(actor)
    places = places_to_meet(actor)
    names = names_of({*places, *(group.scope_id for group in groups)})
    many = len({group.scope_id for group in groups} | set(places)) > 1

    def of(scope_id: int) -> str:
        return f"（{names.get(scope_id, '')}）" if many else ""

    return [
        *((f"g{group.pk}", f"{group.name}{of(group.scope_id)}") for group in groups),
        *((f"s{pk}", f"全体驻联干部{of(pk)}") for pk in places),
    ]


class MonthField(forms.CharField):
    """'2026-11' → its first day."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=7, widget=forms.TextInput(attrs={"type": "month"}), **more)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            first = date.fromisoformat(f"{text}-01")
        except ValueError:
            first = None
        if first is None or not 2000 <= first.year <= 2199:  # noqa: PLR2004
            raise forms.ValidationError("请选择月份，例如 2026-11。")
        return first


class OpenForm(forms.Form):
    who = forms.ChoiceField(label="哪个小组")
    month = MonthField(label="看哪个月", help_text="会上看这个月的走访和诉求，一般是上个月。")
    held_at = MomentField(label="开会时间")
    place = forms.CharField(label="地点", max_length=60, required=False)

    def __init__(self, *given: Any, choices: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["who"].choices = choices  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    held_at = MomentField(label="开会时间")
    place = forms.CharField(label="地点", max_length=60, required=False)


@requires(Permission.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def meeting_open(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.localtime()
    choices = meeting_choices(actor)
    if not choices:
        raise NotPermitted("交流会由小组长或县总的同志召集。")
    before = now.date().replace(day=1).toordinal() - 1
    usual = {"month": f"{date.fromordinal(before):%Y-%m}", "held_at": now.replace(minute=0, second=0)}
    form = OpenForm(request.POST or None, choices=choices, initial=usual)
    groups = {f"g{group.pk}": group for group in groups_to_meet(actor)}
    made: list[Any] = []

    def act(said: dict[str, Any]) -> None:
        group = groups.get(said["who"])
        scope_id = group.scope_id if group else int(said["who"][1:])
        made.append(
            open_meeting(
                scope_id=scope_id, group_id=group.pk if group else None, month=said["month"], held_at=said["held_at"],
                place=said["place"], actor=actor, now=now,
            )
        )  # fmt: skip

    if sent(form, act):
        return redirect("insight:meeting", made[0].pk)
    return form_page(
        request, form, title="开一次交流会", act="备好会议页", back=reverse("insight:meeting_list"), crumb="月交流"
    )


class MinutesForm(forms.Form):
    """Minutes, who was there, what was decided, what goes on."""

    was_overtaken = False  # by somebody else's, which is then shown beside

    minutes = WordsField(label="会议记录", max_length=10_000, rows=10, required=False)
    guests = forms.CharField(
        label="其他参会的人",
        max_length=500,
        required=False,
        help_text="部门或姓名，用顿号隔开，例如：县人社局、何律师。",
    )

    def __init__(
        self, *given: Any, members: Mapping[int, str], owners: list[tuple[int, str]], left: list[Any], **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self.members, self.left = members, left
        for pk, name in members.items():
            self.fields[f"presence_{pk}"] = forms.TypedChoiceField(
                label=name, choices=Presence.choices(), coerce=int, initial=int(Presence.PRESENT)
            )
        for number in range(ROWS):
            self.fields[f"text_{number}"] = forms.CharField(
                label=f"第 {number + 1} 条任务", max_length=300, required=False
            )
            self.fields[f"user_{number}"] = forms.TypedChoiceField(
                label="谁办", choices=[("", "请选择"), *owners], coerce=int, empty_value=None, required=False
            )
            self.fields[f"due_{number}"] = DayField(label="哪天前", required=False)
        for task in left:
            self.fields[f"carry_{task['pk']}"] = forms.BooleanField(label="转到下次会前", required=False)
            self.fields[f"carry_due_{task['pk']}"] = DayField(label="新的期限", required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for number in range(ROWS):
            text, user, due = (said.get(f"{name}_{number}") for name in ("text", "user", "due"))
            if text and not user and f"user_{number}" not in self.errors:
                self.add_error(f"user_{number}", "请选择谁办。")
            if text and not due and f"due_{number}" not in self.errors:
                self.add_error(f"due_{number}", "请填哪天前办完。")
            if (user or due) and not text:
                self.add_error(f"text_{number}", "请写明任务，或把这一行清空。")
        for task in self.left:
            if said.get(f"carry_{task['pk']}") and not said.get(f"carry_due_{task['pk']}"):
                self.add_error(f"carry_due_{task['pk']}", "请填新的期限。")
        return said

    def first_rows(self) -> list[tuple[Any, Any, Any]]:
        """Those that are filled and a free one, three at least."""
        return self.rows()[: self._shown()]

    def further_rows(self) -> list[tuple[Any, Any, Any]]:
        return self.rows()[self._shown() :]

    def _shown(self) -> int:
        filled = [
            number
            for number, row in enumerate(self.rows(), start=1)
            if any(cell.value() or cell.errors for cell in row)
        ]
        return max(SHOWN_ROWS, max(filled, default=0) + 1)

    def rows(self) -> list[tuple[Any, Any, Any]]:
        return [tuple(self[f"{name}_{number}"] for name in ("text", "user", "due")) for number in range(ROWS)]  # type: ignore[misc]

    def presence_fields(self) -> list[Any]:
        return [self[f"presence_{pk}"] for pk in self.members]

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        guests = [name.strip() for name in said["guests"].replace(",", "、").replace("，", "、").split("、")]
        return {
            "minutes": said["minutes"],
            "presences": [
                *(Present(pk, name, Presence(said[f"presence_{pk}"])) for pk, name in self.members.items()),
                *(Present(None, name[:50]) for name in guests if name),
            ],
            "decisions": [
                Decision(said[f"text_{number}"], said[f"user_{number}"], said[f"due_{number}"])
                for number in range(ROWS)
                if said[f"text_{number}"]
            ],
        }

    def carried(self) -> dict[int, date]:
        said = self.cleaned_data
        return {
            task["pk"]: said[f"carry_due_{task['pk']}"] for task in self.left if said[f"carry_{task['pk']}"]
        }  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    row = meeting_in_sight(pk, actor)
    postings = postings_of_meeting(row)
    facts = facts_told(row.facts, actor) if row.closed_at else month_facts(row, postings, actor, now=now)
    leads = may_lead(row, actor) and row.closed_at is None
    if request.method == "POST":
        ensure_leads(row, actor)
    form = minutes_form(request, row, postings, facts) if leads else None
    if form is not None and request.method == "POST" and _written(request, row, form, facts):
        return redirect("insight:meeting", row.pk)
    return render(
        request, "insight/months/meeting.html",
        {
            "meeting": row, "title": title_of(row), "group": group_of(row), "facts": facts, "leads": leads, "form": form,
            "tasks": tasks_with_fields(facts, form),
            "attendance": [(one.name, Presence(one.presence)) for one in row.attendance.order_by("pk")],
            "decided": [task_line(task, timezone.localdate(now)) for task in row.tasks.select_related("user").order_by("pk")],
            "since": row.month, "until": last_day_of(row.month), "mark": mark_of(row),
            "stored": row if form is not None and form.was_overtaken else None,
        },
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


def ensure_leads(row: Any, actor: Actor) -> None:
    if not may_lead(row, actor):
        raise NotPermitted("会议由小组长或县总的同志主持。")
    if row.closed_at is not None:
        raise Refused("meeting.closed", "这次会议已经结束，记录不能再改。")


def _written(request: HttpRequest, row: Any, form: MinutesForm, facts: Mapping[str, Any]) -> bool:
    actor, now, closes = actor_of(request), timezone.now(), request.POST.get("act") == "close"
    seen = request.POST.get("seen")

    def act(_: dict[str, Any]) -> None:
        try:
            if closes:
                close_meeting(
                    row.pk, **form.written(), carried=form.carried(), facts=facts, seen=seen, actor=actor, now=now
                )
            else:
                note_meeting(row.pk, **form.written(), seen=seen, actor=actor, now=now)
        except Refused as refusal:
            form.was_overtaken = refusal.code == "meeting.changed"
            raise

    if not sent(form, act):
        return False
    messages.success(request, "会议已结束，任务已发给承办人。" if closes else "已暂存。")
    return True


def minutes_form(request: HttpRequest, row: Any, postings: list[Any], facts: Mapping[str, Any]) -> MinutesForm:
    members = {posting.user_id: posting.user.name for posting in postings}
    there = {one.user_id: one for one in row.attendance.all()}
    usual: dict[str, Any] = {"minutes": row.minutes}
    usual["guests"] = "、".join(one.name for one in row.attendance.all() if one.user_id is None)
    usual |= {f"presence_{pk}": one.presence for pk, one in there.items() if pk}
    for number, task in enumerate(row.tasks.order_by("pk")[:ROWS]):
        usual |= {f"text_{number}": task.text, f"user_{number}": task.user_id, f"due_{number}": task.due_on}
    return MinutesForm(
        request.POST if request.method == "POST" else None, initial=usual, members=members,
        owners=people_for_tasks(row, postings, actor_of(request)), left=[one for one in facts.get("tasks", ()) if one["is_open"]],
    )  # fmt: skip


def tasks_with_fields(facts: Mapping[str, Any], form: MinutesForm | None) -> list[tuple[dict[str, Any], Any, Any]]:
    return [
        (
            task,
            form[f"carry_{task['pk']}"] if form is not None and task["is_open"] else None,
            form[f"carry_due_{task['pk']}"] if form is not None and task["is_open"] else None,
        )
        for task in facts.get("tasks", ())
    ]


def title_of(row: Any) -> str:
    return f"{row.month:%Y}年{row.month.month}月月交流 · {group_of(row)}"


@requires(Permission.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def meeting_move(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    row = meeting_in_sight(pk, actor)
    ensure_leads(row, actor)
    form = MoveForm(request.POST or None, initial={"held_at": timezone.localtime(row.held_at), "place": row.place})
    if sent(form, lambda said: move_meeting(pk, held_at=said["held_at"], place=said["place"], actor=actor, now=now)):
        messages.success(request, "已改。")
        return redirect("insight:meeting", pk)
    return form_page(
        request, form, title="改时间地点", act="保存", back=reverse("insight:meeting", args=[pk]), crumb=title_of(row)
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def meeting_file(request: HttpRequest, pk: int) -> HttpResponse:
    """`?format=docx`, else a PDF."""
    actor, now = actor_of(request), timezone.now()
    row = meeting_in_sight(pk, actor)
    facts = (
        facts_told(row.facts, actor) if row.closed_at else month_facts(row, postings_of_meeting(row), actor, now=now)
    )
    issuer = names_of([row.scope_id]).get(row.scope_id, "")
    return send_paper(request, papers.month_paper(row, facts, issuer=issuer, today=timezone.localdate(now)), now=now)


# --- tasks ---


@requires(Permission.VISIT_VIEW)
@require_GET
def meeting_tasks(request: HttpRequest) -> HttpResponse:
    """One's own, the open ones first; and for those who lead, everybody's that are open."""
    actor, today = actor_of(request), timezone.localdate()
    own = [task_line(task, today) for task in own_tasks(actor.user_id or 0)[:LATEST_TASKS]] if actor.user_id else []
    others = [
        (task_line(task, today), may_lead(task.meeting, actor))
        for task in tasks_in_sight(actor).filter(done_at=None).exclude(user=actor.user_id)[:LATEST_TASKS]
    ]
    return render(
        request, "insight/months/tasks.html",
        {
            "open": [task for task in own if task["is_open"]], "done": [task for task in own if not task["is_open"]][::-1],
            "others": others,
        },
    )  # fmt: skip


class ResultForm(forms.Form):
    result = WordsField(label="结果", max_length=300, rows=3, help_text="做了什么，现在怎么样。下次会上先看这个。")


@requires(Permission.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def meeting_task_finish(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    task = task_in_sight(pk, actor)
    if task.user_id != actor.user_id and not may_lead(task.meeting, actor):
        raise NotPermitted("任务由承办人或主持会议的人填结果。")
    form = ResultForm(request.POST or None)
    if sent(form, lambda said: finish_meeting_task(pk, result=said["result"], actor=actor, now=now)):
        messages.success(request, "已完成，下次会上会看到结果。")
        return redirect("insight:meeting_tasks")
    return form_page(
        request, form, title="填写结果", act="完成", back=reverse("insight:meeting_tasks"), crumb="会议任务",
        note=f"{task.text}（{task.user.name}，{task.due_on:%m月%d日}前）",
    )  # fmt: skip
