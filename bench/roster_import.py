"""A roster from the file to the sheet returned, through the importer's own actions and a real worker.

The city that other benches read stays as it is: this one works on a copy, which `ground` drops. What the
file was planted with must come out to the row. Beside it, in the same run: a bare COPY of the file, and
django-import-export on 5,000 rows. Ends with one JSON line whose value is the rows a second end to end.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from bench import roster_file
from bench.figures import tell
from bench.roster_file import Ground, Planted
from niangjia.cli import processes
from niangjia.engines.imports import actions
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.bulk import vacuum
from niangjia.kernel.synthetic import Trade
from niangjia.modules.members.actions import check_register
from niangjia.modules.members.models import MemberFlow, Membership, MemberTally, Person
from niangjia.modules.members.seed import Dictionary, Placed, copy_members, count_members
from niangjia.modules.members.synthetic import Block
from niangjia.modules.organisations.models import Organisation

REASON = "the bench fills and reads its own copy"
BOUNDS = {"csv": 7_000.0, "xlsx": 4_500.0}
PREVIEW, COMMIT, MEMORY = 20_000.0, 8_000.0, 600.0
BESIDE = 5_000
LOOK_EVERY = 0.1
EXTRA_FIRST = 1_000_000
WAIT = 1_800


def main(rows: int, kind: str, register: str) -> None:
    today, now = timezone.localdate(), timezone.now()
    root = (
        Organisation.objects.unscoped(reason=REASON)
        .filter(scope__parent=None)
        .select_related("scope")
        .order_by("pk")[0]
    )
    if register.isdigit():
        grow(int(register))
    members = MemberTally.objects.filter(category=0, status__in=(1, 2)).aggregate(n=Sum("n"))["n"]
    print(f"{Scope.objects.count():,} scopes, {members:,} members; a {kind} file of {rows:,} rows", flush=True)
    uploader, approver = officer("bench-upload", root), officer("bench-approve", root)
    with tempfile.TemporaryDirectory(prefix="niangjia-bench-") as folder:
        path = Path(folder) / f"roster.{kind}"
        ground = roster_file.ground(root.scope.path, today, round(rows * 0.02) + 1_000)
        planted = roster_file.write(path, kind, rows, ground)
        print(f"file written: {path.stat().st_size / 2**20:,.0f} MB", flush=True)
        run = imported(path, root, uploader, approver)
        wrong = differences(run.batch, planted)
        found = check_register(now=now)
        if found:
            wrong.append(
                f"the register differs from its tally: {len(found.tally)}, {len(found.flow)}, {len(found.names)}"
            )
        print(f"{'counts exact' if not wrong else '; '.join(wrong)}", flush=True)
        copied = bare_copy(path, kind, rows)
        beside = import_export(ground)
    report(run, rows=rows, kind=kind, copied=copied, beside=beside, exact=not wrong, register=register, members=members)


@dataclass
class Run:
    batch: ImportBatch
    seconds: dict[str, float]
    peak: float

    @property
    def whole(self) -> float:
        return sum(self.seconds.values())


def imported(path: Path, root: Any, uploader: Actor, approver: Actor) -> Run:
    worker = processes.child("worker")
    memory = Memory(worker.pid)
    try:
        time.sleep(5)  # the worker has begun
        memory.begin()
        began = time.perf_counter()
        with path.open("rb") as content:
            batch = actions.upload_batch(
                sheet="members.member", scope_id=root.pk, content=content, name=path.name, actor=uploader,
                now=timezone.now(),
            )  # fmt: skip
        actions.match_columns(batch.pk, mapping=batch.mapping, actor=uploader, now=timezone.now())
        uploaded = time.perf_counter()
        wait_for(batch, BatchState.CHECKED)
        previewed = time.perf_counter()
        print(f"preview {previewed - began:.1f} s, of it the upload {uploaded - began:.1f} s", flush=True)
        actions.commit_batch(batch.pk, actor=uploader, now=timezone.now())
        batch.refresh_from_db()
        if batch.state == BatchState.WAITING:
            actions.approve_batch(batch.pk, actor=approver, now=timezone.now())
        wait_for(batch, BatchState.DONE)
        done = time.perf_counter()
        print(f"commit {done - previewed:.1f} s, peak {memory.peak:.0f} MB", flush=True)
    finally:
        memory.end()
        processes.stop(worker, within=60)
    return Run(batch, {"preview": previewed - began, "commit": done - previewed}, memory.peak)


def wait_for(batch: ImportBatch, state: BatchState) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        batch.refresh_from_db()
        if batch.state == state:
            return
        if batch.state == BatchState.FAILED or (state == BatchState.DONE and batch.state == BatchState.CHECKED):
            raise SystemExit(f"the batch is {batch.state}: {batch.trouble}")
        time.sleep(LOOK_EVERY)
    raise SystemExit(f"the batch is still {batch.state}")


@dataclass
class Memory:
    """What a process and all below it have in memory together, looked at ten times a second."""

    pid: int
    peak: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        threading.Thread(target=self._look, daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.peak = max(self.peak, sum(resident(pid) for pid in family(self.pid)) / 1024)


def family(pid: int) -> list[int]:
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            below.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += below.get(each, [])
    return found


def resident(pid: int) -> int:
    """KiB; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def differences(batch: ImportBatch, planted: Planted) -> list[str]:
    """What the importer counted and the file was not planted with, or the other way round."""
    outcomes = Counter({Outcome(int(code)).name.lower(): n for code, n in batch.outcomes.items() if n})
    wrong = [] if batch.rows == planted.rows else [f"{batch.rows} of {planted.rows} rows"]
    for what, expected, counted in (
        ("outcome", planted.outcomes, outcomes),
        ("problem", planted.problems, Counter(batch.problems)),
    ):
        wrong += [
            f"{what} {key}: {counted[key]} counted, {expected[key]} planted"
            for key in sorted({*expected, *counted})
            if counted[key] != expected[key]
        ]
    return wrong


def officer(username: str, root: Any) -> Actor:
    user, _ = User.objects.get_or_create(username=username, defaults={"name": username, "created_at": timezone.now()})
    Grant.objects.create(
        user=user, job="CHAIR", scope=root.scope, from_on=timezone.localdate(), granted_at=timezone.now()
    )
    return actor_of(user.pk, now=timezone.now())


def grow(wanted: int) -> None:
    """Adds members to a small demonstration until there are about as many."""
    there = Membership.objects.unscoped(reason=REASON).filter(status__in=(1, 2)).count()
    unions = list(roster_file.member_unions().values_list("pk", "founded_on"))
    share = (wanted - there) // len(unions)
    if share <= 0:
        return
    today, now = timezone.localdate(), timezone.now()
    blocks = [
        Placed(
            Block(pk, EXTRA_FIRST + index * share, share, Trade.MIXED, founded or today, "浙江省宁波市", "某地"),
            pk,
            None,
            "",
        )
        for index, (pk, founded) in enumerate(unions)
    ]
    copy_members(blocks, dictionary=Dictionary({}, {}), seed=3, today=today, now=now)
    with connection.cursor() as cursor:
        cursor.execute("truncate members_membertally, members_memberflow")
        for table in ("members_person", "members_membership"):
            cursor.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
    count_members()
    vacuum(Person, Membership, MemberTally, MemberFlow)


def bare_copy(path: Path, kind: str, rows: int) -> float:
    """The file's cells into a table of texts, nothing looked at: what the machine can do at most."""
    if kind != "csv":
        return 0.0
    columns = ", ".join(f"c{number} text" for number in range(len(roster_file.KEYS)))
    with connection.cursor() as cursor:
        cursor.execute(f"create table bench_bare ({columns})")
        began = time.perf_counter()
        with path.open("rb") as file, cursor.copy("copy bench_bare from stdin (format csv, header)") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        seconds = time.perf_counter() - began
        cursor.execute("drop table bench_bare")
    return rows / seconds


def import_export(ground: Ground) -> float:
    """The usual library, people only: no memberships, no judgement, its own validation."""
    import tablib
    from import_export import resources

    class People(resources.ModelResource):
        class Meta:
            model = Person
            fields = (
                "id",
                "name",
                "document_kind",
                "document_number",
                "sex",
                "born_on",
                "education",
                "phone",
                "created_at",
            )
            import_id_fields = ("id",)
            use_transactions = True

        def get_queryset(self) -> Any:
            return Person.objects.unscoped(reason=REASON)

    headings = ["id", "name", "document_kind", "document_number", "sex", "born_on", "education", "phone", "created_at"]
    first = 900_000_000
    block = Block(1, roster_file.FIRST + 990_000, BESIDE, Trade.MIXED, ground.today, "浙江省宁波市", "某地")
    data = tablib.Dataset(headers=headings)
    for index, person in enumerate(roster_file.people_of(block, seed=5, today=ground.today)):
        data.append(
            [first + index, person.name, "RESIDENT", person.identity_number, person.sex, person.born_on,
             person.education, person.phone, timezone.now()]
        )  # fmt: skip
    began = time.perf_counter()
    result = People().import_data(data, raise_errors=True)
    seconds = time.perf_counter() - began
    if result.totals["new"] != BESIDE:
        raise SystemExit(f"django-import-export made {result.totals['new']} of {BESIDE}")
    return BESIDE / seconds


def report(run: Run, *, rows: int, kind: str, copied: float, beside: float, exact: bool, **told: Any) -> None:
    preview, commit, whole = rows / run.seconds["preview"], rows / run.seconds["commit"], rows / run.whole
    print(f"preview {preview:,.0f}, commit {commit:,.0f}, end to end {whole:,.0f} rows/s; peak {run.peak:.0f} MB")
    print(f"bare COPY {copied:,.0f} rows/s; django-import-export {beside:,.0f} people/s")
    bound = BOUNDS[kind]
    tell(
        "roster-import", whole, "rows/s", bound, rows=rows, format=kind, **told,
        preview=round(preview), commit=round(commit), seconds=round(run.whole, 1), peak_mb=round(run.peak),
        peak_bound=MEMORY, exact=exact, outcomes={Outcome(int(key)).name.lower(): n for key, n in run.batch.outcomes.items()},
        kinds=len(run.batch.problems), bare_copy=round(copied), import_export=round(beside),
    )  # fmt: skip
    fits = whole >= bound and run.peak <= MEMORY and exact
    if kind == "csv":
        fits = fits and preview >= PREVIEW and commit >= COMMIT
    sys.exit(0 if fits else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
