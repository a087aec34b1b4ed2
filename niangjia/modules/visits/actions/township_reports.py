"""季分析: one township's quarter; the facts come from the product, the words from an officer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.visits.journal_rules import quarter_of
from niangjia.modules.visits.models import TownshipReport
from niangjia.modules.visits.permissions import Permission

LONGEST = 10_000


def write_township_report(scope_id: int, quarter: date, *, text: str, actor: Actor, now: datetime) -> TownshipReport:
    """May be written anew until it is finished; only then do the facts stand in it."""
    with _writing(scope_id, quarter, "visits.township_report.written", actor, now) as report:
        _put(report, text, actor, now)
        report.save()
    return report


def finish_township_report(
    scope_id: int, quarter: date, *, text: str, facts: Mapping[str, Any], actor: Actor, now: datetime
) -> TownshipReport:
    if not text.strip():
        raise Refused("report.text", "请先写分析和打算，再定稿。", field="text")
    with _writing(scope_id, quarter, "visits.township_report.finished", actor, now) as report:
        _put(report, text, actor, now)
        report.facts, report.finished_at = dict(facts), now
        report.save()
    return report


def reopen_township_report(pk: int, *, reason: str, actor: Actor, now: datetime) -> TownshipReport:
    """A finished one was wrong: what it said stays in the trail."""
    if not reason.strip():
        raise Refused("report.reason", "请写明为什么要重新打开。", field="reason")
    with changing(
        TownshipReport, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.township_report.reopened",
        reason=reason.strip(), now=now,
    ) as report:  # fmt: skip
        report.finished_at, report.facts = None, {}
        report.save(update_fields=["finished_at", "facts"])
    return report


def _put(report: TownshipReport, text: str, actor: Actor, now: datetime) -> None:
    said = text.replace("\x00", "").strip()
    if len(said) > LONGEST:
        raise Refused("report.long", f"文字最多 {LONGEST:,} 字，请删减一些。", field="text")
    report.text, report.written_by_name, report.written_at = said, actor.name, now


@contextmanager
def _writing(scope_id: int, quarter: date, verb: str, actor: Actor, now: datetime) -> Iterator[TownshipReport]:
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None or not any(
        actor.may(right, scope.path) for right in (Permission.VISIT_VIEW, Permission.REPORT_WRITE)
    ):
        raise Missing("没有找到这个镇街，可能不在您的管辖范围内。")
    if not actor.may(Permission.REPORT_WRITE, scope.path):
        raise NotPermitted("季分析由驻联干部和县总的同志填写。")
    if quarter != quarter_of(quarter):
        raise Refused("report.quarter", "请选择一个季度。", field="quarter")
    with transaction.atomic():
        TownshipReport.objects.unscoped(reason="one a township and quarter").get_or_create(scope=scope, quarter=quarter)
        rows = TownshipReport.objects.unscoped(reason="the right at its place was asked").select_for_update(
            of=("self",)
        )
        report = rows.get(scope=scope, quarter=quarter)
        if report.finished_at is not None:
            raise Refused("report.finished", "这份分析已经定稿，不能再改。确实有误时，请县总的同志重新打开。")
        before = audit.snapshot(report) if report.written_at else None
        yield report
        audit.record(
            actor=actor, verb=verb, subject=report, path=scope.path, before=before, after=audit.snapshot(report), now=now
        )  # fmt: skip
