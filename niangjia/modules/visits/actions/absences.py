"""Days on which an officer need not visit."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.visits.drafts import tidy
from niangjia.modules.visits.models import Absence, Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.postings import OWN, posting_in_sight
from niangjia.modules.visits.rules import AbsenceKind

LONGEST = timedelta(days=366)
LONGEST_NOTE = 100


@transaction.atomic
def add_absence(
    posting_id: int, *, kind: str, from_on: date, until_on: date, note: str = "", actor: Actor, now: datetime
) -> Absence:
    """`until_on` is the day he is back. By whoever directs: it changes what counts. Raises Missing, NotPermitted, Refused."""
    posting = _directed(posting_id, actor)
    if kind not in set(AbsenceKind):
        raise Refused("absence.kind", "请选择请假、培训学习，或抽调。", "kind")
    if not from_on < until_on <= from_on + LONGEST:
        raise Refused("absence.span", "返岗日期要晚于离岗日期，最长一年。", "until_on")
    if from_on < posting.from_on or (posting.until_on is not None and until_on > posting.until_on):
        raise Refused("absence.outside", "离岗的日子要在驻联期间以内，请核对。", "from_on")
    _hold(posting)
    rows = Absence.objects.unscoped(reason=OWN).filter(posting=posting)
    if rows.filter(from_on__lt=until_on, until_on__gt=from_on).exists():
        raise Refused("absence.twice", "这几天已经登记过离岗，请核对。", "from_on")
    made: Absence = rows.create(
        posting=posting, kind=kind, from_on=from_on, until_on=until_on, note=tidy(note)[:LONGEST_NOTE]
    )
    _record("visits.absence.added", made, posting, actor, now, after=audit.snapshot(made))
    return made


def remove_absence(pk: int, *, actor: Actor, now: datetime) -> Posting:
    """It was entered wrongly. Raises Missing, NotPermitted."""
    row: Absence | None = Absence.objects.visible_to(actor).filter(pk=pk).first()
    posting = _directed(row.posting_id if row else 0, actor)
    if row is not None:
        _record("visits.absence.removed", row, posting, actor, now, before=audit.snapshot(row))
        row.delete()
    return posting


def _directed(posting_id: int, actor: Actor) -> Posting:
    posting = posting_in_sight(posting_id, actor)
    if not actor.may(Permission.VISIT_DIRECT, str(posting.scope.path)):
        raise NotPermitted
    return posting


def _hold(posting: Posting) -> None:
    """Two who enter the same days come one after the other."""
    Posting.objects.unscoped(reason=OWN).select_for_update().get(pk=posting.pk)


def _record(verb: str, row: Absence, posting: Posting, actor: Actor, now: datetime, **sides: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, subject=row, path=str(posting.scope.path), now=now, **sides)  # type: ignore[arg-type]
