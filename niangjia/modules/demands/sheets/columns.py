"""The columns of a sheet of demands, and how its words are read."""

from __future__ import annotations

from typing import Any

from niangjia.engines.casework.rules import Urgency
from niangjia.engines.imports.sheet import Column
from niangjia.modules.demands.rules import Channel, Nature

NATURES = {one.label: int(one) for one in Nature} | {
    "咨询类": 1, "求助类": 2, "诉求": 2, "维权": 3, "投诉类": 3, "投诉举报": 3, "举报类": 4, "意见建议": 5, "建议类": 5, "表扬类": 6,
}  # fmt: skip
URGENCIES = {one.label: int(one) for one in Urgency} | {"普通": 1, "加急": 2, "较紧急": 2, "重要": 2, "非常紧急": 4}
# Whoever used the own phone page has an account there; a sheet can't speak for it.
CHANNELS = {one.label: int(one) for one in Channel if one is not Channel.PHONE_PAGE} | {
    "12351": 1, "电话": 1, "来电": 1, "热线电话": 1, "来访": 2, "现场": 2, "书信": 3, "信件": 3, "12345": 8, "走访": 9, "走访慰问": 9,
}  # fmt: skip

COLUMNS = (
    Column(
        "number", "来源编号", ("编号", "工单编号", "工单号", "序列号", "来件编号", "受理编号"),
        hint="原来系统或登记本里的编号。填了的，同一张表再导入一次不会重复。", example="2026-0153",
    ),
    Column("title", "标题", ("诉求标题", "主题", "工单标题", "事项"), hint="不填的，用内容的第一句。", example="拖欠三个月工资"),
    Column(
        "body", "内容", ("诉求内容", "反映内容", "工单内容", "问题描述", "诉求详情", "详情", "主要内容"), required=True,
        example="在北山纺织厂上班，七到九月的工资没有发。",
    ),
    Column("nature", "性质", ("诉求性质", "工单类型", "类型"), choices=tuple(one.label for one in Nature), example="投诉"),
    Column("kind", "类别", ("诉求类别", "诉求类型", "分类", "问题类别", "事项类别"), hint="诉求目录里的名称或编号；不填的按内容识别。", example="拖欠工资"),
    Column("urgency", "紧急程度", ("紧急", "优先级", "等级"), choices=tuple(one.label for one in Urgency), hint="不填的按类别。"),
    Column(
        "channel", "渠道", ("来源", "诉求来源", "受理渠道", "来源渠道"), hint="不填的记为批量导入。",
        choices=tuple(one.label for one in Channel if one is not Channel.PHONE_PAGE), example="走访",
    ),
    Column("asker_name", "诉求人", ("姓名", "诉求人姓名", "反映人", "来电人", "来访人", "联系人"), hint="不愿留名的填“匿名”。", example="林小燕"),
    Column("asker_phone", "电话", ("联系电话", "手机", "手机号", "手机号码", "诉求人电话", "联系方式"), hint="请把这一列设为文本。"),
    Column("employer_name", "单位", ("用人单位", "涉事单位", "被反映单位", "涉及单位", "工作单位", "企业名称"), example="北山纺织有限公司"),
    Column("place", "地点", ("发生地点", "地址", "事发地点", "具体地点"), example="北山镇东门"),
    Column("happened_on", "发生时间", ("发生日期", "事发时间", "事发日期"), example="2026-09-30"),
    Column("received_at", "受理时间", ("登记时间", "来电时间", "受理日期", "登记日期", "收到时间", "接收时间"), hint="不填的，从导入时算起。", example="2026-11-20 10:30"),
    Column("people", "涉及人数", ("人数",), example="3"),
    Column("claimed_fen", "涉及金额", ("金额", "涉及金额（元）", "诉求金额", "欠薪金额"), hint="单位：元；也可以写 1.2万。", example="12600"),
)  # fmt: skip
HEADING_OF: dict[str, Any] = {column.key: column.heading for column in COLUMNS}
