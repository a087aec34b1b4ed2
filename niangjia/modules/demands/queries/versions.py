"""The catalogue's versions: the draft, and how it differs from what is in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.worktime.limits import Limit
from niangjia.modules.demands.models import CatalogueVersion
from niangjia.modules.demands.queries.catalogue import Catalogue, CatalogueKind, as_kind, catalogue
from niangjia.modules.demands.rules import Needed

LIMIT_LABELS = {"accept": "受理", "answer": "答复", "close": "办结"}


def draft() -> CatalogueVersion | None:
    return CatalogueVersion.objects.filter(published_at=None).first()


def published() -> list[CatalogueVersion]:
    return list(CatalogueVersion.objects.filter(published_at__isnull=False).order_by("-number"))


def catalogue_of(version: CatalogueVersion) -> Catalogue:
    """A version that may still change, read anew each time."""
    return Catalogue(version.number, {row.code: as_kind(row) for row in version.kinds.order_by("code")})


@dataclass(frozen=True)
class Differs:
    """One line of the catalogue that is new or changed; `what`: (label, before, after)."""

    code: str
    name: str
    is_new: bool
    what: tuple[tuple[str, str, str], ...]


def changes_of(version: CatalogueVersion) -> list[Differs]:
    """Against what is in force."""
    before, after = catalogue().kinds, catalogue_of(version).kinds
    found = []
    for code, kind in after.items():
        was = before.get(code)
        what = tuple(
            (label, old, new)
            for (label, new), (_, old) in zip(said_of(kind), said_of(was) if was else _blank(), strict=True)
            if old != new
        )
        if what:
            found.append(Differs(code, kind.name, was is None, what))
    return found


def _blank() -> list[tuple[str, str]]:
    return said_of(CatalogueKind("", "", urgency=0))


def said_of(kind: CatalogueKind) -> list[tuple[str, str]]:
    """What it says, in words and in the order of the page."""
    return [
        ("名称", kind.name),
        ("默认紧急程度", Urgency(kind.urgency).label if kind.urgency else ""),
        ("责任岗位", job_label(kind.job)),
        ("时限", limits_in_words(kind)),
        ("要问清", "、".join(needs_in_words(kind.needs))),
        ("接谈提示", kind.hint),
        ("标志词", "、".join(kind.words)),
        ("答复口径", "\n".join(f"{one['title']}：{one['text']}" for one in kind.answers)),
        ("状态", ("使用中" if kind.is_used else "已停用") if kind.code else ""),
    ]


def job_label(code: str) -> str:
    job = jobs().get(code)
    return job.label if job else code


def needs_in_words(needs: Iterable[str]) -> list[str]:
    return [Needed(need).label for need in needs]


def limits_in_words(kind: CatalogueKind) -> str:
    limits = kind.limits or {}
    return "，".join(
        f"{LIMIT_LABELS[name]} {Limit.read(written).words}" for name, written in limits.items() if name in LIMIT_LABELS
    )
