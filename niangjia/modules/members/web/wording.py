"""The register's trail and history in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from niangjia.kernel.access.labels import register_rights
from niangjia.kernel.audit.labels import is_look, label_of, register_labels
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.audit.subjects import register_subject
from niangjia.kernel.audit.wording import changes, register_values
from niangjia.modules.members import rules
from niangjia.modules.members.actions.people import REVEALABLE
from niangjia.modules.members.models import DeliverySite, Membership, MembershipChange, Platform
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.naming import names_of_memberships, names_of_pairs, names_of_persons
from niangjia.modules.members.rules import Category, Change, MembershipState
from niangjia.modules.organisations.queries.membership import employer_names
from niangjia.modules.organisations.queries.organisations import names_of

VERBS = {
    "members.person.registered": "登记人员",
    "members.person.edited": "修改个人资料",
    "members.person.renamed": "更正姓名",
    "members.person.document_corrected": "更正证件",
    "members.person.revealed": "查看完整信息",
    "members.membership.edited": "修改会籍资料",
    "members.membership.moved_out": "会籍转出",
    "members.membership.moved_in": "会籍转入",
    "members.person.merged": "合并重复登记的人",
    "members.person.merge_undone": "撤销人员合并",
    "members.duplicate.kept_apart": "认定不是同一人",
    "members.register.confirmed": "核对名册",
    "members.register.merged": "会员随工会合并",
    "members.register.differs": "夜间核对发现差异",
    "members.platform.added": "新增平台",
    "members.delivery_site.added": "新增配送站点",
    **{
        f"members.membership.{change.value.lower()}": change.label
        for change in (
            Change.JOINED, Change.KEPT, Change.RESUMED, Change.LEFT, Change.LAPSED, Change.EXPELLED, Change.DIED,
            Change.CORRECTED,
        )
    },
}  # fmt: skip
TONES = {
    Change.JOINED: "success",
    Change.MOVED_IN: "success",
    Change.RESUMED: "success",
    Change.KEPT: "info",
    Change.EXPELLED: "error",
    Change.LAPSED: "warning",
    Change.LEFT: "warning",
}


def word(words: type[StrEnum] | Mapping[str, str], value: Any) -> str:
    """A code's label; one that fell out of use is shown as it is."""
    if isinstance(words, Mapping):
        return words.get(value, str(value))
    try:
        return str(words(value).label)  # type: ignore[attr-defined]
    except ValueError:
        return str(value)


RIGHTS: dict[str, str] = {
    Permission.MEMBER_VIEW: "查看会员",
    Permission.MEMBER_EDIT: "登记和修改会员",
    Permission.MEMBERSHIP_CHANGE: "办理会籍",
    Permission.MEMBER_REVEAL: "查看证件、手机等完整信息",
}


def register() -> None:
    register_rights("会员", RIGHTS)
    register_labels(VERBS)
    register_subject("members.person", Permission.MEMBER_VIEW, names_of_persons, "members:member")
    register_subject("members.membership", Permission.MEMBER_VIEW, names_of_memberships)
    register_subject("members.duplicatepair", Permission.MEMBER_EDIT, names_of_pairs, "members:duplicate")
    register_values(
        "members.person",
        document_kind=lambda value: word(rules.Document, value),
        sex=lambda value: word(rules.Sex, value),
        ethnicity=lambda value: word(rules.ETHNICITIES, value),
        political_status=lambda value: word(rules.Politics, value),
        education=lambda value: word(rules.Education, value),
        skill_grade=lambda value: word(rules.SkillGrade, value),
        household_kind=lambda value: word(rules.Household, value),
        marital_status=lambda value: word(rules.Marriage, value),
    )
    register_values(
        "members.membership",
        scope_id=lambda value: names_of([value]).get(value, ""),
        status=lambda value: MembershipState(value).label,
        categories=lambda value: "、".join(Category(code).label for code in value),
        employment_status=lambda value: word(rules.Employment, value),
        employer_id=lambda value: employer_names([value]).get(value, ""),
        platform_id=lambda value: _name(Platform, value),
        delivery_site_id=lambda value: _name(DeliverySite, value),
    )


def _name(model: type[Platform | DeliverySite], pk: int) -> str:
    return model.objects.filter(pk=pk).values_list("name", flat=True).first() or str(pk)


def told(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Entries as the timeline shows them; a look stands out."""
    return [
        {
            "at": entry.at, "by": entry.actor_name, "text": _text(entry), "note": _note(entry),
            "icon": "eye" if is_look(entry.verb) else "", "tone": "warning" if is_look(entry.verb) else "",
        }
        for entry in entries
    ]  # fmt: skip


def _text(entry: AuditEntry) -> str:
    if is_look(entry.verb):
        return f"查看了完整的{REVEALABLE.get((entry.after or {}).get('field', ''), '信息')}"
    return label_of(entry.verb)


def _note(entry: AuditEntry) -> str:
    said = []
    for change in changes(entry) if entry.before is not None else []:
        hidden = " （有改动）" if change.before == change.after else ""
        said.append(change.text + hidden)
    if entry.reason:
        said.append(f"原因：{entry.reason}")
    return "；".join(said)


def history(rows: Iterable[MembershipChange], memberships: Iterable[Membership]) -> list[dict[str, Any]]:
    """What became of somebody's memberships, as the timeline shows it; of those copied from elsewhere the dates alone."""
    found = list(rows)
    names = names_of({pk for row in found for pk in (row.from_scope_id, row.to_scope_id) if pk})
    lines = [
        (
            row.on,
            {
                "at": row.at, "by": row.actor_name, "note": row.reason, "tone": TONES.get(Change(row.kind), ""),
                "text": f"{row.on}　{Change(row.kind).label}{_places(row, names)}",
            },
        )
        for row in found
    ]  # fmt: skip
    known = {row.membership_id for row in found}
    for membership in memberships:
        if membership.pk not in known:
            lines.append((membership.joined_on, {"text": f"{membership.joined_on}　入会", "tone": "success"}))
            if membership.ended_on:
                state = MembershipState(membership.status).label
                lines.append((membership.ended_on, {"text": f"{membership.ended_on}　{state}", "tone": "warning"}))
    return [line for _, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def _places(row: MembershipChange, names: Mapping[int, str]) -> str:
    came, went = names.get(row.from_scope_id or 0, ""), names.get(row.to_scope_id or 0, "")
    if came and went:
        return f"：{came} → {went}"
    return f"：{went}" if went else ""
