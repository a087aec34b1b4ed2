"""Which rows an actor may take away, and by which layouts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import F
from django.http import QueryDict

from niangjia.engines.exports.layout import Layout
from niangjia.engines.exports.models import Export, ExportLayout
from niangjia.engines.exports.permissions import Permission
from niangjia.engines.exports.source import ALL, SHOWN, Source, source_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.crypto.masks import mask_identity
from niangjia.kernel.errors import Missing, NotPermitted
from niangjia.kernel.lists.spec import Chosen, described

PATH = re.compile(r"\d+(\.\d+)*", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{6,}[\dXx]?", re.ASCII)
_IDS_AT_ONCE = 10_000


def exporter(actor: Actor) -> Actor:
    """The actor with those jobs alone that may export: what another job lets one see stays on the screen."""
    held = tuple(held for held in actor.held if Permission.EXPORT_RUN in held.permissions)
    return Actor(actor.user_id, actor.name, held)


@dataclass(frozen=True)
class Asked:
    """A list in the state in which somebody wants it as a file. `actor` is the exporter."""

    source: Source
    chosen: Chosen
    within: str | None
    actor: Actor
    keys: tuple[str, ...]

    @property
    def said(self) -> str:
        """The list and its conditions in words; a number that was searched for is masked, for the trail keeps it."""
        text = described(self.source.spec, self.chosen, self.actor)
        return _LONG_NUMBER.sub(lambda found: mask_identity(found[0]), text)

    @property
    def may_reveal(self) -> bool:
        reveals = self.source.reveals
        return bool(reveals) and self.source.has_secrets and self.actor.can(reveals)

    @property
    def places(self) -> tuple[str, ...]:
        """In whose trail the export stands."""
        mine = self.actor.paths(Permission.EXPORT_RUN)
        within = self.within
        inside = within and self.actor.may(Permission.EXPORT_RUN, within)
        return (within,) if within and inside else mine

    def ids(self) -> array[int]:
        """The primary keys of all rows in the list's order: eight bytes a row, and the number of them is known.

        Raises Refused for a search that the list itself refuses.
        """
        spec = self.source.spec
        sort = spec.sort_of(self.chosen)
        order = [F(name).desc() if sort.descending else F(name).asc() for name in dict.fromkeys((*sort.fields, "pk"))]
        rows = spec.narrowed(self.chosen, self.actor, self.within).order_by(*order)
        return array("q", rows.values_list("pk", flat=True).iterator(chunk_size=_IDS_AT_ONCE))

    def batch(self, ids: Sequence[int], keys: set[str]) -> list[object]:
        """These rows in this order; one that went out of sight meanwhile is left out."""
        rows = self.source.dressed(self.source.spec.rows(self.actor).filter(pk__in=list(ids)), keys)
        found = {row.pk: row for row in rows}
        return [found[pk] for pk in ids if pk in found]


def asked(list_name: str, *, query: str, within: str, keys: Sequence[str], actor: Actor) -> Asked:
    """Raises Missing for an unknown list, NotPermitted for one that the actor may not export."""
    source, limited = source_of(list_name), exporter(actor)
    if not limited.can(Permission.EXPORT_RUN) or not limited.can(source.spec.permission):
        raise NotPermitted("您没有导出这个列表的权限，请联系本单位主席或系统管理员。")
    if within and not (PATH.fullmatch(within) and Scope.objects.filter(path=within).exists()):
        raise Missing("没有找到这个单位，请回到列表重新导出。")
    chosen = source.spec.chosen(QueryDict(query).dict(), limited)
    return Asked(source, replace(chosen, after="", before=""), within or None, limited, tuple(keys))


def asked_again(export: Export, actor: Actor) -> Asked:
    return asked(export.list_name, query=export.query, within=export.within, keys=export.columns, actor=actor)


def layouts_for(wanted: Asked) -> list[Layout]:
    """The list's own, those of its room, those of other systems that serve where the actor works."""
    source = wanted.source
    others = ExportLayout.objects.visible_to(wanted.actor).filter(list_name=source.spec.name, is_active=True)
    usable = [row.as_layout() for row in others.select_related("scope").order_by("name") if serves(row, wanted.actor)]
    own = [source.layout_shown(wanted.keys), source.layout_all()]
    return [*own, *source.layouts, *usable]


def serves(row: ExportLayout, actor: Actor) -> bool:
    """A layout of a place below is its own business."""
    return row.scope is None or any(f"{path}.".startswith(f"{row.scope.path}.") for path in actor.paths())


def layout_of(code: str, wanted: Asked) -> Layout:
    """Raises Missing for one that was switched off meanwhile."""
    if code == SHOWN:
        return wanted.source.layout_shown(wanted.keys)
    if code == ALL:
        return wanted.source.layout_all()
    found = next((one for one in layouts_for(wanted) if one.code == code), None)
    if found is None:
        raise Missing("这个导出格式已停用，请重新选择。")
    return found


def is_personal(layout: Layout, source: Source) -> bool:
    known = source.known
    return any(known[key].is_personal for key in layout.sources if key in known)


def has_secrets(layout: Layout, source: Source) -> bool:
    known = source.known
    return any(known[key].mask for key in layout.sources if key in known)


def names_of_exports(ids: list[int]) -> dict[int, str]:
    """For the trail."""
    return dict(Export.objects.filter(pk__in=ids).values_list("pk", "said"))


def names_of_layouts(ids: list[int]) -> dict[int, str]:
    """For the trail."""
    rows = ExportLayout.objects.unscoped(reason="names beside entries of the trail").filter(pk__in=ids)
    return dict(rows.values_list("pk", "name"))
