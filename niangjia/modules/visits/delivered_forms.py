"""The forms of the eight kinds as delivered: what a union would ask at the gate, at the table and in the workshop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from niangjia.modules.visits.questions import UNION_STATES, Again, Danger, Form, Question, Type
from niangjia.modules.visits.rules import RiskLevel, VisitKindCode

LOW, MEDIUM, HIGH = RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH
SOME = {"least": 1}


def _yes_no(key: str, label: str, **more: Any) -> Question:
    return Question(key, label, Type.YES_NO, **more)


def _number(key: str, label: str, **more: Any) -> Question:
    return Question(key, label, Type.NUMBER, **more)


def _choice(key: str, label: str, *options: str, **more: Any) -> Question:
    return Question(key, label, Type.CHOICE, options, **more)


def _many(key: str, label: str, *options: str, **more: Any) -> Question:
    return Question(key, label, Type.MANY, options, **more)


def _text(key: str, label: str, **more: Any) -> Question:
    return Question(key, label, Type.TEXT, **more)


HEADCOUNT = _number("headcount", "现有职工多少人", field="headcount", hint="含劳务派遣，问人事，别照抄花名册。")
WOMEN = _number("women", "其中女职工多少人", field="women")
UNION = _choice("union_state", "建会情况", *UNION_STATES, field="union_state", required=True)

DAILY = (
    HEADCOUNT,
    WOMEN,
    _number("new_form_workers", "骑手、司机、快递员等新就业形态劳动者多少人", field="new_form_workers"),
    UNION,
    _choice("orders", "生产经营怎么样", "正常", "订单减少", "部分停工", "全面停工", required=True,
            follow_up=Again(["部分停工", "全面停工"], 14, "停工后职工去留和工资发放")),
    _choice("wages", "工资是不是按时发", "按时", "晚了不到一个月", "拖欠一个月以上", required=True,
            follow_up=Again(["晚了不到一个月", "拖欠一个月以上"], 14, "拖欠的工资发了没有")),
    _many("wishes", "职工最盼望解决什么", "工资待遇", "加班和休息", "社会保险", "劳动安全", "吃饭住宿", "孩子上学托管",
          "文体活动", "技能培训", "没有提"),
    _number("hardship", "生活困难、需要帮扶的职工多少人", follow_up=Again(SOME, 30, "困难职工是不是已经建档帮扶")),
    _text("activity", "工会近来做了什么", hint="开会、活动、慰问、调解，各说一句。"),
)  # fmt: skip

STAY = (
    _text("work", "跟哪个班组、哪个岗位一起干", required=True),
    _number("talks", "谈了多少名职工", required=True),
    _text("day", "职工的一天怎么过", hint="几点上工、几点收工、在哪里吃饭休息。"),
    _many("problems", "看到、听到的主要问题", "工时过长", "工资不清楚", "社保没缴或少缴", "高温噪声粉尘", "食堂宿舍差",
          "管理方式粗暴", "工会找不到人", "没有发现", required=True),
    _yes_no("heat", "高温、粉尘、噪声岗位有没有防护", follow_up=Again(False, 15, "防护措施到位没有")),
    _text("root", "问题根子在哪里"),
    _text("suggestion", "给企业、给工会的建议", required=True),
    _number("helped_unions", "帮助了几家基层工会"),
    _number("helped_members", "帮到了多少名会员"),
)  # fmt: skip

FOUNDING = (
    UNION,
    HEADCOUNT,
    WOMEN,
    _number("asking", "愿意入会的职工多少人"),
    _choice("attitude", "经营者的态度", "支持", "观望", "有顾虑", "拒绝", required=True,
            follow_up=Again(["观望", "有顾虑"], 30, "再做经营者工作")),
    _many("worries", "顾虑什么", "怕缴会费", "怕管理受影响", "总部不同意", "人员流动大", "说不清"),
    _yes_no("party", "有没有党组织", hint="党建带工建。"),
    _choice("way", "适合怎样建会", "单独建会", "纳入联合工会", "纳入行业工会", "先发展会员"),
    _text("core", "职工里的骨干是谁", hint="写岗位，姓名写在“见到的人”里。"),
    Question("founding_on", "约定的建会日期", Type.DATE),
    _text("next", "下一步谁做什么", required=True),
)  # fmt: skip

SCREENING = (
    _choice("arrears", "有没有拖欠工资", "没有", "拖欠不到一个月", "拖欠一到三个月", "拖欠三个月以上", required=True,
            follow_up=Again(["拖欠不到一个月", "拖欠一到三个月", "拖欠三个月以上"], 7, "拖欠的工资清了没有"),
            risk=Danger(["拖欠一到三个月", "拖欠三个月以上"], HIGH)),
    _number("arrears_people", "被拖欠工资的多少人", risk=Danger({"least": 10}, HIGH)),
    Question("arrears_sum", "一共拖欠多少钱", Type.MONEY),
    _choice("layoffs", "有没有裁员、停产、搬迁的打算", "没有", "听说有", "已经通知", "正在进行", required=True,
            follow_up=Again(["听说有", "已经通知", "正在进行"], 14, "裁员、停产、搬迁的安置方案"),
            risk=Danger(["已经通知", "正在进行"], MEDIUM)),
    _yes_no("settlement", "安置方案经过职代会讨论没有", hint="没有裁员、停产、搬迁的不用填。"),
    _yes_no("insurance", "社会保险有没有断缴", required=True, risk=Danger(True, MEDIUM),
            follow_up=Again(True, 30, "社会保险补缴了没有")),
    _yes_no("gathering", "近一个月有没有聚集、停工、上访", required=True, risk=Danger(True, HIGH),
            follow_up=Again(True, 7, "职工情绪和诉求处理情况")),
    _yes_no("lawsuits", "有没有集体仲裁或诉讼", risk=Danger(True, MEDIUM)),
    _choice("mood", "职工情绪", "平稳", "有议论", "有怨气", "激烈", required=True, risk=Danger("激烈", HIGH),
            follow_up=Again(["有怨气", "激烈"], 14, "职工情绪")),
    _yes_no("accident", "近半年有没有伤亡事故", risk=Danger(True, MEDIUM)),
    _choice("channel", "职工有话向谁说", "工会", "班组长", "人事", "没有人"),
    _text("measures", "企业打算怎么办", required=True),
)  # fmt: skip

LEGAL_CHECK = (
    _choice("contracts", "劳动合同签订率", "全部签订", "九成以上", "九成以下", "没有签订", required=True,
            follow_up=Again(["九成以下", "没有签订"], 30, "劳动合同补签了没有")),
    _yes_no("probation", "试用期长短、工资合不合法", follow_up=Again(False, 30, "试用期约定改正没有")),
    _choice("hours", "工时制度", "标准工时", "综合工时（已审批）", "不定时（已审批）", "综合或不定时（未审批）",
            required=True, follow_up=Again("综合或不定时（未审批）", 60, "特殊工时审批办了没有")),
    _number("overtime", "人均每月加班多少小时", hint="法律上限每月 36 小时。",
            follow_up=Again({"least": 37}, 30, "加班时间降下来没有")),
    _yes_no("minimum", "工资不低于当地最低工资", required=True, follow_up=Again(False, 15, "工资补足没有")),
    _choice("insurance", "社会保险", "全员足额", "全员但基数偏低", "部分人没有", "都没有", required=True,
            follow_up=Again(["部分人没有", "都没有"], 30, "社会保险参保情况")),
    _yes_no("women", "女职工“四期”保护落实没有", hint="经期、孕期、产期、哺乳期。",
            follow_up=Again(False, 30, "女职工特殊保护")),
    _yes_no("rules", "规章制度经过民主程序并公示", required=True),
    _yes_no("young", "有没有招用未满 16 周岁的人", required=True, follow_up=Again(True, 3, "童工清退和送返")),
    _yes_no("health", "接触职业病危害的职工做了体检", follow_up=Again(False, 30, "职业健康体检")),
    _yes_no("dispute", "有没有劳动争议调解组织"),
    _text("advice", "法律体检意见", required=True, hint="一条一条写，写清依据和期限。"),
)  # fmt: skip

BARGAINING = (
    _many("signed", "现有的集体合同", "综合集体合同", "工资专项", "女职工专项", "劳动安全专项", "都没有", required=True,
          follow_up=Again("都没有", 60, "集体协商要约")),
    Question("until", "集体合同到哪天", Type.DATE),
    _yes_no("offer", "今年发出协商要约没有", required=True, follow_up=Again(False, 30, "要约发出没有")),
    _choice("answer", "企业回应", "同意协商", "拖延", "拒绝", "还没有回应",
            follow_up=Again(["拖延", "拒绝", "还没有回应"], 20, "企业对要约的回应")),
    _number("delegates", "职工方协商代表多少人"),
    _yes_no("trained", "协商代表培训过没有"),
    _many("topics", "这次想谈什么", "工资增长", "计件单价", "加班工资", "奖金分配", "休息休假", "劳动安全", "女职工保护",
          "算法和派单规则", required=True),
    _text("data", "掌握的数据", hint="利润、行业工资、最低工资、物价。"),
    _yes_no("congress", "草案提交职代会审议没有"),
    _text("next", "指导意见和下一步", required=True),
)  # fmt: skip

COOLNESS = (
    _number("workers", "高温岗位多少人", required=True),
    _many("places", "在什么地方干活", "露天", "车间", "厨房", "仓库", "驾驶室", "路上配送", required=True),
    Question("goods", "送去的物资折合多少钱", Type.MONEY),
    _number("people", "慰问了多少人", required=True),
    _choice("allowance", "高温津贴", "按月发放", "拿实物顶替", "没有发", required=True,
            follow_up=Again(["拿实物顶替", "没有发"], 15, "高温津贴发了没有")),
    _yes_no("hours", "高温时段调整了作息", follow_up=Again(False, 7, "高温作息调整")),
    _yes_no("water", "有没有清凉饮料、药品和休息处", required=True, follow_up=Again(False, 7, "清凉饮料、药品、休息处")),
    _number("heatstroke", "今年中暑多少人", follow_up=Again(SOME, 15, "中暑职工治疗和工伤认定")),
    _text("said", "职工说了什么"),
)  # fmt: skip

SURVEY = (
    _choice("work", "您做什么工作", "生产一线", "技术、管理", "销售、服务", "配送、驾驶", "其他", required=True),
    _choice("age", "您的年龄", "30 岁以下", "30 至 44 岁", "45 至 59 岁", "60 岁以上"),
    _choice("hours", "您平均每天工作多久", "8 小时以内", "8 至 10 小时", "10 至 12 小时", "12 小时以上", required=True),
    _choice("wages", "工资按时发吗", "按时", "有时晚", "经常拖", required=True),
    _choice("insurance", "单位给您缴社会保险吗", "缴了", "没有缴", "不清楚", required=True),
    _choice("union", "您知道自己的工会吗", "是会员", "知道，还没有加入", "不知道", required=True),
    _many("wishes", "您最希望工会做什么", "帮助维权", "困难帮扶", "看病互助", "技能培训", "文体活动", "孩子暑托",
          "歇脚的地方", "相亲交友", required=True),
    _choice("satisfied", "您对工会满意吗", "满意", "基本满意", "不满意", "没有接触过"),
    _text("wish", "还想对工会说什么", hint="不用写姓名。"),
)  # fmt: skip

HINTS: Mapping[str, str] = {
    VisitKindCode.DAILY: "看五样、见几个人、记几句话，半小时。",
    VisitKindCode.STAY: "住下来、跟班干，把根子找出来。",
    VisitKindCode.FOUNDING: "弄清愿不愿、难在哪、下一步谁去。",
    VisitKindCode.SCREENING: "欠薪、裁员、断保、聚集，有一样就要登记风险。",
    VisitKindCode.LEGAL_CHECK: "照着法律一条条对，给企业一份意见。",
    VisitKindCode.BARGAINING: "要约、代表、草案、职代会，缺哪步补哪步。",
    VisitKindCode.COOLNESS: "送到岗位上，顺便问清高温津贴。",
    VisitKindCode.SURVEY: "当面填，也可以发链接让职工自己填。",
}
QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    VisitKindCode.DAILY: DAILY,
    VisitKindCode.STAY: STAY,
    VisitKindCode.FOUNDING: FOUNDING,
    VisitKindCode.SCREENING: SCREENING,
    VisitKindCode.LEGAL_CHECK: LEGAL_CHECK,
    VisitKindCode.BARGAINING: BARGAINING,
    VisitKindCode.COOLNESS: COOLNESS,
    VisitKindCode.SURVEY: SURVEY,
}
DELIVERED: Mapping[str, Form] = {
    kind.value: Form(kind.value, kind.label, 0, QUESTIONS[kind], HINTS[kind]) for kind in VisitKindCode
}
