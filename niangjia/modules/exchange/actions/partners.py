"""Other systems and their keys. A secret is shown once, to whoever made it."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.exchange.models import Partner
from niangjia.modules.exchange.permissions import Permission
from niangjia.modules.exchange.rules import ensure_address, ensure_code

LONGEST_NAME = 50
QUIET = timedelta(minutes=1)


def add_partner(
    *, scope_id: int, code: str, name: str, address: str, actor: Actor, now: datetime
) -> tuple[Partner, str]:
    """The partner, and the secret that is to be handed to it. Raises Missing, NotPermitted, Refused."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing("没有找到这个工会。")
    code, name = ensure_code(code), _name(name)
    if Partner.objects.unscoped(reason="codes are unique over all places").filter(code=code).exists():
        raise Refused("partner.code_taken", "这个代号已有别的单位在用，请换一个。", "code")
    secret = secrets.token_urlsafe(32)
    with adding(
        actor=actor, permission=Permission.PARTNER_EDIT, scope=scope, verb="exchange.partner.added", now=now
    ) as recorded:
        partner = Partner.objects.create(
            scope=scope, code=code, name=name, key=f"nj_{secrets.token_hex(12)}", secret=secret,
            address=ensure_address(address, secure_only=settings.PRODUCTION), created_at=now,
        )  # fmt: skip
        recorded(partner)
    return partner, secret


def edit_partner(pk: int, *, name: str, address: str, actor: Actor, now: datetime) -> Partner:
    with _changing(pk, "edited", actor, now) as partner:
        partner.name = _name(name)
        partner.address = ensure_address(address, secure_only=settings.PRODUCTION)
        partner.save(update_fields=["name", "address"])
    return partner


def renew_secret(pk: int, *, actor: Actor, now: datetime) -> str:
    """The old one is dead at once: for a secret that got out there is no grace."""
    with _changing(pk, "secret_renewed", actor, now) as partner:
        partner.secret = secrets.token_urlsafe(32)
        partner.save(update_fields=["secret"])
    return str(partner.secret)


def retire_partner(pk: int, *, reason: str, actor: Actor, now: datetime) -> Partner:
    """Its requests are refused from now on; what it handed over goes on here."""
    reason = reason.strip()[:200]
    with _changing(pk, "retired", actor, now, reason=reason) as partner:
        if not reason:
            raise Refused("partner.reason", "请写明停用的原因。", "reason")
        partner.retired_at = partner.retired_at or now
        partner.save(update_fields=["retired_at"])
    return partner


def heard_from(partner: Partner, *, now: datetime) -> None:
    """Notes that it called; once a minute, so that a busy line doesn't wait for its own row."""
    if partner.last_heard_at is None or now - partner.last_heard_at > QUIET:
        rows = Partner.objects.unscoped(reason="the partner that signed this request")
        rows.filter(pk=partner.pk).update(last_heard_at=now)


def _changing(pk: int, verb: str, actor: Actor, now: datetime, reason: str = "") -> AbstractContextManager[Partner]:
    return changing(
        Partner, pk, actor=actor, permission=Permission.PARTNER_EDIT, verb=f"exchange.partner.{verb}", now=now,
        reason=reason,
    )  # fmt: skip


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused("partner.name", f"请填写单位名称，最多 {LONGEST_NAME} 个字。", "name")
    return name
