"""Asking somebody else whether a name and a number belong together.

An adapter (public security's service through the county's data bureau, an operator's) is one class,
named by its dotted path in NIANGJIA_IDENTITY_CHECK. Its answer is advice to the officer, who decides.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from niangjia.modules.members.models import JoiningApplication
from niangjia.modules.members.rules import ApplicationState, Document, IdentityAnswer, check_document

log = logging.getLogger(__name__)

TASK = "members.check_identity"


class IdentityCheck(Protocol):
    def answer(self, *, name: str, kind: Document, number: str) -> IdentityAnswer:
        """May be slow and may raise; both count as UNKNOWN."""


class ByChecksum:
    """For an installation without such a service: a number that can't be is told, more is not known."""

    def answer(self, *, name: str, kind: Document, number: str) -> IdentityAnswer:
        problem = check_document(kind, number, today=timezone.localdate(), synthetic=settings.SYNTHETIC_NUMBERS)
        return IdentityAnswer.DIFFERS if problem else IdentityAnswer.UNKNOWN


def ask_identity(*, name: str, kind: str, number: str) -> IdentityAnswer:
    check = cast("type[IdentityCheck]", import_string(settings.IDENTITY_CHECK))()
    try:
        return IdentityAnswer(check.answer(name=name, kind=Document(kind), number=number))
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything; joining must not stand still for it
        # Its words may hold the number: the address that was asked, the answer that wasn't understood.
        log.error("The identity check failed: %s", type(error).__name__)  # noqa: TRY400
        return IdentityAnswer.UNKNOWN


def ask_identity_later(application_id: int) -> None:
    """In the background, since a service may take its time; called in the transaction of the submission."""
    app.configure_task(TASK).defer(application_id=application_id)


def check_identity_of(application_id: int, *, now: datetime) -> IdentityAnswer | None:
    """Asks and notes the answer; None for an application that is not waiting any more."""
    rows = JoiningApplication.objects.unscoped(reason="the identity check of one application")
    waiting = rows.filter(pk=application_id, state=ApplicationState.RECEIVED)
    row = waiting.first()
    if row is None:
        return None
    answer = ask_identity(name=row.name, kind=row.document_kind, number=row.document_number)
    # Only if it still says what was asked about: it may have been put right meanwhile.
    same = waiting.filter(name=row.name, document_digest=row.document_digest)
    same.update(identity_answer=answer, identity_checked_at=now)
    return answer
