"""What the demonstration's officers write into the forms of their visits; most of it is as it should be."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from niangjia.modules.visits.rules import VisitKindCode

Answers = dict[str, Any]


class At(NamedTuple):
    """Where the form is filled in; `coverage` and `workers` as the register has them. Only lately is anything left to do."""

    chance: random.Random
    coverage: str
    workers: int
    is_late: bool


def answers_of(kind: VisitKindCode, at: At) -> Answers:
    return ANSWERED[kind](at)


def _daily(at: At) -> Answers:
    said: Answers = {"union_state": at.coverage, "orders": "正常", "wages": "按时"}
    if at.is_late and at.chance.random() < 0.1:
        said["headcount"] = at.workers + at.chance.choice((-9, -4, 3, 6, 11, 18))
    if at.is_late and at.chance.random() < 0.03:
        said["orders"] = "部分停工"
    if at.chance.random() < 0.5:
        wishes = ("工资待遇", "加班和休息", "社会保险", "吃饭住宿", "孩子上学托管", "文体活动", "技能培训")
        said["wishes"] = at.chance.sample(wishes, at.chance.randint(1, 3))
    if at.chance.random() < 0.4:
        said["activity"] = at.chance.choice(
            ("上月开了职代会", "办了趣味运动会", "给住院职工送了慰问", "调解了两起班组矛盾")
        )
    return said


def _founding(at: At) -> Answers:
    attitude = at.chance.choice(("支持", "观望", "有顾虑")) if at.is_late else "支持"
    return {
        "union_state": at.coverage, "asking": max(3, at.workers // at.chance.randint(2, 6)), "attitude": attitude,
        "way": "纳入联合工会" if at.workers < 25 else "单独建会", "next": at.chance.choice(("企业开会商量", "送建会请示样本", "发入会申请表")),
    }  # fmt: skip


def _screening(at: At) -> Answers:
    said: Answers = {
        "arrears": "没有", "layoffs": "没有", "insurance": False, "gathering": False, "mood": "平稳",
        "channel": "工会" if at.coverage == "已单独建会" else "班组长", "measures": "照常发薪，有情况提前告诉工会",
    }  # fmt: skip
    if at.chance.random() < 0.05:
        said |= {"layoffs": "已经通知", "settlement": False, "mood": "有议论", "measures": "下周开说明会，公布安置方案"}
    if at.is_late and at.chance.random() < 0.12:
        said |= {
            "arrears": "拖欠一到三个月", "arrears_people": min(at.workers, 14), "arrears_sum": "238000", "mood": "有怨气",
            "measures": "回款后先发工资，月底前付清",
        }  # fmt: skip
    return said


def _legal_check(at: At) -> Answers:
    contracts = "九成以下" if at.is_late and at.chance.random() < 0.3 else at.chance.choice(("全部签订", "九成以上"))
    return {
        "contracts": contracts, "hours": "标准工时", "overtime": at.chance.randint(8, 34), "minimum": True,
        "insurance": at.chance.choice(("全员足额", "全员但基数偏低")), "rules": at.chance.random() < 0.7, "young": False,
        "advice": at.chance.choice(("规章制度补办民主程序并公示", "考勤记录由职工签字确认", "加班审批表留存两年")),
    }  # fmt: skip


def _bargaining(at: At) -> Answers:
    return {
        "signed": at.chance.choice((["工资专项"], ["综合集体合同", "工资专项"], ["综合集体合同", "女职工专项"])), "offer": True,
        "answer": "同意协商", "delegates": at.chance.randint(3, 7), "trained": at.chance.random() < 0.6,
        "topics": at.chance.sample(("工资增长", "计件单价", "加班工资", "休息休假", "女职工保护"), 2),
        "next": at.chance.choice(("先收集职工意见，再约时间协商", "帮助起草文本，提交职代会")),
    }  # fmt: skip


def _coolness(at: At) -> Answers:
    exposed = max(2, at.workers // at.chance.randint(3, 8))
    return {
        "workers": exposed, "places": [at.chance.choice(("车间", "露天", "仓库", "厨房"))], "goods": str(exposed * 60),
        "people": exposed, "allowance": "按月发放", "hours": True, "water": True,
    }  # fmt: skip


def _stay(at: At) -> Answers:
    return {
        "work": at.chance.choice(("包装班组", "分拣线", "夜班巡检")), "talks": at.chance.randint(4, 18),
        "problems": [at.chance.choice(("工时过长", "工资不清楚", "食堂宿舍差", "没有发现"))], "suggestion": "班前会上把排班和工资说清楚",
    }  # fmt: skip


def _survey(at: At) -> Answers:
    return {
        "work": "生产一线", "hours": at.chance.choice(("8 小时以内", "8 至 10 小时", "10 至 12 小时")), "wages": "按时",
        "insurance": "缴了", "union": at.chance.choice(("是会员", "知道，还没有加入")),
        "wishes": at.chance.sample(("帮助维权", "看病互助", "技能培训", "孩子暑托"), 2), "satisfied": "满意",
    }  # fmt: skip


ANSWERED: Mapping[VisitKindCode, Callable[[At], Answers]] = {
    VisitKindCode.DAILY: _daily, VisitKindCode.FOUNDING: _founding, VisitKindCode.SCREENING: _screening,
    VisitKindCode.LEGAL_CHECK: _legal_check, VisitKindCode.BARGAINING: _bargaining, VisitKindCode.COOLNESS: _coolness,
    VisitKindCode.STAY: _stay, VisitKindCode.SURVEY: _survey,
}  # fmt: skip
