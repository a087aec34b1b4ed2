"""Putting the facts of a demand right, and what belongs to them: people concerned, how it closed, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.queries.rights import roles_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.kinds import JPEG, PDF, PNG, WEBP, XLSX
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.demands.actions.alerts import ring_for_words
from niangjia.modules.demands.actions.recording import TAIL, unions_kept_from, with_employer, with_zone, words_of
from niangjia.modules.demands.actions.triage import note_edit
from niangjia.modules.demands.models import Attachment, ConcernedPerson, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.rules import (
    MOST_FEN,
    Facts,
    changed_labels,
    check_contact,
    ensure_facts,
    ensure_how_closed,
    tidy_line,
)

ATTACHED = (PDF, JPEG, PNG, WEBP, XLSX)
MOST_FILES, MOST_CONCERNED = 60, 2000
_HANDLING = frozenset({"LEAD", "CO_HANDLER"})


@contextmanager
def editing(
    pk: int, *, verb: str, actor: Actor, now: datetime, permission: str = Permission.DEMAND_HANDLE, reason: str = ""
) -> Iterator[Demand]:
    """The row under lock, for whoever has the right where it lies or handles it; then the trail.

    Raises Missing, NotPermitted.
    """
    with transaction.atomic():
        found = Demand.objects.one_visible_to(pk, actor).select_for_update(of=("self",)).select_related("case__scope")
        row: Demand | None = found.first()
        if row is None:
            raise Missing("没有找到这件诉求，可能编号有误，或不在您的管辖范围内。")
        path = str(row.case.scope.path)
        if not actor.may(permission, path) and not roles_of(row.case, actor) & _HANDLING:
            raise NotPermitted
        before = audit.snapshot(row)
        yield row
        after = audit.snapshot(row)
        if before != after:
            audit.record(
                actor=actor, verb=verb, subject=row, path=path, before=before, after=after, reason=reason, now=now
            )


def facts_of(row: Demand) -> Facts:
    """As they are kept: what a form begins with."""
    return Facts(
        nature=row.nature, channel=row.channel, title=row.case.title, body=row.body, kind=row.kind,
        urgency=row.case.urgency, is_major=row.case.is_major, party=row.party, asker_name=row.asker_name or "",
        asker_phone=row.asker_phone or "", asker_user_id=row.asker_user_id, person_id=row.person_id,
        asker_employer_id=row.asker_employer_id, is_anonymous=row.is_anonymous,
        is_confidential=row.case.is_confidential, tells_own_union=row.tells_own_union, employer_id=row.employer_id,
        employer_name=row.employer_name, accused_user_id=row.accused_user_id, division=row.division_id or "",
        zone_id=row.zone_id, place=row.place, happened_on=row.happened_on, people=row.people,
        claimed_fen=row.claimed_fen, recording=row.recording, paper_number=row.paper_number, suggested=row.suggested,
    )  # fmt: skip


EDITED = (
    "nature", "kind", "body", "party", "asker_name", "asker_phone", "is_anonymous", "tells_own_union", "employer_id",
    "employer_name", "zone_id", "accused_user_id", "place", "happened_on", "people", "claimed_fen", "recording",
    "paper_number",
)  # fmt: skip
"""Door, account and links stay; urgency is graded on the case, by whoever supervises."""


def edit_facts(demand_id: int, facts: Facts, *, reason: str = "", actor: Actor, now: datetime) -> Demand:
    """All facts anew (begin with `facts_of`). Whom it is kept from follows from them; it may have to move for that."""
    facts = facts.tidied()
    ensure_facts(facts, today=timezone.localdate(now), synthetic=settings.SYNTHETIC_NUMBERS)
    kind = catalogue().get(facts.kind)
    if facts.kind and (kind is None or kind.is_group):
        raise Refused("demand.kind", "诉求目录里没有这一类，请重新选择。", "kind")
    with editing(demand_id, verb="demands.demand.edited", actor=actor, now=now, reason=reason) as row:
        was = facts_of(row)
        facts, employer = with_employer(facts)
        facts = with_zone(facts)
        if facts.accused_user_id and not User.objects.filter(pk=facts.accused_user_id).exists():
            raise Refused("demand.accused_user", "没有找到被反映的工作人员，请重新选择。", "accused_user")
        for name in EDITED:
            setattr(row, name, getattr(facts, name))
        row.division_id = facts.division or None
        row.asker_phone_tail = facts.asker_phone[-TAIL:] if not facts.is_anonymous else ""
        row.words = words_of(facts)
        row.save()
        changed = [name for name in (*EDITED, "title", "is_confidential") if getattr(was, name) != getattr(facts, name)]
        if changed or was.division != facts.division:
            places = unions_kept_from(facts, employer, row.case.received_scope_id)
            users = [facts.accused_user_id] if facts.accused_user_id else []
            same = (places, users) == (row.case.kept_from, row.case.kept_from_users)
            casework.edit_case(
                row.pk, title=facts.title, is_confidential=facts.is_confidential,
                kept_from=None if same else (places, users), text=f"修改了{changed_labels([*changed, 'division_id'] if was.division != facts.division else changed)}",
                actor=actor, now=now,
            )  # fmt: skip
        note_edit(was, facts, row, actor=actor, now=now)
        if {"title", "body", "people"} & set(changed):
            ring_for_words(row.pk, f"{facts.title}\n{facts.body}", people=facts.people, now=now)
    row.case.refresh_from_db()
    return row


@dataclass(frozen=True)
class Concerned:
    """One of the people whose matter this is too."""

    name: str
    phone: str = ""
    claimed_fen: int | None = None
    recovered_fen: int | None = None


def set_concerned(demand_id: int, people: Sequence[Concerned], *, actor: Actor, now: datetime) -> Demand:
    """The whole list anew. The demand concerns at least as many; its sum claimed is theirs where all have one."""
    tidy = [
        Concerned(tidy_line(one.name)[:50], tidy_phone(one.phone), one.claimed_fen, one.recovered_fen) for one in people
    ]
    _ensure_concerned(tidy)
    with editing(demand_id, verb="demands.demand.concerned_set", actor=actor, now=now) as row:
        row.concerned.all().delete()
        for one in tidy:
            ConcernedPerson.objects.create(
                demand=row, name=one.name, phone=one.phone, claimed_fen=one.claimed_fen, recovered_fen=one.recovered_fen
            )
        row.people = max(row.people, len(tidy))
        for name in ("claimed_fen", "recovered_fen"):
            sums = [getattr(one, name) for one in tidy]
            if sums and None not in sums:
                setattr(row, name, sum(sums))
        row.save(update_fields=["people", "claimed_fen", "recovered_fen"])
        casework.edit_case(row.pk, text=f"登记了涉及人员 {len(tidy)} 人", actor=actor, now=now)
    return row


def _ensure_concerned(people: Sequence[Concerned]) -> None:
    if len(people) > MOST_CONCERNED:
        raise Refused("demand.concerned", f"一件诉求最多登记 {MOST_CONCERNED} 人，更多的请附名单文件。", "people")
    for number, one in enumerate(people, start=1):
        problem = check_contact(one.phone, synthetic=settings.SYNTHETIC_NUMBERS) if one.phone else None
        if not one.name:
            raise Refused("demand.concerned", f"第 {number} 行没有姓名。", "people")
        if problem:
            raise Refused("demand.concerned", f"第 {number} 行（{one.name[:1]}**）：{problem}", "people")
        if any(sum_ is not None and not 0 <= sum_ <= MOST_FEN for sum_ in (one.claimed_fen, one.recovered_fen)):
            raise Refused("demand.concerned", f"第 {number} 行的金额不对，请核对。", "people")


def set_outcome(
    demand_id: int, *, how_closed: str, recovered_fen: int | None = None, actor: Actor, now: datetime
) -> Demand:
    """How it closed, and what came back: facts of their own, apart from the stage."""
    with editing(demand_id, verb="demands.demand.outcome_set", actor=actor, now=now) as row:
        ensure_how_closed(how_closed, recovered_fen, row.claimed_fen)
        changed = (row.how_closed, row.recovered_fen) != (how_closed, recovered_fen)
        row.how_closed, row.recovered_fen = how_closed, recovered_fen
        row.save(update_fields=["how_closed", "recovered_fen"])
        if changed:
            casework.edit_case(row.pk, text="登记了办结方式和追回金额", actor=actor, now=now)
    return row


def attach(
    demand_id: int, content: bytes | BinaryIO, *, name: str, by_asker: bool = False, actor: Actor, now: datetime
) -> Attachment:
    """A photo, a PDF or a workbook; what it is, is told by its bytes. Raises Refused with what to do instead."""
    with editing(
        demand_id, verb="demands.demand.attached", actor=actor, now=now, permission=Permission.DEMAND_RECORD
    ) as row:
        if row.attachments.count() >= MOST_FILES:
            raise Refused("demand.files", f"附件最多 {MOST_FILES} 个，请先整理合并。", "file")
        stored = store(content, name=name, owner_id=None, now=now, kinds=ATTACHED)
        made: Attachment = Attachment.objects.create(
            demand=row, file_id=stored.pk, name=stored.name, by_asker=by_asker, at=now
        )
        audit.record(
            actor=actor, verb="demands.demand.attached", subject=row, path=str(row.case.scope.path),
            after={"name": stored.name}, now=now,
        )  # fmt: skip
        casework.edit_case(row.pk, text=f"添加了附件“{stored.name}”", actor=actor, now=now)
    return made


def remove_attachment(demand_id: int, attachment_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """One that was put there by mistake; what the asker gave stays."""
    if not reason.strip():
        raise Refused("demand.reason", "请写明为什么移除。", "reason")
    with editing(demand_id, verb="demands.demand.detached", actor=actor, now=now, reason=reason) as row:
        found: Any = row.attachments.filter(pk=attachment_id).first()
        if found is None:
            raise Missing("没有找到这个附件。")
        if found.by_asker:
            raise Refused("demand.attachment", "诉求人提交的材料不能移除。")
        audit.record(
            actor=actor, verb="demands.demand.detached", subject=row, path=str(row.case.scope.path),
            before={"name": found.name}, reason=reason, now=now,
        )  # fmt: skip
        found.delete()
        casework.edit_case(row.pk, text=f"移除了附件“{found.name}”：{reason.strip()}", actor=actor, now=now)
