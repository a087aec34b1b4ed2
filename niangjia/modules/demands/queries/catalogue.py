"""诉求目录 as it is in force, and what it makes of somebody's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from niangjia.kernel.kept import Kept
from niangjia.modules.demands.models import CatalogueVersion, Kind

GROUP_LENGTH = 2
LONGEST_READ = 2000


@dataclass(frozen=True)
class CatalogueKind:
    """One line of it; a group has a code of two digits, a kind of four."""

    code: str
    name: str
    urgency: int = 1
    limits: Mapping[str, Any] | None = None
    job: str = ""
    needs: tuple[str, ...] = ()
    answers: tuple[Mapping[str, str], ...] = ()
    hint: str = ""
    words: tuple[str, ...] = ()
    is_used: bool = True

    @property
    def group(self) -> str:
        return self.code[:GROUP_LENGTH]

    @property
    def is_group(self) -> bool:
        return len(self.code) == GROUP_LENGTH


@dataclass(frozen=True)
class Suggestion:
    """A kind that the catalogue's words point to; `words` are those found in the text."""

    code: str
    name: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    number: int
    kinds: Mapping[str, CatalogueKind]  # by code, groups and retired ones among them

    def get(self, code: str) -> CatalogueKind | None:
        return self.kinds.get(code)

    def label_of(self, code: str) -> str:
        """Also of a kind that is used no more; '未分类' while none was chosen."""
        if not code:
            return "未分类"
        kind = self.kinds.get(code)
        return kind.name if kind else code

    def full_label_of(self, code: str) -> str:
        """工资报酬 · 拖欠工资."""
        group = self.kinds.get(code[:GROUP_LENGTH])
        return f"{group.name} · {self.label_of(code)}" if group and len(code) > GROUP_LENGTH else self.label_of(code)

    @cached_property
    def groups(self) -> tuple[CatalogueKind, ...]:
        return tuple(kind for kind in self.kinds.values() if kind.is_group and kind.is_used)

    def kinds_in(self, group: str) -> list[CatalogueKind]:
        return [kind for kind in self.kinds.values() if kind.group == group and not kind.is_group and kind.is_used]

    @cached_property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """For a drop-down: the groups with their kinds."""
        return [(group.name, [(kind.code, kind.name) for kind in self.kinds_in(group.code)]) for group in self.groups]

    @cached_property
    def marking(self) -> list[tuple[CatalogueKind, tuple[str, ...]]]:
        groups = {group.code for group in self.groups}
        used = (kind for kind in self.kinds.values() if kind.is_used and not kind.is_group and kind.group in groups)
        return [(kind, kind.words) for kind in used if kind.words]


@lru_cache(maxsize=8)
def _read(version_id: int, number: int) -> Catalogue:
    """A published version never changes, so it is read once a process."""
    rows = Kind.objects.filter(version=version_id).order_by("code")
    return Catalogue(number, {row.code: as_kind(row) for row in rows})


def as_kind(row: Kind) -> CatalogueKind:
    return CatalogueKind(
        row.code, row.name, row.urgency, row.limits, row.job, tuple(row.needs), tuple(row.answers), row.hint,
        tuple(row.words), row.is_used,
    )  # fmt: skip


def _read_latest() -> Catalogue:
    version = (
        CatalogueVersion.objects.filter(published_at__isnull=False).order_by("-number").values_list("pk", "number")[:1]
    )
    return next((_read(pk, number) for pk, number in version), Catalogue(0, {}))


_in_force = Kept(CatalogueVersion, _read_latest)


def catalogue() -> Catalogue:
    """The version in force. Asks once which one that is: keep the answer for the rows of a page."""
    return _in_force.now()


def label_of(code: str) -> str:
    return catalogue().label_of(code)


def suggest_kind(text: str, *, limit: int = 3, known: Catalogue | None = None) -> list[Suggestion]:
    """The kinds whose words stand in the text, the best first; a longer word says more than a short one."""
    read = text[:LONGEST_READ].lower()
    found = []
    for kind, words in (known or catalogue()).marking:
        hits = tuple(word for word in words if word.lower() in read)
        if hits:
            # A word within another that was found as well says nothing of its own.
            own = [word for word in hits if not any(word != other and word in other for other in hits)]
            found.append(Suggestion(kind.code, kind.name, sum(len(word) for word in own), tuple(own)))
    return sorted(found, key=lambda one: (-one.score, one.code))[:limit]
