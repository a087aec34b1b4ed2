"""What an entry of the trail is about, as an auditor may read it; each room answers for its own rows.

    register_subject("organisations.organisation", Permission.ORGANISATION_VIEW, names_of, "organisations:organisation")

Whoever reads the trail without the right to see such rows learns that something was done, not what it said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse

from niangjia.kernel.audit.models import AuditEntry

Names = Callable[[list[int]], dict[int, str]]
May = Callable[[str, str], bool]
"""`actor.may`: permission and path."""


@dataclass(frozen=True)
class _Kind:
    permission: str
    names: Names
    url_name: str


@dataclass(frozen=True)
class Subject:
    name: str = ""
    url: str = ""


_kinds: dict[str, _Kind] = {}


def register_subject(kind: str, permission: str, names: Names, url_name: str = "") -> None:
    """`names(ids)` gives what stands on the screen, masked where it must be; `url_name` takes the id."""
    _kinds[kind] = _Kind(permission, names, url_name)


def may_read(entry: AuditEntry, may: May) -> bool:
    """Whether the values of an entry may be shown, not only that there is one."""
    kind = _kinds.get(entry.subject_kind)
    return kind is not None and entry.path is not None and may(kind.permission, str(entry.path))


def subjects_of(entries: Iterable[AuditEntry], may: May) -> dict[int, Subject]:
    """By the entry's id; one look-up for each kind, whatever the number of entries."""
    by_kind: defaultdict[str, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        if entry.subject_id is not None and may_read(entry, may):
            by_kind[entry.subject_kind].append(entry)
    found: dict[int, Subject] = {}
    for code, rows in by_kind.items():
        kind = _kinds[code]
        names = kind.names([entry.subject_id for entry in rows if entry.subject_id is not None])
        for entry in rows:
            name = names.get(entry.subject_id or 0, "")
            url = reverse(kind.url_name, args=[entry.subject_id]) if kind.url_name and name else ""
            found[entry.pk] = Subject(name, url)
    return found
