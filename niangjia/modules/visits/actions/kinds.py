"""Kinds of visit and their forms, kept by whoever directs visits at a place; they hold there and under it.

A published form is never changed: a change is its next number, and what was begun with an older one can be handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Max

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import VisitForm, VisitKind
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import KindShown, form_of, kinds_at
from niangjia.modules.visits.questions import Question, check_definition, with_keys, written

LONGEST_NAME, LONGEST_HINT, MOST_OWN = 20, 200, 30
REASON = "kinds of the place at which the right was asked for"


def declare_kind(*, scope_id: int, name: str, hint: str = "", actor: Actor, now: datetime) -> VisitKind:
    """A further kind, without questions yet. Raises NotPermitted, Refused for a name that is taken."""
    with (
        _keeping(scope_id, "own", actor) as scope,
        adding(
            actor=actor, permission=Permission.KIND_EDIT, scope=scope, verb="visits.kind.declared", now=now
        ) as recorded,
    ):
        known = kinds_at(str(scope.path), stopped=True)
        if sum(not one.is_delivered for one in known) >= MOST_OWN:
            raise Refused("kind.many", f"自己加的类型最多 {MOST_OWN} 个，请先停用不用的。")
        name, hint = _facts(name, hint, known)
        kind: VisitKind = VisitKind.objects.create(scope=scope, code=uuid4().hex[:30], name=name, hint=hint)
        kind.code = f"own_{kind.pk}"
        kind.save(update_fields=["code"])
        recorded(kind)
    return kind


def edit_kind(scope_id: int, code: str, *, name: str, hint: str, actor: Actor, now: datetime) -> VisitKind:
    """What it is called at a place and under it."""
    with _changing(scope_id, code, "visits.kind.changed", actor, now) as kind:
        others = [one for one in kinds_at(str(kind.scope.path), stopped=True) if one.code != code]
        kind.name, kind.hint = _facts(name, hint, others)
    return kind


def stop_kind(scope_id: int, code: str, *, actor: Actor, now: datetime) -> VisitKind:
    """No longer chosen here; visits of that kind keep their name."""
    with _changing(scope_id, code, "visits.kind.stopped", actor, now) as kind:
        left = [one for one in kinds_at(str(kind.scope.path)) if one.code != code]
        if not left:
            raise Refused("kind.last", "至少要留一个走访类型。")
        kind.is_used = False
    return kind


def use_kind_again(scope_id: int, code: str, *, actor: Actor, now: datetime) -> VisitKind:
    with _changing(scope_id, code, "visits.kind.used_again", actor, now) as kind:
        kind.is_used = True
    return kind


def publish_form(
    scope_id: int, code: str, questions: Sequence[Question], *, seen_number: int, actor: Actor, now: datetime
) -> VisitForm:
    """The next number of a kind's form. Raises Refused for a problem, no change, or a form that is newer than the seen one.

    Numbers are one row for a kind's code wherever it is published, so that a draft's number means one form.
    """
    questions = with_keys(questions)
    problems = check_definition(questions)
    if problems:
        place, said = next(iter(problems.items()))
        raise Refused("form.problem", said if place < 0 else f"第 {place + 1} 题：{said}")
    with (
        _keeping(scope_id, code, actor) as scope,
        adding(
            actor=actor, permission=Permission.KIND_EDIT, scope=scope, verb="visits.form.published", now=now
        ) as recorded,
    ):
        before = form_of(code, str(scope.path))
        if before.number != seen_number:
            raise Refused("form.newer", f"这份表单刚发布了第 {before.number} 版，请打开新版再改。")
        if before.questions == questions:
            raise Refused("form.same", "没有改动，不用再发布。")
        kind = _row(scope, code)
        latest = VisitForm.objects.unscoped(reason="numbers of one code are given once").filter(kind__code=code)
        number = (latest.aggregate(most=Max("number"))["most"] or 0) + 1
        form: VisitForm = VisitForm.objects.create(
            kind=kind, number=number, questions=written(questions), published_at=now, published_by_name=actor.name[:50]
        )
        recorded(form)
    return form


# --- what the acts share ---


@contextmanager
def _keeping(scope_id: int, code: str, actor: Actor) -> Iterator[Scope]:
    """The place, nobody else changing the same kind meanwhile. Raises Missing, NotPermitted with the act."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None or not any(
        actor.may(right, str(scope.path)) for right in (Permission.VISIT_VIEW, Permission.KIND_EDIT)
    ):
        raise Missing
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('visits.kind'), hashtext(%s))", [code])
        yield scope


@contextmanager
def _changing(scope_id: int, code: str, verb: str, actor: Actor, now: datetime) -> Iterator[VisitKind]:
    """The place's own row of a kind, made from what holds there when it has none."""
    with (
        _keeping(scope_id, code, actor) as scope,
        adding(actor=actor, permission=Permission.KIND_EDIT, scope=scope, verb=verb, now=now),
    ):
        kind = _row(scope, code)
        before = audit.snapshot(kind)
        yield kind
        kind.save()
        audit.record(
            actor=actor,
            verb=verb,
            subject=kind,
            path=str(scope.path),
            before=before,
            after=audit.snapshot(kind),
            now=now,
        )


def _row(scope: Scope, code: str) -> VisitKind:
    """Raises Missing for a kind that doesn't hold there."""
    own: VisitKind | None = (
        VisitKind.objects.unscoped(reason=REASON).select_related("scope").filter(scope=scope, code=code).first()
    )
    if own is not None:
        return own
    known = next((one for one in kinds_at(str(scope.path), stopped=True) if one.code == code), None)
    if known is None or (code not in DELIVERED and known.kind_id is None):
        raise Missing("没有这个走访类型，可能不在您的管辖范围内。")
    made: VisitKind = VisitKind.objects.create(
        scope=scope, code=code, name=known.name, hint=known.hint, is_used=known.is_used
    )
    return made


def _facts(name: str, hint: str, others: Sequence[KindShown]) -> tuple[str, str]:
    name, hint = (" ".join(text.replace("\x00", "").split()) for text in (name, hint))
    if not name:
        raise Refused("kind.name", "请写上类型的名称。", "name")
    if len(name) > LONGEST_NAME:
        raise Refused("kind.name_long", f"名称最多 {LONGEST_NAME} 个字。", "name")
    if any(one.name == name for one in others):
        raise Refused("kind.name_taken", f"已经有“{name}”这个类型。", "name")
    return name, hint[:LONGEST_HINT]
