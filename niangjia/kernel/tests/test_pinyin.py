from __future__ import annotations

import time

import pytest

from niangjia.kernel.pinyin import initials, initials_of_key, name_key, title_key

SURNAMES = """
单 shan|曾 zeng|查 zha|仇 qiu|任 ren|区 ou|朴 piao|解 xie|盖 ge|华 hua|翟 zhai|缪 miao|乐 yue
覃 qin|卜 bu|句 gou|员 yun|贠 yun|种 chong|召 shao|折 she|洗 xian|冼 xian|都 du|角 jue|佴 nai
能 nai|乜 nie|阚 kan|薄 bo|藏 zang|粘 nian|祭 zhai|秘 bi|郇 xun|谌 chen|沈 shen|葛 ge|纪 ji
宁 ning|那 na|哈 ha|晁 chao|逄 pang|亓 qi|瞿 qu|曲 qu|应 ying|於 yu|莘 shen|尹 yin|臧 zang
车 che|钭 tou|牟 mou|宓 mi|费 fei|柏 bai|吕 lv|隗 kui|郝 hao|谭 tan|芮 rui|俞 yu|余 yu
王 wang|李 li|张 zhang|刘 liu|陈 chen|杨 yang|黄 huang|赵 zhao|吴 wu|周 zhou|盛 sheng|强 qiang
""".replace("\n", "|")


@pytest.mark.parametrize("case", [case for case in SURNAMES.split("|") if case])
def test_surname(case: str) -> None:
    surname, reading = case.split()
    assert name_key(f"{surname}小明") == f"{reading} xiao ming"
    assert name_key(f"{surname}敏") == f"{reading} min"


@pytest.mark.parametrize(
    ("name", "key", "letters"),
    [
        ("曾小明", "zeng xiao ming", "zxm"),
        ("尉迟恭", "yu chi gong", "ycg"),
        ("万俟良", "mo qi liang", "mql"),
        ("长孙无忌", "zhang sun wu ji", "zswj"),
        ("令狐冲", "ling hu chong", "lhc"),
        ("欧阳娜", "ou yang na", "oyn"),
        ("澹台明", "tan tai ming", "ttm"),
        ("司马光", "si ma guang", "smg"),
        ("诸葛亮", "zhu ge liang", "zgl"),
        ("单于涵", "shan yu han", "syh"),
        ("万里", "wan li", "wl"),
        ("李曾", "li zeng", "lz"),
        ("王单", "wang dan", "wd"),
        ("孙长江", "sun chang jiang", "scj"),
        ("林晟", "lin sheng", "ls"),
        ("王一乐", "wang yi le", "wyl"),
        ("张吕薇", "zhang lv wei", "zlw"),
        ("买买提·艾力", "mai mai ti ai li", "mmtal"),
        ("单增·卓玛", "dan zeng zhuo ma", "dzzm"),
        ("〇一", "ling yi", "ly"),
        ("John Smith", "john smith", "js"),
        ("José García", "jose garcia", "jg"),
        ("O'Neill Mary-Ann", "oneill mary ann", "oma"),
    ],
)
def test_whole_name(name: str, key: str, letters: str) -> None:
    assert name_key(name) == key
    assert initials(name) == letters
    assert initials_of_key(key) == letters


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("重庆路社区联合工会", "chong qing lu she qu lian he gong hui"),
        ("A8 数码有限公司", "a8 shu ma you xian gong si"),
        ("长乐银行", "chang le yin hang"),
    ],
)
def test_titles_are_read_in_words(title: str, key: str) -> None:
    assert title_key(title) == key


def test_what_cannot_be_read_keeps_its_place() -> None:
    assert name_key("Иванов") == "иванов"
    assert name_key("王\U0002a6d5").startswith("wang ")


def test_fast_enough_for_a_city() -> None:
    names = [f"{a}{b}{c}" for a in "单曾查王李欧" for b in "小明建国志" for c in "伟强磊洋勇军杰娟" * 25]
    for name in names:
        name_key(name)
    start = time.process_time()
    for name in names:
        initials_of_key(name_key(name))
    assert len(names) / (time.process_time() - start) > 150_000
