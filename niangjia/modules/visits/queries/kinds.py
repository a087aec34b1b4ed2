"""Which kinds of visit there are at a place, and the form of each: the nearest declaration wins, else as delivered."""

from __future__ import annotations

from dataclasses import dataclass

from niangjia.kernel.errors import Missing
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import VisitForm, VisitKind
from niangjia.modules.visits.questions import Form, read


@dataclass(frozen=True)
class KindShown:
    """A kind as it holds at a place. `scope_id`: who declared or changed it; None as delivered."""

    code: str
    name: str
    hint: str
    is_used: bool
    number: int
    scope_id: int | None = None
    kind_id: int | None = None
    is_delivered: bool = True


def kinds_at(path: str, *, stopped: bool = False) -> list[KindShown]:
    """Those as delivered first, then staff's own in the order in which they were declared; `stopped` shows all."""
    found: dict[str, KindShown] = {
        code: KindShown(code, form.name, form.hint, is_used=True, number=0) for code, form in DELIVERED.items()
    }
    rows = _rows_above(path)
    numbers = dict(
        VisitForm.objects.unscoped(reason="numbers of forms that hold at a place")
        .filter(kind__in=rows)
        .order_by("number")
        .values_list("kind_id", "number")
    )
    for row in rows:  # from the top down: the nearest says it last
        before = found.get(row.code)
        number = numbers.get(row.pk, before.number if before else 0)
        found[row.code] = KindShown(
            row.code, row.name, row.hint, row.is_used, number, row.scope_id, row.pk, row.code in DELIVERED
        )
    return [kind for kind in found.values() if kind.is_used or stopped]


def form_of(code: str, path: str, number: int | None = None) -> Form:
    """The form of a kind as it holds at a place; with `number` the one a draft was made with, though newer ones came.

    Raises Missing for a kind or a number that was never there.
    """
    rows = [row for row in _rows_above(path) if row.code == code]
    delivered = DELIVERED.get(code)
    if not rows and delivered is None:
        raise Missing("没有这个走访类型，请重新选择。")
    name = rows[-1].name if rows else delivered.name if delivered else ""
    hint = rows[-1].hint if rows else delivered.hint if delivered else ""
    if number == 0 or not rows:
        if number:
            raise Missing("没有找到这份表单的这一版，请重新打开走访。")
        return Form(code, name, 0, delivered.questions if delivered else (), hint)
    forms = VisitForm.objects.unscoped(reason="the form that holds at a place").filter(kind__in=rows)
    if number is not None:
        found = forms.filter(number=number).first()
        if found is None:
            raise Missing("没有找到这份表单的这一版，请重新打开走访。")
    else:
        order = {row.pk: place for place, row in enumerate(rows)}
        found = max(forms, key=lambda one: (order[one.kind_id], one.number), default=None)
    if found is None:
        return Form(code, name, 0, delivered.questions if delivered else (), hint)
    return Form(code, name, found.number, read(found.questions), hint, found.pk)


def forms_at(path: str) -> dict[str, Form]:
    """Every kind in use with its form; for whoever needs them all, a phone among them."""
    rows = _rows_above(path)
    latest: dict[str, Form] = {}
    by_kind: dict[int, VisitForm] = {
        one.kind_id: one
        for one in VisitForm.objects.unscoped(reason="forms that hold at a place")
        .filter(kind__in=rows)
        .order_by("number")
    }
    for row in rows:
        if row.pk in by_kind:
            one = by_kind[row.pk]
            latest[row.code] = Form(row.code, row.name, one.number, read(one.questions), row.hint, one.pk)
    made: dict[str, Form] = {}
    for kind in kinds_at(path):
        form = latest.get(kind.code) or DELIVERED.get(kind.code)
        questions = form.questions if form else ()
        made[kind.code] = Form(
            kind.code, kind.name, form.number if form else 0, questions, kind.hint, form.pk if form else None
        )
    return made


def kind_name(code: str, names: dict[str, str] | None = None) -> str:
    """For lists: the name by which most know it."""
    if names and code in names:
        return names[code]
    return DELIVERED[code].name if code in DELIVERED else code


def kind_names(codes: set[str]) -> dict[str, str]:
    """Names of kinds that staff declared, by code."""
    own = {code for code in codes if code not in DELIVERED}
    rows = VisitKind.objects.unscoped(reason="names of kinds, public in the house").filter(code__in=own)
    return {code: DELIVERED[code].name for code in codes if code in DELIVERED} | dict(rows.values_list("code", "name"))


def _rows_above(path: str) -> list[VisitKind]:
    """What was declared at a place and above it, from the top down."""
    rows = VisitKind.objects.unscoped(reason="kinds that hold at a place").filter(scope__path__above=path)
    return sorted(rows.select_related("scope"), key=lambda row: (len(str(row.scope.path).split(".")), row.pk))


def published_at(code: str, path: str) -> list[VisitForm]:
    """The numbers of a kind's form that were published at a place and above it, the latest first."""
    kinds = [row.pk for row in _rows_above(path) if row.code == code]
    rows = VisitForm.objects.unscoped(reason="forms that hold at a place").filter(kind__in=kinds)
    return list(rows.select_related("kind").order_by("-number"))


def names_of_kinds(ids: list[int]) -> dict[int, str]:
    """As the trail names them."""
    rows = VisitKind.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    return dict(rows.filter(pk__in=ids).values_list("pk", "name"))


def names_of_forms(ids: list[int]) -> dict[int, str]:
    rows = VisitForm.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    found = rows.filter(pk__in=ids).values_list("pk", "kind__name", "number")
    return {pk: f"{name}第 {number} 版" for pk, name, number in found}
