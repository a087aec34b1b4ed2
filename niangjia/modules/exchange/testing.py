"""Partners for tests, and a client that signs as one."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.exchange.actions.partners import add_partner
from niangjia.modules.exchange.models import Partner
from niangjia.modules.exchange.rules import KEY, SIGNATURE, TIME, signature
from niangjia.modules.organisations.testing import acting_as

_codes = count(1)


def partner(
    at: Any, *, name: str = "12345热线", address: str = "", actor: Actor | None = None, now: datetime
) -> Partner:
    row, _ = add_partner(
        scope_id=at.pk, code=f"city-{next(_codes)}", name=name, address=address,
        actor=actor or acting_as("CHAIR", at), now=now,
    )  # fmt: skip
    return row


def call(
    row: Partner, path: str, body: dict[str, Any] | None = None, *, method: str = "POST", **wrong: str
) -> tuple[int, dict[str, Any]]:
    """A signed request; `wrong` overrides what is signed or sent: secret, key, time, signature, sent_path."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    time = wrong.get("time", timezone.localtime().isoformat(timespec="seconds"))
    secret = wrong.get("secret", str(row.secret))
    given = wrong.get("signature") or signature(secret, method=method, path=path, time=time, body=content)
    headers = {KEY: wrong.get("key", row.key), TIME: time, SIGNATURE: given}
    address = wrong.get("sent_path", path)
    send = Client().post if method == "POST" else Client().get
    more = {"data": content, "content_type": "application/json"} if method == "POST" else {}
    answer = send(address, headers=headers, **more)  # type: ignore[arg-type]
    return answer.status_code, json.loads(answer.content)
