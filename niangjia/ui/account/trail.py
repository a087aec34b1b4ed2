"""What somebody does with the own account on allauth's pages, in the audit trail."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.dispatch import Signal
from django.utils import timezone

from niangjia.kernel.access.actions import note_own_change
from niangjia.kernel.access.log_ins import LogIn, note_log_in
from niangjia.kernel.access.models import User

ACCEPTED = {
    Authenticator.Type.TOTP: LogIn.CODE_ACCEPTED,
    Authenticator.Type.RECOVERY_CODES: LogIn.RECOVERY_CODE_ACCEPTED,
}
CHANGES: dict[tuple[Signal, str], str] = {
    (signals.authenticator_added, Authenticator.Type.TOTP): "access.user.second_step_added",
    (signals.authenticator_removed, Authenticator.Type.TOTP): "access.user.second_step_removed",
    (signals.authenticator_reset, Authenticator.Type.RECOVERY_CODES): "access.user.recovery_codes_renewed",
}
"""The other signals of the two only follow these: recovery codes come and go with the authenticator."""


def connect() -> None:
    signals.authenticator_used.connect(_used)
    password_changed.connect(_password_changed)
    for signal in {signal for signal, _ in CHANGES}:
        signal.connect(_changed)


def _used(*, user: User, authenticator: Authenticator, **_: Any) -> None:
    note_log_in(user, ACCEPTED[Authenticator.Type(authenticator.type)], now=timezone.now())


def _changed(*, signal: Signal, user: User, authenticator: Authenticator, **_: Any) -> None:
    verb = CHANGES.get((signal, authenticator.type))
    if verb:
        note_own_change(user, verb, now=timezone.now())


def _password_changed(*, user: User, **_: Any) -> None:
    note_own_change(user, "access.user.password_changed", now=timezone.now())
