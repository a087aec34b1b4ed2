"""A day of each of the six who log in to the demonstration."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from niangjia.kernel.access.models import Grant
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.pinyin import initials_of_key
from niangjia.modules.members.models import Membership, Person
from niangjia.modules.members.testing import identity_number
from niangjia.modules.organisations.models import Employer, Organisation
from niangjia.ui.testing import settled
from tests.journeys.conftest import County

pytestmark = pytest.mark.django_db(transaction=True)
TEST = "the test's own world"


def members_in(organisation: Organisation):
    return Membership.objects.unscoped(reason=TEST).filter(status=1).under(organisation.scope.path)


def figure(desk, organisation: Organisation, label: str = "会员") -> tuple[str, str]:
    """(then, now) as the organisation's page says them."""
    desk.go(f"/desk/organisations/{organisation.pk}/")
    row = desk.page.get_by_role("row", name=re.compile(f"^{label}"))
    cells = row.get_by_role("cell")
    return cells.nth(0).inner_text(), cells.nth(1).inner_text()


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_chair_appoints_and_moves_a_union_and_last_year_stays(county: County, desk):
    chair = desk("zhuxi")
    chair.sees("等我办的")
    # appoints
    chair.go("/desk/officers/invite/")
    page = chair.page
    page.get_by_label("姓名").fill("顾小满")
    page.get_by_label("用户名").fill("guxiaoman")
    page.get_by_label("岗位").select_option(label="经办")
    chair.pick("organisation_id", county.other_township.name[-6:])
    chair.press("生成邀请链接")
    chair.sees("只显示这一次")
    assert "/accounts/invitation/" in page.locator("#link").input_value()
    grant = Grant.objects.unscoped(reason=TEST).get(user__username="guxiaoman")
    assert (grant.job, grant.scope_id) == ("CLERK", county.other_township.pk)
    # moves a union to the other township
    before_here, before_there = figure(chair, county.township), figure(chair, county.other_township)
    chair.go(f"/desk/organisations/{county.union.pk}/")
    page.get_by_text("更名与调整").click()
    chair.page.get_by_role("link", name="调整隶属").click()
    chair.pick("parent", county.other_township.name[-6:])
    page.get_by_label("原因").fill("区划调整，总工发〔2026〕12号")
    page.get_by_label("我已核对上面的情况").check()
    chair.press("调整")
    chair.sees("已调整隶属")
    after_here, after_there = figure(chair, county.township), figure(chair, county.other_township)
    moved = members_in(Organisation.objects.unscoped(reason=TEST).get(pk=county.union.pk)).count()
    assert after_here[0] == before_here[0]
    assert after_there[0] == before_there[0]
    assert number(after_here[1]) < number(before_here[1])
    assert number(after_there[1]) - number(before_there[1]) == number(before_here[1]) - number(after_here[1]) >= moved
    chair.sees("按当日隶属关系统计")
    chair.go(f"/desk/organisations/{county.union.pk}/structure/").sees("总工发〔2026〕12号")


def test_the_clerk_admits_a_member_and_follows_a_blank_spot(county: County, desk):
    clerk = desk("jingban")
    page = clerk.page
    number = identity_number(woman=True, serial=77)
    clerk.go("/desk/members/add/")
    page.get_by_label("证件号码").fill(number)
    expect(page.locator("#document-check")).to_contain_text("1990年5月17日出生")
    expect(page.locator("#document-check")).to_contain_text("女")
    page.get_by_label("姓名").fill("单小燕")
    page.get_by_label("手机").fill("12400001234")
    clerk.pick("organisation", county.union.name[:6])
    clerk.press("登记")
    clerk.sees("已登记“单小燕”")
    clerk.sees("1990年5月17日")
    clerk.sees("124****1234")
    clerk.sees_not(number)
    made = Membership.objects.unscoped(reason=TEST).get(name="单小燕")
    assert (made.person.sex, made.name_key.split()[0], made.scope_id) == ("2", "shan", county.union.pk)
    # the same number again: already a member
    clerk.go("/desk/members/add/")
    page.get_by_label("证件号码").fill(number)
    expect(page.locator("#document-check")).to_contain_text("会籍")
    # a blank spot
    clerk.go("/desk/blank-spots/")
    page.locator(".row-link").first.click()
    drawer = page.locator("#drawer")
    name = drawer.get_by_role("heading").first.inner_text()
    drawer.get_by_role("link", name="记录组建工作").click()
    drawer.locator("[name=on]").fill(timezone.localdate().isoformat())
    drawer.locator("[name=outcome]").first.check()
    drawer.get_by_label("下次跟进").fill((timezone.localdate() + timedelta(days=2)).isoformat())
    drawer.get_by_label("情况").fill("负责人说下周开会商量")
    drawer.get_by_role("button", name="记录").click()
    expect(drawer).to_contain_text("负责人说下周开会商量")
    tried = Employer.objects.unscoped(reason=TEST).get(name=name, attempts__note="负责人说下周开会商量")
    assert tried.attempts.count() >= 1
    # what is due
    clerk.go("/desk/")
    page.get_by_role("link", name=re.compile("空白点该跟进了")).click()
    clerk.sees(name)
    clerk.go("/desk/organisations/due/").sees("换届")


def test_the_enterprise_clerk_keeps_the_own_union_only(county: County, desk):
    mine = members_in(county.union)
    clerk = desk("zhuangan")
    page = clerk.page
    clerk.go("/desk/members/")
    known = Membership.objects.unscoped(reason=TEST).filter(status__in=(1, 2)).under(county.union.scope.path).count()
    expect(page.locator("#list-count")).to_contain_text(f"共 {known} 条")
    clerk.go(f"/desk/organisations/{county.township.pk}/").sees("没有找到")
    other = Membership.objects.unscoped(reason=TEST).exclude(scope=county.union.scope).first()
    clerk.go(f"/desk/members/{other.person_id}/").sees("没有找到")
    someone = mine.order_by("pk").first()
    person = someone.person
    # a new telephone
    clerk.go(f"/desk/members/{person.pk}/")
    clerk.follow("修改资料")
    page.get_by_label("手机", exact=True).last.fill("12400004321")
    page.get_by_role("button", name="保存").last.click()
    clerk.sees("124****4321")
    assert Person.objects.unscoped(reason=TEST).get(pk=person.pk).phone == "12400004321"
    # the identity number in full, with a reason
    clerk.go(f"/desk/members/{person.pk}/")
    clerk.sees_not(person.document_number)
    page.get_by_role("button", name=re.compile("查看完整.*身份证")).click()
    dialog = page.get_by_role("dialog", name=re.compile("查看完整"))
    dialog.get_by_label("查看原因").fill("办理互助保障核对")
    dialog.get_by_role("button", name="查看", exact=True).click()
    clerk.sees(person.document_number)
    look = AuditEntry.objects.get(verb="members.person.revealed", subject_id=person.pk)
    assert (look.actor_name, look.reason) == (county.user("zhuangan").name, "办理互助保障核对")


def test_the_auditor_reads_everything_and_changes_nothing(county: County, desk):
    from niangjia.kernel.access.queries import actor_of
    from niangjia.modules.members.actions import reveal

    someone = members_in(county.union).order_by("pk").first()
    looker = county.user("zhuangan")
    reveal(
        someone.person_id, field="document_number", reason="办理互助保障核对",
        actor=actor_of(looker.pk, now=timezone.now()), now=timezone.now(),
    )  # fmt: skip
    auditor = desk("jingshen")
    page = auditor.page
    for address in (
        "/desk/", "/desk/members/", f"/desk/members/{someone.person_id}/", f"/desk/organisations/{county.township.pk}/",
        "/desk/organisations/tree/", "/desk/employers/", "/desk/blank-spots/", "/desk/zones/", "/desk/officers/",
        "/desk/staff/", "/desk/duty/", "/desk/organisations/due/",
    ):  # fmt: skip
        auditor.go(address)
        expect(page.get_by_role("heading").first).to_be_visible()
        for word in (
            "登记会员",
            "修改资料",
            "邀请干部",
            "登记单位",
            "新增下级",
            "转接会籍",
            "设立片区",
            "排班",
            "查看完整身份证",
        ):
            expect(page.get_by_role("main").get_by_role("link", name=word, exact=True)).to_have_count(0)
            expect(page.get_by_role("main").get_by_role("button", name=word, exact=True)).to_have_count(0)
    before = AuditEntry.objects.count()
    auditor.go(f"/desk/members/{someone.person_id}/edit/").sees("没有权限")
    auditor.go("/desk/members/add/").sees("没有权限")
    auditor.go("/desk/audit/")
    page.get_by_label("只看查阅记录").check()
    expect(page).to_have_url(re.compile("looks=1"))  # the rows that were here before are gone
    row = page.get_by_role("row", name=re.compile("办理互助保障核对"))
    expect(row).to_contain_text(looker.name)
    row.locator(".row-link").click()
    expect(page.locator("#drawer")).to_contain_text("办理互助保障核对")
    expect(page.locator("#drawer")).not_to_contain_text(someone.person.document_number)
    assert AuditEntry.objects.count() == before


def test_the_hotline_finds_a_caller_by_keyboard_alone(county: County, desk):
    caller = members_in(county.root).exclude(phone_tail="").order_by("-pk").first()
    operator = desk("rexian")
    page, keys = operator.page, operator.page.keyboard
    operator.go("/desk/members/")
    keys.press("/")
    expect(page.locator("#list-search")).to_be_focused()
    keys.type(caller.phone_tail)
    hits = page.locator("[data-row]")
    expect(page).to_have_url(re.compile(f"q={caller.phone_tail}"))
    expect(hits.filter(has_text=caller.name).first).to_be_visible()
    with page.expect_response(re.compile(f"q={caller.phone_tail}")):  # Enter looks once more
        keys.press("Enter")
    expect(page.locator("#list-search")).not_to_be_focused()
    settled(page)
    expect(hits.filter(has_text=caller.name).first).to_be_visible()
    # down to the caller, row by row
    names = [hits.nth(n).inner_text() for n in range(hits.count())]
    at = next(n for n, text in enumerate(names) if caller.name in text)
    for _ in range(at + 1):
        keys.press("j")
    expect(page.locator("[data-row][data-current]")).to_contain_text(caller.name)
    keys.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text(caller.name)
    expect(drawer).to_contain_text(f"****{caller.phone_tail}")
    keys.press("Escape")
    expect(drawer).not_to_be_visible()
    # by the initials, everywhere
    initials = initials_of_key(caller.name_key)
    keys.press("Control+k")
    expect(page.locator("#global-search")).to_be_focused()
    with page.expect_response(re.compile(f"q={initials}(&|$)")):  # a slow hand is answered for its first letters too
        keys.type(initials)
    settled(page)
    hit = page.locator("[data-hit]").filter(has_text=caller.name).first
    expect(hit).to_be_visible()
    keys.press("ArrowDown")
    expect(page.locator("[data-hit]:focus")).to_have_count(1)
    for _ in range(10):
        if caller.name in page.locator("[data-hit]:focus").inner_text():
            break
        keys.press("ArrowDown")
    keys.press("Enter")
    operator.sees(f"****{caller.phone_tail}")
    # an operator sees masks only
    expect(page.get_by_role("button", name=re.compile("查看完整"))).to_have_count(0)


def test_the_administrator_invites_ends_and_unlocks(county: County, desk):
    administrator = desk("guanli")
    page = administrator.page
    administrator.go("/desk/officers/invite/")
    page.get_by_label("姓名").fill("顾小满")
    page.get_by_label("用户名").fill("guxiaoman")
    page.get_by_label("岗位").select_option(label="热线话务员")
    administrator.pick("organisation_id", county.root.name[-6:])
    administrator.press("生成邀请链接")
    link = page.locator("#link").input_value()
    # the invited one
    guest = desk()
    guest.page.goto(link)
    guest.sees("顾小满，欢迎")
    guest.page.locator("[name=password]").fill("xiaoman-rexian-26")
    guest.page.get_by_label("再输入一遍").fill("xiaoman-rexian-26")
    guest.page.get_by_role("button", name="设置密码").click()
    guest.sees("密码已设置")
    guest.log_in("guxiaoman", "xiaoman-rexian-26").sees("顾小满")
    guest.go("/desk/members/").sees("会员")
    late = desk()
    late.page.goto(link)
    late.sees("失效")
    # locked out, and let in again
    for _ in range(5):
        late.log_in("rexian", "falsch-falsch")
    late.sees("锁定")
    administrator.go("/desk/officers/?q=rexian")
    administrator.go(f"/desk/officers/{county.user('rexian').pk}/").sees("已锁定")
    administrator.press("解除锁定")
    page.get_by_role("dialog").get_by_role("button", name="解除锁定").click()
    administrator.sees("已解除锁定")
    late.log_in("rexian").sees("热线话务员")
    # the job ends, and with it what it opened
    administrator.go(f"/desk/officers/{county.user('guxiaoman').pk}/")
    administrator.press("免去")
    page.get_by_role("dialog").get_by_label("原因").fill("调离本单位")
    page.get_by_role("dialog").get_by_role("button", name="免去").click()
    administrator.sees("已免去岗位")
    guest.go("/desk/members/").sees("没有权限")
    # an administrator reads no register
    administrator.go("/desk/members/").sees("没有权限")
