"""The demand's page: what is offered is what may be done, names stay masked, nothing that is typed becomes markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage
from niangjia.engines.casework.web.acts import ACTS
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.demands import actions
from niangjia.modules.demands.models import Demand, Letter
from niangjia.modules.demands.testing import demand
from niangjia.modules.demands.tests.ground import PNG, acting, in_the_middle, staffed
from niangjia.modules.members.testing import member
from niangjia.modules.organisations.testing import officer, small_tree

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ALL = {"reason": "a test looks at everything"}
DRAWER = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "drawer-body"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
ABOUT_THE_CASE = [act for act in ACTS if not act.of]


@pytest.fixture
def desk():
    return staffed(small_tree())


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def row(desk, now):
    return in_the_middle(desk, now=now)


def as_user(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(user, row: Demand, **more) -> str:
    answer = as_user(user).get(f"/desk/demands/{row.pk}/", **more)
    assert answer.status_code == 200
    return answer.content.decode()


def offered(html: str, row: Demand) -> set[str]:
    found = re.findall(rf'href="/desk/cases/{row.pk}/([a-z_]+)/(?:\?of=\d+)?"', html)
    return set(found) - {"clock"}


# --- what is offered ---


@pytest.mark.parametrize("who", ["chair", "clerk", "rights", "auditor"])
@pytest.mark.parametrize("stage", ["received", "middle", "answered", "resolved"])
def test_what_is_offered_is_what_may_be_done(desk, now, who, stage) -> None:
    row = at_stage(desk, stage, now)
    user = getattr(desk, who)
    client, html = as_user(user), page(user, row)
    wrong = []
    for act in ABOUT_THE_CASE:
        status = client.get(f"/desk/cases/{row.pk}/{act.name}/").status_code
        if (status == 200) != (act.name in offered(html, row)):
            wrong.append((act.name, status))
    assert not wrong
    assert who != "auditor" or not offered(html, row)


def at_stage(desk, stage: str, now) -> Demand:
    row = in_the_middle(desk, now=now)
    rights, clerk = acting(desk.rights, now), acting(desk.clerk, now)
    case = Case.objects.unscoped(**ALL).get(pk=row.pk)
    if stage == "received":
        return demand_received(desk, now)
    if stage in ("answered", "resolved"):
        for task in case.tasks.filter(done_at=None):
            casework.drop_task(task.pk, reason="不用了", actor=rights, now=now)
        casework.answer_case(row.pk, text="已经全部补发到位。", actor=rights, now=now)
    if stage == "resolved":
        casework.call_back(row.pk, is_reached=True, is_satisfied=True, actor=clerk, now=now + timedelta(minutes=1))
    return row


def demand_received(desk, now) -> Demand:
    from niangjia.modules.demands.testing import demand

    return demand(
        desk.tree.county, actor=acting(desk.clerk, now), now=now, route=False, people=3, body="少发了加班费。"
    )


def test_one_red_button_at_a_time(desk, now) -> None:
    for stage, first in (("received", "受理"), ("middle", "答复"), ("answered", "记录回访")):
        row = at_stage(desk, stage, now)
        user = desk.rights if stage == "middle" else desk.clerk
        red = re.findall(r'<a class="btn btn-primary"[^>]*><svg.*?</svg>([^<]+)', page(user, row), re.DOTALL)
        assert red == [first]


def test_out_of_sight_is_missing(desk, row) -> None:
    client = as_user(desk.neighbour)
    for address in (f"/desk/demands/{row.pk}/", f"/desk/cases/{row.pk}/remark/", f"/desk/cases/{row.pk}/clock/",
                    f"/desk/demands/{row.pk}/edit/", f"/desk/demands/attachments/{row.attachments.get().pk}/"):  # fmt: skip
        assert client.get(address).status_code == 404


def test_a_co_handler_finishes_the_own_task_only(desk, row, now) -> None:
    helper = officer("ZONE_WORKER", desk.tree.north, "何协办")
    task = casework.invite(
        row.pk,
        scope_id=desk.tree.north.pk,
        user_id=helper.pk,
        text="去站点看看",
        actor=acting(desk.rights, now),
        now=now,
    )
    html = page(helper, row)
    assert f"/desk/cases/{row.pk}/finish_task/?of={task.pk}" in html
    assert html.count("/finish_task/") == 1
    answer = as_user(helper).post(f"/desk/cases/{row.pk}/finish_task/", {"of": task.pk, "answer": "去过了，人在。"})
    assert answer.status_code == 302
    assert "去过了，人在。" in page(desk.rights, row)


# --- what stays masked ---


def test_the_asker_stays_masked_wherever_the_page_speaks_of_him(desk, row) -> None:
    client = as_user(desk.rights)
    phone = Demand.objects.unscoped(**ALL).get(pk=row.pk).asker_phone
    for address in (
        f"/desk/demands/{row.pk}/", f"/desk/demands/{row.pk}/edit/", f"/desk/demands/{row.pk}/concerned/",
        f"/desk/demands/{row.pk}/links/", f"/desk/demands/{row.pk}/letters/write/?kind=ACCEPTED",
    ):  # fmt: skip
        for more in ({}, DRAWER):
            html = client.get(address, **more).content.decode()
            assert not [secret for secret in ("林小燕", phone, "12400001234") if secret in html], address
    assert "林**" in page(desk.rights, row)


def test_looking_in_full_takes_a_reason_and_is_kept(desk, row) -> None:
    client = as_user(desk.clerk)
    assert client.post(f"/desk/demands/{row.pk}/reveal/", {"reason": ""}).status_code == 409
    answer = client.post(f"/desk/demands/{row.pk}/reveal/", {"reason": "电话核实欠薪情况"})
    assert answer.content.decode().startswith("林小燕 12")
    assert answer["Cache-Control"] == "no-store"
    kept = AuditEntry.objects.get(verb="demands.asker.revealed")
    assert kept.reason == "电话核实欠薪情况"
    assert as_user(desk.auditor).post(f"/desk/demands/{row.pk}/reveal/", {"reason": "想看一下"}).status_code == 403
    assert f"/desk/demands/{row.pk}/reveal/" not in page(desk.auditor, row)


# --- what is typed is text ---


def test_no_text_becomes_markup(desk, now) -> None:
    row = in_the_middle(desk, now=now, said=EVIL)
    rights = as_user(desk.rights)
    actions.set_outcome(row.pk, how_closed="MEDIATED", recovered_fen=100, actor=acting(desk.rights, now), now=now)
    casework.ask_extension(row.pk, days=3, reason=f"等对账{EVIL}", actor=acting(desk.rights, now), now=now)
    sent = rights.post(
        f"/desk/demands/{row.pk}/letters/write/",
        {"kind": "HAND_OVER", "to": f"劳动监察{EVIL}"[:100], "body": f"现转请办理{EVIL}", "due_on": ""},
    )
    assert sent.status_code == 302
    paper = Letter.objects.unscoped(**ALL).get()
    addresses = [
        f"/desk/demands/{row.pk}/", "/desk/demands/", f"/desk/cases/{row.pk}/clock/", f"/desk/demands/letters/{paper.pk}/",
        f"/desk/demands/{row.pk}/edit/", f"/desk/demands/{row.pk}/concerned/", f"/desk/demands/{row.pk}/links/",
        f"/desk/demands/{row.pk}/letters/write/?kind=ASSIGN", "/desk/cases/pick/cases/?q=外卖",
        *(f"/desk/cases/{row.pk}/{act.name}/" for act in ABOUT_THE_CASE),
        *(f"/desk/cases/{row.pk}/finish_task/?of={task.pk}" for task in row.case.tasks.all()),
        *(f"/desk/cases/{row.pk}/close_consultation/?of={one.pk}" for one in row.case.consultations.all()),
    ]  # fmt: skip
    shown = 0
    for user in (desk.rights, desk.chair):
        client = as_user(user)
        for address in addresses:
            for more in ({}, DRAWER):
                answer = client.get(address, **more)
                html = answer.content.decode()
                assert "<script>alert" not in html, address
                assert "<img src=x" not in html, address
                shown += answer.status_code == 200 and "&lt;script&gt;alert" in html
    assert shown > 40, "the words were looked at where they stand"


def test_a_paper_in_pdf_takes_any_text(desk, row) -> None:
    rights = as_user(desk.rights)
    body = f"#set page(width: 1cm) {EVIL}\n\\ * _ $ @ 𠮷"
    assert rights.post(
        f"/desk/demands/{row.pk}/letters/write/", {"kind": "ANSWER", "to": "林女士", "body": body}
    ).status_code == 302  # fmt: skip
    answer = rights.get(f"/desk/demands/letters/{Letter.objects.unscoped(**ALL).get().pk}/pdf/")
    assert answer.content.startswith(b"%PDF")


# --- papers ---


def test_papers_are_numbered_by_organisation_and_year(desk, row, now) -> None:
    chair = as_user(desk.chair)
    for kind in ("ACCEPTED", "EXTENDED", "SUPERVISE"):
        draft = chair.get(f"/desk/demands/{row.pk}/letters/write/?kind={kind}").content.decode()
        assert row.case.number in draft
        assert chair.post(
            f"/desk/demands/{row.pk}/letters/write/", {"kind": kind, "to": "某某", "body": "正文。"}
        ).status_code == 302  # fmt: skip
    year = timezone.localdate(now).year
    numbers = list(Letter.objects.unscoped(**ALL).order_by("pk").values_list("number", flat=True))
    assert numbers == [
        f"云岭县总工会诉告〔{year}〕1号", f"云岭县总工会诉告〔{year}〕2号", f"云岭县总工会诉督〔{year}〕1号"
    ]  # fmt: skip
    assert f"云岭县总工会诉督〔{year}〕1号" in page(desk.rights, row)
    assert Entry.objects.unscoped(**ALL).filter(text__contains="出具督办单").count() == 1


def test_a_supervising_paper_needs_the_right_to_urge(desk, row) -> None:
    rights = as_user(desk.rights)
    assert "督办单" not in rights.get(f"/desk/demands/{row.pk}/letters/write/").content.decode()
    assert rights.get(f"/desk/demands/{row.pk}/letters/write/?kind=SUPERVISE").status_code == 403
    assert as_user(desk.auditor).get(f"/desk/demands/{row.pk}/letters/write/").status_code == 403


# --- forms ---


def test_a_form_refuses_beside_its_field(desk, row) -> None:
    client = as_user(desk.rights)
    answer = client.post(f"/desk/cases/{row.pk}/remark/", {"text": " "}, **DRAWER)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    answer = client.post(f"/desk/cases/{row.pk}/answer/", {"text": "已解决。"}, **DRAWER)
    assert answer.status_code == 422
    assert "还有" in answer.content.decode()
    assert "协办没有完成" in answer.content.decode()
    answer = client.post(
        f"/desk/cases/{row.pk}/remark/",
        {"text": "见附件", "attached": SimpleUploadedFile("x.jpg", b"MZ\x90\x00\x03\x00\x00\x00" + bytes(range(256)))},
        **DRAWER,
    )
    assert answer.status_code == 422
    assert not Entry.objects.unscoped(**ALL).filter(text="见附件").exists()


def test_sent_twice_it_is_done_once(desk, row) -> None:
    client = as_user(desk.rights)
    for _ in range(2):
        answer = client.post(f"/desk/cases/{row.pk}/remark/", {"text": "只记一次", "_once": "abc"}, **DRAWER)
        assert answer.status_code in (302, 204)
    assert Entry.objects.unscoped(**ALL).filter(text="只记一次").count() == 1


def test_files_of_the_timeline_are_seen_with_the_case_only(desk, row) -> None:
    client = as_user(desk.rights)
    client.post(
        f"/desk/cases/{row.pk}/remark/",
        {"text": "照片两张", "attached": [SimpleUploadedFile("a.png", PNG), SimpleUploadedFile("b.png", PNG)]},
    )
    entry = Entry.objects.unscoped(**ALL).get(text="照片两张")
    assert len(entry.file_ids) == 2
    address = f"/desk/cases/{row.pk}/files/{entry.file_ids[0]}/"
    assert address in page(desk.rights, row)
    answer = client.get(address)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert as_user(desk.neighbour).get(address).status_code == 404
    assert client.get(f"/desk/cases/{row.pk}/files/{entry.file_ids[0] + 1000}/").status_code == 404


def test_whoever_gives_it_out_of_sight_is_brought_back_to_the_list(desk, row, now) -> None:
    clerk = officer("CLERK", desk.tree.north, "北山经办")
    casework.hand_over(
        row.pk, scope_id=desk.tree.north.pk, user_id=clerk.pk, reason="在北山", actor=acting(desk.chair, now), now=now
    )
    answer = as_user(clerk).post(
        f"/desk/cases/{row.pk}/hand_over/", {"scope_id": desk.tree.south.pk, "reason": "人在南湖"},
        **DRAWER, HTTP_HX_CURRENT_URL="http://testserver/desk/demands/",
    )  # fmt: skip
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/desk/demands/")
    assert Case.objects.unscoped(**ALL).get(pk=row.pk).scope_id == desk.tree.south.pk


def test_facts_are_edited_and_the_name_stays(desk, row) -> None:
    client = as_user(desk.rights)
    said = {
        "title": "外卖站点拖欠工资", "body": "改过的内容，三个人。", "nature": "3", "kind": row.kind, "party": "1",
        "asker_name": "", "asker_phone": "", "employer": "", "employer_name": "好味餐饮公司", "division": "", "place": "滨江路",
        "people": "9", "claimed_fen": "1.5万", "reason": "补充核实",
    }  # fmt: skip
    answer = client.post(f"/desk/demands/{row.pk}/edit/", said)
    assert answer.status_code == 302, answer.content.decode()
    changed = Demand.objects.unscoped(**ALL).get(pk=row.pk)
    assert (changed.asker_name, changed.people, changed.claimed_fen) == ("林小燕", 9, 1_500_000)
    assert changed.employer_name == "好味餐饮公司"


def test_people_are_pasted_from_a_sheet_and_kept_with_their_sums(desk, row) -> None:
    client = as_user(desk.rights)
    first = row.concerned.order_by("id").first()
    said = {f"claimed{one.pk}": "100" for one in row.concerned.all()}
    said |= {f"gone{first.pk}": "on", "more": "钱小二\t12400005678\t1,200\t800\n孙大力，，3000\n李工 12400005679"}
    answer = client.post(f"/desk/demands/{row.pk}/concerned/", said)
    assert answer.status_code == 302, answer.content.decode()
    kept = [(one.name, one.phone or "", one.claimed_fen, one.recovered_fen) for one in row.concerned.order_by("id")]
    assert kept[2:] == [
        ("钱小二", "12400005678", 120_000, 80_000), ("孙大力", "", 300_000, None), ("李工", "12400005679", None, None)
    ]  # fmt: skip
    assert [one[0] for one in kept[:2]] == ["周大勇", "吴桂"]
    wrong = client.post(f"/desk/demands/{row.pk}/concerned/", {"more": "某人\t12400005678\t很多钱"})
    assert wrong.status_code == 422


def test_how_it_closed_and_what_came_back(desk, row) -> None:
    client = as_user(desk.rights)
    answer = client.post(f"/desk/demands/{row.pk}/outcome/", {"how_closed": "MEDIATED", "recovered_fen": "126000"})
    assert answer.status_code == 302
    assert "126,000.00" in page(desk.rights, row)
    wrong = client.post(f"/desk/demands/{row.pk}/outcome/", {"how_closed": "MEDIATED", "recovered_fen": "好多"})
    assert wrong.status_code == 422


# --- how much it asks of the database ---


def test_fifty_lines_cost_what_three_cost(desk, row, now) -> None:
    client = as_user(desk.rights)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/desk/demands/{row.pk}/", **DRAWER).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for n in range(50):
        casework.remark(row.pk, text=f"第 {n} 条" * 60, actor=acting(desk.rights, now), now=now)
    assert asked() == few
    assert few <= 45


# --- the table of limits ---


def test_limits_are_read_by_all_and_changed_at_the_top(desk, now) -> None:
    assert "5 个工作日" in as_user(desk.clerk).get("/desk/cases/limits/").content.decode()
    address = "/desk/cases/limits/1/?kind=demands.demand"
    assert as_user(desk.clerk).get(address).status_code == 403
    said = {
        "accept_amount": 2, "accept_unit": "working_days", "answer_amount": 7, "answer_unit": "working_days",
        "close_amount": 20, "close_unit": "working_days", "reason": "",
    }  # fmt: skip
    chair = as_user(desk.chair)
    assert chair.post(address, said).status_code == 422
    assert chair.post(address, said | {"reason": "人手不够"}).status_code == 302
    assert "7 个工作日" in chair.get("/desk/cases/limits/").content.decode()
    row = demand_received(desk, now)
    assert row.case.limits["accept"] in ([2, "working_days"], [240, "working_minutes"])
    assert row.case.stage == Stage.RECEIVED


def test_a_typed_number_gives_no_name_of_elsewhere(now) -> None:
    tree = small_tree()
    clerk = officer("CLERK", tree.north, "孙经办")
    near, far = member(tree.mill, "慕小北"), member(tree.harbour, "冼小南")
    row = demand(tree.north, "三个月没有发工资", actor=acting(clerk, now), now=now, route=False)
    client = as_user(clerk)
    for one, named in ((near, True), (far, False)):
        said = {"person": one.person_id, "employer": "谁"}
        html = client.post(f"/desk/demands/{row.pk}/links/", said).content.decode()
        assert (f"{one.person.name[0]}**" in html) is named
