"""One POST to a partner: signed, short of patience, following nobody elsewhere."""

from __future__ import annotations

import http.client
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from django.utils import timezone

from niangjia.modules.exchange.models import Partner
from niangjia.modules.exchange.rules import KEY, SIGNATURE, TIME, signature

PATIENCE = 10  # seconds
DELIVERY = "X-Niangjia-Delivery"


def post(partner: Partner, delivery_id: int, body: str, now: datetime) -> str:
    """Returns '' when it was taken (any 2xx), else what went wrong. Redirects are not followed: they lead nobody knows where."""
    parts = urlsplit(partner.address)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    time = timezone.localtime(now).isoformat(timespec="seconds")
    content = body.encode()
    connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(
        parts.hostname or "", parts.port, timeout=PATIENCE
    )
    try:
        connection.request(
            "POST", path, content,
            {
                "Content-Type": "application/json; charset=utf-8", DELIVERY: str(delivery_id), KEY: partner.key,
                TIME: time,
                SIGNATURE: signature(str(partner.secret), method="POST", path=path, time=time, body=content),
            },
        )  # fmt: skip
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"没有连上：{type(error).__name__}"
    finally:
        connection.close()
    return "" if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else f"对方回答 {status}"
