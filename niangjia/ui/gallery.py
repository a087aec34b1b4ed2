"""Every component on one page, for whoever builds pages and for the browser tests; not routed in production."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.lists.counting import Count
from niangjia.kernel.lists.paging import ListPage
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort
from niangjia.ui import pages
from niangjia.ui.forms import FileDrop, Picker
from niangjia.ui.listing import Bulk, Mark, Screen, draw_list

UNIONS = ["古塘镇总工会", "滨江街道总工会", "海澄镇总工会", "开发区总工会", "城南街道总工会"]


class SampleForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=20)
    identity = forms.CharField(label="证件号码", help_text="18 位居民身份证号；其他证件请先选证件类型。")
    union = forms.IntegerField(
        label="所在工会", widget=Picker("ui:gallery_options", label_of=lambda pk: UNIONS[(pk - 1) % len(UNIONS)])
    )
    joined_on = forms.DateField(label="入会日期")
    state = forms.ChoiceField(
        label="就业状态", choices=[("", "请选择"), ("1", "在职"), ("2", "灵活就业"), ("3", "失业")]
    )
    sex = forms.ChoiceField(label="性别", choices=[("1", "男"), ("2", "女")], widget=forms.RadioSelect)
    groups = forms.MultipleChoiceField(
        label="新就业形态", choices=[("a", "货车司机"), ("b", "网约车司机"), ("c", "快递员"), ("d", "外卖配送员")],
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    photo = forms.FileField(label="附件", required=False, help_text="不超过 40 MB。")
    sheet = forms.FileField(
        label="花名册", required=False,
        widget=FileDrop(accept=".xlsx,.xls,.csv", most=40 * 1024 * 1024, hint="Excel 或 CSV，不超过 40 MB"),
    )  # fmt: skip
    note = forms.CharField(label="备注", widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label="已当面核对证件原件")


STATES = [
    Mark("正常", "success"),
    Mark("待转出", "warning", "clock"),
    Mark("已退会", "neutral"),
    Mark("保留会籍", "info"),
]


class SampleList(ListSpec):
    name = "ui.sample"
    title = "会员（示例）"
    search_hint = "姓名、拼音首字母、手机尾号"
    columns = (
        Column("name", "姓名", phone="title"),
        Column("union", "所在工会"),
        Column("state", "会籍"),
        Column("phone", "手机号"),
        Column("age", "工龄（年）", numeric=True, phone="hidden"),
        Column("joined_on", "入会日期"),
        Column("post", "岗位", default=False, phone="hidden"),
    )
    filters = (
        Filter("state", "会籍", apply=lambda rows, _: rows, choices=[("1", "正常"), ("2", "待转出")]),
        Filter("since", "入会不早于", apply=lambda rows, _: rows, kind="date"),
        Filter("mine", "只看本级", apply=lambda rows, _: rows, kind="flag"),
    )
    sorts = (Sort("name", "按姓名", ("name",)), Sort("joined_on", "按入会日期", ("joined_on",), descending=True))


SAMPLE = Screen(
    SampleList(),
    row_url=lambda row: f"{reverse('ui:gallery_drawer')}?row={row.pk}",
    bulk=(
        Bulk("批量转出", "ui:gallery", icon="arrow-right", text="转出后由接收工会确认。", reason=True),
        Bulk("退会", "ui:gallery", kind="error", icon="user-minus", reason=True),
    ),
    empty_title="还没有会员",
    empty_text="可以一个个登记，也可以导入花名册。",
    empty_href="/desk/_gallery/",
    empty_action="登记会员",
)


def sample_rows(number: int) -> list[Any]:
    names = ["林**", "陈*", "欧阳**", "黄**", "曾*", "单**", "王**", "赵*"]
    return [
        SimpleNamespace(
            pk=index + 1, name=names[index % 8], union=UNIONS[index % 5], state=STATES[index % 4], phone=f"138****{2013 + index}",
            age=index % 30, joined_on=date(2019, 3, 1) + timedelta(days=97 * index), post="配送员",
        )
        for index in range(number)
    ]  # fmt: skip


def timeline(at: Any) -> list[dict[str, Any]]:
    return [
        {"at": at, "text": "职工通过微信提交诉求，附现场照片 3 张", "icon": "circle-plus", "tone": "primary"},
        {"at": at, "text": "系统归类为“欠薪维权”，匹配 2 条历史相似诉求", "icon": "sparkles", "tone": "info"},
        {"at": at, "text": "受理，设定办理时限 24 小时", "by": "陈晓燕", "icon": "user-check", "tone": "info"},
        {"at": at, "text": "转办：区劳动监察大队（协同单位）", "by": "陈晓燕", "note": "请于两日内约谈站点负责人。", "icon": "arrow-forward-up", "tone": "warning"},
        {"at": at, "text": "监察大队反馈：已约谈站点负责人", "icon": "message-2-check", "tone": "success"},
    ]  # fmt: skip


@login_required
def show(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    wrong = SampleForm(auto_id="wrong_%s", data={"name": "", "identity": "35060219900101001X", "union": "2"})
    wrong.is_valid()
    wrong.add_error("identity", "校验码不对，请核对最后一位。")
    wrong.add_error(None, "该职工已在其他工会登记，请办理转会。")
    if "toast" in request.GET:
        messages.success(request, "已保存。")
        messages.error(request, "没有保存：网络中断。")
    return render(
        request,
        "ui/gallery.html",
        {
            "form": SampleForm(),
            "wrong": wrong,
            "timeline": timeline(now),
            "alerts": ("info", "success", "warning", "error"),
            "now": now,
            "tabs_shown": [
                ("基本情况", reverse("ui:gallery")),
                ("会籍变动", "/desk/_gallery/x/", 3),
                ("走访记录", "/desk/_gallery/y/", 0),
            ],
            "badges": [
                ("办理中", "info"),
                ("待受理", "neutral"),
                ("已办结", "success"),
                ("待回访", "warning"),
                ("超时 6 小时", "error"),
                ("党员", "primary"),
            ],
        },
    )


@login_required
def list_page(request: HttpRequest) -> HttpResponse:
    chosen = SAMPLE.spec.chosen(request.GET.dict(), request.actor)  # type: ignore[attr-defined]
    rows = [] if chosen.text == "无" or "empty" in request.GET else sample_rows(24)
    page = ListPage(
        SAMPLE.spec,
        chosen,
        SAMPLE.spec.sort_of(chosen),
        rows,
        Count(len(rows) and 1000, exact=not rows),
        next="x" if rows else "",
    )
    return draw_list(request, SAMPLE, page)


@login_required
def drawer(request: HttpRequest) -> HttpResponse:
    return render(
        request, "ui/gallery_drawer.html", {"timeline": timeline(timezone.now()), "row": request.GET.get("row", "1")}
    )


@login_required
def options(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    found = [
        (index + 1, name, f"滨海县 · 会员 {1200 + index * 37:,} 人")
        for index, name in enumerate(UNIONS)
        if text in name
    ]
    return pages.options(request, found)


@login_required
def reveal(request: HttpRequest) -> HttpResponse:
    return HttpResponse("138 0013 2013" if request.POST.get("reason") else "", status=200)


@login_required
def printed(request: HttpRequest) -> HttpResponse:
    chosen = SAMPLE.spec.chosen({"state": "1"}, request.actor)  # type: ignore[attr-defined]
    page = ListPage(SAMPLE.spec, chosen, SAMPLE.spec.sort_of(chosen), sample_rows(40), Count(40))
    asked = request.GET.copy()
    asked["print"] = "1"
    request.GET = asked  # type: ignore[assignment]
    return draw_list(request, SAMPLE, page)
