"""诉求目录: the tree and one kind of it; changed in a draft, compared, published."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.worktime.limits import Unit
from niangjia.modules.demands.actions.catalogue import (
    LIMITS,
    LONGEST_HINT,
    LONGEST_NAME,
    MOST_ANSWERS,
    KindFacts,
    add_kind,
    begin_draft,
    discard_draft,
    edit_kind,
    publish_draft,
    top,
)
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import Catalogue, CatalogueKind, catalogue
from niangjia.modules.demands.queries.versions import catalogue_of, changes_of, draft, published, said_of
from niangjia.modules.demands.rules import Needed
from niangjia.modules.demands.web.responsibility import handling_jobs
from niangjia.ui.pages import actor_of, sent

SPARE_ANSWERS = 2
EDIT = Permission.CATALOGUE_EDIT
UNITS = [
    (Unit.WORKING_DAYS.value, "个工作日"), (Unit.WORKING_MINUTES.value, "个工作分钟"),
    (Unit.NATURAL_DAYS.value, "天（自然日）"), (Unit.MINUTES.value, "分钟（昼夜计算）"),
]  # fmt: skip


def may_keep(actor: Actor) -> bool:
    return actor.may(EDIT, str(top().path))


def _ensure_keeper(actor: Actor) -> None:
    if not may_keep(actor):
        raise NotPermitted("诉求目录由最上一级工会统一维护。需要调整的，请向上级工会提出。")


@requires(Permission.DEMAND_VIEW)
@require_GET
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """In force for everybody; whoever keeps it sees the draft while there is one."""
    keeps = may_keep(actor_of(request))
    version = draft() if keeps else None
    in_force = catalogue()
    known = catalogue_of(version) if version and "now" not in request.GET else in_force
    chosen = known.get(request.GET.get("kind", "")) or next(iter(known.kinds_in("01")), None)
    return render(
        request,
        "demands/catalogue/page.html",
        {
            "known": known,
            "tree": tree_of(known, retired=known is not in_force),
            "chosen": chosen,
            "group": known.get(chosen.group) if chosen else None,
            "said": said_of(chosen) if chosen else [],
            "keeps": keeps,
            "draft": version,
            "is_draft": known is not in_force,
            "changed": len(changes_of(version)) if version else 0,
            "versions": published()[:10],
        },
    )


def tree_of(known: Catalogue, *, retired: bool) -> list[tuple[CatalogueKind, list[CatalogueKind]]]:
    """Groups with their kinds; those out of use only where one edits."""
    groups = [kind for kind in known.kinds.values() if kind.is_group and (kind.is_used or retired)]
    return [
        (
            group,
            [
                kind
                for kind in known.kinds.values()
                if kind.group == group.code and not kind.is_group and (kind.is_used or retired)
            ],
        )
        for group in groups
    ]


class KindForm(forms.Form):
    name = forms.CharField(label="名称", max_length=LONGEST_NAME)
    urgency = forms.TypedChoiceField(label="默认紧急程度", coerce=int, choices=Urgency.choices())
    job = forms.ChoiceField(label="责任岗位", required=False, help_text="没有写进责任分工时，由这个岗位的人办。")
    needs = forms.MultipleChoiceField(
        label="要问清", required=False, choices=Needed.choices(), widget=forms.CheckboxSelectMultiple
    )
    hint = forms.CharField(
        label="接谈提示", required=False, max_length=LONGEST_HINT, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="话务员登记时看到的提醒。",
    )  # fmt: skip
    words = forms.CharField(
        label="标志词", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="用顿号隔开，每个 2 到 12 个字。诉求里出现这些词，就建议选这一类。",
    )  # fmt: skip
    is_used = forms.BooleanField(
        label="在用", required=False, help_text="取消勾选就是停用：登记时不再出现，老的诉求照样显示原来的类别。"
    )

    def __init__(self, *given: Any, kind: CatalogueKind | None = None, **more: Any) -> None:
        super().__init__(*given, **{"initial": initial_of(kind), **more})
        self.kind = kind
        self.fields["job"].choices = [("", "不指定"), *handling_jobs()]  # type: ignore[attr-defined]
        for name, label in LIMITS.items():
            self.fields[f"{name}_amount"] = forms.IntegerField(label=f"{label}时限", required=False, min_value=1)
            self.fields[f"{name}_unit"] = forms.ChoiceField(label=f"{label}时限的单位", choices=UNITS, required=False)
        for number in self.answer_numbers:
            self.fields[f"answer_title_{number}"] = forms.CharField(label="标题", required=False)
            self.fields[f"answer_text_{number}"] = forms.CharField(
                label="内容", required=False, widget=forms.Textarea(attrs={"rows": 3})
            )

    @property
    def answer_numbers(self) -> range:
        if self.is_bound:
            posted = [name for name in self.data if name.startswith("answer_title_")]
            return range(min(len(posted), MOST_ANSWERS))
        return range(min((len(self.kind.answers) if self.kind else 0) + SPARE_ANSWERS, MOST_ANSWERS))

    @property
    def limit_rows(self) -> list[tuple[str, Any, Any]]:
        return [(label, self[f"{name}_amount"], self[f"{name}_unit"]) for name, label in LIMITS.items()]

    @property
    def answer_rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"answer_title_{number}"], self[f"answer_text_{number}"]) for number in self.answer_numbers]

    def facts(self) -> KindFacts:
        said = self.cleaned_data
        return KindFacts(
            name=said["name"], urgency=said["urgency"], job=said["job"], needs=said["needs"], hint=said["hint"],
            words=said["words"].replace("，", "、").replace(",", "、").replace("\n", "、").split("、"),
            answers=[
                {"title": said[f"answer_title_{number}"], "text": said[f"answer_text_{number}"]}
                for number in self.answer_numbers
            ],
            limits={
                name: [said[f"{name}_amount"], said[f"{name}_unit"]] for name in LIMITS if said[f"{name}_amount"]
            },
            is_used=said["is_used"],
        )  # fmt: skip


def initial_of(kind: CatalogueKind | None) -> dict[str, Any]:
    if kind is None:
        return {"is_used": True, "urgency": Urgency.NORMAL}
    first: dict[str, Any] = {
        "name": kind.name, "urgency": kind.urgency, "job": kind.job, "needs": list(kind.needs), "hint": kind.hint,
        "words": "、".join(kind.words), "is_used": kind.is_used,
    }  # fmt: skip
    for name, written in (kind.limits or {}).items():
        first |= {f"{name}_amount": written[0], f"{name}_unit": written[1]}
    for number, one in enumerate(kind.answers):
        first |= {f"answer_title_{number}": one["title"], f"answer_text_{number}": one["text"]}
    return first


@requires(EDIT)
@require_http_methods(["GET", "POST"])
def kind_edit(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    _ensure_keeper(actor)
    version = draft()
    kind = catalogue_of(version).get(code) if version else None
    if kind is None:
        raise Missing("没有找到这一类，或现在没有草稿。请先在诉求目录里点“开始修改”。")
    form = KindForm(request.POST or None, kind=kind)
    if sent(form, lambda _: edit_kind(code, form.facts(), actor=actor, now=timezone.now())):
        messages.success(request, "已存入草稿，发布后才对大家生效。")
        return redirect(f"{reverse('demands:catalogue')}?kind={code}")
    return _kind_page(request, form, kind, title=f"修改“{kind.name}”")


@requires(EDIT)
@require_http_methods(["GET", "POST"])
def kind_add(request: HttpRequest) -> HttpResponse:
    """In a group, or a further group."""
    actor = actor_of(request)
    _ensure_keeper(actor)
    version = draft()
    if version is None:
        raise Missing("现在没有草稿。请先在诉求目录里点“开始修改”。")
    group = catalogue_of(version).get(request.GET.get("group", ""))
    form = KindForm(request.POST or None)
    made: list[str] = []
    if sent(
        form,
        lambda _: made.append(
            add_kind(group.code if group else "", form.facts(), actor=actor, now=timezone.now()).code
        ),
    ):
        messages.success(request, "已加进草稿，发布后才对大家生效。")
        return redirect(f"{reverse('demands:catalogue')}?kind={made[0]}")
    return _kind_page(
        request, form, None, title=f"在“{group.name}”下新增一类" if group else "新增一个大类", group=group
    )


def _kind_page(
    request: HttpRequest, form: KindForm, kind: CatalogueKind | None, *, title: str, group: CatalogueKind | None = None
) -> HttpResponse:
    # A group is a heading: only its name, hint and use are asked.
    is_group = kind.is_group if kind else group is None
    return render(
        request,
        "demands/catalogue/kind_form.html",
        {
            "form": form, "kind": kind, "title": title, "is_group": is_group,
            "back": f"{reverse('demands:catalogue')}?kind={kind.code if kind else ''}",
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


@requires(EDIT)
@require_POST
def catalogue_begin(request: HttpRequest) -> HttpResponse:
    begin_draft(actor=actor_of(request), now=timezone.now())
    messages.success(request, "草稿已建好。改完后点“比较并发布”，发布前大家看到的还是现在的目录。")
    return redirect("demands:catalogue")


@requires(EDIT)
@require_POST
def catalogue_discard(request: HttpRequest) -> HttpResponse:
    discard_draft(actor=actor_of(request), now=timezone.now())
    messages.success(request, "草稿已放弃，目录没有变化。")
    return redirect("demands:catalogue")


@requires(EDIT)
@require_http_methods(["GET", "POST"])
def catalogue_publish(request: HttpRequest) -> HttpResponse:
    """What differs, and the button that makes it hold."""
    actor = actor_of(request)
    _ensure_keeper(actor)
    version = draft()
    if version is None:
        raise Missing("现在没有草稿。请先在诉求目录里点“开始修改”。")
    problem = ""
    if request.method == "POST":
        try:
            made = publish_draft(note=request.POST.get("note", ""), actor=actor, now=timezone.now())
        except Refused as refusal:
            problem = refusal.message
        else:
            messages.success(request, f"第 {made.number} 版诉求目录已发布，从现在起登记的诉求按它分类。")
            return redirect("demands:catalogue")
    return render(
        request,
        "demands/catalogue/publish.html",
        {"draft": version, "changes": changes_of(version), "problem": problem, "note": request.POST.get("note", "")},
        status=422 if problem else 200,
    )
