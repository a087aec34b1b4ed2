"""What a corner of the cast has of the visit journal: one of everything that an address can point to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.files.actions import store
from niangjia.modules.visits.models import (
    Absence,
    Attendance,
    Finding,
    FollowUp,
    Group,
    KeyEmployer,
    Meeting,
    MeetingTask,
    Nomination,
    Observation,
    Photo,
    PlannedVisit,
    Posting,
    RecordProposal,
    Risk,
    SpokenWith,
    Stay,
    StayResult,
    Survey,
    SurveyAnswer,
    TownshipReport,
    Visit,
    VisitForm,
    VisitKind,
    YearRound,
)
from niangjia.modules.visits.rules import Outcome


@dataclass
class Journal:
    """Made without an actor's right; the officer is one of its own who holds no job, so that nobody has to follow him."""

    liaison: User

    visit_kind: VisitKind
    visit_group: Group
    posting: Posting
    absence: Absence
    key_employer: KeyEmployer
    planned_visit: PlannedVisit
    stay: Stay
    stay_result: StayResult
    visit: Visit
    spoken_with: SpokenWith
    photo: Photo
    finding: Finding
    follow_up: FollowUp
    record_proposal: RecordProposal
    risk: Risk
    survey: Survey
    survey_answer: SurveyAnswer
    meeting: Meeting
    attendance: Attendance
    meeting_task: MeetingTask
    township_report: TownshipReport
    year_round: YearRound
    nomination: Nomination
    markers: set[str]
    secrets: set[str]


def journal_of(word: str, scope: Any, employer: Any, phones: tuple[str, str]) -> Journal:
    """`word` begins every text here, but for kinds and the year's choice, which are known below as well.

    The phones are of whom somebody spoke with, and of who asked.
    """
    now, today = timezone.now(), timezone.localdate()
    month, spoken, asker = today.replace(day=1), *phones
    user = User.objects.create(username=f"liaison{spoken[-4:]}", name=f"{word}联络", created_at=now)
    kind = VisitKind.objects.create(scope=scope, code=f"own_{scope.pk}", name="夜间走访", hint="夜班时去")
    VisitForm.objects.create(kind=kind, number=1, questions=[], published_at=now, published_by_name="系统")
    group = Group.objects.create(scope=scope, name=f"{word}小组", leader=user)
    posting = Posting.objects.create(scope=scope, user=user, group=group, from_on=today - timedelta(days=200))
    stay = Stay.objects.create(
        scope=scope, title=f"{word}蹲点", place=f"{word}工地", leader=user, team=[user.pk],
        from_on=today - timedelta(days=5), until_on=today + timedelta(days=5), goals=f"{word}建会",
    )  # fmt: skip
    visit = _visit(word, scope, user, employer, posting)
    stored = store(b"\xff\xd8\xff\xe0" + word.encode(), name=f"{word}车间.jpg", owner_id=None, now=now)
    finding = Finding.objects.create(
        visit=visit,
        number=1,
        text=f"{word}食堂太贵",
        outcome=Outcome.NOTED,
        asker_name=f"{word}问事人",
        asker_phone=asker,
    )
    survey = Survey.objects.create(
        scope=scope, title=f"{word}问卷", kind="survey", token=secrets.token_urlsafe(16), from_on=today,
        until_on=today + timedelta(days=9), made_by_name="系统",
    )  # fmt: skip
    meeting = Meeting.objects.create(scope=scope, group=group, month=month, held_at=now, place=f"{word}会议室")
    before = Meeting.objects.create(
        scope=scope, group=group, month=(month - timedelta(days=1)).replace(day=1), held_at=now, minutes=f"{word}记录",
        closed_at=now, closed_by_name="系统",
    )  # fmt: skip
    year = YearRound.objects.create(scope=scope, year=today.year)
    return Journal(
        user,
        kind,
        group,
        posting,
        Absence.objects.create(
            posting=posting, kind="leave", from_on=today - timedelta(days=90), until_on=today - timedelta(days=80),
            note=f"{word}探亲",
        ),
        KeyEmployer.objects.create(scope=scope, employer=employer, posting=posting, from_on=today - timedelta(days=200)),
        PlannedVisit.objects.create(
            scope=scope, user=user, employer=employer, on=today, reason="turn", because=f"{word}轮到", changed_at=now
        ),
        stay,
        StayResult.objects.create(stay=stay, on=today, what=f"{word}建会一家", unions=1, members=9),
        visit,
        SpokenWith.objects.create(visit=visit, name=f"{word}职工", phone=spoken, post=f"{word}班组"),
        Photo.objects.create(visit=visit, file_id=stored.pk, name=stored.name, at=now),
        finding,
        FollowUp.objects.create(visit=visit, what=f"{word}再看食堂", due_on=today + timedelta(days=3)),
        RecordProposal.objects.create(visit=visit, field="headcount", old="120", new="130"),
        Risk.objects.create(scope=scope, employer=employer, visit=visit, level=2, what=f"{word}欠薪", owner=user),
        survey,
        SurveyAnswer.objects.create(survey=survey, answers={"say": f"{word}说"}, at=now),
        meeting,
        Attendance.objects.create(meeting=meeting, user=user, name=user.name),
        MeetingTask.objects.create(meeting=before, text=f"{word}任务", user=user, due_on=today + timedelta(days=9)),
        TownshipReport.objects.create(scope=scope, quarter=month, text=f"{word}分析"),
        year,
        Nomination.objects.create(
            round=year, kind="suggestion", title="夜里也要走访", text="夜班职工白天找不到人。", at=now,
            author=User.objects.create(username=f"author{asker[-4:]}", name="王建言", created_at=now),
            put_forward_by_name="系统",
        ),
        markers={spoken[-4:], asker[-4:], survey.token},
        secrets={spoken, asker},
    )  # fmt: skip


def _visit(word: str, scope: Any, user: User, employer: Any, posting: Posting) -> Visit:
    now = timezone.now()
    visit: Visit = Visit.objects.create(
        scope=scope, employer=employer, user=user, posting=posting, kind="daily", draft=uuid4(),
        arrived_at=now - timedelta(days=1), place_state="far", place_note="离登记位置 3.2 公里", is_key=True,
        summary=f"{word}车间干净", spoken_with_count=3, handed_in_at=now,
    )  # fmt: skip
    Observation.objects.create(visit=visit, aspect=1, look=1, word=f"{word}安心")
    return visit
