"""What is said in the demonstration's journal; invented."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from niangjia.modules.visits.rules import AbsenceKind, Aspect, Look, VisitKindCode

POSTS = (
    "工会主席",
    "人事经理",
    "车间主任",
    "班组长",
    "一线职工",
    "行政主管",
    "安全员",
    "骑手站长",
    "工会委员",
    "女职工委员",
)
ABSENCES = (
    (AbsenceKind.LEAVE, 1, "年休假"),
    (AbsenceKind.LEAVE, 2, "病假"),
    (AbsenceKind.TRAINING, 1, "党校培训"),
    (AbsenceKind.TRAINING, 2, "工会干部培训班"),
    (AbsenceKind.ASSIGNED, 3, "抽调专项工作"),
)
SUMMARIES: Mapping[VisitKindCode, tuple[str, ...]] = {
    VisitKindCode.DAILY: (
        "到{firm}车间走了一圈，和班组长、职工聊了聊，生产正常，职工情绪稳定。",
        "{firm}订单比上季度多，加班有所增加，提醒单位按规定安排调休。",
        "了解{firm}食堂和宿舍情况，职工总体满意，个别意见已当场转告单位。",
        "{firm}近期招工较多，向新入职职工介绍了入会办法和热线电话。",
        "和{firm}工会委员座谈，商量下半年的职工活动和困难职工走访安排。",
    ),
    VisitKindCode.STAY: ("在{firm}蹲点，跟班了解一线职工的工作和生活。",),
    VisitKindCode.FOUNDING: (
        "向{firm}负责人讲解建会的好处和步骤，对方表示月底前开会研究。",
        "{firm}职工愿意入会的不少，约定下次带上申请表和建会请示样本。",
        "{firm}总部在外地，建会要请示总部，已留下联系方式，继续跟进。",
    ),
    VisitKindCode.SCREENING: (
        "查看{firm}近三个月工资发放表，按时足额，未发现欠薪苗头。",
        "{firm}外包用工较多，提醒单位督促外包公司按月结清工资。",
        "{firm}搬迁在即，职工关心去留，已约单位下周开说明会。",
    ),
    VisitKindCode.LEGAL_CHECK: (
        "对照清单检查{firm}的劳动合同、考勤和规章制度，指出两处不规范。",
        "{firm}规章制度未经民主程序，已给出修改建议和范本。",
    ),
    VisitKindCode.BARGAINING: (
        "指导{firm}做集体协商前的意见收集，商定下月召开协商会议。",
        "{firm}工资专项集体合同到期，帮助起草了新的文本。",
    ),
    VisitKindCode.COOLNESS: (
        "给{firm}高温岗位职工送去清凉饮品和防暑药品，查看了休息区降温设备。",
        "到{firm}露天作业点慰问，提醒避开正午时段作业，按月发放高温津贴。",
    ),
    VisitKindCode.SURVEY: ("在{firm}发放问卷，当场回收。",),
}
REMARKS: Mapping[Aspect, Mapping[Look, tuple[str, ...]]] = {
    Aspect.MIND: {Look.FAIR: ("加班多，有怨言", "担心搬迁", "新人流动大"), Look.POOR: ("几名骨干要走", "对绩效办法不满")},
    Aspect.UNION: {Look.FAIR: ("活动偏少", "换届将到期", "经费没独立"), Look.POOR: ("主席离职未补选", "多年没活动")},
    Aspect.EMPLOYMENT: {
        Look.FAIR: ("试用期偏长", "考勤记录不全", "劳务派遣多"), Look.POOR: ("部分没签合同", "社保未全员缴"),
    },
    Aspect.HELP: {Look.FAIR: ("困难职工未建档", "互助保障没续保"), Look.POOR: ("大病职工还没上门",)},
    Aspect.RIGHTS: {Look.FAIR: ("高温津贴按月补发中", "调休没落实"), Look.POOR: ("加班费算法有争议", "工伤申报拖延")},
}  # fmt: skip
STAYS = (
    ("新就业形态劳动者集中入会", "快递物流园", "帮站点把流动的骑手、快递员组织进来，建起联合工会小组。"),
    ("楼宇企业建会攻坚", "商务楼群", "一层楼一层楼地走，小企业进联合工会，大企业单独建会。"),
    ("工业园区规范化建设", "工业园区", "帮园区企业补上换届、经费和民主管理的短板。"),
    ("夜间经济从业者入会", "夜市街区", "白天睡觉晚上开工的人，晚上去找。"),
    ("家政护理行业建会", "家政一条街", "和行业协会一起，把护工、家政员请进来。"),
    ("货运司机之家建设", "货运停车场", "在停车场设点，三个月办好司机之家。"),
)
STAYED = (
    "逐家上门，摸清企业和职工底数",
    "开座谈会，发入会申请表",
    "帮助筹备会员大会，指导选举",
    "新会员领卡，建起联系群",
)


def survey_answers(chance: random.Random) -> dict[str, Any]:
    said: dict[str, Any] = {
        "work": chance.choice(("生产一线", "生产一线", "配送、驾驶", "销售、服务", "技术、管理")),
        "age": chance.choice(("30 岁以下", "30 至 44 岁", "45 至 59 岁")),
        "hours": chance.choice(("8 小时以内", "8 至 10 小时", "8 至 10 小时", "10 至 12 小时")),
        "wages": chance.choice(("按时", "按时", "按时", "有时晚")), "insurance": chance.choice(("缴了", "缴了", "不清楚")),
        "union": chance.choice(("是会员", "知道，还没有加入", "不知道")),
        "wishes": chance.sample(("帮助维权", "看病互助", "技能培训", "孩子暑托", "歇脚的地方", "文体活动"), 2),
    }  # fmt: skip
    if chance.random() < 0.3:
        said["wish"] = chance.choice(
            ("暑假班多开几期", "体检能不能安排在周末", "多到我们站点来看看", "希望食堂晚一点关门")
        )
    return said
