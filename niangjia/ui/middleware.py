"""What a visitor sees when a request is refused or fails: a page that says what to do, or a toast within one."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string

from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.ui.pages import page_around

Handler = Callable[[HttpRequest], HttpResponse]

TITLES = {
    400: "请求不完整",
    403: "没有权限",
    404: "没有找到",
    405: "不能直接打开",
    409: "现在办不了",
    429: "操作太频繁",
    500: "系统出错了",
    503: "系统维护中",
}
ADVICE = {
    400: "请返回上一页，刷新后再试。",
    403: "您没有办理这件事的权限，请联系本单位主席或系统管理员。",
    404: "没有找到，可能已被移走，或不在您的管辖范围内。",
    405: "这个地址不是一个页面。请返回上一页，从页面上的按钮办理。",
    409: "请返回上一页，看看现在的情况再办。",
    429: "请稍等几分钟再试。",
    500: "已记下这次错误。请稍后再试；多次出现请联系系统管理员。",
    503: "请稍后再来，正在办的事情不会丢失。",
}
REFUSALS: tuple[tuple[type[Exception], int], ...] = (
    (Missing, 404),
    (Http404, 404),
    (NotPermitted, 403),
    (PermissionDenied, 403),
    (Refused, 409),
)


OFFICERS = ("/desk/", "/accounts/")
"""Whoever logged in by phone has no business there: neither a desk nor a password."""
LOG_OUT = "/accounts/logout/"


def on_the_desk(request: HttpRequest) -> bool:
    return request.path.startswith(OFFICERS) and not is_worker(getattr(request, "user", AnonymousUser()))


def error_page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """A whole page; to a part of one a toast."""
    if request.headers.get("HX-Request"):
        return toast(status, message)
    template = "ui/errors/page.html" if on_the_desk(request) else "ui/phone/error.html"
    said = {"status": status, "title": TITLES.get(status, "出错了"), "message": message or ADVICE.get(status, "")}
    return render(request, template, said, status=status)


def toast(status: int, message: str = "") -> HttpResponse:
    said = {"text": message or ADVICE.get(status, ADVICE[500]), "tone": "error"}
    return HttpResponse(render_to_string("ui/parts/toast.html", said), status=status, headers={"X-Toast": "1"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """For an address that leads nowhere."""
    return error_page(request, 404)


def not_a_page(request: HttpRequest, allowed: str) -> HttpResponse:
    """For the address of something one sends, typed or kept as a bookmark."""
    response = error_page(request, 405)
    response.headers["Allow"] = allowed
    return response


def has_nul(request: HttpRequest) -> bool:
    """No hand types it, and no column of the database takes it."""
    return "\x00" in unquote(request.META.get("QUERY_STRING", "")) or any(
        "\x00" in value for _, values in request.POST.lists() for value in values
    )


def refused(request: HttpRequest) -> HttpResponse | None:
    """What no view needs to see."""
    if has_nul(request):
        return error_page(request, 400)
    if request.path.startswith(OFFICERS) and request.path != LOG_OUT and is_worker(request.user):
        return error_page(request, 403, "这里是工会干部的工作台。您办事请回手机首页。")
    return None


class ErrorPagesMiddleware:
    """Maps the kernel's refusals to 403, 404, 409, and answers a part of a page with a toast."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = refused(request) or self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            response = not_a_page(request, response["Allow"])
        if response.get("Content-Type", "").startswith("text/html"):
            # What an officer saw must not come back from the browser's store after the log-out.
            response.headers.setdefault("Cache-Control", "no-store, private")
        if not request.headers.get("HX-Request"):
            return response
        if response.status_code == HTTPStatus.FOUND and response.get("Location", "").startswith(
            resolve_url(settings.LOGIN_URL)
        ):
            # A session that ended must not bring the log-in page into a part of this one.
            seen = page_around(request)
            address = redirect_to_login(f"{seen.path}?{seen.query}" if seen.query else seen.path or "/desk/").url
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        if response.status_code >= HTTPStatus.BAD_REQUEST and response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
            return response if response.get("X-Toast") else toast(response.status_code)
        if (
            response.status_code == HTTPStatus.OK
            and not response.streaming
            and get_messages(request)
            and response.get("Content-Type", "").startswith("text/html")
        ):
            said = render_to_string("ui/parts/messages.html", {"messages": get_messages(request)})
            response.content += f'<div hx-swap-oob="beforeend:#toasts">{said}</div>'.encode()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        for kind, status in REFUSALS:
            if isinstance(exception, kind):
                return error_page(request, status, getattr(exception, "message", ""))
        return None
