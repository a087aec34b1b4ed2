"""What hands write for the words of the dictionaries: label, code, and the ways of saying it that sheets really have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from niangjia.modules.members import rules
from niangjia.modules.members.rules import Category, Change, Document, MembershipState

_GAPS = re.compile(r"[\s\-—_（）()、/]+")

_OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "sex": {"1": "男 男性 M MALE", "2": "女 女性 F FEMALE", "0": "未知", "9": "未说明 不详"},
    "document_kind": {
        Document.RESIDENT: "身份证 二代身份证 中国居民身份证 第二代居民身份证 居民身份证件",
        Document.PASSPORT: "外国护照 普通护照",
        Document.HONG_KONG_MACAO_PERMIT: "回乡证 港澳通行证 港澳居民通行证",
        Document.TAIWAN_PERMIT: "台胞证 台湾通行证 台湾居民通行证",
        Document.RESIDENCE_PERMIT: "港澳台居住证 港澳居民居住证 台湾居民居住证",
        Document.FOREIGN_RESIDENT: "永久居留身份证 外国人永久居留证 外国人居留证",
    },
    "political_status": {
        "01": "党员 共产党员 中国共产党员 中国共产党党员 正式党员 中共正式党员",
        "02": "预备党员 中国共产党预备党员",
        "03": "团员 共青团 中国共产主义青年团团员 中国共青团团员",
        "12": "无党派 无党派民主人士",
        "13": "普通群众 无 一般群众",
    },
    "education": {
        "11": "博士 博士生 博士研究生毕业",
        "14": "硕士 研究生 硕士生 研究生及以上 硕士及以上",
        "20": "本科 大本 本科及以上 本科毕业 大学 学士",
        "30": "大专 专科 大专及以上 高职 大专毕业 专科毕业",
        "40": "中专 技校 职高 中等专科 中技 职业高中 中等职业教育 中专技校",
        "60": "高中 普高 高中毕业 高中及以下",
        "70": "初中及以下 初级中学 初中毕业",
        "80": "小学及以下 小学毕业",
        "90": "其它 文盲 半文盲",
    },
    "skill_grade": {
        "0": "无等级 没有 无技术等级",
        "2": "初级 五级 五级工 初级技工 职业资格五级",
        "3": "中级 四级 四级工 中级技工 职业资格四级",
        "4": "高级 三级 三级工 高级技工 职业资格三级",
        "5": "二级 技师二级 职业资格二级",
        "6": "一级 高级技师一级 职业资格一级",
    },
    "household_kind": {
        "1": "本地城镇户口 本市城镇 本地非农业 城镇",
        "2": "本地农村户口 本市农村 本地农业 农村",
        "3": "外地城镇户口 外省城镇 外市城镇 外地非农业",
        "4": "外地农村户口 外省农村 外市农村 外地农业",
        "6": "外国籍 外国",
    },
    "marital_status": {"10": "单身 未", "20": "已 初婚 再婚 复婚", "30": "丧偶未再婚", "40": "离异", "90": "不详 未知"},
    "employment_status": {
        "1": "在职 就业 在业 正常在岗", "2": "灵活", "3": "下岗 内退", "4": "病休", "5": "待业 无业", "6": "离退休 退休人员 已退休",
        "9": "其它",
    },
    "status": {
        "1": "在会 正常在会 在册 有效", "2": "保留会籍 会籍保留", "3": "转出会籍 已转出", "4": "已退会", "5": "已自动退会 自动离会",
        "6": "开除 已除名 开除会籍", "7": "已去世 死亡 病故",
    },
    "change": {
        Change.JOINED: "新入会 发展 新发展 入会登记", Change.MOVED_IN: "会籍转入", Change.MOVED_OUT: "会籍转出",
        Change.KEPT: "保留会籍 会籍保留", Change.RESUMED: "恢复会籍", Change.LEFT: "申请退会", Change.LAPSED: "自动离会",
        Change.EXPELLED: "开除 开除会籍", Change.DIED: "死亡 病故",
    },
    "categories": {
        "1": "卡车司机 货运司机 货运驾驶员", "2": "快递 快递小哥 快递从业人员 邮递员 快递派送员", "3": "护工 护理员 养老护理员",
        "4": "家政 家政人员 家政服务人员", "5": "商场信息人员", "6": "外卖员 骑手 外卖骑手 外卖小哥 送餐员 外卖送餐员 外卖配送员",
        "7": "房产中介 房产经纪人 房产中介人员 房地产中介员", "8": "保安 保安人员", "9": "网约司机 网约车驾驶员 网约车 滴滴司机",
        "12": "代驾 代驾员", "13": "主播 带货主播", "14": "环卫 环卫工 环卫保洁", "15": "建筑工 建筑业工人", "16": "的士司机 出租司机",
    },
}  # fmt: skip

_DICTIONARIES: Mapping[str, Iterable[tuple[str | int, str]]] = {
    "sex": rules.Sex.choices(),
    "ethnicity": [*rules.ETHNICITIES.items()],
    "document_kind": Document.choices(),
    "political_status": rules.Politics.choices(),
    "education": rules.Education.choices(),
    "skill_grade": rules.SkillGrade.choices(),
    "household_kind": rules.Household.choices(),
    "marital_status": rules.Marriage.choices(),
    "employment_status": rules.Employment.choices(),
    "status": MembershipState.choices(),
    "change": Change.choices(),
    "categories": Category.choices(),
}


def tidy_word(text: str) -> str:
    return _GAPS.sub("", unicodedata.normalize("NFKC", text)).upper()


def spellings(key: str) -> dict[str, str | int]:
    """Every tidy way of writing a word of a column's dictionary, and its code."""
    known: dict[str, str | int] = {}
    choices = list(_DICTIONARIES[key])
    for code, label in choices:
        for spelt in (label, str(code), *_OTHERWISE.get(key, {}).get(str(code), "").split()):
            known.setdefault(tidy_word(spelt), code)
        if key == "ethnicity":
            known.setdefault(label.removesuffix("族"), code)
    return known


def labels(key: str) -> list[str]:
    return [label for _, label in _DICTIONARIES[key]]


def label_of(key: str, code: str | int | None) -> str:
    """The word of a code, or the code itself where the dictionary has lost it."""
    if code in (None, ""):
        return ""
    return next((label for known, label in _DICTIONARIES.get(key, ()) if known == code), str(code))
