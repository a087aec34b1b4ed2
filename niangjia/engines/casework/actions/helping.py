"""Work of others: co-handlers, outside offices, consultations and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.utils import timezone

from niangjia.engines.casework.actions.passing import ensure_may_know, place_for
from niangjia.engines.casework.actions.stepping import leave_part, stepping, take_part
from niangjia.engines.casework.models import Case, Consultation, Role, Task, TaskOf
from niangjia.engines.casework.queries.openness import may_do_task
from niangjia.engines.casework.rules import Verb, ensure_text
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing, NotPermitted, Refused

Decision = tuple[str, int | None, int | None, datetime | None]
"""What, at which place, by whom, until when."""


def invite(
    case_id: int,
    *,
    scope_id: int,
    user_id: int | None,
    text: str,
    due_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Task:
    """协办: a piece of the work for somebody else, who sees the case until it is done and over."""
    with stepping(case_id, Verb.INVITE, actor=actor, now=now, text=text) as step:
        ensure_text(text, "请写明请对方做什么。")
        task = _task(step.case, TaskOf.CO_HANDLING, text, scope_id, user_id, due_at, actor=actor, now=now)
        step.data = names_in(task)
        step.tell([task.user_id], "请您协办")
    return task


def _task(  # noqa: PLR0917
    case: Case,
    of: str,
    text: str,
    scope_id: int | None,
    user_id: int | None,
    due_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> Task:
    """Whoever is asked takes part; whom the case is kept from is not asked."""
    place = place_for(case, scope_id) if scope_id else None
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None and of == TaskOf.CO_HANDLING:
        raise Refused("case.user", "请选择协办的人。", "user_id")
    ensure_may_know(case, user_id, now=now)
    if due_at is not None and due_at <= now:
        raise Refused("case.due_at", "完成期限要在现在之后。", "due_at")
    task: Task = Task.objects.create(
        case=case, of=of, scope=place, user=user, text=text.strip()[:500], due_at=due_at, given_by_name=actor.name,
        given_at=now,
    )  # fmt: skip
    if user is not None:
        take_part(case, user.pk, Role.CO_HANDLER, now=now)
    return task


def names_in(task: Task) -> dict[str, object]:
    """What the line about a task carries."""
    return {
        "task": task.pk, "of": task.of, "user": task.user_id, "user_name": task.user.name if task.user else "",
        "office": task.office, "scope": task.scope_id,
    }  # fmt: skip


def _open_task(task_id: int, actor: Actor) -> Task:
    task: Task | None = Task.objects.visible_to(actor).select_related("user").filter(pk=task_id).first()
    if task is None:
        raise Missing("没有找到这项工作，可能已经交给别人。")
    return task


def _ensure_still_open(case: Case, task_id: int) -> Task:
    task: Task = case.tasks.select_for_update(of=("self",)).select_related("user").get(pk=task_id)
    if task.done_at is not None or task.dropped_at is not None:
        raise Refused("case.task_over", "这一项已经完成或取消。请刷新后再看。")
    return task


def finish_task(task_id: int, *, answer: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime) -> Task:
    """By whoever was asked, or by the lead who writes down what was said."""
    case_id = _open_task(task_id, actor).case_id
    with stepping(case_id, Verb.TASK_DONE, actor=actor, now=now, text=answer, file_ids=file_ids) as step:
        task = _ensure_still_open(step.case, task_id)
        if task.of == TaskOf.OUTSIDE:
            raise Refused("case.outside", "外单位的回复请用“登记回复”。")
        if not may_do_task(step.case, task, actor):
            raise NotPermitted("这一项交给了别人，请由本人或主办人填写。")
        ensure_text(answer, "请写明办得怎么样。", "answer")
        _done(task, answer, file_ids, now)
        step.data = names_in(task)
        step.tell([step.case.lead_id], "协办已完成")
    return task


def _done(task: Task, answer: str, file_ids: Sequence[int], now: datetime) -> None:
    task.done_at, task.answer, task.file_ids = now, answer.strip(), list(file_ids)
    task.save(update_fields=["done_at", "answer", "file_ids"])


def drop_task(task_id: int, *, reason: str, actor: Actor, now: datetime) -> Task:
    """Not needed any more; whoever has nothing else to do in the case takes part no longer."""
    case_id = _open_task(task_id, actor).case_id
    with stepping(case_id, Verb.DROP_TASK, actor=actor, now=now, text=reason) as step:
        task = _ensure_still_open(step.case, task_id)
        ensure_text(reason, "请写明取消的理由。", "reason")
        task.dropped_at = now
        task.save(update_fields=["dropped_at"])
        step.data = names_in(task)
        step.tell([task.user_id], "协办已取消")
        if task.user_id and not step.case.tasks.filter(user=task.user_id, dropped_at=None).exists():
            leave_part(step.case, Role.CO_HANDLER, now=now, user_id=task.user_id)
    return task


def send_out(
    case_id: int, *, office: str, text: str, due_on: date, paper_number: str = "", actor: Actor, now: datetime
) -> Task:
    """函请: an office without log-in, which answers on paper until the end of a day."""
    with stepping(case_id, Verb.SEND_OUT, actor=actor, now=now, text=text) as step:
        ensure_text(office, "请填写外单位名称。", "office")
        ensure_text(text, "请写明请对方做什么。")
        if due_on < timezone.localdate(now):
            raise Refused("case.due_on", "回复期限不能早于今天。", "due_on")
        due_at = timezone.make_aware(datetime.combine(due_on, time(23, 59, 59)))
        task: Task = Task.objects.create(
            case=step.case, of=TaskOf.OUTSIDE, office=office.strip()[:60], paper_number=paper_number.strip()[:40],
            text=text.strip()[:500], due_at=due_at, given_by_name=actor.name, given_at=now,
        )  # fmt: skip
        step.data = names_in(task) | {"paper_number": task.paper_number, "due_on": due_on.isoformat()}
    return task


def record_outside_answer(
    task_id: int, *, answer: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime
) -> Task:
    case_id = _open_task(task_id, actor).case_id
    with stepping(case_id, Verb.OUTSIDE_ANSWER, actor=actor, now=now, text=answer, file_ids=file_ids) as step:
        task = _ensure_still_open(step.case, task_id)
        if task.of != TaskOf.OUTSIDE:
            raise Refused("case.not_outside", "这一项不是外单位的，请由承担的人填写。")
        if not answer.strip() and not file_ids:
            raise Refused("case.text", "请写下对方的回复，或添加回函的照片。", "answer")
        _done(task, answer, file_ids, now)
        step.data = names_in(task)
        step.tell([step.case.lead_id], f"{task.office}已回复")
    return task


def call_consultation(
    case_id: int,
    *,
    held_at: datetime,
    place: str,
    participants: Sequence[object],
    purpose: str,
    actor: Actor,
    now: datetime,
) -> Consultation:
    """会商. `participants`: names and offices as they sign; a user id among them takes part and is told."""
    with stepping(case_id, Verb.CONSULT, actor=actor, now=now, text=purpose) as step:
        case = step.case
        ensure_text(purpose, "请写明会商要解决什么。", "purpose")
        ids = [row["user_id"] for row in participants if isinstance(row, dict) and row.get("user_id")]
        for user_id in ids:
            ensure_may_know(case, user_id, now=now)
            take_part(case, user_id, Role.CONSULTED, now=now)
        row: Consultation = Consultation.objects.create(
            case=case, called_by_name=actor.name, held_at=held_at, place=place.strip()[:100],
            participants=list(participants), purpose=purpose.strip()[:300],
        )  # fmt: skip
        step.data = {"consultation": row.pk, "held_at": held_at.isoformat(), "place": row.place}
        local = timezone.localtime(held_at)
        step.tell(
            [case.lead_id, *ids], f"请参加会商：{local.month}月{local.day}日 {local:%H:%M}，{row.place or '地点另告'}"
        )
    return row


def close_consultation(
    consultation_id: int, *, minutes: str, decisions: Sequence[Decision], actor: Actor, now: datetime
) -> Consultation:
    """纪要; what was decided becomes tasks."""
    row: Consultation | None = Consultation.objects.visible_to(actor).filter(pk=consultation_id).first()
    if row is None:
        raise Missing
    with stepping(row.case_id, Verb.CLOSE_CONSULTATION, actor=actor, now=now, text=minutes) as step:
        row = step.case.consultations.select_for_update(of=("self",)).get(pk=consultation_id)
        if row.closed_at is not None:
            raise Refused("case.consultation_over", "会商纪要已经写过。请刷新后再看。")
        ensure_text(minutes, "请写下会商纪要。", "minutes")
        row.minutes, row.closed_at = minutes.strip(), now
        row.save(update_fields=["minutes", "closed_at"])
        tasks = [
            _task(step.case, TaskOf.CONSULTATION, text, scope_id, user_id, due_at, actor=actor, now=now)
            for text, scope_id, user_id, due_at in decisions
            if text.strip()
        ]
        step.data = {"consultation": row.pk, "tasks": [task.pk for task in tasks]}
        step.tell([task.user_id for task in tasks], "会商决定由您办理")
    return row
