"""An import whose worker or database is killed, whose disk is full, or that two people send at once: all or nothing."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import close_old_connections, connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from niangjia.engines.imports import actions, committing, jobs, judging, queries, steps, testing
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import Outcome
from niangjia.engines.imports.tests.world import NOW, World, again, build, checked, upload
from niangjia.kernel.environment import database_from_url
from niangjia.kernel.jobs import stopping
from niangjia.kernel.localdb import LocalServer
from tests.faults.test_worker import PATIENCE, until, worker
from tests.ground import VERSION

ROWS = 6_500  # four pieces, so that other processes check them
BAD = 65
TWO = testing.csv_of(("A1", "北门", 1), ("A2", "南门", 2))


@pytest.fixture
def world(transactional_db: None, settings) -> World:
    return found(settings)


def found(settings) -> World:
    settings.IMPORT_APPROVAL_ROWS = 1_000_000
    testing.declare()
    testing.make_table()
    return build()


def roster(name: str = "驿站") -> bytes:
    """Every hundredth row is bad; one in the third piece has the name that the check waits at."""
    return testing.csv_of(
        *(
            (f"A{number:05}", testing.WAIT if number == 5_000 else f"{name}{number}", "多" if number % 100 == 0 else 3)
            for number in range(ROWS)
        )
    )


def sent(world: World, content: bytes, **options: object) -> ImportBatch:
    batch = upload(world, content, **options)
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=world.clerk, now=NOW)
    return batch


def state_is(batch: ImportBatch, state: BatchState) -> Callable[[], bool]:
    return lambda: again(batch).state == state


def is_complete(batch: ImportBatch) -> bool:
    fresh = again(batch)
    return (fresh.rows, fresh.problems, fresh.outcomes) == (
        ROWS, {"seats": BAD}, {str(int(Outcome.NEW)): ROWS - BAD, str(int(Outcome.REFUSED)): BAD},
    )  # fmt: skip


@contextmanager
def closed_gate() -> Iterator[Callable[[], int]]:
    """Commits that ask for it wait inside their transaction; the yielded function says how many do."""
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "host", "port", "password") if parameters.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as own:
        own.execute("select pg_advisory_lock(%s)", [testing.GATE])

        def waiting() -> int:
            row = own.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted",
                [testing.GATE],
            ).fetchone()
            return row[0]

        yield waiting


def is_gone(ask: Callable[[], int]) -> bool:
    """Sessions outlive their postmaster by a moment."""
    try:
        ask()
    except psycopg.OperationalError:
        return True
    return False


def test_a_worker_killed_while_checking_leaves_nothing_and_the_next_begins_anew(world: World, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    batch = sent(world, roster(), wait=str(gate))
    with worker() as first:
        until(lambda: copying(batch))
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert again(batch).state == BatchState.CHECKING
    gate.unlink()
    with worker():
        until(state_is(batch, BatchState.CHECKED))
    assert is_complete(batch)
    assert testing.toys() == []


def copying(batch: ImportBatch) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and query like %s",
            [f"copy {batch.staging} %"],
        )
        # One at least: it waits at the gate, while the other may have copied its pieces between two looks.
        return cursor.fetchone()[0] >= 1


def test_a_worker_killed_while_writing_has_written_nothing_and_the_next_writes_all(world: World) -> None:
    batch = checked(world, roster(), gate=1)
    assert is_complete(batch)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    with closed_gate() as waiting:
        with worker() as first:
            until(lambda: waiting() == 1)
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        assert testing.toys() == []
        assert again(batch).state == BatchState.COMMITTING
    with worker():
        until(state_is(batch, BatchState.DONE))
    assert len(testing.toys()) == ROWS - BAD


def test_a_worker_told_to_stop_hands_a_commit_back(world: World) -> None:
    """It waits at the gate, behind which nobody knows how long it takes; the grace is a second."""
    batch = checked(world, TWO, gate=1)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    job = ProcrastinateJob.objects.get(task_name="imports.commit")
    with closed_gate() as waiting:
        with worker() as first:
            until(lambda: waiting() == 1)
            first.terminate()
            assert first.wait(PATIENCE) == 0
        assert testing.toys() == []
        assert again(batch).state == BatchState.COMMITTING
        assert ProcrastinateJob.objects.get(pk=job.pk).status == "todo"
    with worker():
        until(state_is(batch, BatchState.DONE))
    assert len(testing.toys()) == 2


def test_a_check_looks_between_its_pieces_whether_it_has_to_stop(world: World) -> None:
    batch = sent(world, TWO)
    job = Job(queue="default", lock=None, queueing_lock=None, task_name="imports.check")
    stops = JobContext(app=app, job=job, start_timestamp=0, abort_reason=lambda: AbortReason.SHUTDOWN)
    with pytest.raises(JobAborted):
        stopping.known(lambda: jobs.check(batch.pk), stops, None)
    assert again(batch).state == BatchState.CHECKING
    jobs.check(batch.pk)
    assert again(batch).state == BatchState.CHECKED


def test_a_database_killed_while_writing_has_written_nothing_and_then_all(
    tmp_path: Path, transactional_db: None, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    server = LocalServer(VERSION, folder)
    before = dict(connection.settings_dict)
    connection.close()
    try:
        server.start()
        server.create_database("crashing")
        monkeypatch.setenv("DATABASE_URL", server.url("crashing"))
        connection.settings_dict.update(database_from_url(server.url("crashing"), pool=False))
        call_command("migrate", interactive=False, verbosity=0)
        world = found(settings)
        batch = checked(world, roster(), gate=1)
        actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
        with closed_gate() as waiting, worker() as first:
            until(lambda: waiting() == 1)
            os.kill(int((server.places.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            connection.close()
            first.kill()  # whatever starts it again also starts the database
            until(lambda: is_gone(waiting))
        server.start()
        assert testing.toys() == []
        assert not queries.preview_stands(again(batch))  # unlogged: read again before it is written
        with worker():
            until(state_is(batch, BatchState.DONE))
        assert len(testing.toys()) == ROWS - BAD
    finally:
        connection.close()
        connection.settings_dict.update(before)
        server.reset()


def test_a_full_disk_is_told_and_the_check_goes_on_when_there_is_room(world: World) -> None:
    batch = sent(world, roster())
    with worker(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))):
        until(state_is(batch, BatchState.FAILED))
    assert (again(batch).trouble, again(batch).failed_in) == (steps.DISK_FULL, BatchState.CHECKING)
    actions.resume_batch(batch.pk, actor=world.clerk, now=NOW)
    with worker():
        until(state_is(batch, BatchState.CHECKED))
    assert is_complete(batch)


def test_a_fault_of_the_sheet_is_told_and_nothing_written(world: World) -> None:
    batch = sent(
        world, testing.csv_of(*((f"A{number}", "坏" if number == 6_000 else "好", 1) for number in range(ROWS)))
    )
    with worker():
        until(state_is(batch, BatchState.FAILED))
    assert again(batch).trouble == steps.UNKNOWN


def in_threads(*jobs: Callable[[], None]) -> list[threading.Thread]:
    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def two_people(world: World) -> list[ImportBatch]:
    """Both saw a preview in which every row is new."""
    batches = [checked(world, TWO, actor=actor, gate=1)
               for actor in (world.clerk, world.chair)]  # fmt: skip
    for batch, actor in zip(batches, (world.clerk, world.chair), strict=True):
        actions.commit_batch(batch.pk, actor=actor, now=NOW)
    return batches


def committed_together(world: World, batches: list[ImportBatch], *, reach_the_gate: int) -> None:
    with closed_gate() as waiting:
        threads = in_threads(*(lambda pk=batch.pk: committing.commit(pk, now=NOW) for batch in batches))
        until(lambda: waiting() == reach_the_gate)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture
def loose_world(transactional_db: None) -> World:
    """The table has no unique index that would catch a fault of the importer's."""
    testing.declare()
    testing.make_table(unique=False)
    return build()


def test_two_people_committing_the_same_file_write_it_once(loose_world: World) -> None:
    batches = two_people(loose_world)
    committed_together(loose_world, batches, reach_the_gate=1)
    assert len(testing.toys()) == 2
    assert {again(batch).state for batch in batches} == {BatchState.DONE, BatchState.CHECKING}


def test_without_the_lock_they_would_write_it_twice(loose_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = two_people(loose_world)
    monkeypatch.setattr(judging, "hold", lambda sheet, *, alone: None)
    monkeypatch.setattr(judging, "is_stale", lambda batch: False)
    committed_together(loose_world, batches, reach_the_gate=2)
    assert len(testing.toys()) == 4


def test_the_same_batch_committed_twice_at_once_is_written_once(loose_world: World) -> None:
    batch = two_people(loose_world)[0]
    committed_together(loose_world, [batch, batch], reach_the_gate=1)
    assert (len(testing.toys()), again(batch).state) == (2, BatchState.DONE)
    close_old_connections()
