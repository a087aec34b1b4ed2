"""The register's pages over HTTP: they act, cost the same for few and many, show no number unmasked, and neighbours see nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Refused
from niangjia.kernel.synthetic import bank_card
from niangjia.modules.members.actions import change_membership, transfer_member
from niangjia.modules.members.models import DeliverySite, Membership, Person, Platform
from niangjia.modules.members.rules import Change, MembershipState
from niangjia.modules.members.testing import identity_number, member, phone_number
from niangjia.modules.organisations.actions.structure import dissolve_organisation
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
DRAWER = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "drawer-body"}
PART = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "list"}


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def as_job(client):
    def log_in(job, at):
        client.force_login(officer(job, at), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


def page(name, *args):
    return reverse(f"members:{name}", args=args)


def text_of(response) -> str:
    return response.content.decode()


def all_of(model):
    return model.objects.unscoped(reason="a test looks at everything")


def today():
    return timezone.localdate()


def admission(union, **more):
    return {
        "document_kind": "RESIDENT", "document_number": identity_number(date(1991, 8, 8), woman=True), "name": "曾小明",
        "phone": phone_number(), "organisation": str(union.pk), "joined_on": "2024-03-01", "categories": ["2", "6"],
    } | more  # fmt: skip


# --- admitting


def test_admitting_from_the_form(tree, as_job):
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    asked = client.get(page("member_add"))
    assert asked.status_code == 200
    assert tree.mill.name in text_of(asked)  # the only union there is stands in the form already
    sent = client.post(page("member_add"), admission(tree.mill))
    person = all_of(Person).get()
    assert (sent.status_code, sent["Location"]) == (302, page("member", person.pk))
    assert (person.born_on, person.sex) == (date(1991, 8, 8), "2")
    assert all_of(Membership).get().categories == [2, 6]


def test_all_errors_of_a_form_come_at_once_and_nothing_is_written(tree, as_job):
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    wrong = admission(tree.mill, name="林1", phone="12", document_number="79000119900517001X", joined_on="2999-01-01")
    sent = client.post(page("member_add"), wrong)
    assert sent.status_code == 422
    for said in ("姓名里不能有数字", "手机号码应为 11 位", "校验位不对", "入会日期不能晚于今天"):
        assert said in text_of(sent), said
    assert not all_of(Person).exists()


def test_a_form_sent_twice_admits_once(tree, as_job):
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    facts = admission(tree.mill) | {"_once": "0123456789abcdef"}
    first, second = client.post(page("member_add"), facts), client.post(page("member_add"), facts)
    assert first["Location"] == second["Location"]
    assert all_of(Membership).count() == 1


def test_the_document_is_read_while_typing(tree, as_job):
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    here, there = member(tree.mill, "陈大海"), member(tree.harbour, "黄丽丽")

    def check(number):
        return text_of(client.post(page("document_check"), {"document_kind": "RESIDENT", "document_number": number}))

    assert "1988年2月9日出生" in check(identity_number(date(1988, 2, 9)))
    assert "号码没有登记过" in check(identity_number())
    assert "校验位不对" in check("79000119900517001X")
    assert "陈大海" in check(here.person.document_number)
    elsewhere = check(there.person.document_number)
    assert "请办理会籍转接" in elsewhere
    assert "黄" not in elsewhere
    assert check("").strip() == ""


def test_a_second_admission_elsewhere_says_only_that(tree, as_job):
    there = member(tree.harbour, "黄丽丽")
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    sent = client.post(page("member_add"), admission(tree.mill, document_number=there.person.document_number))
    assert sent.status_code == 422
    assert "该证件号码已登记，请办理会籍转接" in text_of(sent)
    assert "黄" not in text_of(sent).split('id="document-check"')[0].split("证件号码", 1)[1]


# --- looking


def test_numbers_are_never_in_the_page(tree, as_job):
    made = member(tree.mill, bank_card=bank_card(7), bank_name="农商银行")
    client = as_job("CHAIR", tree.county)
    secrets = [made.person.document_number, made.person.phone, made.person.bank_card]
    addresses = [
        page("member_list"), page("member_list") + "?q=" + made.person.document_number[:4], page("member", made.person_id),
        page("person_edit", made.person_id), page("person_document", made.person_id),
        page("membership_edit", made.pk), page("person_options") + "?q=林小", page("organisation_members", tree.mill.pk),
        page("member_list") + "?print=1", "/desk/search/?q=林小燕", "/desk/",
    ]  # fmt: skip
    for address in addresses:
        for headers in ({}, DRAWER, PART):
            shown = text_of(client.get(address, **headers))
            assert not any(secret in shown for secret in secrets), address
    assert "79**************" in text_of(client.get(page("member", made.person_id)))


def test_a_look_in_full_needs_a_reason_and_is_told_on_the_page(tree, as_job):
    made = member(tree.mill)
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    address = page("person_reveal", made.person_id, "phone")
    assert client.get(address).status_code == 405
    assert client.post(address, {"reason": "看看"}).status_code == 409
    assert not AuditEntry.objects.filter(verb="members.person.revealed").exists()
    given = client.post(address, {"reason": "电话核实困难情况"})
    assert (given.status_code, text_of(given)) == (200, made.person.phone)
    assert given["Cache-Control"] == "no-store"
    shown = text_of(client.get(page("member", made.person_id)))
    assert "查看了完整的移动电话" in shown
    assert "电话核实困难情况" in shown


def test_the_page_tells_the_history_in_words(tree, as_job):
    made = member(tree.mill, education="60")
    client = as_job("CLERK", tree.county)
    edited = client.post(page("person_edit", made.person_id), {"education": "20", "reason": "毕业了"})
    assert edited.status_code == 302
    change_membership(
        made.pk, change=Change.KEPT, on=today(), reason="退休", actor=acting_as("CLERK", tree.mill), now=timezone.now()
    )
    shown = text_of(client.get(page("member", made.person_id)))
    for said in (
        "学历：普通高中 → 大学本科",
        "原因：毕业了",
        "2024-03-01　入会：北山纺织厂工会",
        "保留",
        "会籍状态：正常 → 保留",
    ):
        assert said in shown, said
    drawer = text_of(client.get(page("member", made.person_id), **DRAWER))
    assert "<!doctype html>" not in drawer
    assert "学历：普通高中 → 大学本科" in drawer


def test_the_former_union_sees_its_own_row_and_no_more(tree, as_job):
    made = member(tree.mill, native_place="福建省宁化县")
    transfer_member(made.pk, to=tree.harbour.pk, on=today(), actor=acting_as("CLERK", tree.county), now=timezone.now())
    shown = text_of(as_job("ENTERPRISE_CLERK", tree.mill).get(page("member", made.person_id)))
    assert "转出" in shown
    for hidden in ("福建省宁化县", made.person.phone[-4:], "变更记录"):
        assert hidden not in shown.split("<main", 1)[1], hidden


# --- neighbours


def test_a_neighbour_sees_nothing_anywhere(tree, as_job):
    made = member(tree.mill, "欧阳明珠", categories=[2])
    site = page("member", made.person_id)
    client = as_job("ENTERPRISE_CLERK", tree.harbour)
    number, tail = made.person.document_number, made.phone_tail
    for query in (
        "",
        "?status=all",
        "?q=欧阳",
        "?q=oymz",
        "?q=oym",
        f"?q={number}",
        f"?q={tail}",
        f"?q={made.person.phone}",
    ):
        shown = client.get(page("member_list") + query)
        assert "明珠" not in text_of(shown), query
        assert "共 0 条" in text_of(shown), query
    assert "明珠" not in text_of(client.get(page("person_options") + "?q=欧阳明珠"))
    assert site not in text_of(client.get("/desk/search/?q=欧阳明珠"))
    assert "北山纺织" not in text_of(client.get(page("union_options") + "?q=北山"))
    for address in (
        site, page("person_edit", made.person_id), page("person_rename", made.person_id),
        page("person_document", made.person_id), page("membership_edit", made.pk), page("membership_change", made.pk),
        page("membership_transfer", made.pk), page("organisation_members", tree.mill.pk),
    ):  # fmt: skip
        for headers in ({}, DRAWER):
            answer = client.get(address, **headers)
            assert answer.status_code == 404, address
            assert "明珠" not in text_of(answer)
    assert client.post(page("person_reveal", made.person_id, "phone"), {"reason": "电话核实"}).status_code == 404
    bulk = client.post(page("members_leave"), {"row": [made.pk], "reason": "退会"})
    assert "明珠" not in text_of(bulk)
    made.refresh_from_db()
    assert made.status == MembershipState.NORMAL


def test_who_only_looks_gets_no_forms(tree, as_job):
    made = member(tree.mill)
    client = as_job("AUDITOR", tree.county)
    shown = text_of(client.get(page("member", made.person_id)))
    for absent in ("查看完整", "修改资料", "转接会籍"):
        assert absent not in shown
    for name, pk in (("person_edit", made.person_id), ("membership_change", made.pk), ("membership_transfer", made.pk)):
        assert client.get(page(name, pk)).status_code == 403
    assert client.get(page("member_add")).status_code == 403
    as_job("SYSTEM_ADMINISTRATOR", tree.county)
    assert client.get(page("member_list")).status_code == 403
    client.logout()
    assert client.get(page("member_list")).status_code == 302


# --- the list


def test_filters_counts_and_searches(tree, as_job):
    rider, kept = member(tree.mill, "欧阳明珠", categories=[6]), member(tree.mill, "单小燕", joined_on=date(2025, 5, 1))
    gone = member(tree.mill, "曾大海")
    clerk = acting_as("CLERK", tree.county)
    change_membership(kept.pk, change=Change.KEPT, on=today(), actor=clerk, now=timezone.now())
    change_membership(gone.pk, change=Change.LEFT, on=today(), actor=clerk, now=timezone.now())
    client = as_job("CLERK", tree.north)

    def names(query):
        shown = text_of(client.get(page("member_list") + query, **PART))
        return {name for name in ("欧阳明珠", "单小燕", "曾大海") if name in shown}

    assert names("?all=1") == {"欧阳明珠", "单小燕"}
    assert names("?status=all") == {"欧阳明珠", "单小燕", "曾大海"}
    assert names("?status=2") == {"单小燕"}
    assert names("?status=4") == {"曾大海"}
    assert names("?category=6") == {"欧阳明珠"}
    assert names("?since=2025-01-01") == {"单小燕"}
    assert names("?until=2025-01-01") == {"欧阳明珠"}
    assert names("?q=明珠") == names("?q=阳明") == names("?q=oymz") == names("?q=OYM") == {"欧阳明珠"}
    assert names("?q=ouyangmingzhu") == names("?q=ou yang m") == names("?q=" + rider.phone_tail) == {"欧阳明珠"}
    assert names("?q=单") == names("?q=sxy") == names("?q=shanxiaoyan") == {"单小燕"}
    assert names("?q=曾大") == {"曾大海"}  # a search finds who has left, too
    assert names("?q=" + rider.person.document_number.lower()) == {"欧阳明珠"}
    assert names("?q=" + rider.person.phone) == {"欧阳明珠"}
    assert "共 2 条" in text_of(client.get(page("member_list") + "?all=1"))
    assert names("?sort=joined_on") == {"欧阳明珠", "单小燕"}


def test_both_parts_of_a_name_with_a_dot_are_found(tree, as_job):
    member(tree.mill, "阿不都·库尔班")
    client = as_job("CLERK", tree.north)
    for text in ("阿不都", "不都", "库尔", "库尔班", "阿不都·库", "abdkeb", "abd"):
        assert "阿不都·库尔班" in text_of(client.get(page("member_list"), {"q": text}, **PART)), text


@pytest.mark.parametrize("text", ["12", "123", "1@", "%%", "___"])
def test_a_search_that_says_too_little_says_what_to_type(tree, as_job, text):
    client = as_job("CLERK", tree.north)
    assert "请输入姓名中的至少 2 个字" in text_of(client.get(page("member_list"), {"q": text}))


def test_a_pattern_is_only_text(tree, as_job):
    member(tree.mill, "欧阳明珠")
    assert "明珠" not in text_of(as_job("CLERK", tree.north).get(page("member_list"), {"q": "欧%珠"}, **PART))


def test_broad_searches_and_sorts_are_for_small_places(tree, as_job, monkeypatch):
    monkeypatch.setattr("niangjia.modules.members.queries.search.FEW", 0)
    member(tree.mill, "单小燕")
    client = as_job("CLERK", tree.north)
    for query, said in (("q=单", "至少 2 个字"), ("q=sx", "至少 3 个"), ("sort=joined_on", "只能按姓名排序")):
        assert said in text_of(client.get(page("member_list") + "?" + query)), query


def test_the_list_costs_the_same_for_three_rows_and_for_fifty(tree, as_job):
    client = as_job("CLERK", tree.county)
    counts: dict[str, list[int]] = {}
    for wanted in (3, 50):
        while all_of(Membership).count() < wanted:
            member(tree.mill if wanted % 2 else tree.harbour, categories=[2])
        for query in ("", "?q=林小", "?category=2", "?since=2020-01-01"):
            client.get(page("member_list") + query)
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page("member_list") + query).status_code == 200
            counts.setdefault(query, []).append(len(caught))
    # Four of them count what waits, for the badges of the menu.
    assert all(few == many <= 16 for few, many in counts.values()), counts


def test_a_member_page_costs_the_same_for_a_long_history(tree, as_job):
    made, client = member(tree.mill), as_job("CLERK", tree.county)
    counts = []
    for _ in range(2):
        client.get(page("member", made.person_id))
        with CaptureQueriesContext(connection) as caught:
            client.get(page("member", made.person_id))
        counts.append(len(caught))
        for turn in range(6):
            change = Change.RESUMED if turn % 2 else Change.KEPT
            change_membership(
                made.pk, change=change, on=today(), actor=acting_as("CLERK", tree.mill), now=timezone.now()
            )
    assert counts[0] == counts[1]


# --- changing


def test_changing_and_transferring_from_the_page(tree, as_job):
    made, client = member(tree.mill), as_job("CLERK", tree.county)
    keep = {"change": "KEPT", "on": str(today()), "reason": ""}
    assert client.post(page("membership_change", made.pk), keep).status_code == 302
    again = client.post(page("membership_change", made.pk), keep)
    assert again.status_code == 422  # not offered any more
    expel = client.post(page("membership_change", made.pk), keep | {"change": "EXPELLED"})
    assert "要写明原因" in text_of(expel)
    late = client.post(page("membership_transfer", made.pk), {"to": tree.harbour.pk, "on": "2999-01-01"})
    assert late.status_code == 422
    moved = client.post(page("membership_transfer", made.pk), {"to": tree.harbour.pk, "on": str(today())}, **DRAWER)
    assert moved.status_code == 200
    assert moved["HX-Trigger"] == "list-changed"
    assert "南湖港务公司工会" in text_of(moved)
    assert all_of(Membership).get(status=1).scope_id == tree.harbour.pk


def test_a_transfer_beyond_reach_says_who_must_do_it(tree, as_job):
    made, client = member(tree.mill), as_job("ENTERPRISE_CLERK", tree.mill)
    answer = client.post(page("membership_transfer", made.pk), {"to": tree.harbour.pk, "on": str(today())})
    assert answer.status_code == 422
    assert "共同的上级工会" in text_of(answer)
    assert tree.harbour.name not in text_of(answer).split("error", 1)[-1].split("共同的上级工会")[0][-200:]


def test_editing_person_document_name_and_work(tree, as_job):
    made, client = member(tree.mill), as_job("ENTERPRISE_CLERK", tree.mill)
    old_phone, phone = made.person.phone, phone_number()
    assert client.post(page("person_edit", made.person_id), {"native_place": "福建省"}).status_code == 302
    assert all_of(Person).get().phone == old_phone  # an empty field leaves what is there
    client.post(page("person_edit", made.person_id), {"phone": phone, "native_place": "福建省"})
    assert all_of(Person).get().phone == phone
    client.post(page("person_edit", made.person_id), {"phone_gone": "on"})
    assert all_of(Person).get().phone == ""
    renamed = client.post(page("person_rename", made.person_id), {"name": "林晓燕", "reason": "写错了字"})
    assert renamed.status_code == 302
    number = identity_number(date(1970, 1, 1))
    corrected = {"document_kind": "RESIDENT", "document_number": number, "reason": "抄错了一位"}
    assert client.post(page("person_document", made.person_id), corrected).status_code == 302
    assert all_of(Person).get().document_number == number
    site = DeliverySite.objects.create(name="高桥站")
    platform = Platform.objects.create(name="小灶外卖")
    work = {
        "joined_on": "2024-01-01",
        "categories": ["6"],
        "post": "骑手",
        "platform": platform.pk,
        "delivery_site": site.pk,
    }
    assert client.post(page("membership_edit", made.pk), work).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.joined_on, made.categories, made.platform_id, made.delivery_site_id) == (
        "林晓燕", date(2024, 1, 1), [6], platform.pk, site.pk,
    )  # fmt: skip
    assert "配送站点：空 → 高桥站" in text_of(client.get(page("member", made.person_id)))


def test_saving_an_untouched_form_changes_nothing(tree, as_job):
    made = member(
        tree.mill, is_migrant=True, ethnicity="05", education="20", skill_grade="3", marital_status="20",
        political_status="13", household_kind="4", native_place="福建省", household_place="宁化县", bank_name="农商银行",
        bank_card=bank_card(9), categories=[2, 6],
    )  # fmt: skip
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    for name, pk in (("person_edit", made.person_id), ("membership_edit", made.pk)):
        form = client.get(page(name, pk)).context["form"]
        untouched = {bound.name: "" if bound.value() in (None, False) else bound.value() for bound in form}
        assert client.post(page(name, pk), untouched).status_code == 302
    assert not AuditEntry.objects.filter(verb__endswith=".edited").exists()


def test_many_at_once_from_the_list(tree, as_job):
    rows, client = [member(tree.mill) for _ in range(3)], as_job("CLERK", tree.county)
    pks = [row.pk for row in rows]
    assert client.post(page("members_keep"), {"row": pks, "reason": "退休"})["Location"] == page("member_list")
    partly = client.post(page("members_keep"), {"row": [*pks, member(tree.mill, "陈大海").pk]})
    assert partly.status_code == 200
    assert "3 人没有办成" in text_of(partly)
    assert client.post(page("members_resume"), {"row": pks}).status_code == 302
    asked = client.post(page("members_transfer"), {"row": pks})
    assert "将办理 3 名会员" in text_of(asked)
    sent = {"row": pks, "ready": "1", "to": tree.harbour.pk, "on": str(today())}
    assert client.post(page("members_transfer"), sent).status_code == 302
    assert all_of(Membership).filter(scope=tree.harbour.pk, status=1).count() == 3
    new = list(all_of(Membership).filter(scope=tree.harbour.pk).values_list("pk", flat=True))
    assert "加上" in text_of(client.post(page("members_tag"), {"row": new}))
    assert client.post(page("members_tag"), {"row": new, "ready": "1", "add": ["2"]}).status_code == 302
    assert client.post(page("members_leave"), {"row": new, "reason": "本人要求"}).status_code == 302
    assert [row.name for row in all_of(Membership).filter(status__in=[1, 2])] == ["陈大海"]
    assert client.post(page("members_keep"), {"row": []}).status_code == 409


# --- dictionaries, home, tabs


def test_platforms_and_sites(tree, as_job):
    client = as_job("CLERK", tree.north)
    assert "还没有平台" in text_of(client.get(page("work_places")))
    assert client.post(page("platform_add"), {"name": "小灶外卖"}).status_code == 302
    assert client.post(page("platform_add"), {"name": "小灶外卖"}).status_code == 422
    assert client.post(page("delivery_site_add"), {"name": "高桥站", "division": ""}).status_code == 302
    assert client.post(page("delivery_site_add"), {"name": "高桥站", "division": ""}).status_code == 422
    assert "高桥站" in text_of(client.get(page("delivery_site_options") + "?q=高桥"))
    assert AuditEntry.objects.filter(verb="members.platform.added").count() == 1
    as_job("AUDITOR", tree.north)
    assert "新增平台" not in text_of(client.get(page("work_places")))
    assert client.post(page("platform_add"), {"name": "别的"}).status_code == 403


def test_home_and_the_organisations_tab_count_members(tree, as_job):
    member(tree.mill, categories=[6])
    member(tree.harbour)
    client = as_job("CLERK", tree.north)
    home = text_of(client.get("/desk/"))
    assert "名在会会员" in home
    assert "网约送餐员" in home
    tab = text_of(client.get(page("organisation_members", tree.mill.pk)))
    assert "共 1 条" in tab
    page_of_union = text_of(client.get(reverse("organisations:organisation", args=[tree.mill.pk])))
    assert page("organisation_members", tree.mill.pk) in page_of_union
    assert "会员<span" in page_of_union  # the figure, then and now


def test_a_union_with_members_is_not_dissolved(tree, as_job):
    member(tree.mill)
    with pytest.raises(Refused, match="1 名会员"):
        dissolve_organisation(
            tree.mill.pk, on=today(), reason="企业注销", actor=acting_as("CHAIR", tree.county), now=timezone.now()
        )
