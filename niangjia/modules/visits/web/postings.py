"""Keeping who is posted where: officers, groups, leave."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Missing, NotPermitted
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits import actions
from niangjia.modules.visits.models import Absence, Group, Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.postings import groups_in_sight, in_hand, posting_in_sight, townships_of
from niangjia.modules.visits.queries.weeks import weeks_of_posting
from niangjia.modules.visits.rules import AbsenceKind
from niangjia.modules.visits.web.forms import (
    AbsenceForm,
    EndForm,
    GroupForm,
    PostingForm,
    after,
    may_direct,
)
from niangjia.modules.visits.web.posting_lists import POSTINGS, state_mark
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, form_page, sent

WEEKS_SHOWN = 26


@requires(Permission.VISIT_VIEW)
@require_GET
def posting_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.VISIT_DIRECT)
    return show_list(request, POSTINGS, within=current_path(request), context={"may_add": may_add})


def place_to_keep(request: HttpRequest) -> Scope:
    """Where something new belongs: the place one works at if one directs there, else the highest. Raises NotPermitted."""
    actor = actor_of(request)
    path = current_path(request) or ""
    if not path or not actor.may(Permission.VISIT_DIRECT, path):
        path = next(iter(actor.paths(Permission.VISIT_DIRECT)), "")
    scope = Scope.objects.filter(path=path).first() if path else None
    if scope is None:
        raise NotPermitted
    return scope


@requires(Permission.VISIT_VIEW)
@require_GET
def posting(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, posting_in_sight(pk, actor_of(request)))


def _shown(request: HttpRequest, row: Posting) -> HttpResponse:
    today = timezone.localdate()
    weeks = weeks_of_posting(row, today=today)[-WEEKS_SHOWN:]
    absences = [(one, AbsenceKind(one.kind).label) for one in row.absences.order_by("-from_on")]
    return render(
        request,
        "visits/posting.html",
        {
            "posting": row,
            "state": state_mark(row, today),
            "organisation": names_of([row.scope_id]).get(row.scope_id, ""),
            "townships": townships_of(row),
            "left": in_hand(row, max(today, row.from_on)),
            "weeks": weeks,
            "weeks_done": sum(week.is_done for week in weeks),
            "absences": absences,
            "may_edit": may_direct(actor_of(request), row.scope),
        },
    )


def _directed(request: HttpRequest, pk: int) -> Posting:
    """A form that can't be sent isn't shown. Raises Missing, NotPermitted."""
    row = posting_in_sight(pk, actor_of(request))
    if not may_direct(actor_of(request), row.scope):
        raise NotPermitted
    return row


def _done(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    url = reverse("visits:posting", args=[pk])
    return after(request, url, lambda: _shown(request, posting_in_sight(pk, actor_of(request))))


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": timezone.now()}


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def posting_add(request: HttpRequest) -> HttpResponse:
    scope = place_to_keep(request)
    form = PostingForm(request.POST or None, scope=scope)
    made: list[Posting] = []
    if sent(form, lambda facts: made.append(actions.add_posting(scope_id=scope.pk, **facts, **_by(request)))):
        return _done(request, made[0].pk, f"已安排{made[0].user.name}驻联。接着把重点企业分给他。")
    said = f"在{names_of([scope.pk]).get(scope.pk, '')}安排。名单里没有的人，先在“干部”里任命为驻联干部。"
    return form_page(
        request, form, title="安排驻联", act="安排", back=reverse("visits:posting_list"), crumb="驻联干部", said=said
    )


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def posting_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _directed(request, pk)
    form = PostingForm(request.POST or None, scope=row.scope, posting=row)
    if sent(form, lambda facts: actions.edit_posting(pk, **facts, **_by(request))):
        return _done(request, pk, "已保存。")
    return form_page(
        request,
        form,
        title=f"调整{row.user.name}的驻联",
        act="保存",
        back=reverse("visits:posting", args=[pk]),
        crumb=row.user.name,
    )


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def posting_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = _directed(request, pk)
    form = EndForm(request.POST or None, posting=row)
    if sent(form, lambda facts: actions.end_posting(pk, **facts, **_by(request))):
        return _done(request, pk, f"{row.user.name}的驻联已结束，手上的工作已交接。")
    left = in_hand(row, timezone.localdate()).in_words()
    said = f"手上还有：{left}。" if left else "手上没有要交接的。"
    return form_page(
        request, form, title=f"结束{row.user.name}的驻联", act="结束并交接", kind="error", said=said,
        back=reverse("visits:posting", args=[pk]), crumb=row.user.name,
    )  # fmt: skip


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def absence_add(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the posting's."""
    row = _directed(request, pk)
    form = AbsenceForm(request.POST or None)
    if sent(form, lambda facts: actions.add_absence(pk, **facts, **_by(request))):
        return _done(request, pk, "已登记，这些日子不计走访。")
    return form_page(
        request, form, title=f"登记{row.user.name}离岗", act="登记", back=reverse("visits:posting", args=[pk]),
        crumb=row.user.name, said="离岗占去当周一半以上工作日的，这一周不计走访任务。",
    )  # fmt: skip


@requires(Permission.VISIT_DIRECT)
@require_POST
def absence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` is the absence's."""
    if not Absence.objects.visible_to(actor_of(request)).filter(pk=pk).exists():
        raise Missing("没有找到这条离岗登记。")
    row = actions.remove_absence(pk, **_by(request))
    return _done(request, row.pk, "已删除这条离岗登记。")


# --- groups ---


@requires(Permission.VISIT_VIEW)
@require_GET
def group_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = groups_in_sight(actor)
    names = names_of({row.scope_id for row in rows})
    shown = [(row, names.get(row.scope_id, ""), may_direct(actor, row.scope)) for row in rows]
    return render(request, "visits/group_list.html", {"groups": shown, "may_add": actor.can(Permission.VISIT_DIRECT)})


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def group_add(request: HttpRequest) -> HttpResponse:
    scope = place_to_keep(request)
    form = GroupForm(request.POST or None, scope=scope)
    if sent(form, lambda facts: actions.add_group(scope_id=scope.pk, **facts, **_by(request))):
        return _groups_done(request, "小组已建立。在“驻联干部”里把人编进来。")
    return form_page(
        request, form, title="建立走访小组", act="建立", back=reverse("visits:group_list"), crumb="走访小组"
    )


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def group_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _group(request, pk)
    form = GroupForm(request.POST or None, scope=row.scope, group=row)
    if sent(form, lambda facts: actions.edit_group(pk, **facts, **_by(request))):
        return _groups_done(request, "已保存。")
    return form_page(
        request, form, title=f"修改“{row.name}”", act="保存", back=reverse("visits:group_list"), crumb="走访小组"
    )


@requires(Permission.VISIT_DIRECT)
@require_POST
def group_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = actions.close_group(pk, **_by(request))
    return _groups_done(request, f"“{row.name}”已撤销。")


def _group(request: HttpRequest, pk: int) -> Group:
    row: Group | None = Group.objects.visible_to(actor_of(request)).select_related("scope").filter(pk=pk).first()
    if row is None:
        raise Missing("没有找到这个小组，可能不在您的管辖范围内。")
    if not may_direct(actor_of(request), row.scope):
        raise NotPermitted
    return row


def _groups_done(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return after(request, reverse("visits:group_list"), lambda: group_list(request))
