"""What an asker may read: the own demands, by the account or by a link; nothing that is internal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Q

from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import OPEN, Stage, Verb
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.ltree import end_of
from niangjia.modules.demands.models import AskerConsent, AskerLink, Attachment, Demand
from niangjia.modules.demands.privacy import CURRENT
from niangjia.modules.organisations.queries.joining import Union, place_of, township_union, union_shown
from niangjia.modules.organisations.queries.of_employer import employer_facts

OWN = "the own demands of the one who asks"
NOT_THERE = "没有找到这件诉求。"
LINK_LIVES = timedelta(days=30)
MOST_SHOWN = 50


# --- whose it is ---


def own_demands(user: User, *, now: datetime) -> list[Demand]:
    """The latest first. What was said by telephone from the same number is one's own too, as long as a link to it lives."""
    rows = _rows().filter(_own(user, now)).order_by("-case__received_at", "-pk")
    return list(rows[:MOST_SHOWN])


def own_open(user: User, *, now: datetime) -> list[Demand]:
    """What goes on, and what has been merged into something that does."""
    going_on = Q(case__stage__in=sorted(OPEN)) | Q(case__stage=Stage.MERGED, case__merged_into__stage__in=sorted(OPEN))
    return list(_rows().filter(_own(user, now), going_on).order_by("-case__received_at", "-pk")[:MOST_SHOWN])


def own_demand(pk: int, user: User, *, now: datetime) -> Demand:
    """Raises Missing for somebody else's."""
    found: Demand | None = _rows().filter(_own(user, now), pk=pk).first()
    if found is None:
        raise Missing(NOT_THERE)
    return found


def _rows() -> ScopedQuerySet[Demand]:
    return Demand.objects.unscoped(reason=OWN).select_related("case__merged_into")


def _own(user: User, now: datetime) -> Q:
    lives = Q(case__stage__in=sorted(OPEN)) | Q(case__ended_at__gt=now - LINK_LIVES)
    return Q(asker_user=user.pk) | Q(asker_user=None, asker_phone_digest=digest(user.phone)) & lives


# --- links ---


def token_digest(token: str) -> bytes:
    """A token is long and random: a plain digest tells nothing of it."""
    return sha256(token.encode()).digest()


def demand_of_link(token: str, *, now: datetime) -> Demand | None:
    """Until thirty days after the end; None for a link that is none any more or never was."""
    link = AskerLink.objects.filter(token_digest=token_digest(token), expires_at__gt=now).first()
    if link is None:
        return None
    found: Demand | None = _rows().filter(pk=link.demand_id).first()
    if found is None or not found.asker_phone:
        return None
    ended = found.case.ended_at
    return found if ended is None or ended + LINK_LIVES > now else None


# --- how it stands ---


@dataclass(frozen=True)
class Told:
    """A line that the asker reads. Of those who work on it only the organisation is named."""

    at: datetime
    verb: Verb
    text: str
    by: str
    is_answer: bool = False
    files: tuple[Attachment, ...] = ()


def told_to_asker(demand: Demand) -> list[Told]:
    """The newest first."""
    rows = _lines(demand)
    names = {
        pk: union.name for pk in {row.scope_id for row in rows if row.user_id} if pk and (union := union_shown(pk))
    }
    files = {row.file_id: row for row in own_files(demand)}
    return [
        Told(
            row.at, Verb(row.verb), _text(row), names.get(row.scope_id or 0, ""),
            row.verb in (Verb.ANSWER, Verb.CLOSE_AT_ONCE) or "of_main" in row.data,
            tuple(files[pk] for pk in row.file_ids if pk in files),
        )
        for row in rows
    ]  # fmt: skip


def _lines(demand: Demand) -> list[Entry]:
    """Of the own case; once merged, also what is said on the way to all (the answer each gets as an own line)."""
    of = Q(case=demand.pk)
    if demand.case.merged_into_id is not None:
        of |= Q(case=demand.case.merged_into_id, verb=Verb.REPLY.value, at__gte=demand.case.ended_at)
    return list(Entry.objects.unscoped(reason=OWN).filter(of, for_asker=True).order_by("-at", "-pk"))


def _text(row: Entry) -> str:
    elsewhere = row.data.get("elsewhere") if row.verb == Verb.REFUSE else ""
    return f"{row.text}\n可以去：{elsewhere}" if elsewhere else str(row.text)


def own_files(demand: Demand) -> list[Attachment]:
    """What the asker gave, and what was sent along with a word to the asker."""
    given = {pk for row in _lines(demand) for pk in row.file_ids}
    rows = Attachment.objects.unscoped(reason=OWN)
    of = Q(demand=demand.pk, by_asker=True) | Q(demand__in=[demand.pk, demand.case.merged_into_id], file_id__in=given)
    return list(rows.filter(of).order_by("pk"))


def own_file(demand: Demand, file_id: int) -> StoredFile:
    """Raises Missing for a file that is internal or another's."""
    if all(row.file_id != file_id for row in own_files(demand)):
        raise Missing("没有这个文件。")
    return StoredFile.objects.get(pk=file_id)


def working_case(demand: Demand) -> Case:
    """Where the work goes on: the case itself, or the one it was merged into."""
    return demand.case.merged_into or demand.case


def in_charge(demand: Demand) -> Union | None:
    """The organisation that has it in hand, with its telephone."""
    return union_shown(working_case(demand).scope_id)


def urged_today(demand: Demand, *, now: datetime) -> bool:
    rows = Entry.objects.unscoped(reason=OWN)
    return bool(
        rows.filter(case=demand.pk, verb=Verb.URGE.value, user_id=None, at__gt=now - timedelta(days=1)).exists()
    )


def to_rate(demand: Demand) -> bool:
    """An answer waits for the asker's word; of a merged one the word counts for itself."""
    case = demand.case
    if case.stage == Stage.MERGED:
        return case.rating is None and case.answered_at is not None
    return bool(case.stage == Stage.ANSWERED)


# --- before it is one ---


def has_agreed(user_id: int | None) -> bool:
    """Whether the account has agreed to the wording that holds now, with an earlier demand."""
    if user_id is None:
        return False
    rows = AskerConsent.objects.unscoped(reason=OWN)
    return bool(rows.filter(demand__asker_user=user_id, version=CURRENT).exists())


def consents_of(user_id: int) -> list[AskerConsent]:
    """With the account's own demands, the latest first."""
    rows = AskerConsent.objects.unscoped(reason=OWN).filter(demand__asker_user=user_id)
    return list(rows.select_related("demand__case").order_by("-given_at")[:MOST_SHOWN])


def receiving_scope(*, place: int | None, division: str, employer_id: int | None) -> int:
    """Whose door it is said at: the place whose code was scanned, else the township's union, else the top of the tree."""
    if place is not None and (union := union_shown(place)) is not None and union.is_open:
        return union.id
    employer = employer_facts(employer_id) if employer_id else None
    for ground in filter(None, (division, employer.division if employer else "")):
        if (union := township_union(ground)) is not None:
            return union.id
        if path := place_of(ground):
            return end_of(path)
    found: Any = Scope.objects.filter(parent=None).order_by("pk").values_list("pk", flat=True).first()
    if found is None:
        raise Missing("还没有建立组织，暂时不能提诉求。请拨打 12351。")
    return int(found)
