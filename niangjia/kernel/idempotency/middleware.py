"""A form sent twice acts once.

The token's row is written in the transaction of the act: a second sending waits for the first to
commit, then gets the first one's answer; when the first dies, nothing of it remains. An answer that
says no keeps what its view kept: a wrong password is counted, with a token or without.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from niangjia.kernel.idempotency.models import Once

REDIRECTS = range(300, 400)
FIELD, HEADER = "_once", "HTTP_IDEMPOTENCY_KEY"
TOKEN = re.compile(r"[\w-]{1,43}", re.ASCII)


class OnceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.method == "POST" and (request.POST.get(FIELD) or request.META.get(HEADER))
        if not token or not TOKEN.fullmatch(token):
            return self.get_response(request)
        with transaction.atomic():
            row, is_first = Once.objects.get_or_create(
                token=token,
                defaults={"user_id": request.user.pk, "path": request.path[:300], "at": timezone.now()},
            )
            if not is_first:
                return self._answer_again(row, request)
            response = self.get_response(request)
            if response.status_code in REDIRECTS or response.headers.get("HX-Redirect"):
                row.location = response.headers.get("Location") or response.headers["HX-Redirect"]
                row.status = response.status_code
                row.save(update_fields=["location", "status"])
            elif response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                transaction.set_rollback(True)
            else:
                # The form came back, or was refused: it will be sent again under the same token.
                row.delete()
            return response

    @staticmethod
    def _answer_again(row: Once, request: HttpRequest) -> HttpResponse:
        if row.user_id != request.user.pk or row.path != request.path:
            return HttpResponse("表单已失效，请刷新页面后重试。", status=409)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": row.location})
        return HttpResponseRedirect(row.location)
