"""Finding members by what somebody types: a piece of the name, its pinyin, a phone, a document.

Hits come from an index that fits what was typed; the list sorts them afterwards (it fences every
search), because the planner would otherwise walk the names in order and hope for hits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.paging import fence_around
from niangjia.kernel.numbers import tidy_phone
from niangjia.kernel.pinyin import name_key
from niangjia.modules.members.models import Membership, Person, after_the_dot
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.figures import tallied
from niangjia.modules.members.queries.syllables import readings
from niangjia.modules.members.rules import check_name, tidy_document, tidy_name

FEW = 20_000
"""Up to so many memberships in sight a broad search or an unindexed sort stays quick."""

FEW_PLACES = 300
"""Measured in a city: up to so many, a list of ids is quicker than a path; at two thousand it is far slower."""

FEWEST_LETTERS = 3
FEWEST_SPELT = 6
PHONE_LENGTH, TAIL_LENGTH = 11, 4
_HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LETTERS = re.compile(r"[a-z]+(?: [a-z]+)*")
_DOCUMENT = re.compile(r"[A-Z\d]{6,18}", re.ASCII)

HINT = "请输入姓名中的至少 2 个字、拼音首字母（至少 3 个）、手机尾号 4 位，或完整的手机号、证件号码。"
Rows = QuerySet[Any]


@dataclass(frozen=True)
class Reach:
    """How much lies before whoever searches; asked for only when a search is broad."""

    actor: Actor
    within: str | None = None

    @property
    def is_small(self) -> bool:
        return tallied(self.actor, within=self.within) <= FEW

    @property
    def few_places(self) -> list[int] | None:
        """The places in sight where these are few, a township's; None where they are many."""
        ids = list(self._places().values_list("id", flat=True)[: FEW_PLACES + 1])
        return ids if len(ids) <= FEW_PLACES else None

    def _places(self) -> QuerySet[Scope]:
        places = Scope.objects.filter(path__under_any=list(self.actor.paths(Permission.MEMBER_VIEW)))
        return places if self.within is None else places.filter(path__under=self.within)

    def is_sparse(self, hits: int, page_size: int) -> bool:
        """Reading all that is in sight costs less than walking everybody's names until `page_size` hits were met.

        Of a tree of which a share s is in sight, a walk passes page_size / hits of all rows, a reading s.
        """
        return hits * self._places().count() < page_size * Scope.objects.count()


def found_members(rows: Rows, text: str, reach: Reach) -> Rows:
    """The rows that a text means. Raises Refused when it says too little."""
    text = tidy_name(text)
    places = reach.few_places
    if places is not None:
        # Named one by one, for the planner takes a path of the tree for one or two places and looks for the text in each.
        rows = rows.filter(scope__in=places)
    if _HAN.search(text):
        return _by_name(rows, text, reach)
    if text.isascii() and text.isdigit() and len(text) == TAIL_LENGTH:
        return rows.filter(phone_tail=text)
    phone = tidy_phone(text)
    if phone.isascii() and phone.isdigit() and len(phone) == PHONE_LENGTH:
        return _of_people(rows, Q(phone_digest=digest(phone)))
    letters = text.lower()
    if _LETTERS.fullmatch(letters):
        return _by_pinyin(rows, letters, reach)
    number = tidy_document(text)
    if _DOCUMENT.fullmatch(number) and any(character.isdigit() for character in number):
        return _of_people(rows, Q(document_digest=digest(number)))
    if check_name(text) is None:
        return rows.filter(name__startswith=text)  # a foreign name as it is written
    raise Refused("search.unclear", HINT, "q")


def _by_name(rows: Rows, text: str, reach: Reach) -> Rows:
    if len(text) == 1:
        if not reach.is_small:
            raise Refused("search.short", "人数较多，请输入姓名中的至少 2 个字。", "q")
        first = name_key(text)
        return rows.filter(name_key__gte=f"{first} ", name_key__lt=f"{first}!", name__startswith=text)
    pieces: Rows = rows.alias(second=Substr("name", 2), third=Substr("name", 3), after_dot=after_the_dot())
    return pieces.filter(
        Q(name__startswith=text)
        | Q(second__startswith=text)
        | Q(third__startswith=text)
        | Q(name__contains="·", after_dot__startswith=text)
    )


def _by_pinyin(rows: Rows, letters: str, reach: Reach) -> Rows:
    closed = letters.replace(" ", "")
    if len(closed) < FEWEST_LETTERS and not reach.is_small:
        raise Refused("search.short", "人数较多，请输入至少 3 个拼音首字母。", "q")
    wanted = Q(initials__startswith=closed)
    keys = readings(letters)
    # A surname alone, or little more, would find a tenth of a city.
    if keys and (len(closed) >= FEWEST_SPELT or reach.is_small):
        for key in keys:
            wanted |= Q(name_key__startswith=key)
    return rows.filter(wanted)


def _of_people(rows: Rows, condition: Q) -> Rows:
    people = Person.objects.unscoped(reason="an exact number; the memberships are in sight already").filter(condition)
    return rows.filter(person__in=people.values("pk"))


def first_hits(actor: Actor, text: str, limit: int) -> list[Membership]:
    """The first few, by name. Raises Refused when the text says too little."""
    rows = found_members(Membership.objects.visible_to(actor), text, Reach(actor))
    keys = rows.order_by(fence_around("name_key"), "pk")[:limit]
    found = Membership.objects.visible_to(actor).filter(pk__in=keys.values("pk"))
    return list(found.order_by("name_key", "pk"))
