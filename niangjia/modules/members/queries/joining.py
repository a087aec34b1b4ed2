"""Which unions somebody may join, and what stands behind a scanned code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from niangjia.modules.members.models import JoiningCode
from niangjia.modules.members.rules import TRADE_WORDS, Category, Ground, propose
from niangjia.modules.organisations.queries import joining as unions
from niangjia.modules.organisations.queries.joining import Union


@dataclass(frozen=True)
class Scanned:
    """`union` is where one can join now: the code's own, or the heir of a merged one; None where neither takes anybody."""

    code: JoiningCode | None
    own: Union | None
    union: Union | None
    above: Union | None
    """Whom to ask instead."""

    @property
    def is_retired(self) -> bool:
        return self.code is None or self.code.retired_at is not None


def scanned(token: str) -> Scanned:
    code: JoiningCode | None = (
        JoiningCode.objects.unscoped(reason="a poster may be read by anybody").filter(token=token).first()
    )
    own = unions.union_shown(code.scope_id) if code else None
    if code is None or own is None:
        return Scanned(None, None, None, None)
    standing = own if own.is_open else unions.heir_of(own.id)
    above = next(iter(unions.above(own)), None)
    return Scanned(code, own, None if code.retired_at else standing, above)


@dataclass(frozen=True)
class Offer:
    union: Union
    ground: Ground


def offers(
    *, poster: Union | None, employer_text: str, categories: Iterable[int], division: str, but: int | None = None
) -> list[Offer]:
    """The unions to choose from, the right one first; `but` leaves out where one is already."""
    employer = unions.employer_named(employer_text) if employer_text.strip() else None
    near = [place for place in (unions.place_of(division) if division else "", poster.path if poster else "") if place]
    words = [word for code in categories for word in TRADE_WORDS.get(Category(code), ())]
    community = unions.community_unions(division) if division else []
    township = unions.township_union(division) if division else None
    if poster is not None and not poster.takes_members:
        # A township's or county's poster leads to the unions under it.
        community = community or unions.unions_below(poster.path)
        township = township or (poster if poster.is_township else None)
    of_employer, of_trade = unions.unions_of_employer(employer) if employer else [], unions.trade_unions(words, near)
    known = {one.id: one for one in (*of_employer, *of_trade, *community)}
    if township is not None:
        known.setdefault(township.id, township)
    if poster is not None:
        known[poster.id] = poster
    proposed = propose(
        poster=poster.id if poster is not None and poster.takes_members else None,
        employer=[one.id for one in of_employer], trade=[one.id for one in of_trade],
        community=[one.id for one in community], township=township.id if township else None,
    )  # fmt: skip
    return [Offer(known[one.union], one.ground) for one in proposed if one.union != but]
