"""Messages made up for the learner's tests: what people say of a few kinds, in other words each time."""

from __future__ import annotations

import random

from niangjia.modules.demands.triage.learning import Example

WHERE = ("云岭县", "北山镇", "南湖街道", "工业园区", "滨江路", "老街口", "开发区三号厂房", "物流园")
WHO = ("我们班组", "我和爱人", "车间里的工友", "几个同事", "我一个老乡", "我们十几个人", "隔壁宿舍的")
ENDS = ("请工会帮忙问一问。", "不知道找谁说。", "希望有人管。", "盼回复。", "打了电话没人接。", "麻烦尽快处理。")
SAID: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "0101": (
        ("工资一直没发", "讨要三个月工钱", "老板欠薪不给"),
        ("做完活拿不到工钱，老板说等结算", "三个月没见到一分钱，房租都交不起", "工资条上写了数字就是不打卡里"),
    ),
    "0301": (
        ("单位不给交社保", "养老保险断缴", "社保一直没人办"),
        ("进厂两年没有养老保险，查了社保局没有记录", "说试用期不交社保，转正了也没有交", "让签自愿放弃社保的承诺书"),
    ),
    "0501": (
        ("上班受伤没人管", "机器压伤手指", "工伤认定怎么办"),
        ("操作冲床时手指被压断，住院费自己垫的", "工地上摔下来骨折，老板只给了两千块", "送货路上被撞，单位不肯申报工伤"),
    ),
    "1404": (
        ("暑期托管班报名", "孩子放假没人带", "爱心托班还有名额吗"),
        ("两口子都上班，孩子放暑假一个人在家不放心", "想给二年级的孩子报爱心托管班", "托班几点接送，中午管不管饭"),
    ),
    "1106": (
        ("会员卡怎么用", "工会卡优惠在哪里查", "会员服务卡补办"),
        ("会员卡丢了要补办，去哪个网点", "拿着会员卡去看电影说不能用", "工会卡里的优惠券领不到"),
    ),
}  # fmt: skip


def made(label: str, dealer: random.Random) -> Example:
    titles, bodies = SAID[label]
    body = f"{dealer.choice(WHO)}在{dealer.choice(WHERE)}，{dealer.choice(bodies)}。{dealer.choice(ENDS)}"
    return Example(label, dealer.choice(titles), f"{body}已经{dealer.randint(1, 30)}天了。")


def many(count: int, *, seed: int = 1, labels: tuple[str, ...] = tuple(SAID)) -> list[Example]:
    dealer = random.Random(seed)
    return [made(labels[at % len(labels)], dealer) for at in range(count)]
