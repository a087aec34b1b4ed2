"""The other doors: window, letter, petition, station, an officer on behalf of somebody. One form, in the order one asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.web.fields import ACCEPTED, FilesField, OfficerField
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.demands.actions.doors import record_at_door
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import demand_in_sight
from niangjia.modules.demands.queries.calls import seat_of
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.demands import asker_shown
from niangjia.modules.demands.rules import Channel, Facts, Nature, Party
from niangjia.modules.demands.web.intake import IntakeForm, as_recorded
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import pages
from niangjia.ui.forms import DayField, Picker
from niangjia.ui.pages import actor_of

DOORS: dict[str, Channel] = {
    "window": Channel.WINDOW, "letter": Channel.LETTER, "petition": Channel.PETITION,
    "on_behalf": Channel.ON_BEHALF, "station": Channel.STATION,
}  # fmt: skip
ON_PAPER = (Channel.LETTER, Channel.PETITION)
HINTS = {
    Channel.WINDOW: "来人说，您来写。先写内容，类别和要问的事会自动提示。",
    Channel.LETTER: "照信上写的录入，原信请拍照或扫描作为附件。时限从收到之日起算。",
    Channel.PETITION: "信访件按法定期限：收到之日起 15 日内决定是否受理，受理之日起 60 日内办结，经批准可延长 30 日。",
    Channel.ON_BEHALF: "在走访、开会、下班路上听到的，替本人记下来。",
    Channel.STATION: "在驿站听到的，替本人记下来。",
}


class RecordForm(IntakeForm):
    title = forms.CharField(label="标题", required=False, max_length=60, help_text="不填的，用内容的第一句。")
    party = forms.TypedChoiceField(
        label="谁提的", choices=Party.choices(), coerce=int, initial=Party.WORKER, widget=forms.RadioSelect
    )
    asker_employer = forms.IntegerField(
        label="提诉求的单位", required=False, min_value=1,
        widget=Picker("organisations:employer_options"),
        help_text="用人单位提的才填。",
    )  # fmt: skip
    accused_user = OfficerField(
        label="反映的是哪位工会干部", required=False, help_text="填了以后，这位干部看不到，也不会派给他。"
    )
    is_major = forms.BooleanField(label="重大（群体、伤亡、社会关注）", required=False)
    received_on = DayField(label="收到日期", required=False, widget=forms.DateInput)
    paper_number = forms.CharField(label="来信（来文）编号", required=False, max_length=40)
    answer = forms.CharField(
        label="当场答复", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="当场说清楚的，把答复写在这里，按“当场解答”。",
    )  # fmt: skip
    papers = FilesField(help_text="照片、扫描件、PDF 等。")

    def __init__(self, *given: Any, actor: Actor, channel: Channel, **more: Any) -> None:
        super().__init__(*given, actor=actor, **more)
        self.channel = channel
        if channel not in ON_PAPER:
            del self.fields["received_on"], self.fields["paper_number"]
        else:
            self.fields["received_on"].required = True
            self.fields["received_on"].error_messages["required"] = "请填写收到日期，时限从这天起算。"

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("收到日期不能晚于今天。")
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("party") == Party.EMPLOYER and not said.get("asker_employer") and not said.get("asker_name"):
            self.add_error("asker_employer", "用人单位提的诉求，请选择单位；查不到的，把单位名称写在“诉求人姓名”里。")
        return said

    def facts(self, channel: Channel) -> Facts:
        said = self.cleaned_data
        return replace(
            super().facts(channel), title=said["title"], party=said["party"], is_major=said["is_major"],
            asker_employer_id=said["asker_employer"] if said["party"] == Party.EMPLOYER else None,
            accused_user_id=said["accused_user"],
        )  # fmt: skip

    @property
    def received_at(self) -> datetime | None:
        """A letter counts from the morning of the day it came; what came today from now."""
        day: date | None = self.cleaned_data.get("received_on")
        if day is None or day == timezone.localdate():
            return None
        return timezone.make_aware(datetime.combine(day, time(8, 30)))


@requires(Permission.DEMAND_RECORD)
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    door = request.GET.get("channel", "window")
    channel = DOORS.get(door, Channel.WINDOW)
    scope = seat_of(actor, Permission.DEMAND_RECORD, within=current_path(request))
    initial = {"nature": Nature.HELP, "received_on": timezone.localdate(now)}
    form = RecordForm(request.POST or None, request.FILES or None, actor=actor, channel=channel, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        closes = request.POST.get("act") == "close"
        if closes and not said["answer"].strip():
            form.add_error("answer", "请写下怎么答复的。")
        else:
            try:
                demand = record_at_door(
                    as_recorded(form.facts(channel)), scope_id=scope.pk, received_at=form.received_at,
                    paper_number=said.get("paper_number", ""), files=said["papers"],
                    close_at_once=said["answer"] if closes else "", actor=actor, now=now,
                )  # fmt: skip
            except Refused as no:
                pages.put_refusal(form, no)
            else:
                return told(request, demand)
    context = {
        "form": form, "channel": channel, "door": door if door in DOORS else "window", "hint": HINTS[channel],
        "doors": [(one.label, f"?channel={name}", one == channel) for name, one in DOORS.items()],
        "place": names_of([scope.pk]).get(scope.pk, ""), "draft": f"{actor.user_id}:record-{door}",
        "accepted": ACCEPTED, "on_paper": channel in ON_PAPER,
    }  # fmt: skip
    return render(request, "demands/record/form.html", context, status=422 if form.errors else 200)


def told(request: HttpRequest, demand: Demand) -> HttpResponse:
    """Whoever wrote down what his own union must not see, sees no more of it than its number."""
    messages.success(request, f"{demand.case.number} 已登记。")
    if Demand.objects.visible_to(actor_of(request)).filter(pk=demand.pk).exists():
        return redirect("demands:recorded", demand.pk)
    messages.info(request, "为保护诉求人，这件诉求由上级工会办理，不在您这里显示。")
    return redirect("demands:record")


@requires(Permission.DEMAND_RECORD)
@require_GET
def recorded(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of it, the paper for the asker, and the way to the next one."""
    actor = actor_of(request)
    demand = demand_in_sight(pk, actor)
    case = demand.case
    if demand.recorded_by_id != actor.user_id and not actor.may(Permission.DEMAND_RECORD, str(case.scope.path)):
        raise NotPermitted
    door = next((name for name, channel in DOORS.items() if channel == demand.channel), "window")
    context = {
        "demand": demand, "case": case, "asker": asker_shown(demand), "door": door, "draft": f"{actor.user_id}:record-{door}",
        "kind": catalogue().full_label_of(demand.kind), "place": names_of([case.scope_id]).get(case.scope_id, ""),
        "lead": case.lead.name if case.lead else "", "channel": Channel(demand.channel).label,
    }  # fmt: skip
    return render(request, "demands/record/done.html", context)
