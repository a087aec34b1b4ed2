"""The sheet of the member register: a unit's roster, or a whole city's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from niangjia.engines.imports.sheet import Change, Checked, Column, Made, Place, Sheet
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.sheets import committing, judging, reading, showing, taking_back
from niangjia.modules.members.sheets.columns import COLUMNS
from niangjia.modules.members.sheets.knowledge import Knowledge, knowledge_of


class MemberSheet(Sheet):
    name: ClassVar[str] = "members.member"
    title: ClassVar[str] = "会员名册"
    noun: ClassVar[str] = "会员"
    list_url_name: ClassVar[str] = "members:member_list"
    permissions: ClassVar[tuple[str, ...]] = (
        Permission.MEMBER_VIEW, Permission.MEMBER_EDIT, Permission.MEMBERSHIP_CHANGE,
    )  # fmt: skip
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    staged: ClassVar[tuple[tuple[str, str], ...]] = reading.STAGED
    options: ClassVar[tuple[tuple[str, str], ...]] = ((judging.SHARED_PHONES, "允许共用手机号码（如夫妻同用一个）"),)
    leavers_title: ClassVar[str] = "名册里没有的在册会员"

    def facts(self, place: Place) -> Knowledge:
        return knowledge_of(place)

    def check(self, values: Sequence[str], facts: Knowledge) -> Checked:
        return reading.read(values, facts)

    def judge(self, staging: str, place: Place) -> None:
        judging.judge(staging, place)

    def commit(self, staging: str, place: Place, *, now: datetime) -> Made:
        return committing.commit(staging, place, now=now)

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        return taking_back.take_back(batch_id, ranges)

    def changes(self, staging: str, numbers: Sequence[int]) -> dict[int, list[Change]]:
        return showing.changes(staging, numbers)

    def absent_count(self, staging: str, place: Place) -> int:
        return showing.absent_count(staging)

    def absent(self, staging: str, place: Place, *, after: str, size: int) -> list[tuple[int, str, str]]:
        return showing.absent(staging, place, after=after, size=size)

    def end_absent(self, ids: Sequence[int], place: Place, *, reason: str, now: datetime) -> int:
        return showing.end_absent(ids, place, reason=reason, now=now)
