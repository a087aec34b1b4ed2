"""The pages of the desk that belong to no module: home, search, display settings, saved views, tasks, messages."""

from __future__ import annotations

import re
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.lists import actions as lists
from niangjia.kernel.notify import queries as notify
from niangjia.kernel.notify.actions import mark_all_read, mark_read
from niangjia.ui import desk
from niangjia.ui.display import CHOICES, YEAR
from niangjia.ui.pages import actor_of, number_in

SHOWN = 50
SHORTEST_SEARCH = 2
PATH = re.compile(r"\d+(\.\d+)*", re.ASCII)
GREETINGS = ((5, "夜深了"), (11, "早上好"), (13, "中午好"), (18, "下午好"), (24, "晚上好"))  # until that hour


def own_id(request: HttpRequest) -> int:
    return cast("int", request.user.pk)


def back(request: HttpRequest, otherwise: str = "/desk/") -> str:
    """Where to go after a small change: the page that the form named, if it is one of ours."""
    wanted = request.POST.get("back", "")
    return (
        wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/") else otherwise
    )


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    cards = [(card, card.context(request)) for card in desk.cards_for(actor)]
    return render(
        request,
        "ui/home/page.html",
        {
            "greeting": next(words for until, words in GREETINGS if timezone.localtime().hour < until),
            "waiting": desk.waiting_for(actor),
            "due_soon": desk.due_soon_for(actor),
            "tasks": BackgroundTask.objects.filter(user_id=own_id(request)).order_by("-id")[:5],
            "reminders": notify.inbox(own_id(request), unread_only=True)[:5],
            "cards": [(card, context) for card, context in cards if context is not None],
        },
    )


@login_required
@require_GET
def alarms(request: HttpRequest) -> HttpResponse:
    """What rings now. Nothing is sent while it is the same: a screen reader would say it again and again."""
    found = desk.alarms_for(actor_of(request))
    key = " ".join(f"{alarm.key}{'!' if alarm.sounds else ''}" for alarm in found)
    if key == request.GET.get("seen", ""):
        return HttpResponse(status=204)
    return render(request, "ui/parts/alarms.html", {"alarms": found, "key": key, "more": len(found) - 1})


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    if not text:
        return HttpResponse("")
    short = len(text) < SHORTEST_SEARCH
    groups = [] if short else desk.search(actor_of(request), text)
    return render(request, "ui/parts/search_hits.html", {"groups": groups, "text": text, "short": short})


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Colours and size of text, for browsers where the buttons of the menu have no script."""
    response = redirect(back(request))
    for key, values in CHOICES.items():
        value = request.POST.get(key)
        if value in values:
            response.set_cookie(key, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


# ---- saved views of lists, and exact counts


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Save the list's state under a name; a name used before is saved anew."""
    try:
        view = lists.save_view(
            own_id(request), request.POST.get("list", ""), name=request.POST.get("name", ""),
            query=request.POST.get("query", ""), columns=request.POST.getlist("column"),
            is_default=bool(request.POST.get("default")),
        )  # fmt: skip
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(back(request))
    messages.success(request, f"已保存视图“{view.name}”。")
    return redirect(f"{back(request).split('?')[0]}?{view.query}&view={view.pk}")


@login_required
@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, delete, make default or not."""
    user_id, verb = own_id(request), request.POST.get("verb")
    name = lists.own_view(pk, user_id).name
    if verb == "delete":
        lists.delete_view(pk, user_id=user_id)
        messages.success(request, f"已删除视图“{name}”。")
    elif verb == "default":
        lists.make_default(pk, user_id=user_id)
        messages.success(request, f"以后打开这个列表时，先显示“{name}”。")
    elif verb == "no-default":
        lists.end_default(pk, user_id=user_id)
        messages.success(request, "以后打开这个列表时，显示全部。")
    elif verb == "rename":
        try:
            view = lists.rename_view(pk, user_id=user_id, name=request.POST.get("name", ""))
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, f"已改名为“{view.name}”。")
    return redirect(back(request))


@login_required
@require_POST
def count_rows(request: HttpRequest) -> HttpResponse:
    """Have a list counted to its end in the background."""
    within = request.POST.get("within", "")
    task = lists.count_exactly(
        request.POST.get("list", ""), query=request.POST.get("query", ""),
        within=within if PATH.fullmatch(within) else None, actor=actor_of(request), now=timezone.now(),
    )  # fmt: skip
    return redirect("ui:task", task.pk)


# ---- my tasks and messages


@login_required
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    mine = BackgroundTask.objects.filter(user_id=own_id(request)).order_by("-id")[:SHOWN]
    return render(request, "ui/tasks/list.html", {"tasks": mine})


@login_required
@require_GET
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task with its progress; asks again every two seconds while it runs, and may be left."""
    found = BackgroundTask.objects.filter(pk=pk, user_id=own_id(request)).first()
    if found is None:
        raise Missing("没有这个任务，可能已过期清理。")
    template = "ui/tasks/state.html" if request.headers.get("HX-Target") == "task" else "ui/tasks/page.html"
    return render(request, template, {"task": found})


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    unread_only = request.GET.get("unread") == "1"
    rows = notify.inbox(own_id(request), unread_only=unread_only)
    before = number_in(request.GET.get("before", ""))
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN + 1])
    return render(
        request,
        "ui/inbox/page.html",
        {
            "messages_shown": found[:SHOWN],
            "older": found[SHOWN - 1].pk if len(found) > SHOWN else None,
            "unread_only": unread_only,
            "unread": notify.unread_count(own_id(request)),
        },
    )


@login_required
@require_POST
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go where the message points."""
    message = mark_read(pk, user_id=own_id(request), now=timezone.now())
    return redirect(message.url if message.url.startswith("/") else "ui:inbox")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_all_read(own_id(request), now=timezone.now())
    messages.success(request, "已全部标为已读。")
    return redirect("ui:inbox")
