"""Putting a new case where it belongs, before anybody has accepted it: the room above knows the way."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Entry, Participant, Role
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify

_REASON = "a case that has just come in is put where its room sends it"


@transaction.atomic
def place_case(
    case_id: int, *, scope_id: int, user_id: int | None, because: str, actor: Actor, now: datetime, tell: bool = True
) -> Case:
    """`user_id` becomes the lead to whom it is proposed; the stage stays, for accepting is his. He is told.

    Asks for no right: the room above has done so. Raises Refused for one that is no longer waiting.
    """
    case: Case = Case.objects.unscoped(reason=_REASON).select_for_update().get(pk=case_id)
    if case.stage != Stage.RECEIVED:
        raise Refused("case.place", f"现在是“{case.stage_now.label}”，不能再分派；请用转办。")
    leads = Participant.objects.unscoped(reason=_REASON).filter(case=case, role=Role.LEAD, until_at=None)
    leads.exclude(user=user_id).update(until_at=now)
    if user_id is not None and not leads.filter(user=user_id).exists():
        Participant.objects.create(case=case, user_id=user_id, role=Role.LEAD, from_at=now)
    case.scope_id, case.lead_id, case.touched_at = scope_id, user_id, now
    case.save(update_fields=["scope", "lead", "touched_at"])
    Entry.objects.create(
        case=case, verb=Verb.ASSIGN, at=now, user_id=None, user_name="系统", scope_id=scope_id, text=because,
        data={"lead": user_id, "by": actor.name},
    )  # fmt: skip
    if user_id is not None and tell and user_id != actor.user_id:
        kind = kind_named(case.kind)
        notify(
            [user_id], title=f"新{kind.noun}待受理：{case.title}", body=f"{case.number}。{because}",
            url=case.get_absolute_url(), now=now,
        )  # fmt: skip
    return case


def line_of_product(case_id: int, *, text: str, now: datetime, file_ids: tuple[int, ...] = ()) -> Entry:
    """A line that the product itself writes into the timeline, for officers only."""
    Case.objects.unscoped(reason=_REASON).filter(pk=case_id).update(touched_at=now)
    return Entry.objects.create(  # type: ignore[no-any-return]
        case_id=case_id, verb=Verb.REMARK, at=now, user_id=None, user_name="系统", text=text, file_ids=list(file_ids)
    )


def let_know(case_id: int, *, user_id: int, now: datetime) -> None:
    """Somebody is called to a confidential case and has to see it for that."""
    kept = Case.objects.unscoped(reason=_REASON).filter(pk=case_id, kept_from_users__contains=[user_id]).exists()
    known = Participant.objects.unscoped(reason=_REASON).filter(case=case_id, user=user_id, until_at=None).exists()
    if not (kept or known):
        Participant.objects.create(case_id=case_id, user_id=user_id, role=Role.LOOKER, from_at=now)
