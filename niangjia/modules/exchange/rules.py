"""How another system proves who it is, what it is told, and how patiently.

What is signed, by both sides alike: method, path with query, time, and the SHA-256 of the body in hex,
joined by line feeds; HMAC-SHA256 under the shared secret, in hex.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from niangjia.kernel.errors import Refused

KEY, TIME, SIGNATURE = "X-Niangjia-Key", "X-Niangjia-Time", "X-Niangjia-Signature"
DRIFT = timedelta(minutes=5)
"""A request is good for this long, before and after its own time."""

CODE = re.compile(r"[a-z][a-z0-9-]{1,38}")

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 480, 480, 720, 840, 1440))
"""Between one try and the next: together a little over three days, then a person must look."""

TOLD = frozenset({
    "accept", "refuse", "ask_facts", "answer", "call_back", "rate", "reopen", "withdraw", "merge", "extend", "pause",
    "resume", "reply",
})  # fmt: skip
"""Of all that happens with a case, what the system that it came from hears."""


def signature(secret: str, *, method: str, path: str, time: str, body: bytes) -> str:
    said = "\n".join((method.upper(), path, time, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def signature_problem(given: str, expected: str, *, time: str, now: datetime) -> str | None:
    """Why a request isn't believed, in words for the partner's engineers; None if it is."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        return f"{TIME} 要写成带时区的时间，例如 2026-11-22T09:00:00+08:00。"
    if abs(now - at) > DRIFT:
        return "请求的时间与服务器相差超过 5 分钟，请校准时钟后重新签名。"
    if not hmac.compare_digest(given.lower().encode(), expected.encode()):
        return "签名不对：请检查密钥，以及参与签名的方法、路径、时间和正文。"
    return None


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a message that was not taken is sent again; None: it was tried for long enough."""
    return now + WAITS[tries - 1] if 0 < tries <= len(WAITS) else None


def ensure_code(code: str) -> str:
    code = code.strip().lower()
    if not CODE.fullmatch(code):
        raise Refused(
            "partner.code", "代号用小写字母开头，由字母、数字和横线组成，2 到 39 个字符，如 city-12345。", "code"
        )
    return code


def ensure_address(url: str, *, secure_only: bool) -> str:
    """Where we call back; empty: nowhere. Over the open line nothing personal is sent."""
    url = url.strip()
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.fragment:
        raise Refused(
            "partner.address", "回传地址要以 https:// 开头，如 https://12345.example.gov.cn/niangjia。", "address"
        )
    if secure_only and parts.scheme != "https":
        raise Refused("partner.address", "回传地址必须用 https://，诉求内容不能明文传输。", "address")
    return url
