"""Administrative divisions: what lies around one."""

from __future__ import annotations

from niangjia.modules.organisations.models import Division


def line_of_division(code: str) -> list[str]:
    """A division and those around it, the nearest first; empty for none."""
    row = Division.objects.select_related("parent__parent__parent").filter(pk=code).first() if code else None
    codes: list[str] = []
    while row is not None:
        codes.append(row.pk)
        row = row.parent
    return codes
