"""Officers by the sheet: one row a job at a union; who has no account yet gets one, and a link to it by telephone.

No link is kept: it leaves with the commit for the telephone in the sheet. Who stands there without a number is
invited from his page, as somebody who has lost his link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from niangjia.engines.imports.sheet import Checked, Column, Place
from niangjia.kernel.access.actions import fit_username
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.crypto.ring import ring
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.officers import (
    appoint_officer,
    change_job_end,
    checked_phone,
    enrol_officer,
    send_invitation,
)
from niangjia.modules.organisations.actions.terms import appoint_post
from niangjia.modules.organisations.rules import Post
from niangjia.modules.organisations.sheets.cells import Cells, Labels
from niangjia.modules.organisations.sheets.kept import Kept, values_of
from niangjia.modules.organisations.sheets.officer_plan import OfficerPlan, Register, plan_officers
from niangjia.modules.organisations.sheets.officer_return import take_back_officers
from niangjia.modules.organisations.sheets.planned import PlannedSheet, Row, changed_meanwhile, staged

POSTS = Labels(
    Post,
    {
        "工会主席": Post.CHAIR, "工会副主席": Post.VICE_CHAIR, "常务委员": Post.STANDING_MEMBER,
        "工会委员": Post.MEMBER, "经审主任": Post.AUDIT_CHAIR, "经费审查委员会主任": Post.AUDIT_CHAIR,
        "女工主任": Post.WOMEN_CHAIR, "女工委主任": Post.WOMEN_CHAIR, "女工委员": Post.WOMEN_MEMBER,
        "组长": Post.GROUP_LEADER,
    },
)  # fmt: skip

COLUMNS = (
    Column("name", "姓名", ("干部姓名", "工会干部", "名字", "人员姓名"), required=True, example="周敏"),
    Column(
        "username", "用户名", ("登录名", "账号", "帐号", "登录账号"),
        hint="可以不填，由姓名的拼音生成；已有账号的请填，免得认错人。", example="zhoumin",
    ),
    Column(
        "phone", "手机", ("手机号", "手机号码", "联系电话", "移动电话", "电话", "联系方式"),
        hint="登录邀请发到这个号码；没有的，导入后到本人页面重新邀请。请把这一列设为文本。",
    ),
    Column(
        "union", "所在工会", ("工会", "工会名称", "所在单位", "单位", "任职工会", "任职单位", "所属工会", "单位名称"),
        hint="名称或代码；不填就是本单位。", example="北山镇总工会",
    ),
    Column("job", "岗位", ("工作岗位", "系统岗位", "权限", "角色", "岗位名称"), required=True,
        choices=tuple(job.label for job in jobs().values()), example="经办",
    ),
    Column("from_on", "开始日期", ("任职日期", "任职时间", "开始时间", "起始日期", "到岗日期"), hint="不填就是导入当天。"),
    Column(
        "until_on", "截止日期", ("到期日期", "结束日期", "截止时间", "结束时间", "任期届满"), hint="到这一天不再任职；不填则一直有效。"
    ),
    Column(
        "post", "职务", ("工会职务", "班子职务", "委员会职务"), choices=tuple(one.label for one in Post),
        hint="在班子里有职务的才填。", example="主席",
    ),
)  # fmt: skip
PHONE = "access_user.phone"


class OfficerSheet(PlannedSheet):
    name = "organisations.officer"
    title = "工会干部名册"
    noun = "岗位"
    list_url_name = "organisations:officer_list"
    permissions = (Access.OFFICER_APPOINT,)
    columns: ClassVar[tuple[Column, ...]] = COLUMNS

    def check(self, values: Sequence[str], facts: Place) -> Checked:
        cells = Cells(COLUMNS, values)
        name = cells.text("name", 50, lambda text: "".join(text.split()))
        if not name and not cells.problems:
            cells.wrong("name", "officer.name", "请填写姓名。")
        if cells.texts["username"]:
            cells.rule("username", lambda: cells.said.update(username=fit_username(cells.texts["username"])))
        if cells.texts["phone"]:
            cells.rule("phone", lambda: cells.said.update(phone=_sealed(checked_phone(cells.texts["phone"]))))
        cells.text("union", 100)
        cells.text("job", 40)
        if not cells.texts["job"]:
            cells.wrong("job", "officer.job", "请填写岗位。")
        cells.day("from_on")
        cells.day("until_on")
        cells.word("post", POSTS, "officer.post")
        return Checked(name or "（没有姓名）", staged(cells.said), cells.problems)

    def plan(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        phones = {row.number: _opened(row.said["phone"]) for row in rows if "phone" in row.said}
        plan_officers(rows, Register(rows, place, phones))

    def write(self, rows: list[Row], place: Place, *, now: datetime) -> dict[str, Any]:
        writing = Writing(place, Kept(place.batch_id), now)
        for row in rows:
            try:
                writing.write(row.plan)
            except (Refused, NotPermitted, Missing) as no:
                raise changed_meanwhile(row, no) from no
        invited = writing.invite()
        writing.kept.write()
        return {"accounts": len(writing.made), "invited": invited}

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        return take_back_officers(batch_id, actor=place.actor, now=now)


def _sealed(phone: str) -> str:
    """The staging table is no safer than any other."""
    return (ring().seal(phone, PHONE) or b"").hex()


def _opened(sealed: str) -> str:
    return ring().open(bytes.fromhex(sealed), PHONE)


@dataclass
class Writing:
    place: Place
    kept: Kept
    now: datetime

    def __post_init__(self) -> None:
        self.made: list[tuple[User, str]] = []  # new accounts, each with the place of its first job

    def write(self, plan: OfficerPlan) -> None:
        who: dict[str, Any] = {"actor": self.place.actor, "now": self.now}
        person, union = plan.person, plan.union
        if plan.until_changes and plan.grant is not None:
            before = values_of(plan.grant)
            self.kept.changed(change_job_end(plan.grant.pk, until_on=plan.until_on, **who), before)
        elif plan.grant is None:
            span: dict[str, Any] = {"from_on": plan.from_on, "until_on": plan.until_on}
            at: dict[str, Any] = {"job": plan.job, "organisation_id": union.pk}
            if person.user is None:
                person.user = enrol_officer(
                    username=person.username, name=person.name, phone=person.phone, **at, **span, **who
                )
                self.made.append((person.user, union.scope.path))
                self.kept.made(
                    person.user, Grant.objects.unscoped(reason="the job given with the account").get(user=person.user)
                )
            else:
                self.kept.made(appoint_officer(username=person.user.username, **at, **span, **who))
        if plan.post is not None:
            self.kept.made(
                appoint_post(
                    union.pk, kind=plan.post.post, name=person.name, from_on=plan.post.from_on,
                    chosen_by=plan.chosen_by, user_id=person.user.pk if person.user else None, **who,
                )
            )  # fmt: skip

    def invite(self) -> int:
        """Once every job is given: each one ends the links that were open."""
        with_phone = [(user, path) for user, path in self.made if user.phone]
        for user, path in with_phone:
            send_invitation(user, path=path, link=self._link, actor=self.place.actor, now=self.now)
        return len(with_phone)

    def _link(self, token: str) -> str:
        origins = [*settings.CSRF_TRUSTED_ORIGINS, f"https://{settings.ALLOWED_HOSTS[0]}"]
        origin = str(self.place.options.get("origin") or origins[0])
        return origin.rstrip("/") + reverse("invitation:accept", args=[token])
