"""A batch's page, which shows what its state asks for, and what is done from it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.imports import actions, queries
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import sheet_named
from niangjia.engines.imports.web.frame import frame
from niangjia.engines.imports.web.lists import BATCHES
from niangjia.engines.imports.web.matching import match_page, may_match
from niangjia.engines.imports.web.preview import preview_page
from niangjia.engines.imports.web.wording import RUNNING
from niangjia.kernel.access.guard import requires
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, number_in
from niangjia.ui.places import directory

ENDED = {BatchState.FAILED: "imports/failed.html", BatchState.DROPPED: "imports/dropped.html"}
HURRY = 60  # seconds; less is not counted down, and nobody asks why nothing moves


@requires(Permission.IMPORT_RUN)
@require_GET
def batch_list(request: HttpRequest) -> HttpResponse:
    here = directory().here(request)
    return show_list(request, BATCHES, within=here.path if here else None)


@requires(Permission.IMPORT_RUN)
@require_GET
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    target = request.headers.get("HX-Target")
    if target == "drawer-body":
        return HttpResponse(status=204, headers={"HX-Redirect": request.path})  # too wide for the drawer
    found = queries.batch_in_sight(pk, actor_of(request))
    state = BatchState(found.state)
    if state in RUNNING:
        return _progress(request, found, part=target == "progress")
    if target == "progress":
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if state == BatchState.UPLOADED:
        return match_page(request, found)
    if state in ENDED:
        return render(request, ENDED[state], frame(request, found) | {"may_match": may_match(found)})
    return preview_page(request, found)


def _progress(request: HttpRequest, found: ImportBatch, *, part: bool) -> HttpResponse:
    progress = queries.progress_of(found, now=timezone.now())
    doing = RUNNING[BatchState(found.state)]
    waited = (timezone.now() - found.step_began_at).total_seconds() if found.step_began_at else 0
    context = frame(request, found) | {
        "doing": doing,
        "progress": progress,
        "left": left_in_words(progress.left),
        "in_line": not progress.done and waited > HURRY,
    }
    return render(request, "imports/progress_part.html" if part else "imports/progress.html", context)


def left_in_words(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return "不到 1 分钟" if seconds < HURRY else f"大约 {round(seconds / 60)} 分钟"


# --- what is done with it ---


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_commit(request: HttpRequest, pk: int) -> HttpResponse:
    done = actions.commit_batch(pk, actor=actor_of(request), now=timezone.now())
    if done.state == BatchState.WAITING:
        messages.success(request, "已提交审批，并通知了负责人。")
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_APPROVE)
@require_POST
def batch_approve(request: HttpRequest, pk: int) -> HttpResponse:
    actions.approve_batch(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已同意，开始写入。")
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_APPROVE)
@require_POST
def batch_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    actions.send_back_batch(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    messages.success(request, "已退回给经办人。")
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    actions.take_back_batch(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_drop(request: HttpRequest, pk: int) -> HttpResponse:
    actions.drop_batch(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已放弃这一批，名册没有改动。")
    return redirect("imports:batch_list")


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_check(request: HttpRequest, pk: int) -> HttpResponse:
    actions.check_again(pk, actor=actor_of(request), now=timezone.now())
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_resume(request: HttpRequest, pk: int) -> HttpResponse:
    actions.resume_batch(pk, actor=actor_of(request), now=timezone.now())
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_end_absent(request: HttpRequest, pk: int) -> HttpResponse:
    ended = actions.end_absent(
        pk,
        ids=[number_in(one) for one in request.POST.getlist("row")],
        reason=request.POST.get("reason", ""),
        actor=actor_of(request),
        now=timezone.now(),
    )
    noun = sheet_named(queries.batch_in_sight(pk, actor_of(request)).sheet).noun
    messages.success(request, f"已办理 {ended} 名{noun}离会。")
    return redirect("imports:batch", pk)


@requires(Permission.IMPORT_RUN)
@require_POST
def batch_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole sheet with its results, as a task of one's own."""
    return redirect("ui:task", actions.order_sheet_back(pk, actor=actor_of(request), now=timezone.now()))
