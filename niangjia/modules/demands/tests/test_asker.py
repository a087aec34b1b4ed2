"""Who asks: masked, looked at with a reason, linked, told, and after the asker's death."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.delivery import deliver_to_phone
from niangjia.kernel.notify.models import Message
from niangjia.modules.demands.actions import (
    Concerned,
    attach,
    link_person,
    mark_asker_dead,
    remove_attachment,
    reveal_asker,
    set_concerned,
    set_outcome,
)
from niangjia.modules.demands.actions.messages import set_message
from niangjia.modules.demands.models import Attachment, ConcernedPerson, Demand
from niangjia.modules.demands.queries import asked_before, demand_in_sight, similar_open
from niangjia.modules.demands.queries.demands import asker_shown
from niangjia.modules.demands.queries.finding import found
from niangjia.modules.demands.rules import Channel, Nature, Step
from niangjia.modules.demands.testing import NOW, demand, phone_number
from niangjia.modules.members.queries import headcount
from niangjia.modules.members.testing import member
from niangjia.modules.organisations.testing import Tree, acting_as, officer, small_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> Tree:
    return small_tree()


@pytest.fixture
def clerk(tree: Tree):
    return actor_of(officer("CLERK", tree.county, "钱经办").pk, now=NOW)


def texts() -> list[dict[str, str]]:
    """What waits for the SMS channel, opened."""
    settings.NOTIFY_FILE.unlink(missing_ok=True)
    for job in ProcrastinateJob.objects.filter(task_name="notify.send_to_phone").order_by("id"):
        deliver_to_phone(job.args["sealed"], "file")
    if not settings.NOTIFY_FILE.exists():
        return []
    return [json.loads(line) for line in settings.NOTIFY_FILE.read_text().splitlines()]


# --- masked, and looked at with a reason ---


def test_masked_until_somebody_says_why(tree: Tree, clerk) -> None:
    row = demand(tree.county, asker_name="林小燕", asker_phone="12499887766")
    shown = asker_shown(row)
    assert (shown.name, shown.phone) == ("林**", "124****7766")
    with pytest.raises(Refused):
        reveal_asker(row.pk, reason="看看", actor=clerk, now=NOW)
    assert reveal_asker(row.pk, reason="回电核实情况", actor=clerk, now=NOW) == ("林小燕", "12499887766")
    entry = AuditEntry.objects.get(verb="demands.asker.revealed")
    assert (entry.subject_id, entry.reason) == (row.pk, "回电核实情况")


def test_not_everybody_who_sees_it_may_look(tree: Tree) -> None:
    row = demand(tree.county)
    for job in ("AUDITOR", "AID_OFFICER"):
        with pytest.raises(NotPermitted):
            reveal_asker(row.pk, reason="就是想看看", actor=acting_as(job, tree.county), now=NOW)
    with pytest.raises(Missing):
        reveal_asker(row.pk, reason="就是想看看", actor=acting_as("CHAIR", tree.south), now=NOW)


def test_a_confidential_one_is_seen_by_those_who_take_part(tree: Tree, clerk) -> None:
    row = demand(tree.county, is_confidential=True, route=False)
    with pytest.raises(Missing):
        demand_in_sight(row.pk, clerk)
    assert demand_in_sight(demand(tree.county, is_confidential=True, actor=clerk).pk, clerk)


# --- links ---


def test_linking_makes_nobody_a_member(tree: Tree, clerk) -> None:
    person = member(tree.mill, "林小燕").person
    before = headcount(str(tree.county.scope.path))
    row = demand(tree.county)
    link_person(row.pk, person.pk, actor=clerk, now=NOW)
    assert demand_in_sight(row.pk, clerk).person_id == person.pk
    assert headcount(str(tree.county.scope.path)) == before
    link_person(row.pk, None, actor=clerk, now=NOW)
    assert demand_in_sight(row.pk, clerk).person_id is None


def test_nobody_out_of_sight_is_linked(tree: Tree) -> None:
    person = member(tree.harbour, "陈港").person
    row = demand(tree.north)
    with pytest.raises(Missing):
        link_person(row.pk, person.pk, actor=acting_as("CLERK", tree.north), now=NOW)


# --- the family ---


def test_the_family_goes_on_in_its_own_name(tree: Tree, clerk) -> None:
    user = User.objects.create(username="w1", name="林小燕", created_at=NOW)
    row = demand(tree.county, asker_user_id=user.pk, tell=False)
    phone = phone_number()
    mark_asker_dead(
        row.pk, goes_on=True, family_name="林父", family_phone=phone, reason="家属来电告知", actor=clerk, now=NOW
    )
    row = demand_in_sight(row.pk, clerk)
    assert (row.asker_name, row.asker_phone, row.asker_user_id, row.is_asker_dead) == ("林父", phone, None, True)
    casework.accept_case(row.pk, actor=clerk, now=NOW)
    assert not Message.objects.filter(user_id=user.pk).exists()
    assert [text["phone"] for text in texts()] == [phone]


def test_or_it_ends_and_nobody_writes_to_the_dead(tree: Tree, clerk) -> None:
    row = demand(tree.county, tell=False)
    with pytest.raises(Refused):
        mark_asker_dead(row.pk, goes_on=True, reason="家属来电告知", actor=clerk, now=NOW)
    mark_asker_dead(row.pk, goes_on=False, reason="家属不再追究", actor=clerk, now=NOW)
    assert demand_in_sight(row.pk, clerk).case.stage == Stage.WITHDRAWN
    assert texts() == []


# --- told ---


def test_told_at_each_step_by_phone(tree: Tree, clerk) -> None:
    row = demand(tree.county, "公司三个月没有发工资", asker_phone="12499887766")
    casework.accept_case(row.pk, actor=clerk, now=NOW)
    said = texts()
    assert [text["title"] for text in said] == ["您的诉求已登记", "您的诉求已受理"]
    assert row.case.number in said[0]["body"]
    assert "公司三个月没有发工资" in said[0]["body"]
    assert said[0]["url"].startswith("/d/")
    # While they wait in the queue neither the number nor the words can be read.
    waiting = str(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    assert "12499887766" not in waiting


def test_by_the_account_where_there_is_one(tree: Tree) -> None:
    user = User.objects.create(username="w1", name="林小燕", created_at=NOW)
    row = demand(tree.county, asker_user_id=user.pk)
    message = Message.objects.get(user_id=user.pk)
    assert (message.title, message.url) == ("您的诉求已登记", f"/phone/demands/{row.pk}/")
    assert texts() == []


def test_a_confidential_title_is_not_sent(tree: Tree) -> None:
    demand(tree.county, "主任动手动脚", is_confidential=True)
    said = texts()[0]
    assert "动手" not in said["body"] + said["title"]
    assert "您反映的事项" in said["body"]


def test_in_the_words_of_the_nearest_place(tree: Tree) -> None:
    chair = acting_as("CHAIR", tree.county)
    set_message(tree.county.pk, Step.RECEIVED, "县总收到 {number}", actor=chair, now=NOW)
    set_message(tree.north.pk, Step.RECEIVED, "北山收到 {number}，现在{stage}", actor=chair, now=NOW)
    for place in (tree.north, tree.south):
        demand(place, kind="0901", nature=Nature.HELP, route=False)
    first, second = texts()
    assert first["body"].startswith("北山收到 SQ")
    assert first["body"].endswith("待受理")
    assert second["body"].startswith("县总收到 SQ")
    with pytest.raises(Refused):
        set_message(tree.county.pk, Step.RECEIVED, "您好{name}", actor=chair, now=NOW)
    with pytest.raises(NotPermitted):
        set_message(tree.north.pk, Step.RECEIVED, "好", actor=acting_as("CLERK", tree.north), now=NOW)


def test_what_was_explained_at_once_is_told_by_mouth(tree: Tree) -> None:
    demand(tree.county, nature=Nature.ENQUIRY, close_at_once="五天。")
    assert texts() == []


# --- asked before, alike ---


def test_officers_see_how_often_one_phone_came_that_day(tree: Tree, client) -> None:
    chair, phone = officer("CHAIR", tree.county), phone_number()
    client.force_login(chair, backend="allauth.account.auth_backends.AuthenticationBackend")
    for number in range(5):
        row = demand(
            tree.north, f"第{number}件", actor=casework.ASKER, channel=Channel.PHONE_PAGE, asker_phone=phone, now=NOW
        )
    assert "一天内从手机提交 5 件" in client.get(f"/desk/demands/{row.pk}/").content.decode()
    assert "一天内从手机提交" not in client.get(f"/desk/demands/{demand(tree.north).pk}/").content.decode()


def test_what_was_asked_before(tree: Tree, clerk) -> None:
    phone = phone_number()
    for number in range(3):
        demand(tree.north, f"第{number}次来电", asker_phone=phone)
    demand(tree.north, "没有名字的", asker_phone=phone, is_anonymous=True)
    before = asked_before(phone, clerk, now=NOW)
    assert (before.total, before.today, len(before.rows)) == (3, 3, 3)
    south = acting_as("CLERK", tree.south)
    assert asked_before(phone, south, now=NOW).total == 0


def test_similar_ones_in_sight_are_offered(tree: Tree, clerk) -> None:
    first = demand(tree.north, "纺织厂宿舍没有热水，工人洗澡困难", employer_name="某厂", kind="1402")
    demand(tree.north, "想参加羽毛球比赛", kind="1503")
    hidden = demand(tree.north, "纺织厂宿舍没有热水已经一周", is_confidential=True, kind="1402")
    alike = similar_open("宿舍没有热水洗澡", str(tree.county.scope.path), clerk)
    assert [one.demand.pk for one in alike] == [first.pk]
    assert alike[0].because == "说法相近"
    assert hidden.pk not in [one.demand.pk for one in alike]
    assert similar_open("宿舍没有热水洗澡", str(tree.south.scope.path), clerk) == []
    casework.withdraw_case(first.pk, reason="不办了", actor=clerk, now=NOW)
    assert similar_open("宿舍没有热水洗澡", str(tree.county.scope.path), clerk) == []


def test_the_same_employer_counts(tree: Tree, clerk) -> None:
    demand(tree.north, "食堂的菜不新鲜", employer_name="向阳电子", kind="1401")
    alike = similar_open("食堂饭菜太咸了", str(tree.county.scope.path), clerk, employer_name="向阳电子")
    assert alike == [] or alike[0].because.endswith("同一用人单位")


# --- the search ---


def test_found_by_words_number_phone_and_name(tree: Tree, clerk) -> None:
    row = demand(tree.north, "纺织厂宿舍没有热水", asker_name="欧阳雪", asker_phone="12499887766", kind="1402")
    other = demand(tree.north, "想参加羽毛球比赛", kind="1503")
    for text in ("没有热水", "热水 宿舍", row.case.number, row.case.number[:10], "12499887766", "7766", "欧阳雪"):
        assert row.pk in found(Demand.objects.visible_to(clerk), text).values_list("pk", flat=True), text
    assert list(found(Demand.objects.visible_to(clerk), "羽毛球").values_list("pk", flat=True)) == [other.pk]
    for text in ("水", "？", ""):
        with pytest.raises(Refused):
            found(Demand.objects.visible_to(clerk), text)
    south = acting_as("CLERK", tree.south)
    assert not found(Demand.objects.visible_to(south), "没有热水").exists()


def test_found_by_the_number_it_has_in_another_system(tree: Tree, clerk) -> None:
    handed = demand(tree.north, partner="city", partner_number="12345-20261120-7", channel=Channel.PARTNER)
    rows = Demand.objects.visible_to(clerk)
    assert list(found(rows, "12345-20261120-7")) == [handed]
    assert not found(Demand.objects.visible_to(acting_as("CLERK", tree.south)), "12345-20261120-7").exists()


def test_an_anonymous_asker_is_not_found_by_the_number(tree: Tree, clerk) -> None:
    demand(tree.north, "食堂不干净", asker_name="欧阳雪", asker_phone="12499887766", is_anonymous=True, kind="1401")
    for text in ("12499887766", "7766", "欧阳雪"):
        assert not found(Demand.objects.visible_to(clerk), text).exists()


# --- what belongs to it ---


def test_people_concerned_with_their_sums(tree: Tree, clerk) -> None:
    row = demand(tree.county, people=2)
    people = [Concerned(f"工人{number}", claimed_fen=100_000) for number in range(3)]
    set_concerned(row.pk, people, actor=clerk, now=NOW)
    row = demand_in_sight(row.pk, clerk)
    assert (row.people, row.claimed_fen) == (3, 300_000)
    assert ConcernedPerson.objects.visible_to(clerk).count() == 3
    assert not ConcernedPerson.objects.visible_to(acting_as("CHAIR", tree.south)).exists()
    for wrong in ([Concerned("")], [Concerned("甲", "12")], [Concerned("甲", claimed_fen=-1)]):
        with pytest.raises(Refused):
            set_concerned(row.pk, wrong, actor=clerk, now=NOW)


def test_what_came_back(tree: Tree, clerk) -> None:
    row = demand(tree.county, claimed_fen=12_600_000)
    set_outcome(row.pk, how_closed="COORDINATED", recovered_fen=12_600_000, actor=clerk, now=NOW)
    assert demand_in_sight(row.pk, clerk).recovered_fen == 12_600_000
    for how, fen in (("MAGIC", 1), ("COORDINATED", -1), ("COORDINATED", 12_600_000 * 101)):
        with pytest.raises(Refused):
            set_outcome(row.pk, how_closed=how, recovered_fen=fen, actor=clerk, now=NOW)
    with pytest.raises(NotPermitted):
        set_outcome(row.pk, how_closed="", actor=acting_as("AUDITOR", tree.county), now=NOW)


PNG = bytes.fromhex("89504e470d0a1a0a") + b"\0" * 32


def test_files_are_told_by_their_bytes(tree: Tree, clerk) -> None:
    row = demand(tree.county)
    made = attach(row.pk, PNG, name="现场.png", actor=clerk, now=NOW)
    heic = b"\0\0\0\x18ftypheic" + b"\0" * 64
    for content, name, says in (
        (b"MZ" + b"\x90\0" * 64, "照片.jpg", "程序"),
        (heic, "IMG_1.HEIC", "HEIC"),
        (b"", "空.pdf", "空的"),
        (b"PK\x05\x06" + b"\0" * 18, "压缩.zip", "不能接收"),
    ):
        with pytest.raises(Refused) as refusal:
            attach(row.pk, content, name=name, actor=clerk, now=NOW)
        assert says in refusal.value.message
    assert Attachment.objects.visible_to(clerk).count() == 1
    remove_attachment(row.pk, made.pk, reason="传错了", actor=clerk, now=NOW)
    assert not Attachment.objects.visible_to(clerk).exists()


def test_a_photo_of_forty_megabytes_is_told_what_to_do(tree: Tree, clerk, settings) -> None:
    settings.FILES_MAX_BYTES = 1024 * 1024
    row = demand(tree.county)
    with pytest.raises(Refused) as refusal:
        attach(row.pk, PNG + b"\0" * 1024 * 1024, name="大.png", actor=clerk, now=NOW)
    assert "太大" in refusal.value.message


def test_what_the_asker_gave_stays(tree: Tree, clerk) -> None:
    row = demand(tree.county, channel=Channel.WINDOW)
    made = attach(row.pk, PNG, name="欠条.png", by_asker=True, actor=clerk, now=NOW)
    with pytest.raises(Refused):
        remove_attachment(row.pk, made.pk, reason="清理一下", actor=clerk, now=NOW)
