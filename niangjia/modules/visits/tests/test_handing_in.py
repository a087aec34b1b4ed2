"""A visit from the phone to the database: once, by the right clock, marked by its place, its findings told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions import hand_in_visit, hand_in_visits
from niangjia.modules.visits.actions.kinds import publish_form
from niangjia.modules.visits.drafts import Conflict, Draft, FindingDraft
from niangjia.modules.visits.models import (
    Finding,
    FollowUp,
    Observation,
    PlannedVisit,
    RecordProposal,
    SpokenWith,
    Visit,
)
from niangjia.modules.visits.queries.employers import employer_mark
from niangjia.modules.visits.queries.weeks import weeks_of
from niangjia.modules.visits.questions import Question
from niangjia.modules.visits.rules import Aspect, Look, Outcome, PlaceState, PlanState
from niangjia.modules.visits.testing import NOW, draft, explained, key_employer, passed_on, posting, visit

WHY = {"reason": "the test's own world"}


@dataclass
class Ground:
    tree: Any
    officer: User
    other: User
    mill: Any
    harbour: Any

    @property
    def actor(self) -> Actor:
        return actor_of(self.officer.pk, now=NOW)

    @property
    def colleague(self) -> Actor:
        return actor_of(self.other.pk, now=NOW)


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    one, other = (officer("LIAISON_OFFICER", tree.county, name) for name in ("何走访", "马同行"))
    mill, harbour = firm("北山纺织厂", "530999101"), firm("南湖港务公司", "530999002")
    for employer, point in ((mill, (32.10, 119.10)), (harbour, (32.20, 119.30))):
        employer.latitude, employer.longitude = point
        employer.save()
    return Ground(tree, one, other, mill, harbour)


def again(row: Visit) -> Visit:
    found: Visit = Visit.objects.unscoped(**WHY).get(pk=row.pk)
    return found


def findings() -> list[Finding]:
    return list(Finding.objects.unscoped(**WHY).select_related("case").order_by("pk"))


def test_a_visit_is_written_down_with_all_that_was_seen(ground: Ground) -> None:
    posting(ground.tree.county, ground.officer, township_ids=[ground.tree.north.pk])
    key_employer(ground.tree.county, ground.mill)
    made = visit(
        ground.mill, ground.actor, latitude=32.1001, longitude=119.1001, accuracy_metres=20.0,
        companions=[ground.other.pk], spoken_with=[("林小燕", "12480000001", "挡车工")], spoken_with_count=5,
        observations={Aspect.MIND: (Look.GOOD, "安心"), Aspect.RIGHTS: (Look.POOR, "加班多")},
        findings=[explained(), passed_on(), FindingDraft("食堂换了承包人", Outcome.NOTED)],
    )  # fmt: skip
    row = again(made)
    assert (row.scope_id, row.user_id, row.companions) == (ground.tree.north.pk, ground.officer.pk, [ground.other.pk])
    assert (row.is_key, row.posting.user_id, row.spoken_with_count) == (True, ground.officer.pk, 5)
    assert (row.place_state, row.place_note, row.clock_off_seconds) == (PlaceState.THERE, "离登记位置 15 米", 0)
    assert Observation.objects.unscoped(**WHY).get(aspect=Aspect.RIGHTS).word == "加班多"
    assert SpokenWith.objects.unscoped(**WHY).get().name == "林小燕"
    assert FollowUp.objects.unscoped(**WHY).get().due_on == date(2026, 12, 20)  # what looked poor is looked at again


def test_what_was_explained_is_a_demand_resolved_there_and_what_was_passed_on_goes_its_way(ground: Ground) -> None:
    made = visit(
        ground.mill, ground.actor,
        findings=[
            explained(asker_name="林小燕", asker_phone="12480000002", people=3), passed_on(by_employer=True),
            FindingDraft("食堂换了承包人", Outcome.NOTED),
        ],
    )  # fmt: skip
    first, second, noted = findings()
    assert noted.case is None
    assert (first.case.stage, first.case.title) == (Stage.RESOLVED, "问高温津贴怎么发")
    assert (second.case.stage, second.case.scope_id) == (Stage.RECEIVED, ground.tree.north.pk)
    assert first.case.received_at == made.arrived_at


def test_the_same_draft_is_handed_in_once(ground: Ground) -> None:
    written = draft(ground.mill, findings=[passed_on()])
    first = hand_in_visit(written, actor=ground.actor, now=NOW)
    again_ = hand_in_visit(written, actor=ground.actor, now=NOW + timedelta(minutes=5))
    assert first.pk == again_.pk
    assert len(findings()) == 1
    with pytest.raises(Missing):
        hand_in_visit(replace(written), actor=ground.colleague, now=NOW)


def test_a_draft_that_says_something_else_the_second_time_asks_which_holds(ground: Ground) -> None:
    written = draft(ground.mill, findings=[passed_on()])
    made = hand_in_visit(written, actor=ground.actor, now=NOW)
    changed = replace(written, summary="补记：夜班也看了。", findings=[*written.findings, explained()])
    with pytest.raises(Conflict) as told:
        hand_in_visit(changed, actor=ground.actor, now=NOW)
    assert told.value.theirs["visit"]["小结"] == "车间干净，职工情绪稳定。"
    assert told.value.mine["visit"]["小结"] == "补记：夜班也看了。"
    mark = told.value.differences["visit"].mark
    chosen = replace(changed, chosen_over={"visit": {"mark": mark, "kept": "mine", "aside": {"小结": "车间干净"}}})
    hand_in_visit(chosen, actor=ground.actor, now=NOW)
    row = again(made)
    assert (row.summary, row.chosen_over["visit"]["aside"]) == ("补记：夜班也看了。", {"小结": "车间干净"})
    assert [one.number for one in findings()] == [1, 2]
    assert all(one.case_id for one in findings())
    assert hand_in_visit(chosen, actor=ground.actor, now=NOW).pk == made.pk
    kept = replace(written, summary="第三种说法")
    with pytest.raises(Conflict) as told:
        hand_in_visit(kept, actor=ground.actor, now=NOW)
    mark = told.value.differences["visit"].mark
    hand_in_visit(replace(kept, chosen_over={"visit": {"mark": mark, "kept": "theirs"}}), actor=ground.actor, now=NOW)
    assert again(made).summary == "补记：夜班也看了。"


def test_a_draft_that_says_more_the_second_time_loses_no_photo_and_no_companion(ground: Ground) -> None:
    def photos(*contents: bytes) -> list[int]:
        kept = [
            store(b"\xff\xd8\xff\xe0" + one * 60, name="车间.jpg", owner_id=ground.officer.pk, now=NOW, expires_at=NOW)
            for one in contents
        ]
        return [one.pk for one in kept]

    written = draft(ground.mill, file_ids=photos(b"a"))
    made = hand_in_visit(written, actor=ground.actor, now=NOW)
    more = replace(written, summary="补记", companions=[ground.other.pk], file_ids=photos(b"a", b"b"))
    with pytest.raises(Conflict) as told:
        hand_in_visit(more, actor=ground.actor, now=NOW)
    chosen = {"visit": {"mark": told.value.differences["visit"].mark, "kept": "mine"}}
    hand_in_visit(replace(more, chosen_over=chosen), actor=ground.actor, now=NOW)
    assert [one.file_id for one in made.photos.order_by("pk")] == [written.file_ids[0], more.file_ids[1]]
    assert StoredFile.objects.filter(pk__in=made.photos.values("file_id"), expires_at=None).count() == 2
    assert again(made).companions == [ground.other.pk]


@pytest.mark.parametrize("off", [timedelta(days=1), -timedelta(days=1), timedelta(minutes=7)])
def test_a_phone_whose_clock_is_off_is_put_right(ground: Ground, off: timedelta) -> None:
    made = visit(ground.mill, ground.actor, at=NOW - timedelta(hours=2) + off, device_now=NOW + off)
    assert again(made).arrived_at == NOW - timedelta(hours=2)
    assert again(made).clock_off_seconds == off.total_seconds()


@pytest.mark.parametrize("years", [100, -100])
def test_a_phone_that_lives_in_another_century_is_put_right(ground: Ground, years: int) -> None:
    off = timedelta(days=365 * years)
    made = visit(ground.mill, ground.actor, at=NOW - timedelta(hours=2) + off, device_now=NOW + off)
    assert again(made).arrived_at == NOW - timedelta(hours=2)
    assert abs(again(made).clock_off_seconds) == 2**31 - 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"at": NOW + timedelta(days=1)}, "visit.ahead"),
        ({"at": NOW - timedelta(days=31)}, "visit.late"),
        ({"at": datetime.min.replace(tzinfo=NOW.tzinfo)}, "visit.early"),
        ({"at": datetime.max.replace(tzinfo=NOW.tzinfo)}, "visit.ahead"),
        ({"at": datetime.max.replace(tzinfo=NOW.tzinfo), "device_now": datetime.min.replace(tzinfo=NOW.tzinfo)}, "visit.ahead"),
        ({"left_at": NOW - timedelta(hours=3)}, "visit.left"),
        ({"left_at": NOW + timedelta(hours=3)}, "visit.ahead"),
        ({"observations": {9: (1, "")}}, "visit.observations"),
        ({"summary": "字" * 4001}, "visit.summary"),
        ({"findings": [FindingDraft(" ", Outcome.NOTED)]}, "finding.text"),
        ({"findings": [FindingDraft("问高温津贴", Outcome.EXPLAINED)]}, "finding.explanation"),
        ({"findings": [FindingDraft("问高温津贴", 7)]}, "finding.outcome"),
        ({"findings": [FindingDraft("问高温津贴", 3, people=0)]}, "finding.people"),
        ({"findings": [passed_on(asker_phone="123")]}, "demand.asker_phone"),
        ({"companions": [2**70]}, "visit.ids"),
        ({"companions": [2**40]}, "visit.companions"),
        ({"file_ids": [1]}, "visit.photos"),
        ({"stay_id": 1}, "visit.stay"),
        ({"answers": {"headcount": "²"}}, "visit.answers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_to_do(ground: Ground, said: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as told:
        visit(ground.mill, ground.actor, **said)
    assert told.value.code == code
    assert not Visit.objects.unscoped(**WHY).exists()


def test_who_directs_may_write_down_what_was_forgotten(ground: Ground) -> None:
    chair = actor_of(officer("CHAIR", ground.tree.county).pk, now=NOW)
    made = visit(ground.mill, chair, at=NOW - timedelta(days=60), user_id=ground.officer.pk)
    assert made.user_id == ground.officer.pk
    with pytest.raises(NotPermitted):
        visit(ground.mill, ground.actor, user_id=ground.other.pk)


def test_an_employer_out_of_reach_is_not_visited(ground: Ground) -> None:
    south = actor_of(officer("LIAISON_OFFICER", ground.tree.south).pk, now=NOW)
    with pytest.raises(Missing):
        visit(ground.mill, south)
    with pytest.raises(Missing):
        visit(ground.mill, acting_as("AUDITOR", ground.tree.county))
    ground.mill.pk = 2**62
    with pytest.raises(Missing):
        visit(ground.mill, ground.actor)


@pytest.mark.parametrize(
    ("where", "state"),
    [
        ({}, PlaceState.UNKNOWN),
        ({"latitude": float("nan"), "longitude": 119.1}, PlaceState.UNKNOWN),
        ({"latitude": 32.15, "longitude": 119.1, "accuracy_metres": 30.0}, PlaceState.FAR),
        ({"latitude": 0.0, "longitude": 0.0, "accuracy_metres": 30.0}, PlaceState.IMPLAUSIBLE),
        ({"latitude": 32.1, "longitude": 119.1, "accuracy_metres": 0.0}, PlaceState.IMPLAUSIBLE),
        ({"latitude": 1e300, "longitude": 119.1, "accuracy_metres": 5.0}, PlaceState.IMPLAUSIBLE),
    ],
)
def test_a_visit_is_marked_by_its_place_and_never_refused(ground: Ground, where: dict[str, Any], state: str) -> None:
    assert again(visit(ground.mill, ground.actor, **where)).place_state == state


def test_the_same_point_at_two_employers_is_not_believed(ground: Ground) -> None:
    point = {"latitude": 32.1000004, "longitude": 119.1, "accuracy_metres": 15.0}
    assert visit(ground.mill, ground.colleague, at=NOW - timedelta(days=3), **point).place_state == PlaceState.THERE
    spoofed = visit(ground.harbour, ground.actor, **(point | {"latitude": 32.1}))
    assert (spoofed.place_state, spoofed.place_note) == (PlaceState.IMPLAUSIBLE, "与在另一单位走访时的定位完全相同")


def test_nobody_flies_from_one_employer_to_the_next(ground: Ground) -> None:
    visit(
        ground.mill, ground.actor, at=NOW - timedelta(minutes=65), latitude=32.1, longitude=119.1, accuracy_metres=9.0
    )
    made = visit(ground.harbour, ground.actor, at=NOW - timedelta(minutes=60), latitude=32.2, longitude=119.3, accuracy_metres=9.0)  # fmt: skip
    assert made.place_state == PlaceState.IMPLAUSIBLE
    assert "来不及" in made.place_note
    later = visit(ground.harbour, ground.actor, at=NOW - timedelta(minutes=1), latitude=32.2, longitude=119.3, accuracy_metres=9.0)  # fmt: skip
    assert later.place_state == PlaceState.THERE


def test_an_employer_without_a_position_gets_one_proposed(ground: Ground) -> None:
    bare = firm("无坐标公司", "530999101")
    made = visit(bare, ground.actor, latitude=32.3, longitude=119.2, accuracy_metres=12.0)
    proposal = RecordProposal.objects.unscoped(**WHY).get()
    assert (made.place_state, proposal.field, proposal.new) == (
        PlaceState.UNCHECKED,
        "position",
        "32.300000,119.200000",
    )


def planned(ground: Ground, **more: Any) -> PlannedVisit:
    said = {
        "on": date(2026, 11, 20), "reason": "turn", "changed_at": NOW, "changed_by_name": "系统",
        "scope": ground.tree.north.scope, "employer": ground.mill,
    }  # fmt: skip
    row: PlannedVisit = PlannedVisit.objects.create(user=ground.officer, **(said | more))
    return row


def test_the_week_knows_that_the_visit_was_made(ground: Ground) -> None:
    named, unnamed = planned(ground), planned(ground, employer=ground.harbour, scope=ground.tree.south.scope)
    visit(ground.mill, ground.actor, planned_id=named.pk, planned_version=1)
    visit(ground.harbour, ground.actor)
    for row in (named, unnamed):
        row.refresh_from_db()
        assert (row.state, row.version) == (PlanState.DONE, 2)


def test_a_plan_that_was_changed_meanwhile_stands_beside_the_draft(ground: Ground) -> None:
    row = planned(ground, version=3, on=date(2026, 11, 27), note="改到下周，厂里停电", changed_by_name="郑主席")
    written = draft(ground.mill, planned_id=row.pk, planned_version=2)
    with pytest.raises(Conflict) as told:
        hand_in_visit(written, actor=ground.actor, now=NOW)
    assert told.value.theirs["planned"]["说明"] == "改到下周，厂里停电"
    choice = {
        "planned": {"mark": told.value.differences["planned"].mark, "kept": "theirs", "aside": {"状态": "已到现场走访"}}
    }
    made = hand_in_visit(replace(written, chosen_over=choice), actor=ground.actor, now=NOW)
    row.refresh_from_db()
    assert (made.planned_id, row.state) == (None, PlanState.PLANNED)  # the visit is kept, the plan stays for next week
    assert again(made).chosen_over["planned"]["aside"] == {"状态": "已到现场走访"}


def test_a_choice_holds_only_for_what_was_shown(ground: Ground) -> None:
    row = planned(ground, version=4)
    stale = {"planned": {"mark": "3", "kept": "mine"}}
    with pytest.raises(Conflict):
        visit(ground.mill, ground.actor, planned_id=row.pk, planned_version=2, chosen_over=stale)


def test_an_employer_that_was_changed_meanwhile_keeps_what_the_officer_chooses(ground: Ground) -> None:
    mark = employer_mark(ground.mill)
    ground.mill.headcount = 200
    ground.mill.save()
    written = draft(ground.mill, employer_mark=mark, answers={"headcount": "180"})
    with pytest.raises(Conflict) as told:
        hand_in_visit(written, actor=ground.actor, now=NOW)
    assert told.value.theirs["employer"]["职工人数"] == "200"
    assert told.value.mine["employer"] == {"现有职工多少人": "180", "建会情况": "未建会"}
    now_mark = told.value.differences["employer"].mark
    hand_in_visit(
        replace(written, chosen_over={"employer": {"mark": now_mark, "kept": "theirs"}}), actor=ground.actor, now=NOW
    )
    assert not RecordProposal.objects.unscoped(**WHY).exists()
    visit(ground.mill, ground.actor, at=NOW - timedelta(days=1), employer_mark=now_mark, answers={"headcount": "180"})
    assert RecordProposal.objects.unscoped(**WHY).get().old == "200"


def test_a_form_that_was_changed_meanwhile_loses_no_answer(ground: Ground) -> None:
    """Offline with the form as delivered; at the desk a question came and another went."""
    chair = acting_as("CHAIR", ground.tree.county)
    newer = (Question("canteen", "食堂办得怎么样", "choice", ("好", "差"), required=True),)
    published = publish_form(ground.tree.county.pk, "daily", newer, seen_number=0, actor=chair, now=NOW)
    written = draft(ground.mill, answers={"headcount": "180"})
    with pytest.raises(Conflict) as told:
        hand_in_visit(written, actor=ground.actor, now=NOW)
    assert told.value.theirs["form"]["新增的问题"] == "食堂办得怎么样"
    assert told.value.mine["form"]["现有职工多少人"] == "180"
    choice = {"form": {"mark": told.value.differences["form"].mark, "kept": "mine", "aside": {"表单": "第 1 版"}}}
    old = hand_in_visit(replace(written, chosen_over=choice), actor=ground.actor, now=NOW)
    assert (again(old).form_id, again(old).answers["headcount"]) == (None, 180)
    filled = replace(
        draft(ground.mill, at=NOW - timedelta(hours=5)), form_number=published.number, answers={"canteen": "好"}
    )
    new = hand_in_visit(filled, actor=ground.actor, now=NOW)
    assert (again(new).form_id, again(new).answers) == (published.pk, {"canteen": "好"})


def test_two_officers_at_one_employer_in_the_same_hour_count_once(ground: Ground) -> None:
    first = visit(ground.mill, ground.actor, at=NOW - timedelta(minutes=50))
    written = draft(ground.mill, at=NOW - timedelta(minutes=20), findings=[passed_on()])
    with pytest.raises(Conflict) as told:
        hand_in_visit(written, actor=ground.colleague, now=NOW)
    assert told.value.theirs["together"]["走访人"] == "何走访"
    choice = {"together": {"mark": str(first.pk), "kept": "theirs"}}
    second = hand_in_visit(replace(written, chosen_over=choice), actor=ground.colleague, now=NOW)
    assert second.together_with_id == first.pk
    assert again(first).companions == [ground.other.pk]
    entry = AuditEntry.objects.get(subject_id=first.pk, verb="visits.visit.amended")
    assert (entry.actor_id, entry.after["companions"]) == (ground.other.pk, [ground.other.pk])
    assert len(findings()) == 1  # nothing of the second's is lost
    posting(ground.tree.county, ground.other, from_on=date(2026, 11, 16), weekly_goal=2)
    (week,) = weeks_of(str(ground.tree.county.scope.path), date(2026, 11, 16), date(2026, 11, 23))
    assert (week.made, week.is_done) == (1, False)  # there once, though he wrote of it and went along


def test_who_names_his_companion_is_not_asked(ground: Ground) -> None:
    first = visit(ground.mill, ground.actor, companions=[ground.other.pk])
    assert visit(ground.mill, ground.colleague).together_with_id == first.pk
    assert visit(ground.mill, ground.actor, at=NOW - timedelta(hours=3)).together_with_id is None


def test_many_at_once_by_the_same_rules(ground: Ground) -> None:
    drafts = [
        (draft(employer, at=NOW - timedelta(days=days), latitude=32.1, longitude=119.1, accuracy_metres=9.0), ground.actor, NOW)
        for days in range(1, 13)
        for employer in (ground.mill, ground.harbour)
    ]  # fmt: skip
    made = hand_in_visits(drafts)
    assert len(made) == Visit.objects.unscoped(**WHY).count() == 24
    assert {row.place_state for row in made} > {PlaceState.IMPLAUSIBLE}  # the batch sees its own visits
    assert [row.pk for row in hand_in_visits(drafts)] == [row.pk for row in made]
    late = [(draft(ground.mill, at=NOW - timedelta(days=days)), ground.actor, NOW) for days in (20, 40)]
    with pytest.raises(Refused):
        hand_in_visits(late)
    assert Visit.objects.unscoped(**WHY).count() == 24


def test_sixty_drafts_with_photos_one_after_another(ground: Ground) -> None:
    from niangjia.kernel.files.actions import store
    from niangjia.kernel.files.models import StoredFile
    from niangjia.modules.visits.models import Photo

    kept = []
    for number in range(60):
        photos = [
            store(b"\xff\xd8\xff\xe0" + bytes([number, n]) * 40, name=f"{n}.jpg", owner_id=ground.officer.pk, now=NOW, expires_at=NOW + timedelta(days=1)).pk
            for n in range(2)
        ]  # fmt: skip
        written = draft(ground.mill, at=NOW - timedelta(hours=2 * number + 1), file_ids=photos)
        kept += photos
        hand_in_visit(written, actor=ground.actor, now=NOW)
        hand_in_visit(replace(written, file_ids=[]), actor=ground.actor, now=NOW)  # the answer was lost: sent again
    assert Visit.objects.unscoped(**WHY).count() == 60
    assert Photo.objects.unscoped(**WHY).count() == 120
    assert StoredFile.objects.filter(pk__in=kept, expires_at=None).count() == 120


def test_what_was_due_is_done_by_the_next_visit(ground: Ground) -> None:
    poor = {Aspect.RIGHTS: (Look.POOR, "加班多")}
    visit(ground.mill, ground.actor, at=NOW - timedelta(days=20), observations=poor)
    after = visit(ground.mill, ground.actor)
    assert FollowUp.objects.unscoped(**WHY).get().done_by_id == after.pk


def test_what_is_due_much_later_stays_open(ground: Ground) -> None:
    poor = {Aspect.RIGHTS: (Look.POOR, "加班多")}
    visit(ground.mill, ground.actor, at=NOW - timedelta(days=5), observations=poor)
    visit(ground.mill, ground.actor)
    assert FollowUp.objects.unscoped(**WHY).get().done_by_id is None


def test_a_draft_with_what_no_database_bears(ground: Ground) -> None:
    made = visit(ground.mill, ground.actor, summary="看了\x00车间\x1b", spoken_with=[("林\x00燕", "", "")])
    assert (again(made).summary, SpokenWith.objects.unscoped(**WHY).get().name) == ("看了车间", "林燕")


def test_draft_is_frozen() -> None:
    assert Draft(draft=uuid4(), employer_id=1, arrived_at=NOW).kind == "daily"
