"""What was written stays written, and a change shows."""

from __future__ import annotations

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.models import User
from niangjia.kernel.audit.actions import record, seal, snapshot, verify
from niangjia.kernel.audit.models import AuditEntry, AuditSeal
from niangjia.kernel.audit.queries import history

NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def write(n: int = 1) -> list[AuditEntry]:
    return [record(actor=SYSTEM, verb=f"test.thing.done{i}", now=NOW, after={"名称": f"甲{i}"}) for i in range(n)]


@pytest.mark.django_db
def test_only_what_differs_is_kept() -> None:
    entry = record(actor=SYSTEM, verb="t", now=NOW, before={"a": 1, "b": 2}, after={"a": 1, "b": 3})
    assert (entry.before, entry.after) == ({"b": 2}, {"b": 3})


@pytest.mark.django_db
def test_encrypted_values_are_masked_in_the_trail() -> None:
    user = User(username="x", name="林小燕", phone="13812342013", created_at=NOW)
    assert "13812342013" not in str(snapshot(user))


@pytest.mark.django_db
def test_history_of_a_row_newest_first() -> None:
    user = User.objects.create(username="x", name="x", created_at=NOW)
    for verb in ("one", "two"):
        record(actor=SYSTEM, verb=verb, subject=user, now=NOW)
    assert [entry.verb for entry in history("access.user", user.pk)] == ["two", "one"]


@pytest.mark.django_db(transaction=True)
def test_rows_can_be_neither_changed_nor_deleted() -> None:
    (entry,) = write()
    for change in (
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(verb="other"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    seal(now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(seal_no=7)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditSeal.objects.update(rows=9)


@pytest.mark.django_db(transaction=True)
def test_the_chain_holds_and_reports_what_is_not_sealed() -> None:
    write(3)
    assert seal(now=NOW) == 3
    write(2)
    assert seal(now=NOW) == 2
    assert seal(now=NOW) == 0
    write(1)
    verdict = verify()
    assert (verdict.seals, verdict.rows, verdict.unsealed, verdict.broken) == (2, 5, 1, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "tampering",
    [
        "update audit_auditentry set reason = 'no' where id = %s",
        'update audit_auditentry set after = \'{"名称": "乙"}\' where id = %s',
        "delete from audit_auditentry where id = %s",
        "update audit_auditentry set seal_no = 2 where id = %s",
    ],
)
def test_an_owner_who_lifts_the_triggers_is_still_found_out(tampering: str) -> None:
    first, *_ = write(3)
    seal(now=NOW)
    write(2)
    seal(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("alter table audit_auditentry disable trigger append_only")
        cursor.execute(tampering, [first.pk])
        cursor.execute("alter table audit_auditentry enable trigger append_only")
    assert verify().broken == 1


@pytest.mark.django_db(transaction=True)
def test_writers_and_sealers_at_once_lose_nothing() -> None:
    def writer() -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    write(2)
        finally:
            connection.close()

    def sealer() -> None:
        try:
            for _ in range(20):
                seal(now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=job) for job in (writer, writer, writer, sealer, sealer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(now=NOW)
    verdict = verify()
    assert (verdict.rows, verdict.unsealed, verdict.broken) == (120, 0, None)
