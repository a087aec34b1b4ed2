"""Codes that prove a phone: few leave the house, none can be guessed, and nothing tells a known number from another."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import IPv4Address, ip_address, ip_network

from django.conf import settings
from django.db import connection, transaction

from niangjia.kernel import numbers
from niangjia.kernel.access.models import User
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.access.workers import worker_account
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import tell_once
from niangjia.modules.members.models import PhoneCode

LOG_IN = "LOG_IN"
FOLLOW = "FOLLOW"
"""Opens one matter to whoever has the phone that was left with it, and no account."""
LIVES, PAUSE, HOUR = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=1)
MOST_TRIES, MOST_A_PHONE = 5, 5
NO_CHANNEL = "短信还没有接通，现在不能用手机登录。请带身份证件到单位工会或镇街总工会办理。"
WRONG = "验证码不对或已过期。请核对短信里最新的 6 位数字；输错 5 次要重新获取。"


def send_phone_code(phone: str, *, address: str, now: datetime, purpose: str = LOG_IN) -> None:
    """Sends six digits to a phone; the ones before stop working.

    Raises Refused for a number that is none, and for more than one a minute or five an hour to a phone,
    or too many from one network address.
    """
    number = tidy(phone)
    if not settings.NOTIFY_CHANNELS:
        raise Refused("phone_code.no_channel", NO_CHANNEL, "phone")
    mine, theirs = digest(number), digest(network_of(address))
    with transaction.atomic():
        _hold(b"address" + theirs)
        _hold(b"phone" + mine)
        _ensure_few(mine, theirs, now)
        code = f"{secrets.randbelow(1_000_000):06}"
        _live(mine, now, purpose).update(expires_at=now)
        PhoneCode.objects.create(
            purpose=purpose, phone_digest=mine, code_digest=digest(f"{number}:{code}"), address_digest=theirs,
            sent_at=now, expires_at=now + LIVES,
        )  # fmt: skip
        tell_once(
            name="", phone=number, url="", title=f"【工会】验证码 {code}，5 分钟内有效。工作人员不会向您要验证码，请勿告诉他人。"
        )  # fmt: skip


def check_phone_code(phone: str, code: str, *, now: datetime) -> User:
    """The account of the phone, opened now if it has none. Raises Refused for a wrong, used or old code.

    A wrong try is kept, whatever the caller does with the refusal.
    """
    with transaction.atomic():
        if _proves(phone, code, LOG_IN, now):
            return worker_account(tidy(phone), now=now)
    raise Refused("phone_code.wrong", WRONG, "code")


def prove_phone(phone: str, code: str, *, now: datetime) -> None:
    """That the phone is at hand, for following one matter; opens no account. Raises Refused like `check_phone_code`."""
    with transaction.atomic():
        if _proves(phone, code, FOLLOW, now):
            return
    raise Refused("phone_code.wrong", WRONG, "code")


def _proves(phone: str, code: str, purpose: str, now: datetime) -> bool:
    """Whether it is the latest code; a right one is used up, a wrong try counted."""
    number = tidy(phone)
    mine = digest(number)
    _hold(b"phone" + mine)
    sent = _live(mine, now, purpose).order_by("-sent_at", "-pk").first()
    if sent is None:
        return False
    right = compare_digest(bytes(sent.code_digest), digest(f"{number}:{code.strip()}"))
    if right:
        sent.used_at = now
    else:
        sent.tries += 1
    sent.save(update_fields=["used_at", "tries"])
    return right


def network_of(address: str) -> str:
    """What one household or handset has: the address itself, of an IPv6 one the 64 bits that it can't choose."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def tidy(phone: str) -> str:
    """Raises Refused for what is no mobile number."""
    number = numbers.tidy_phone(phone)
    problem = numbers.check_phone(number, synthetic=settings.SYNTHETIC_NUMBERS)
    if problem:
        raise Refused("phone_code.phone", problem, "phone")
    return number


def _live(phone_digest: bytes, now: datetime, purpose: str) -> ScopedQuerySet[PhoneCode]:
    return PhoneCode.objects.unscoped(reason="the codes of a phone that proves itself").filter(
        phone_digest=phone_digest, purpose=purpose, used_at=None, expires_at__gt=now, tries__lt=MOST_TRIES
    )


def _ensure_few(phone_digest: bytes, address_digest: bytes, now: datetime) -> None:
    lately = PhoneCode.objects.unscoped(reason="how many codes left of late").filter(sent_at__gt=now - HOUR)
    to_phone = list(lately.filter(phone_digest=phone_digest).order_by("-sent_at").values_list("sent_at", flat=True))
    if to_phone and now - to_phone[0] < PAUSE:
        left = (PAUSE - (now - to_phone[0])).seconds + 1
        raise Refused("phone_code.pause", f"验证码刚刚发出，请 {left} 秒后再试。", "phone")
    if len(to_phone) >= MOST_A_PHONE:
        raise Refused("phone_code.many", "这个号码获取验证码太频繁，请一小时后再试。", "phone")
    if lately.filter(address_digest=address_digest).count() >= settings.PHONE_CODES_PER_ADDRESS:
        raise Refused("phone_code.address", "当前网络获取验证码太频繁，请稍后再试，或换一个网络。", "phone")


def _hold(what: bytes) -> None:
    """Until the transaction ends: two tabs at once make one code, and no try is lost in between."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [what.hex()])
