"""Three made-up layouts of other systems, to begin from: no real system's format stands here."""

from __future__ import annotations

from typing import Any

from django.db import migrations

SEX = {"男": "1", "女": "2"}
STATES = {"正常": "01", "保留": "02", "转出": "03", "退会": "04", "自动退会": "05", "除名": "06", "去世": "07"}
DOCUMENTS = {
    "居民身份证": "111",
    "护照": "414",
    "港澳居民来往内地通行证": "516",
    "台湾居民来往大陆通行证": "511",
    "港澳台居民居住证": "112",
    "外国人永久居留身份证": "553",
}


def column(heading: str, source: str = "", **more: Any) -> dict[str, Any]:
    return {"heading": heading, **({"source": source} if source else {}), **more}


PROVINCE = {
    "name": "省工会系统会员导入格式（示例）",
    "description": "编造的示例，不是任何真实系统的格式。请照对方的说明改列名和代码。",
    "list_name": "members.member",
    "kind": "xlsx",
    "columns": [
        column("会员姓名", "name"),
        column("性别代码", "sex", words=SEX, empty="9"),
        column("民族", "ethnicity", empty="不详"),
        column("证件种类代码", "document_kind", words=DOCUMENTS),
        column("公民身份号码", "document_number"),
        column("出生年月日", "born_on", date_format="%Y%m%d"),
        column("手机号码", "phone"),
        column("文化程度", "education", empty="未填"),
        column("是否农民工", "is_migrant", words={"是": "1", "否": "0"}, empty="0"),
        column("基层工会全称", "union"),
        column("用人单位统一社会信用代码", "employer_code"),
        column("入会时间", "joined_on", date_format="%Y%m%d"),
        column("会籍状态代码", "status", words=STATES),
        column("数据来源", constant="地方平台"),
    ],
}
REGISTER = {
    "name": "全国工会会员实名库格式（示例）",
    "description": "编造的示例，不是任何真实系统的格式。CSV，GB18030 编码。",
    "list_name": "members.member",
    "kind": "csv",
    "encoding": "gb18030",
    "columns": [
        column("XM", "name"),
        column("XB", "sex", words=SEX, empty="0"),
        column("ZJLX", "document_kind", words=DOCUMENTS),
        column("ZJHM", "document_number"),
        column("CSRQ", "born_on", date_format="%Y-%m-%d"),
        column("SJHM", "phone"),
        column("JYZK", "employment_status", empty="其他"),
        column("SSQT", "categories", empty="无"),
        column("DWMC", "employer"),
        column("GHMC", "union"),
        column("RHRQ", "joined_on", date_format="%Y/%m/%d"),
        column("HJZT", "status", words=STATES),
    ],
}
STATISTICS = {
    "name": "工会统计年报表式（示例）",
    "description": "编造的示例：一个工会组织一行，会员数含下级。",
    "list_name": "organisations.organisation",
    "kind": "xlsx",
    "header_lines": "工会统计年报（示例）",
    "columns": [
        column("填报单位", "name"),
        column("单位类型", "kind"),
        column("统一社会信用代码", "credit_code", empty="无"),
        column("上级工会", "parent"),
        column("会员人数", "members"),
        column("其中：保留会籍", "members_kept"),
        column("其中：货车司机", "members_1"),
        column("其中：快递员", "members_2"),
        column("其中：网约送餐员", "members_6"),
        column("其中：网约车司机", "members_9"),
        column("成立时间", "founded_on", date_format="%Y年%m月%d日"),
    ],
}


def install(apps: Any, _editor: Any) -> None:
    model = apps.get_model("exports", "ExportLayout")
    rows = model.objects
    for facts in (PROVINCE, REGISTER, STATISTICS):
        if not rows.filter(scope=None, name=facts["name"]).exists():
            rows.create(**facts)


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
