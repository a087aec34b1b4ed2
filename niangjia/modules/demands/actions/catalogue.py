"""Keeping 诉求目录: changes are made in a draft, and hold from its publication on as a new version.

It is one for the whole tree, so whoever keeps it has the right at the top. Codes are for ever: a kind that
falls out of use is retired, and old demands still say what they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.worktime.limits import Limit
from niangjia.modules.demands.models import CatalogueVersion, Kind
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import GROUP_LENGTH
from niangjia.modules.demands.rules import Needed, tidy_line, tidy_text

LONGEST_NAME, LONGEST_HINT, LONGEST_WORD, LONGEST_ANSWER, LONGEST_TITLE = 40, 300, 12, 500, 30
MOST_WORDS, MOST_ANSWERS, MOST_IN_GROUP = 60, 12, 99
LIMITS = {"accept": "受理", "answer": "答复", "close": "办结"}


@dataclass(frozen=True)
class KindFacts:
    """What staff may say of a kind; a group has only a name and a hint."""

    name: str
    urgency: int = Urgency.NORMAL
    limits: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    job: str = ""
    needs: Iterable[str] = ()
    answers: Iterable[Mapping[str, str]] = ()
    hint: str = ""
    words: Iterable[str] = ()
    is_used: bool = True


def top() -> Scope:
    """Where the right over the catalogue is asked."""
    found = Scope.objects.filter(parent=None).order_by("pk").first()
    if found is None:
        raise Missing("还没有建立组织。")
    return found


@contextmanager
def _drafting(actor: Actor) -> Iterator[CatalogueVersion]:
    """The draft under lock. Raises NotPermitted, and Missing while there is none."""
    if not actor.may(Permission.CATALOGUE_EDIT, str(top().path)):
        raise NotPermitted("诉求目录由最上一级工会统一维护。需要调整的，请向上级工会提出。")
    with transaction.atomic():
        draft = CatalogueVersion.objects.select_for_update().filter(published_at=None).first()
        if draft is None:
            raise Missing("现在没有草稿，请先点“开始修改”。")
        yield draft


def begin_draft(*, actor: Actor, now: datetime) -> CatalogueVersion:
    """A copy of what is in force, to be changed. The one that is there already, if there is one."""
    if not actor.may(Permission.CATALOGUE_EDIT, str(top().path)):
        raise NotPermitted("诉求目录由最上一级工会统一维护。需要调整的，请向上级工会提出。")
    versions = CatalogueVersion.objects.order_by("-number")
    latest = versions.filter(published_at__isnull=False).first()
    number = latest.number + 1 if latest else 1
    try:
        with transaction.atomic():
            draft = CatalogueVersion.objects.create(number=number, created_at=now)
            rows = list(latest.kinds.all()) if latest else []
            for row in rows:
                row.pk, row.version = None, draft
            Kind.objects.bulk_create(rows)
            _record(actor, "demands.catalogue.begun", draft, now, after={"number": number})
    except IntegrityError:
        draft = CatalogueVersion.objects.get(published_at=None)
    return draft


def discard_draft(*, actor: Actor, now: datetime) -> None:
    with _drafting(actor) as draft:
        _record(actor, "demands.catalogue.discarded", draft, now, before={"number": draft.number})
        draft.delete()


def publish_draft(*, note: str, actor: Actor, now: datetime) -> CatalogueVersion:
    """From now on it holds; demands that are there keep their codes. Raises Refused without a word on what changed."""
    note = tidy_line(note)[:200]
    if not note:
        raise Refused("catalogue.note", "请写一句这次改了什么，方便以后查。", "note")
    with _drafting(actor) as draft:
        draft.note, draft.published_at, draft.published_by_name = note, now, actor.name[:50]
        draft.save(update_fields=["note", "published_at", "published_by_name"])
        _record(actor, "demands.catalogue.published", draft, now, after={"number": draft.number, "note": note})
    return draft


def edit_kind(code: str, facts: KindFacts, *, actor: Actor, now: datetime) -> Kind:
    """In the draft. Raises Refused for facts that make no sense."""
    with _drafting(actor) as draft:
        row = draft.kinds.filter(code=code).first()
        if row is None:
            raise Missing("目录里没有这一类。")
        before = audit.snapshot(row)
        _put(row, facts)
        row.save()
        _record(actor, "demands.kind.edited", row, now, before=before, after=audit.snapshot(row))
    return row


def add_kind(group: str, facts: KindFacts, *, actor: Actor, now: datetime) -> Kind:
    """A further kind of a group ('' adds a group) under the next code, which no version has ever given out."""
    with _drafting(actor) as draft:
        if group and not draft.kinds.filter(code=group).exists():
            raise Missing("目录里没有这一大类。")
        row = Kind(version=draft, code=_next_code(group))
        _put(row, facts)
        row.save()
        _record(actor, "demands.kind.added", row, now, after=audit.snapshot(row))
    return row


def _next_code(group: str) -> str:
    length = len(group) + GROUP_LENGTH
    codes = Kind.objects.filter(code__startswith=group).values_list("code", flat=True).distinct()
    used = [int(code[-GROUP_LENGTH:]) for code in codes if len(code) == length]
    number = max(used, default=0) + 1
    if number > MOST_IN_GROUP:
        raise Refused("catalogue.full", "这一大类已经用完 99 个编号，请新建一个大类。")
    return f"{group}{number:02}"


def _put(row: Kind, facts: KindFacts) -> None:
    name = tidy_line(facts.name)
    if not name or len(name) > LONGEST_NAME:
        raise Refused("kind.name", f"请填写名称，最多 {LONGEST_NAME} 个字。", "name")
    same = row.version.kinds.filter(name=name, code__startswith=row.code[:-GROUP_LENGTH], is_used=True)
    if facts.is_used and any(len(other.code) == len(row.code) and other.code != row.code for other in same):
        raise Refused("kind.name", f"已经有“{name}”了，请换一个名称。", "name")
    if facts.urgency not in set(Urgency):
        raise Refused("kind.urgency", "请选择紧急程度。", "urgency")
    if facts.job and facts.job not in jobs():
        raise Refused("kind.job", "没有这个岗位，请重新选择。", "job")
    unknown = set(facts.needs) - {need.value for need in Needed}
    if unknown:
        raise Refused("kind.needs", "要问的内容里有不认识的项，请重新勾选。", "needs")
    row.name, row.urgency, row.job, row.is_used = name, facts.urgency, facts.job, facts.is_used
    row.needs = [need.value for need in Needed if need.value in set(facts.needs)]
    row.hint = tidy_line(facts.hint)[:LONGEST_HINT]
    row.words = _tidy_words(facts.words)
    row.answers = _tidy_answers(facts.answers)
    row.limits = _tidy_limits(facts.limits)


def _tidy_words(words: Iterable[str]) -> list[str]:
    tidy = list(dict.fromkeys(filter(None, map(tidy_line, words))))
    long = next((word for word in tidy if not 2 <= len(word) <= LONGEST_WORD), None)  # noqa: PLR2004
    if long:
        raise Refused("kind.words", f"“{long}”要在 2 到 {LONGEST_WORD} 个字之间：太短会误认，太长碰不上。", "words")
    if len(tidy) > MOST_WORDS:
        raise Refused("kind.words", f"标志词最多 {MOST_WORDS} 个。", "words")
    return tidy


def _tidy_answers(answers: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    tidy = [{"title": tidy_line(one.get("title", "")), "text": tidy_text(one.get("text", ""))} for one in answers]
    tidy = [one for one in tidy if one["title"] or one["text"]]
    for one in tidy:
        if not one["title"] or not one["text"]:
            raise Refused("kind.answers", "每条答复口径都要有标题和内容。", "answers")
        if len(one["title"]) > LONGEST_TITLE or len(one["text"]) > LONGEST_ANSWER:
            raise Refused(
                "kind.answers", f"答复口径的标题最多 {LONGEST_TITLE} 个字，内容最多 {LONGEST_ANSWER} 个字。", "answers"
            )
    if len(tidy) > MOST_ANSWERS:
        raise Refused("kind.answers", f"答复口径最多 {MOST_ANSWERS} 条。", "answers")
    return tidy


def _tidy_limits(limits: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    tidy: dict[str, list[Any]] = {}
    for name, written in limits.items():
        if name not in LIMITS:
            raise Refused("kind.limits", "时限只有受理、答复、办结三种。", "limits")
        try:
            tidy[name] = Limit.read(list(written)).written()
        except Refused as refusal:
            raise Refused("kind.limits", f"{LIMITS[name]}时限：{refusal.message}", "limits") from None
    return tidy


def _record(actor: Actor, verb: str, subject: Any, now: datetime, **sides: Any) -> None:
    audit.record(actor=actor, verb=verb, subject=subject, path=str(top().path), now=now, **sides)
