"""The pages of officers, staff, duty roster and audit trail: who sees what, and at what price."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from niangjia.kernel.access.models import Grant, Invitation, User
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.organisations.actions.duty import add_shift, add_stand_in
from niangjia.modules.organisations.actions.staff import add_staff_member, add_training
from niangjia.modules.organisations.models import DutyShift, StaffMember, StandIn
from niangjia.modules.organisations.queries.duty import start_of
from niangjia.modules.organisations.rules import DutyPart
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def client_as(job, at) -> Client:
    return logged_in(officer(job, at))


STAFF_FACTS = {
    "name": "林小燕", "sex": "F", "born_on": None, "education": "20", "phone": "12400000002", "username": "",
    "contract": "EMPLOYED", "contract_until_on": None, "funding": "COUNTY", "pay_grade": "JUNIOR",
}  # fmt: skip


@pytest.fixture
def world(tree):
    """In the northern township: an officer, a worker with a training, a shift now, a stand-in."""
    now, today = timezone.now(), timezone.localdate()
    chair = acting_as("CHAIR", tree.county)
    clerk = officer("CLERK", tree.north, name="周敏")
    other = officer("DUTY_OFFICER", tree.north, name="何伟")
    member = add_staff_member(
        organisation_id=tree.north.pk, actor=chair, now=now, **STAFF_FACTS, contract_from_on=today - timedelta(days=90)
    )
    training = add_training(member.pk, title="新任职培训", on=today, hours=16, actor=chair, now=now)
    shift = add_shift(
        organisation_id=tree.north.pk, user_id=clerk.pk, part=DutyPart.ON_DUTY, from_at=now - timedelta(hours=1),
        until_at=now + timedelta(hours=7), actor=chair, now=now,
    )  # fmt: skip
    stand_in = add_stand_in(
        organisation_id=tree.north.pk, absent_id=clerk.pk, deputy_id=other.pk, from_on=today,
        until_on=today + timedelta(days=3), actor=chair, now=now,
    )  # fmt: skip
    entry = AuditEntry.objects.get(verb="organisations.staff_member.added")
    grant = Grant.objects.unscoped(reason="test").get(user=clerk)
    return {
        "clerk": clerk, "grant": grant, "member": member, "training": training, "shift": shift,
        "stand_in": stand_in, "entry": entry, "north": tree.north, "tree": tree,
    }  # fmt: skip


PAGES = {
    "officers": "/desk/officers/",
    "jobs": "/desk/officers/jobs/",
    "officer": "/desk/officers/{clerk.pk}/",
    "invite": "/desk/officers/invite/",
    "appoint": "/desk/officers/appoint/",
    "leave": "/desk/officers/{clerk.pk}/leave/{north.pk}/",
    "prolong": "/desk/officers/{clerk.pk}/jobs/{grant.pk}/",
    "officer tab": "/desk/organisations/{north.pk}/officers/",
    "choices": "/desk/officers/choices/?organisation={north.pk}",
    "staff": "/desk/staff/",
    "headcount": "/desk/staff/headcount/",
    "staff member": "/desk/staff/{member.pk}/",
    "staff edit": "/desk/staff/{member.pk}/edit/",
    "staff leave": "/desk/staff/{member.pk}/leave/",
    "duty": "/desk/duty/?organisation={north.pk}",
    "shift add": "/desk/duty/{north.pk}/add/",
    "shift edit": "/desk/duty/shifts/{shift.pk}/",
    "stand-in add": "/desk/duty/{north.pk}/stand-ins/add/",
    "audit": "/desk/audit/",
    "audit entry": "/desk/audit/{entry.pk}/",
}
OWN = set(PAGES)
# By hand: what each job opens at the township itself. Everything else is 403.
OPENS = {
    "CHAIR": OWN,
    "SYSTEM_ADMINISTRATOR": OWN - {"staff edit", "staff leave"},
    "CLERK": OWN - {"invite", "appoint", "leave", "prolong", "audit", "audit entry"},
    "AUDITOR": {
        "officers", "jobs", "officer", "officer tab", "choices", "staff", "headcount", "staff member", "duty", "audit",
        "audit entry",
    },
    "HOTLINE_OPERATOR": {"officers", "jobs", "officer", "officer tab", "choices", "duty"},
    "ENTERPRISE_CLERK": {
        "officers", "jobs", "officer", "officer tab", "choices", "staff", "headcount", "staff member", "duty",
    },
    "STATION_KEEPER": set(),
}  # fmt: skip
# The list pages of one's own place open to a neighbour too, without the northern rows.
PLACELESS = {"officers", "jobs", "invite", "appoint", "staff", "headcount", "audit"}


@pytest.mark.parametrize("job", list(OPENS))
def test_who_opens_which_page(world, job):
    client = client_as(job, world["north"])
    answers = {page: client.get(url.format(**world)).status_code for page, url in PAGES.items()}
    assert answers == {page: 200 if page in OPENS[job] else 403 for page in PAGES}


@pytest.mark.parametrize("job", ["CHAIR", "CLERK", "AUDITOR"])
def test_a_neighbour_finds_nothing(world, job):
    client = client_as(job, world["tree"].south)
    for page in OPENS[job] - PLACELESS:
        assert client.get(PAGES[page].format(**world)).status_code == 404, page
    for page in OPENS[job] & PLACELESS - {"jobs"}:
        text = client.get(PAGES[page].format(**world)).content.decode()
        assert "周敏" not in text, page
        assert "林小燕" not in text, page


POSTS = (
    "/desk/officers/{clerk.pk}/close/", "/desk/officers/{clerk.pk}/invite/", "/desk/officers/{clerk.pk}/unlock/",
    "/desk/officers/{clerk.pk}/jobs/{grant.pk}/end/", "/desk/staff/{member.pk}/phone/",
    "/desk/staff/trainings/{training.pk}/remove/", "/desk/duty/shifts/{shift.pk}/remove/",
    "/desk/duty/stand-ins/{stand_in.pk}/end/", "/desk/duty/{north.pk}/repeat/", "/desk/officers/{clerk.pk}/phone/",
)  # fmt: skip


@pytest.mark.parametrize("url", POSTS)
def test_acts_are_by_post_and_never_by_a_neighbour(world, url):
    address = url.format(**world)
    opened = client_as("CHAIR", world["north"]).get(address)
    assert (opened.status_code, opened["Allow"]) == (405, "POST")
    assert "请返回上一页" in opened.content.decode()
    assert client_as("CHAIR", world["tree"].south).post(address, {"reason": "核实情况"}).status_code == 404
    assert client_as("STATION_KEEPER", world["north"]).post(address, {"reason": "核实情况"}).status_code == 403
    assert Client().post(address).status_code == 302
    world["clerk"].refresh_from_db()
    assert world["clerk"].is_active
    assert DutyShift.objects.unscoped(reason="test").count() == 1
    assert StandIn.objects.unscoped(reason="test").get().until_on > timezone.localdate()


# --- from the invitation to the first log-in, as two people live it ---


def test_from_invitation_to_first_log_in(tree):
    chair = client_as("CHAIR", tree.county)
    facts = {
        "name": "周敏", "username": "zhoumin", "phone": "12400000001", "job": "CLERK",
        "organisation_id": tree.north.pk, "from_on": timezone.localdate().isoformat(), "_once": "a" * 32,
    }  # fmt: skip
    answer = chair.post("/desk/officers/invite/", facts)
    assert answer.status_code == 302
    assert chair.post("/desk/officers/invite/", facts).url == answer.url, "a second sending invites nobody twice"
    shown = chair.get(answer.url)
    link = shown.content.decode().split('value="http://testserver')[1].split('"')[0]
    assert shown["Cache-Control"] == "no-store"
    assert "http://testserver/accounts/invitation/" not in chair.get(answer.url).content.decode(), "shown once"

    newcomer = Client()
    page = newcomer.get(link)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "same-origin"
    assert "至少 10 位" in page.content.decode()
    weak = newcomer.post(link, {"password": "1234567890", "again": "1234567890"})
    assert weak.status_code == 422
    differs = newcomer.post(link, {"password": "yun-ling-2026!", "again": "yun-ling-2027!"})
    assert "两次输入的密码不一样" in differs.content.decode()
    done = newcomer.post(link, {"password": "yun-ling-2026!", "again": "yun-ling-2026!"})
    assert done.url == "/accounts/login/"
    gone = newcomer.get(link)
    assert gone.status_code == 404
    assert "邀请链接已失效" in gone.content.decode()
    inside = newcomer.post("/accounts/login/", {"login": "zhoumin", "password": "yun-ling-2026!"})
    assert inside.status_code == 302
    assert newcomer.get("/desk/officers/").status_code == 200


def test_a_wrong_link_and_an_old_one_look_the_same(tree):
    chair = client_as("CHAIR", tree.county)
    user = officer("CLERK", tree.north)
    chair.post(f"/desk/officers/{user.pk}/invite/")
    link = chair.session["invited"]["link"].removeprefix("http://testserver")
    Invitation.objects.update(expires_at=timezone.now())
    for address in (link, "/accounts/invitation/wrong/"):
        answer = Client().get(address)
        assert answer.status_code == 404
        assert "邀请链接已失效（7 天内有效，只能用一次）" in answer.content.decode()


def test_a_form_beyond_ones_rights_says_so_beside_the_field(tree):
    """A township's chair names an organisation of the neighbour's: not found, not forbidden."""
    chair = client_as("CHAIR", tree.north)
    facts = {
        "name": "周敏", "username": "zhoumin", "job": "CLERK", "organisation_id": tree.south.pk,
        "from_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    answer = chair.post("/desk/officers/invite/", facts)
    assert answer.status_code == 422
    assert "没有找到这个组织" in answer.content.decode()
    assert not User.objects.filter(username="zhoumin").exists()


def test_leaving_over_http(world):
    chair = client_as("CHAIR", world["tree"].county)
    url = PAGES["leave"].format(**world)
    today = timezone.localdate().isoformat()
    assert "待交接" in chair.get(url).content.decode()
    DutyShift.objects.unscoped(reason="test").update(
        from_at=timezone.now() + timedelta(days=2), until_at=timezone.now() + timedelta(days=2, hours=8)
    )
    refused = chair.post(url, {"on": today})
    assert refused.status_code == 422
    assert "未交接" in refused.content.decode()
    successor = officer("CLERK", world["tree"].south, name="林小燕")
    assert chair.post(url, {"on": today, "successor_id": successor.pk}).status_code == 302
    assert DutyShift.objects.unscoped(reason="test").get().user == successor


# --- duty ---


def test_a_shift_over_midnight_and_one_that_collides(tree):
    chair = client_as("CHAIR", tree.north)
    clerk = officer("CLERK", tree.north, name="周敏")
    tomorrow = timezone.localdate() + timedelta(days=1)
    facts = {
        "person": clerk.pk, "part": "ON_DUTY", "on": tomorrow.isoformat(), "starts_at": "17:30", "ends_at": "08:30",
    }  # fmt: skip
    url = f"/desk/duty/{tree.north.pk}/add/"
    assert chair.post(url, facts).status_code == 302
    shift = DutyShift.objects.unscoped(reason="test").get()
    assert shift.until_at - shift.from_at == timedelta(hours=15)
    again = chair.post(url, facts | {"starts_at": "20:00", "ends_at": "22:00"})
    assert again.status_code == 422
    assert "已有班" in again.content.decode()
    week = chair.get(f"/desk/duty/?organisation={tree.north.pk}&week={tomorrow}").content.decode()
    assert "17:30–次日 08:30" in week
    printed = chair.get(f"/desk/duty/?organisation={tree.north.pk}&week={tomorrow}&print=1").content.decode()
    assert "北山镇总工会值班表" in printed


def test_last_week_again_and_twice(tree):
    chair = client_as("CHAIR", tree.north)
    clerk = officer("CLERK", tree.north, name="周敏")
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    for days in (0, 2):
        start = start_of(monday - timedelta(days=7 - days)) + timedelta(hours=12)
        DutyShift.objects.create(
            organisation=tree.north, user=clerk, from_at=start, until_at=start + timedelta(hours=8)
        )
    url = f"/desk/duty/{tree.north.pk}/repeat/?week={monday}"
    assert chair.post(url).status_code == 302
    assert DutyShift.objects.unscoped(reason="test").count() == 4
    chair.post(url)
    assert DutyShift.objects.unscoped(reason="test").count() == 4


def test_strangers_are_on_no_roster(tree):
    chair = client_as("CHAIR", tree.north)
    stranger = officer("CLERK", tree.south, name="何伟")
    facts = {
        "person": stranger.pk, "part": "ON_DUTY", "on": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "starts_at": "08:30", "ends_at": "17:30",
    }  # fmt: skip
    answer = chair.post(f"/desk/duty/{tree.north.pk}/add/", facts)
    assert answer.status_code == 422
    assert "没有岗位" in answer.content.decode()


def test_the_home_page_says_who_is_on_duty(world):
    text = logged_in(world["clerk"]).get("/desk/").content.decode()
    assert "今日值班" in text
    assert "周敏" in text


# --- staff ---


def test_a_worker_from_hiring_to_leaving(tree):
    chair = client_as("CHAIR", tree.north)
    today = timezone.localdate()
    facts = STAFF_FACTS | {
        "organisation_id": tree.north.pk, "contract": "DISPATCHED", "born_on": "",
        "contract_from_on": (today - timedelta(days=300)).isoformat(), "contract_until_on": "",
    }  # fmt: skip
    refused = chair.post("/desk/staff/add/", facts)
    assert refused.status_code == 422
    assert "须有到期日" in refused.content.decode()
    soon = (today + timedelta(days=40)).isoformat()
    assert chair.post("/desk/staff/add/", facts | {"contract_until_on": soon}).status_code == 302
    member = StaffMember.objects.unscoped(reason="test").get()
    assert "林小燕" in chair.get("/desk/staff/?state=SOON").content.decode()
    assert "12400000002" not in chair.get(f"/desk/staff/{member.pk}/").content.decode()
    shown = chair.post(f"/desk/staff/{member.pk}/phone/", {"reason": "通知体检"})
    assert shown.content.decode() == "12400000002"
    assert AuditEntry.objects.filter(verb="organisations.staff_member.revealed", reason="通知体检").count() == 1
    tree.north.staff_quota = 3
    tree.north.save()
    assert "缺 2" in chair.get("/desk/staff/headcount/").content.decode()
    assert chair.post(f"/desk/staff/{member.pk}/leave/", {"on": today.isoformat()}).status_code == 302
    chair.get("/desk/")  # shows the message that names her
    assert "林小燕" not in chair.get("/desk/staff/").content.decode()
    assert "林小燕" in chair.get("/desk/staff/?state=LEFT").content.decode()
    assert "缺 3" in chair.get("/desk/staff/headcount/").content.decode()


# --- audit ---


def test_the_trail_shows_looks_with_reasons_and_filters(world):
    client = client_as("AUDITOR", world["north"])
    client.post(f"/desk/staff/{world['member'].pk}/phone/", {"reason": "核对工资表"})
    looks = client.get("/desk/audit/?looks=1").content.decode()
    assert "查看工作者手机号" in looks
    assert "核对工资表" in looks
    assert "排班" not in client.get("/desk/audit/?room=access").content.decode().split('id="list"')[1]
    assert "没有符合条件的记录" in client.get("/desk/audit/?who=没有这个人").content.decode()
    founded = timezone.localdate(NOW)
    before = (founded - timedelta(days=1)).isoformat()
    assert "没有符合条件的记录" in client.get(f"/desk/audit/?until={before}").content.decode()
    assert "没有符合条件的记录" not in client.get(f"/desk/audit/?until={founded}").content.decode()


def test_an_administrator_learns_that_something_was_done_not_what_it_said(world):
    """He reads the trail, but no zone's or worker's data beyond his own rights; a term's he may see."""
    entry = AuditEntry.objects.create(
        at=timezone.now(), actor_name="测试人员", verb="members.person.edited", subject_kind="members.person",
        subject_id=1, path=world["north"].scope.path, before={"name": "甲"}, after={"name": "乙"},
    )  # fmt: skip
    text = client_as("SYSTEM_ADMINISTRATOR", world["north"]).get(f"/desk/audit/{entry.pk}/").content.decode()
    assert "这里只显示发生了什么" in text
    assert "乙" not in text


# --- the price of a page does not grow with its rows ---


@pytest.mark.parametrize(
    "url", ["/desk/officers/", "/desk/staff/", "/desk/audit/", "/desk/duty/", "/desk/staff/headcount/"]
)
def test_the_number_of_queries_is_flat(world, url):
    client = client_as("CHAIR", world["north"])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    now, today = timezone.now(), timezone.localdate()
    chair = acting_as("CHAIR", world["tree"].county)
    for number in range(8):
        user = officer("CLERK", world["tree"].mill, name=f"某{number}")
        add_staff_member(
            organisation_id=world["tree"].mill.pk, actor=chair, now=now, contract_from_on=today,
            **STAFF_FACTS | {"name": f"某{number}"},
        )  # fmt: skip
        add_shift(
            organisation_id=world["north"].pk, user_id=user.pk, part=DutyPart.RESERVE, from_at=now,
            until_at=now + timedelta(hours=1), actor=chair, now=now,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) <= len(few) + 1
