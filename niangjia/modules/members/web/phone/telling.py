"""All that is held about one person, in words: for the page and for the file that the person takes along."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from niangjia.kernel.crypto.masks import mask_card, mask_identity, mask_phone
from niangjia.modules.members import rules
from niangjia.modules.members.actions.people import REVEALABLE
from niangjia.modules.members.privacy import Purpose
from niangjia.modules.members.queries.own import Held
from niangjia.modules.members.web.wording import word
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.phone import Agreed

Facts = list[tuple[str, str]]
Section = tuple[str, list[Facts]]
"""A heading, and under it one or several groups of label and value."""


def sections(found: Held, agreed: Iterable[Agreed], phone: str, *, full: bool) -> list[Section]:
    masks = (str, str, str) if full else (mask_phone, mask_identity, mask_card)
    show_phone, show_identity, show_card = masks
    unions = names_of(
        {row.scope_id for row in found.memberships}
        | {row.scope_id for row in found.applications}
        | {row.to_scope_id for row in found.requests if row.to_scope_id}
    )
    told: list[Section] = [("登录账号", [[("手机号码", show_phone(phone))]])]
    if found.person is not None:
        told.append(("个人资料", [_person(found.person, show_phone, show_identity, show_card)]))
    told += [
        ("会籍", [_membership(row, unions) for row in found.memberships]),
        ("会籍变化", [[(day(row.on), word(rules.Change, row.kind) + _because(row.reason))] for row in found.changes]),
        ("入会申请", [_application(row, unions, show_phone, show_identity) for row in found.applications]),
        ("会籍事项", [_request(row, unions) for row in found.requests]),
        ("同意记录", [_consent(row) for row in found.consents] + [_agreed(one) for one in agreed]),
        ("谁查看过我的完整信息", [_look(row) for row in found.looks]),
    ]
    return [(title, [[one for one in facts if one[1]] for facts in groups]) for title, groups in told if groups]


def _person(row: Any, show_phone: Any, show_identity: Any, show_card: Any) -> Facts:
    return [
        ("姓名", row.name),
        ("证件类型", word(rules.Document, row.document_kind)),
        ("证件号码", show_identity(row.document_number)),
        ("性别", word(rules.Sex, row.sex)),
        ("出生日期", day(row.born_on)),
        ("民族", word(rules.ETHNICITIES, row.ethnicity)),
        ("政治面貌", word(rules.Politics, row.political_status)),
        ("学历", word(rules.Education, row.education)),
        ("技术等级", word(rules.SkillGrade, row.skill_grade)),
        ("籍贯", row.native_place),
        ("户籍类型", word(rules.Household, row.household_kind)),
        ("户籍所在地", row.household_place),
        ("农民工", {True: "是", False: "否"}.get(row.is_migrant, "")),
        ("婚姻状况", word(rules.Marriage, row.marital_status)),
        ("移动电话", show_phone(row.phone)),
        ("开户银行", row.bank_name),
        ("银行卡号", show_card(row.bank_card) if row.bank_card else ""),
    ]


def _membership(row: Any, unions: dict[int, str]) -> Facts:
    return [
        ("所在工会", unions.get(row.scope_id, "")),
        ("会籍状态", rules.MembershipState(row.status).label),
        ("入会日期", day(row.joined_on)),
        ("终止日期", day(row.ended_on)),
        ("用人单位", row.employer.name if row.employer else ""),
        ("所属群体", _categories(row.categories)),
        ("平台", row.platform.name if row.platform else ""),
        ("配送站点", row.delivery_site.name if row.delivery_site else ""),
        ("岗位", row.post),
        ("就业状况", word(rules.Employment, row.employment_status)),
    ]


def _application(row: Any, unions: dict[int, str], show_phone: Any, show_identity: Any) -> Facts:
    return [
        ("申请加入", unions.get(row.scope_id, "")),
        ("提交时间", moment(row.received_at)),
        ("状态", word(rules.ApplicationState, row.state) + _because(row.reason)),
        ("姓名", row.name),
        ("证件号码", show_identity(row.document_number)),
        ("移动电话", show_phone(row.phone)),
        ("用人单位", row.employer_text),
        ("所属群体", _categories(row.categories)),
        ("平台", row.platform.name if row.platform else ""),
        ("工作或居住的镇街", row.division.name if row.division else ""),
    ]


def _request(row: Any, unions: dict[int, str]) -> Facts:
    return [
        ("事项", word(rules.RequestKind, row.kind)),
        ("转到", unions.get(row.to_scope_id, "")),
        ("说明", row.note),
        ("提交时间", moment(row.received_at)),
        ("状态", word(rules.RequestState, row.state) + _because(row.reason)),
    ]


def _consent(row: Any) -> Facts:
    withdrawn = f"，{moment(row.withdrawn_at)} 撤回" if row.withdrawn_at else ""
    return [(word(Purpose, row.purpose), f"{moment(row.given_at)} 同意（第 {row.version} 版）{withdrawn}")]


def _agreed(one: Agreed) -> Facts:
    return [(one.title, f"{moment(one.given_at)} 同意（第 {one.version} 版）")]


def _look(row: Any) -> Facts:
    what = REVEALABLE.get((row.after or {}).get("field", ""), "完整信息")
    return [(moment(row.at), f"工会干部查看了{what}")]


def _categories(codes: Iterable[int]) -> str:
    return "、".join(rules.Category(code).label for code in codes)


def _because(reason: str) -> str:
    return f"（{reason}）" if reason else ""


def day(on: date | None) -> str:
    return on.strftime("%Y-%m-%d") if on else ""


def moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def as_json(told: list[Section]) -> str:
    return json.dumps(
        {title: [dict(facts) for facts in groups] for title, groups in told}, ensure_ascii=False, indent=2
    )


def as_page(told: list[Section], now: datetime) -> str:
    """One page that stands by itself, without the product."""
    return render_to_string("members/phone/export.html", {"sections": told, "at": moment(now)})
