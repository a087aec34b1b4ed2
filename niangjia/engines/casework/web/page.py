"""What the page of any kind of case shows of the case itself: clock, acts, tasks, people, timeline.

A room's page calls `of_case` once and includes the parts of `templates/casework/`; they read `of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework import queries
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Consultation, Entry, Extension, Participant, Role, Task, TaskOf
from niangjia.engines.casework.queries import parts
from niangjia.engines.casework.queries.rights import has_right, roles_of
from niangjia.engines.casework.rules import RIGHTS, Stage, Urgency, Verb
from niangjia.engines.casework.web import pickers
from niangjia.engines.casework.web.acts import ACTS, BY_NAME, FIRST, SECOND, Act
from niangjia.engines.casework.web.clock import Clock, clock_shown
from niangjia.engines.casework.web.lines import FileShown, Line, files_shown, line_shown
from niangjia.engines.casework.web.wording import STAGE_TONES, URGENCY_TONES, noun_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.files.models import StoredFile
from niangjia.ui.pages import actor_of


@dataclass(frozen=True)
class Button:
    label: str
    url: str
    icon: str
    key: str
    danger: bool = False


@dataclass(frozen=True)
class Buttons:
    """One to do next, one or two beside it, the rest in a menu by groups."""

    first: Button | None
    second: list[Button]
    groups: list[tuple[str, list[Button]]]


@dataclass(frozen=True)
class TaskShown:
    row: Task
    of: str
    who: str
    state: str
    tone: str
    files: list[FileShown]
    buttons: list[Button]


@dataclass(frozen=True)
class OfCase:
    row: Case
    noun: str
    stage: Stage
    stage_tone: str
    urgency: Urgency
    urgency_tone: str
    place: str
    received_place: str
    clock: Clock
    buttons: Buttons
    lines: list[Line]
    replies: int
    tasks: list[TaskShown]
    open_tasks: int
    consultations: list[tuple[Consultation, Button | None]]
    people: list[tuple[str, list[Participant]]]
    extension: Extension | None
    extension_button: Button | None
    merged: list[Case]


def of_case(request: HttpRequest, case: Case) -> OfCase:
    """In a fixed number of queries, however long the timeline."""
    actor, now = actor_of(request), timezone.now()
    verbs = frozenset(queries.verbs_open_to(case, actor, now=now))
    entries, tasks = list(queries.timeline(case, actor)), parts.tasks_of(case)
    rows: list[Entry | Task] = [*entries, *tasks]
    files = parts.files_named([pk for row in rows for pk in row.file_ids])
    names = pickers.names([case.scope_id, case.received_scope_id, *(row.scope_id for row in rows)])
    extension = parts.asked_extension(case) if case.is_open else None
    finishes_all = has_right(
        RIGHTS[Verb.TASK_DONE], case, actor, kind_named(case.kind), roles_of(case, actor) if tasks else frozenset()
    )
    around = Around(verbs, actor, names, files, now, finishes_all)
    lines = [line_shown(case, entry, names, files) for entry in entries]
    return OfCase(
        row=case,
        noun=noun_of(case),
        stage=case.stage_now,
        stage_tone=STAGE_TONES.get(case.stage_now, "neutral"),
        urgency=Urgency(case.urgency),
        urgency_tone=URGENCY_TONES.get(Urgency(case.urgency), "neutral"),
        place=names.get(case.scope_id, ""),
        received_place=names.get(case.received_scope_id, ""),
        clock=clock_shown(case, parts.open_pause(case), now=now),
        buttons=buttons_of(case, verbs),
        lines=lines,
        replies=sum(line.for_asker for line in lines),
        tasks=[_task(case, task, around) for task in tasks],
        open_tasks=sum(task.done_at is None and task.dropped_at is None for task in tasks),
        consultations=[
            (row, _about("close_consultation", case, row.pk, verbs) if row.closed_at is None else None)
            for row in parts.consultations_of(case)
        ],
        people=_people(parts.people_of(case)),
        extension=extension,
        extension_button=_about("decide_extension", case, extension.pk, verbs) if extension else None,
        merged=parts.merged_into_it(case),
    )


# --- buttons ---


def buttons_of(case: Case, verbs: frozenset[Verb]) -> Buttons:
    open_acts = [act for act in ACTS if act.verb in verbs and not act.of]
    first = next((act for name in FIRST.get(case.stage_now, ()) for act in open_acts if act.name == name), None)
    beside = [
        act for name in SECOND.get(case.stage_now, ()) for act in open_acts if act.name == name and act is not first
    ]
    rest = [act for act in open_acts if act is not first and act not in beside]
    groups: dict[str, list[Button]] = {}
    for act in rest:
        groups.setdefault(act.group, []).append(button_of(act, case))
    return Buttons(
        button_of(first, case) if first else None, [button_of(act, case) for act in beside], list(groups.items())
    )


def button_of(act: Act, case: Case, of: int | None = None) -> Button:
    url = reverse(f"casework:{act.name}", args=[case.pk])
    return Button(act.label, f"{url}?of={of}" if of else url, act.icon, act.key, act.danger)


def _about(name: str, case: Case, of: int, verbs: frozenset[Verb]) -> Button | None:
    act = BY_NAME[name]
    return button_of(act, case, of) if act.verb in verbs else None


# --- rows ---


@dataclass(frozen=True)
class Around:
    """What is known around the rows of a page."""

    verbs: frozenset[Verb]
    actor: Actor
    names: Mapping[int, str]
    files: Mapping[int, StoredFile]
    now: datetime
    finishes_all: bool


def _task(case: Case, task: Task, around: Around) -> TaskShown:
    is_open = task.done_at is None and task.dropped_at is None
    outside = task.of == TaskOf.OUTSIDE
    who = task.office if outside else task.user.name if task.user else around.names.get(task.scope_id or 0, "")
    if task.done_at:
        state, tone = "已办", "success"
    elif task.dropped_at:
        state, tone = "已取消", "neutral"
    else:
        late = bool(task.due_at and task.due_at < around.now)
        state, tone = ("已超期", "error") if late else ("等回复" if outside else "在办", "info")
    buttons = []
    if is_open:
        may_finish = outside or around.finishes_all or task.user_id == around.actor.user_id
        wanted = ["outside_answer" if outside else "finish_task"] if may_finish else []
        buttons = [button for name in [*wanted, "drop_task"] if (button := _about(name, case, task.pk, around.verbs))]
    return TaskShown(
        task, TaskOf(task.of).label, who, state, tone, files_shown(case, task.file_ids, around.files), buttons
    )


def _people(rows: Sequence[Participant]) -> list[tuple[str, list[Participant]]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(Role(row.role).label, []).append(row)
    return list(found.items())
