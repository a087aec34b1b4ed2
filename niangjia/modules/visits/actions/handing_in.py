"""Handing in a visit: once however often it is sent, marked by what the phone said, never refused for its place.

One draft or a thousand go the same way: asked about together (`queries/around.py`), written together, and what
somebody said there is told to the house one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.kept import asked_once
from niangjia.kernel.ltree import end_of
from niangjia.modules.visits.actions.amending import VERB as AMENDED
from niangjia.modules.visits.actions.amending import amend, findings_of
from niangjia.modules.visits.actions.findings import tell_findings
from niangjia.modules.visits.actions.risks import open_risk_of
from niangjia.modules.visits.actions.surveys import count_visits
from niangjia.modules.visits.drafts import (
    LONGEST_WORD,
    Conflict,
    Draft,
    ensure_draft,
    ensure_not_late,
    mark_of,
    put_right,
    tidied_draft,
)
from niangjia.modules.visits.models import (
    Finding,
    FollowUp,
    Observation,
    Photo,
    PlannedVisit,
    RecordProposal,
    SpokenWith,
    Survey,
    Visit,
)
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.place_rules import Arrival, Point, Seen, check_place
from niangjia.modules.visits.queries.around import Around, Beside, day_of, point_of
from niangjia.modules.visits.queries.differences import Standing, difference_of_visit, differences
from niangjia.modules.visits.queries.employers import position_of
from niangjia.modules.visits.questions import Form, check_answers, follow_ups_from, proposals_from, tidied
from niangjia.modules.visits.rules import FOLLOWS_UP_WITHIN, PlaceState, PlanState

VERB = "visits.visit.handed_in"
MINE, THEIRS = "mine", "theirs"
ACCURATE_ENOUGH = 200
"""Metres: what is less exact isn't proposed as where an employer lies."""


def hand_in_visit(draft: Draft, *, actor: Actor, now: datetime) -> Visit:
    """Writes the visit down and says what was found there; the same draft again gives the visit that is there already.

    Raises Conflict where something changed meanwhile and nobody has chosen yet (`Draft.chosen_over`), Refused for times,
    answers or findings that can't be, Missing for an employer out of reach, NotPermitted for somebody else's visit.
    """
    return hand_in_visits([(draft, actor, now)])[0]


@transaction.atomic
def hand_in_visits(drafts: Sequence[tuple[Draft, Actor, datetime]]) -> list[Visit]:
    """Many at once by the same rules, all or none, in the order in which they are given."""
    if not drafts:
        return []
    _hold([draft for draft, _, _ in drafts])
    sheets = [_Sheet.of(draft, actor, now) for draft, actor, now in drafts]
    around = Around([(sheet.draft, sheet.user_id) for sheet in sheets])
    with audit.together(), asked_once():
        numbers = _numbers(len(sheets))
        visits = [
            _known(sheet, around) or _prepared(sheet, around, number)
            for sheet, number in zip(sheets, numbers, strict=True)
        ]
        new = [sheet for sheet in sheets if sheet.visit is not None]
        _write(new)
        for sheet in new:
            audit.record(
                actor=sheet.actor, verb=VERB, subject=sheet.visit, path=sheet.path, now=sheet.now,
                after={**audit.snapshot(sheet.row), "findings": len(sheet.findings)},
            )  # fmt: skip
            tell_findings(sheet.row, sheet.findings, actor=sheet.actor, now=sheet.now)
            if sheet.form is not None:
                open_risk_of(sheet.row, sheet.form, sheet.draft.answers, actor=sheet.actor, now=sheet.now)
    return visits


def _hold(drafts: Sequence[Draft]) -> None:
    """The same draft twice, or two officers at one employer, are looked at one after the other; many keep all others out."""
    with connection.cursor() as cursor:
        if len(drafts) > 1:
            cursor.execute("select pg_advisory_xact_lock(hashtext('visits.hand_in'))")
            return
        cursor.execute(
            """
            select pg_advisory_xact_lock_shared(hashtext('visits.hand_in')),
                   pg_advisory_xact_lock(hashtext('visits.draft'), hashtext(%s)),
                   pg_advisory_xact_lock(hashtext('visits.employer'), hashtext(%s))
            """,
            [str(drafts[0].draft), str(drafts[0].employer_id)],
        )


@dataclass
class _Sheet:
    """One draft on its way to a visit, with what is written beside it."""

    draft: Draft
    mark: str
    off_seconds: int
    actor: Actor
    now: datetime
    user_id: int
    path: str = ""
    form: Form | None = None
    visit: Visit | None = None
    observations: list[Observation] = field(default_factory=list)
    spoken_with: list[SpokenWith] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    proposals: list[RecordProposal] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    planned: PlannedVisit | None = None
    joins: int | None = None  # the visit of a colleague's whose company the officer was
    done: list[FollowUp] = field(default_factory=list)
    survey: Survey | None = None  # with which the answers are counted

    @classmethod
    def of(cls, draft: Draft, actor: Actor, now: datetime) -> _Sheet:
        mark = mark_of(draft)
        draft = tidied_draft(draft)
        ensure_draft(draft)
        right, off = put_right(draft, now)
        return cls(right, mark, off, actor, now, draft.user_id or actor.user_id or 0)

    @property
    def row(self) -> Visit:
        if self.visit is None:
            raise RuntimeError("the sheet has no visit yet")
        return self.visit

    @property
    def on(self) -> date:
        return day_of(self.draft.arrived_at)

    def kept(self, subject: str) -> str:
        return str(self.draft.chosen_over.get(subject, {}).get("kept", MINE))


def _known(sheet: _Sheet, around: Around) -> Visit | None:
    """The visit that this draft was handed in as: unchanged, put right as the officer chose, or a conflict."""
    found = around.handed_in.get(sheet.draft.draft)
    if found is None:
        return None
    if found.user_id != sheet.user_id:
        raise Missing("没有找到这次走访。")
    if found.draft_mark == sheet.mark:
        return found
    difference = difference_of_visit(found, sheet.draft)
    chosen = sheet.draft.chosen_over.get("visit")
    if chosen is None or chosen.get("mark") != difference.mark:
        raise Conflict({"visit": difference})
    mine = sheet.kept("visit") == MINE
    if mine:
        _reached(sheet, around)
        _add_photos(found, sheet, around)
    return amend(found, sheet.draft, sheet.mark if mine else None, actor=sheet.actor, now=sheet.now)


def _add_photos(visit: Visit, sheet: _Sheet, around: Around) -> None:
    """Those that were not sent the first time; the same picture has another number each time it is sent."""
    there = StoredFile.objects.filter(pk__in=visit.photos.values("file_id")).values_list("sha256", flat=True)
    known = set(there)
    photos = [one for one in _photos_of(visit, sheet, around) if around.files[one.file_id].sha256 not in known]
    Photo.objects.unscoped(reason="photos of the visit under lock").bulk_create(photos)
    _keep_files([one.file_id for one in photos])


def _numbers(count: int) -> list[int]:
    """Ids for visits, so that those of one batch may name each other before they are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [Visit._meta.db_table, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _prepared(sheet: _Sheet, around: Around, number: int) -> Visit:
    """Everything of the visit, ready to be written. Raises Conflict, Refused, Missing, NotPermitted."""
    employer = _reached(sheet, around)
    form = sheet.form = _answered(sheet, around)
    beside = around.beside(sheet.draft.employer_id, sheet.draft.arrived_at)
    planned = _planned(sheet, around)
    standing = Standing(sheet.path, employer, planned, form, beside)
    _ensure_chosen(sheet, differences(sheet.draft, sheet.user_id, standing, around))
    sheet.planned = planned if sheet.kept("planned") == MINE else None
    visit = sheet.visit = _visit(sheet, around, employer, form)
    visit.pk = number
    sheet.survey = around.survey(visit, sheet.path)
    if beside is not None:
        visit.together_with_id = beside.together_with or beside.id
        sheet.joins = beside.id if sheet.kept("together") == THEIRS else None
    _fill(sheet, around, employer, form)
    around.handed_in[visit.draft] = visit
    name = around.names.get(visit.user_id, sheet.actor.name)
    around.add_beside(
        employer.pk,
        Beside(visit.pk, visit.user_id, name, tuple(visit.companions), visit.arrived_at, visit.together_with_id),
    )
    if visit.latitude is not None and visit.longitude is not None:
        point = Point(visit.latitude, visit.longitude)
        home = point_of(employer.latitude, employer.longitude)
        around.add_seen(visit.user_id, Seen(point, visit.arrived_at, employer.pk, home, is_own=True))
    return visit


def _reached(sheet: _Sheet, around: Around) -> Any:
    """The employer, on ground where the actor may go there."""
    employer = around.employers.get(sheet.draft.employer_id)
    sheet.path = around.places.get(employer.division_id, "") if employer else ""
    if not sheet.path or not sheet.actor.may(Permission.VISIT_MAKE, sheet.path):
        raise Missing("没有找到这个单位，可能不在您走访的范围内。请从单位名单里重新选择。")
    directs = sheet.actor.may(Permission.VISIT_DIRECT, sheet.path)
    if sheet.user_id != sheet.actor.user_id and not directs:
        raise NotPermitted("只有分管走访的人能替别人补记走访。")
    if sheet.user_id not in around.names:
        raise Refused("visit.user", "没有找到走访的干部，请重新选择。", "user_id")
    if not directs:
        ensure_not_late(sheet.draft.arrived_at, sheet.now)
    strangers = set(sheet.draft.companions) - set(around.names)
    if strangers:
        raise Refused("visit.companions", "同行人员里有人已停用或不存在，请重新选择。", "companions")
    return employer


def _answered(sheet: _Sheet, around: Around) -> Form:
    """The form with which the draft was made, though a newer one is there; the answers hold by it."""
    form = around.form(sheet.draft.kind, sheet.path, sheet.draft.form_number)
    problems = check_answers(form, sheet.draft.answers)
    if problems:
        key, problem = next(iter(problems.items()))
        raise Refused("visit.answers", problem, f"answers.{key}")
    return form


def _planned(sheet: _Sheet, around: Around) -> PlannedVisit | None:
    if sheet.draft.planned_id is None:
        return around.planned_here(sheet.user_id, sheet.draft.employer_id, sheet.on)
    planned = around.planned.get(sheet.draft.planned_id)
    if planned is None or not _in_sight(planned, sheet):
        # Planned anew meanwhile, or never this officer's: the visit was made all the same.
        return around.planned_here(sheet.user_id, sheet.draft.employer_id, sheet.on)
    return planned


def _in_sight(planned: PlannedVisit, sheet: _Sheet) -> bool:
    own = planned.user_id in {sheet.user_id, sheet.actor.user_id}
    return own or sheet.actor.may(Permission.VISIT_VIEW, str(planned.scope.path))


def _ensure_chosen(sheet: _Sheet, found: dict[str, Any]) -> None:
    """Every difference was shown as it stands now, and decided."""
    chosen = sheet.draft.chosen_over
    left = {
        subject: one
        for subject, one in found.items()
        if subject not in chosen or chosen[subject].get("mark") != one.mark
    }
    if left:
        raise Conflict(left)


def _visit(sheet: _Sheet, around: Around, employer: Any, form: Form) -> Visit:
    draft = sheet.draft
    point = point_of(draft.latitude, draft.longitude)
    arrival = Arrival(
        point, draft.accuracy_metres, draft.arrived_at, employer.pk, point_of(employer.latitude, employer.longitude)
    )
    state, note = check_place(arrival, around.others(sheet.user_id, draft.arrived_at, point) if point else ())
    usable = point is not None and abs(point.latitude) <= 90 and abs(point.longitude) <= 180  # noqa: PLR2004 - degrees
    posting = around.posting(sheet.user_id, sheet.on)
    stay = around.stays.get(draft.stay_id) if draft.stay_id else None
    if draft.stay_id and (stay is None or sheet.user_id not in {stay.leader_id, *stay.team}):
        raise Refused("visit.stay", "没有找到这次蹲点，或您不在蹲点队伍里，请重新选择。", "stay_id")
    return Visit(
        scope_id=end_of(sheet.path), employer=employer, user_id=sheet.user_id,
        companions=sorted(set(draft.companions) - {sheet.user_id}), posting=posting, planned=sheet.planned, stay=stay,
        kind=draft.kind, form_id=form.pk, draft=draft.draft, draft_mark=sheet.mark,
        arrived_at=draft.arrived_at, left_at=draft.left_at, clock_off_seconds=sheet.off_seconds,
        latitude=draft.latitude if usable else None, longitude=draft.longitude if usable else None,
        accuracy_metres=draft.accuracy_metres if usable else None, place_state=state, place_note=note[:100],
        is_key=around.is_key(employer.pk, sheet.on), answers=tidied(form, draft.answers), summary=draft.summary.strip(),
        spoken_with_count=max(draft.spoken_with_count or 0, len(draft.spoken_with)), handed_in_at=sheet.now,
        chosen_over={subject: dict(chosen) for subject, chosen in draft.chosen_over.items()},
    )  # fmt: skip


def _fill(sheet: _Sheet, around: Around, employer: Any, form: Form) -> None:
    """What stands beside the visit."""
    draft, visit = sheet.draft, sheet.row
    sheet.observations = [
        Observation(visit=visit, aspect=aspect, look=look, word=word[:LONGEST_WORD])
        for aspect, (look, word) in sorted(draft.observations.items())
    ]
    sheet.spoken_with = [
        SpokenWith(visit=visit, name=name[:50], phone=phone[:30] or None, post=post[:40])
        for name, phone, post in draft.spoken_with
    ]
    sheet.findings = findings_of(visit, draft.findings)
    _follow_up(sheet, around, form)
    if sheet.kept("employer") == MINE:
        _propose(sheet, around, employer, form)
    sheet.photos = _photos_of(visit, sheet, around)


def _photos_of(visit: Visit, sheet: _Sheet, around: Around) -> list[Photo]:
    found = []
    for number in sheet.draft.file_ids:
        stored = around.files.get(number)
        if stored is None or stored.owner_id != sheet.actor.user_id:
            raise Refused("visit.photos", "有照片没有传上来，请重新添加照片后再交。", "file_ids")
        found.append(Photo(visit=visit, file_id=stored.pk, name=stored.name, at=sheet.now))
    return found


def _follow_up(sheet: _Sheet, around: Around, form: Form) -> None:
    """What was due here is done by this visit; what it saw may have to be looked at again."""
    visit, employer_id = sheet.row, sheet.draft.employer_id
    named = sheet.planned.follow_up_id if sheet.planned else None
    for row in around.follow_ups(employer_id):
        is_due = row.pk == named or row.due_on <= sheet.on + FOLLOWS_UP_WITHIN
        if row.done_by_id is None and is_due and day_of(row.visit.arrived_at) < sheet.on:
            row.done_by = visit
            sheet.done.append(row)
    for what, due_on in follow_ups_from(form, sheet.draft.answers, sheet.draft.observations, sheet.on):
        row = FollowUp(visit=visit, what=what[:200], due_on=due_on)
        sheet.follow_ups.append(row)
        around.add_follow_up(employer_id, row)


def _propose(sheet: _Sheet, around: Around, employer: Any, form: Form) -> None:
    """What was learnt of the employer's record, but for what waits for an answer already."""
    learnt = list(proposals_from(form, sheet.draft.answers, employer))
    visit = sheet.row
    exact = visit.accuracy_metres is None or visit.accuracy_metres <= ACCURATE_ENOUGH
    if visit.place_state == PlaceState.UNCHECKED and exact and visit.latitude is not None:
        learnt.append(("position", f"{visit.latitude:.6f},{visit.longitude:.6f}"))
    waiting = {name for pk, name, _ in around.proposed if pk == employer.pk and name == "position"}
    for name, new in learnt:
        if (employer.pk, name, new) in around.proposed or name in waiting:
            continue
        old = position_of(employer) if name == "position" else str(getattr(employer, name))
        sheet.proposals.append(RecordProposal(visit=visit, field=name, old=old[:200], new=new))
        around.proposed.add((employer.pk, name, new))


def _write(sheets: Sequence[_Sheet]) -> None:
    """Each kind of row in one statement."""
    Visit.objects.unscoped(reason="visits that are handed in").bulk_create([sheet.row for sheet in sheets])
    for model, name in (
        (Observation, "observations"), (SpokenWith, "spoken_with"), (Finding, "findings"), (FollowUp, "follow_ups"),
        (RecordProposal, "proposals"), (Photo, "photos"),
    ):  # fmt: skip
        rows = [row for sheet in sheets for row in getattr(sheet, name)]
        if rows:
            model.objects.unscoped(reason="parts of visits that are handed in").bulk_create(rows)
    done = [row for sheet in sheets for row in sheet.done]
    if done:
        FollowUp.objects.unscoped(reason="done by the visits just written").bulk_update(done, ["done_by"])
    count_visits([(sheet.row, sheet.survey) for sheet in sheets if sheet.survey is not None])
    _mark_planned(sheets)
    _keep_files([photo.file_id for sheet in sheets for photo in sheet.photos])
    for sheet in sheets:
        if sheet.joins is not None:
            _join(sheet.joins, sheet)


def _mark_planned(sheets: Sequence[_Sheet]) -> None:
    rows = []
    for sheet in sheets:
        if sheet.planned is not None:
            planned = sheet.planned
            planned.state, planned.is_proposed = PlanState.DONE, False
            planned.version += 1
            planned.changed_by_name, planned.changed_at = sheet.actor.name, sheet.now
            rows.append(planned)
    if rows:
        PlannedVisit.objects.unscoped(reason="plans that were carried out").bulk_update(
            rows, ["state", "is_proposed", "version", "changed_by_name", "changed_at"]
        )


def _keep_files(ids: Sequence[int]) -> None:
    """A photo that belongs to a visit stays with it."""
    if ids:
        StoredFile.objects.filter(pk__in=ids).update(expires_at=None, owner_id=None)


def _join(visit_id: int, sheet: _Sheet) -> None:
    """The colleague's record is changed, so its trail says by whom."""
    rows = Visit.objects.unscoped(reason="a colleague's visit of the same hour").select_related("scope")
    row = rows.select_for_update(of=("self",)).get(pk=visit_id)
    before = audit.snapshot(row)
    row.companions = sorted({*row.companions, sheet.row.user_id} - {row.user_id})
    row.version += 1
    row.save(update_fields=["companions", "version"])
    audit.record(
        actor=sheet.actor, verb=AMENDED, subject=row, path=str(row.scope.path), before=before,
        after=audit.snapshot(row), now=sheet.now,
    )  # fmt: skip
