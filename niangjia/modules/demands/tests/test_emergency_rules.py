"""What is an emergency and what only sounds like one."""

from __future__ import annotations

import pytest

from niangjia.modules.demands.emergency_rules import (
    DEFAULTS,
    EXTREME,
    URGENT,
    Rule,
    fired,
    people_in,
    read_number,
)

GROUP, STOP, HURT, LIFE, FIRE, POISON, CHILD, WEATHER, FORCE = (rule.name for rule in DEFAULTS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("车间二十多人三个月没发工资", {GROUP}),
        ("我们30余名骑手要个说法", {GROUP}),
        ("上百人堵在门口", {GROUP}),
        ("工友们拉横幅集体讨薪", {GROUP}),
        ("全厂已经停工两天", {STOP}),
        ("虽未停工，但明天就要罢工", {STOP}),
        ("工人堵住大门不让车出来", {STOP}),
        ("脚手架坍塌，有人受伤", {HURT}),
        ("有人从脚手架上掉下来，流了很多血", {HURT}),
        ("帽子从架子上掉下来了", set()),
        ("昨晚夜班有同事猝死在宿舍", {HURT}),
        ("老板不给钱我就跳楼", {LIFE}),
        ("他说不想活了，已经上了塔吊", {LIFE}),
        ("仓库起火，还在烧", {FIRE}),
        ("一车间气体泄漏，好几个人中毒", {POISON}),
        ("这家店雇了两个童工", {CHILD}),
        ("有个15岁的孩子在里面上班", {CHILD}),
        ("室外四十度，工人中暑后昏迷", {HURT, WEATHER}),
        ("工头带人持刀威胁我们", {FORCE}),
        ("我 们 要 跳 楼", {LIFE}),
        ("我们１２名司机联名反映", {GROUP}),
        ("起火了！有人受伤！", {FIRE, HURT}),
        # near-misses
        ("工厂未停工，工资照发", set()),
        ("没有停工，也没有发生火灾", set()),
        ("没有人受伤，请放心", set()),
        ("无人员伤亡", set()),
        ("停工留薪期工资怎么算", set()),
        ("商场跳楼价甩卖，加班到半夜", set()),
        ("跳楼机的维修工没有社保", set()),
        ("宿舍有火灾隐患，插座老化", set()),
        ("公司组织火灾逃生演练不给加班费", set()),
        ("电脑中毒，考勤记录丢了", set()),
        ("职业病中毒认定要什么材料", set()),
        ("没有童工，只是想问未成年工登记怎么办", set()),
        ("集体合同什么时候续签", set()),
        ("公司招聘30人都没交社保", set()),
        ("培训班报名20人，坐不下", set()),
        ("不到10人没领到", set()),
        ("10人以下的小店能不能建会", set()),
        ("第30名员工", set()),
        ("三人间宿舍住了六个人", set()),
        ("加班20个小时", set()),
        ("每人发30元", set()),
        ("公司有500人，只有我没有社保", set()),
        ("工作群里总被打扰", set()),
        ("工资太低，累死了", set()),
        ("死亡赔偿金怎么算", set()),
        ("办公室预防中暑的药什么时候发", set()),
        ("想给大火锅城的同事建会", set()),
        ("", set()),
    ],
)
def test_what_fires(text: str, names: set[str]) -> None:
    found = fired(DEFAULTS, text)
    assert (set(found.name.split("、")) if found else set()) == names, found


def test_people_concerned_are_counted_too() -> None:
    assert fired(DEFAULTS, "工资没发", people=10).words == ("涉及 10 人",)  # type: ignore[union-attr]
    assert fired(DEFAULTS, "工资没发", people=9) is None


def test_the_most_urgent_rule_counts_and_all_are_named() -> None:
    found = fired(DEFAULTS, "店里有童工，刚才起火了")
    assert found is not None
    assert (found.urgency, found.is_major) == (EXTREME, True)
    assert found.because == f"{FIRE}、{CHILD}（起火、童工）"
    assert fired(DEFAULTS, "店里有童工").urgency == URGENT  # type: ignore[union-attr]


def test_a_staff_rule_with_a_gap() -> None:
    rule = Rule("断水", ("宿舍…断水",), ("断水果",))
    assert fired([rule], "宿舍楼已经断水三天")
    assert not fired([rule], "宿舍外面断水果供应")
    assert not fired([rule], "宿舍没问题。断水的是食堂")
    assert not fired([Rule("空", ("…", " "))], "什么都不该响")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("二十多人", 20), ("30余名", 30), ("上百人", 100), ("十几个人", 11), ("几十人", 20), ("好几百人", 200),
        ("数十人", 20), ("一百二十三人", 123), ("一百二人", 120), ("五六十人", 50), ("两百五十名", 250), ("近百人", 100),
        ("十来个工人", 10), ("百余人", 100), ("1,200人", 1200), ("3千人", 3000), ("3万人", 30000), ("一百零五人", 105),
        ("七八个人", 7), ("十五六个工友", 15), ("20个工作日", 0), ("30名额", 0), ("不足20人", 19), ("20人以内", 19),
        ("每20人", 0), ("30人工资", 30), ("30人工费", 0), ("10人次", 0), ("50位师傅", 50), ("5位数", 0), ("40号人", 40),
    ],
)  # fmt: skip
def test_people_in_words(text: str, number: int) -> None:
    assert people_in(text) == number


@pytest.mark.parametrize(("text", "number"), [("十", 10), ("二十", 20), ("百", 100), ("一万二千", 12000), ("几", 2)])
def test_numbers(text: str, number: int) -> None:
    assert read_number(text) == number


def test_a_long_text_is_read_quickly() -> None:
    text = "没有人" * 2000 + "一" * 5000 + "人" * 100
    assert fired(DEFAULTS, text) is None
