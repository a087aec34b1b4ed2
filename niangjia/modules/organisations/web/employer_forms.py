"""The forms of employers, blank spots and zones."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.models import Employer, Organisation, Zone
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries import employers as found
from niangjia.modules.organisations.queries import zones as zones_found
from niangjia.modules.organisations.rules import Attempt, Industry, Nature
from niangjia.modules.organisations.web.officers import officer_label
from niangjia.modules.organisations.web.organisations import organisation_label
from niangjia.ui.forms import Picker

PLEASE = [("", "请选择")]


class DayField(forms.DateField):
    """A day, today unless told otherwise."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**({"initial": timezone.localdate} | settings))


class EmployerForm(forms.Form):
    name = forms.CharField(label="单位名称", max_length=100, help_text="照营业执照或登记证上的全称。")
    credit_code = forms.CharField(
        label="统一社会信用代码", max_length=30, required=False, help_text="18 位；个体户等没有的可以留空。"
    )
    division = forms.ChoiceField(label="所在镇街")
    address = forms.CharField(label="地址", max_length=200, required=False)
    industry = forms.ChoiceField(label="行业", choices=PLEASE + Industry.choices(), required=False)
    nature = forms.ChoiceField(label="性质", choices=PLEASE + Nature.choices(), required=False)
    headcount = forms.IntegerField(label="职工人数", min_value=0, max_value=2_000_000, initial=0)
    women = forms.IntegerField(label="其中女职工", min_value=0, max_value=2_000_000, initial=0)
    new_form_workers = forms.IntegerField(
        label="其中新就业形态劳动者",
        min_value=0,
        max_value=2_000_000,
        initial=0,
        help_text="快递员、骑手、货车和网约车司机等。",
    )
    counted_on = forms.DateField(label="人数核对日期", required=False, help_text="改了人数而不填，就记今天。")

    def __init__(self, *args: Any, actor: Actor, employer: Employer | None = None, **settings: Any) -> None:
        if employer is not None:
            fields = (name for name in self.base_fields if name != "division")
            settings["initial"] = {name: getattr(employer, name) for name in fields} | {
                "division": employer.division_id
            }
        super().__init__(*args, **settings)
        choices = found.townships_to_choose(actor)
        if employer is not None and employer.division_id not in {row.pk for row in choices}:
            # Somebody who sees it through its union only may correct it, not move it.
            choices = [employer.division]
        by_county = [
            (parent.name if parent else "", [(row.pk, row.name) for row in rows])
            for parent, rows in groupby(choices, key=lambda row: row.parent)
        ]
        offered: list[Any] = by_county if len(by_county) > 1 else [one for _, rows in by_county for one in rows]
        self.fields["division"].choices = offered if len(choices) == 1 else [*PLEASE, *offered]  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    on = DayField(label="注销或迁出日期")
    reason = forms.CharField(label="原因", max_length=200, help_text="如：营业执照注销、迁往外县。")


class LinkForm(forms.Form):
    organisation = forms.IntegerField(
        label="工会",
        widget=Picker(
            "organisations:employer_union_options",
            label_of=organisation_label,
            placeholder="输入工会名称查找",
        ),
    )
    from_on = DayField(label="加入日期")


class AttemptForm(forms.Form):
    outcome = forms.ChoiceField(
        label="结果",
        choices=[(one.value, one.label) for one in Attempt if one is not Attempt.JOINED],
        widget=forms.RadioSelect,
        help_text="已加入联合工会的，请用“关联工会”。",
    )
    on = DayField(label="日期")
    next_on = forms.DateField(
        label="下次跟进", required=False, help_text="到时会在首页提醒；企业已停业或迁走的不用填。"
    )
    note = forms.CharField(label="情况", max_length=300, required=False, widget=forms.Textarea)


class ZoneForm(forms.Form):
    organisation = forms.TypedChoiceField(label="镇街", coerce=int)
    name = forms.CharField(label="片区名称", max_length=60, help_text="如：第一片区、城东片区。")
    bounds = forms.CharField(
        label="范围", max_length=200, required=False, widget=forms.Textarea, help_text="到哪条路、哪个村，说得清就行。"
    )

    def __init__(self, *args: Any, actor: Actor, zone: Zone | None = None, **settings: Any) -> None:
        if zone is not None:
            settings["initial"] = {"name": zone.name, "bounds": zone.bounds}
        super().__init__(*args, **settings)
        if zone is not None:
            del self.fields["organisation"]
            return
        townships: list[Organisation] = zones_found.townships_with_right(actor, Permission.ZONE_EDIT)
        offered = [(row.pk, row.name) for row in townships]
        self.fields["organisation"].choices = offered if len(offered) == 1 else [*PLEASE, *offered]  # type: ignore[attr-defined]


class ZoneCloseForm(forms.Form):
    on = DayField(label="撤销日期")
    reason = forms.CharField(label="原因", max_length=200)


class ZoneStaffForm(forms.Form):
    user = forms.IntegerField(label="工作者", help_text="在这个镇街任职的人；片区工作者排在前面。")
    from_on = DayField(label="开始日期")
    until_on = forms.DateField(label="到期日期", required=False, help_text="从这一天起不再负责；长期的不填。")

    def __init__(self, *args: Any, zone: Zone, **settings: Any) -> None:
        super().__init__(*args, **settings)
        picker = Picker("organisations:zone_list", label_of=officer_label, placeholder="输入姓名查找")
        picker.source = reverse_lazy("organisations:zone_officer_options", args=[zone.pk])
        picker.is_required = True
        self.fields["user"].widget = picker


class ZoneEmployersForm(forms.Form):
    zone = forms.TypedChoiceField(label="片区", coerce=int)
    from_on = DayField(label="从哪天起")

    def __init__(self, *args: Any, actor: Actor, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.fields["zone"].choices = [*PLEASE, *zones_found.zones_to_choose(actor, Permission.ZONE_EDIT)]  # type: ignore[attr-defined]
