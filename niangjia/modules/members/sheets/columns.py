"""The columns of the members' sheet, as the standing template of the trade has them, and how townships call them."""

from __future__ import annotations

from collections.abc import Mapping

from niangjia.engines.imports.sheet import Column
from niangjia.kernel.words import Code, Word
from niangjia.modules.members import rules
from niangjia.modules.members.rules import Change, MembershipState


def _labels(words: type[Word | Code]) -> tuple[str, ...]:
    return tuple(label for _, label in words.choices())


OFFERED = (
    Change.JOINED, Change.MOVED_IN, Change.KEPT, Change.RESUMED, Change.LEFT, Change.LAPSED, Change.EXPELLED,
    Change.DIED,
)  # fmt: skip
"""What a sheet may bring about. Our own export also names the others, which then must stand in the register."""

COLUMNS = (
    Column("name", "姓名", ("会员姓名", "职工姓名", "名字", "员工姓名"), required=True, example="林小燕"),
    Column("sex", "性别", ("男女",), choices=("男", "女"), hint="可以不填，居民身份证号码里有。", example="女"),
    Column("ethnicity", "民族", (), choices=tuple(rules.ETHNICITIES.values()), example="汉族"),
    Column("document_kind", "证件类型", ("证件类别", "证件种类", "有效证件类型"), choices=_labels(rules.Document),
           hint="不填就是居民身份证。", example="居民身份证"),
    Column("document_number", "证件号码",
           ("身份证号", "身份证号码", "身份证", "公民身份号码", "公民身份证号码", "居民身份证号", "居民身份证号码",
            "证件号", "有效证件号码", "身份证件号码"),
           required=True, hint="请把这一列设为文本格式，否则表格软件会把后几位变成 0。"),
    Column("born_on", "出生日期", ("出生年月", "出生年月日", "生日", "出生时间"), hint="可以不填，居民身份证号码里有。",
           example="1990-05-17"),
    Column("political_status", "政治面貌", ("政治身份",), choices=_labels(rules.Politics), example="群众"),
    Column("education", "学历", ("文化程度", "最高学历", "教育程度", "受教育程度"), choices=_labels(rules.Education),
           example="大学专科"),
    Column("skill_grade", "技术等级", ("技能等级", "职业技能等级", "职业资格等级", "技术职称等级"),
           choices=_labels(rules.SkillGrade), example="中级工"),
    Column("phone", "移动电话",
           ("手机", "手机号", "手机号码", "联系电话", "联系方式", "电话", "电话号码", "移动电话号码", "本人电话")),
    Column("household_kind", "户籍类型", ("户口性质", "户籍性质", "户口类型", "户籍类别"),
           choices=_labels(rules.Household), example="外地农村"),
    Column("household_place", "户籍所在地", ("户口所在地", "户籍地", "户籍地址", "户籍", "户口地址"),
           example="安徽省阜阳市"),
    Column("is_migrant", "是否农民工", ("农民工", "是否为农民工", "是否是农民工"), choices=("是", "否"), example="是"),
    Column("marital_status", "婚姻状况", ("婚姻", "婚否", "婚姻状态"), choices=_labels(rules.Marriage), example="已婚"),
    Column("employment_status", "就业状况", ("就业状态", "就业情况", "在岗情况"), choices=_labels(rules.Employment),
           example="在岗"),
    Column("post", "岗位", ("工种", "职务", "工作岗位", "岗位名称", "职业", "从事岗位"), example="快递员"),
    Column("categories", "所属群体", ("群体", "群体类别", "会员类别", "新就业形态群体", "重点群体", "八大群体"),
           hint="几个群体之间用顿号，如：快递员、网约送餐员。", example="快递员"),
    Column("platform", "平台", ("平台名称", "所属平台", "平台企业", "用工平台")),
    Column("employer", "所在单位",
           ("单位", "单位名称", "工作单位", "所在企业", "企业名称", "用人单位", "公司名称", "所属单位")),
    Column("employer_code", "统一社会信用代码",
           ("单位统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "单位代码", "企业统一社会信用代码")),
    Column("union", "所属工会",
           ("工会名称", "工会", "基层工会", "所在工会", "工会组织", "所属工会名称", "基层工会名称", "工会组织名称",
            "所属基层工会"),
           hint="工会的全称；只导入本工会的会员时可以不填。"),
    Column("joined_on", "入会日期", ("入会时间", "加入工会日期", "加入工会时间", "入会年月"), example="2024-03-01",
           hint="新会员必填。"),
    Column("status", "会籍状态", ("会员状态", "会籍", "会籍情况"), choices=_labels(MembershipState), example="正常"),
    Column("change", "会籍变化类型", ("会籍变化", "变化类型", "会籍变动类型", "变动类型"),
           choices=tuple(change.label for change in OFFERED)),
    Column("change_on", "会籍变化日期", ("变化日期", "会籍变动日期", "变动日期", "会籍变化时间"), example="2026-06-30"),
    Column("change_reason", "会籍变化原因", ("变化原因", "会籍变动原因", "变动原因")),
    Column("remark", "备注", ("说明", "附注"), hint="只留在表里，不写进名册。"),
)  # fmt: skip

PLACE_OF: Mapping[str, int] = {column.key: place for place, column in enumerate(COLUMNS)}
HEADING_OF: Mapping[str, str] = {column.key: column.heading for column in COLUMNS}

PERSON_FIELDS = (
    "sex", "born_on", "ethnicity", "political_status", "education", "skill_grade", "household_kind",
    "household_place", "is_migrant", "marital_status", "phone",
)  # fmt: skip
"""What a sheet changes on a registered person: name and document are put right on the member's page."""

MEMBERSHIP_FIELDS = ("employment_status", "post", "categories", "platform", "employer", "joined_on")
