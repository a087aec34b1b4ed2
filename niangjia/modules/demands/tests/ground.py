"""A demand in the middle of its work, for the tests of its page: tasks, a meeting, papers, merged askers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Office
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.actions import store
from niangjia.modules.demands.models import Attachment, ConcernedPerson, Demand
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import Tree, officer

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


@dataclass(frozen=True)
class Desk:
    """Who works on it."""

    tree: Tree
    chair: User
    clerk: User
    rights: User
    neighbour: User
    auditor: User


def staffed(tree: Tree) -> Desk:
    return Desk(
        tree, officer("CHAIR", tree.county, "郑主席"), officer("CLERK", tree.county, "陈晓燕"),
        officer("RIGHTS_OFFICER", tree.county, "李建国"), officer("CLERK", tree.south, "黄南湖"),
        officer("AUDITOR", tree.county, "吴经审"),
    )  # fmt: skip


def acting(user: User, now: datetime) -> Actor:
    return actor_of(user.pk, now=now)


BODY = (
    "我们在好味餐饮送外卖，从 9 月起一直没有发工资，老板说平台没有结算，打电话也不接。"
    "一共 8 个人，合计大概 18 万多。有几个人家里等着交学费，请工会帮忙协调。"
)


def in_the_middle(desk: Desk, *, now: datetime, said: str = "", more: str = "") -> Demand:
    """`said` stands in every text that people type; `more` makes that of the asker's words longer."""
    clerk, rights, chair = (acting(user, now) for user in (desk.clerk, desk.rights, desk.chair))
    row = demand(
        desk.tree.county, f"{BODY}{said}{more}", actor=clerk, now=now - timedelta(hours=20), route=False,
        title=f"外卖站点拖欠 9 月工资，涉及 8 人{said}", employer_name=f"好味餐饮{said}"[:100], place=f"滨江路 88 号{said}",
        people=8, claimed_fen=18_600_000, asker_name=f"林小燕{said}"[:50], recording=f"rec/20261121/0912.wav{said}",
    )  # fmt: skip
    pk = row.pk
    casework.accept_case(pk, text=f"属于拖欠工资{said}", actor=clerk, now=now - timedelta(hours=19))
    casework.take_case(pk, actor=rights, now=now - timedelta(hours=18))
    casework.reply(pk, text=f"已经联系站点负责人，明天上午上门。{said}", actor=rights, now=now - timedelta(hours=17))
    casework.remark(pk, text=f"站长姓周，态度一般，说周五给答复。{said}", actor=rights, now=now - timedelta(hours=16))
    casework.invite(
        pk, scope_id=desk.tree.county.pk, user_id=desk.clerk.pk, text=f"核对 8 人的考勤和欠薪{said}", actor=rights,
        now=now - timedelta(hours=15),
    )  # fmt: skip
    Office.objects.get_or_create(name="县人力资源和社会保障局")
    out = casework.send_out(
        pk, office=f"县劳动监察大队{said}"[:60], text=f"请核查是否拖欠{said}", due_on=now.date() + timedelta(days=5),
        paper_number="诉转〔2026〕3号", actor=rights, now=now - timedelta(hours=14),
    )  # fmt: skip
    assert out.pk
    held = casework.call_consultation(
        pk, held_at=now - timedelta(hours=6), place=f"县总工会 302{said}"[:100], purpose=f"商定先行垫付{said}",
        participants=[f"王建国　县人社局{said}", "李芳　县总工会"], actor=rights, now=now - timedelta(hours=10),
    )  # fmt: skip
    assert held.pk
    casework.urge_case(pk, text=f"请今天回复{said}", actor=chair, now=now - timedelta(hours=3))
    casework.instruct_case(pk, text=f"请抓紧协调，务必在月底前兑付。{said}", actor=chair, now=now - timedelta(hours=2))
    picture = store(PNG, name="现场照片.png", owner_id=None, now=now)
    Attachment.objects.create(demand=row, file_id=picture.pk, name=f"现场照片{said}.png"[:150], by_asker=True, at=now)
    for name, sum_ in (("林小燕", 1_550_000), ("周大勇", 1_620_000), (f"吴桂{said}"[:50], 1_480_000)):
        ConcernedPerson.objects.create(demand=row, name=name, phone="12400001234", claimed_fen=sum_)
    return Demand.objects.unscoped(reason="made for a test").get(pk=pk)


def pages_of(row: Demand) -> dict[str, Any]:
    return {"pk": row.pk}
