"""The ground of the demonstration: Ningbo, its ten counties and 162 townships, as of 2023.

Names and codes only, from the public standards GB/T 2260 (counties) and GB/T 10114 (townships: the
county's code and three digits). Every organisation and person placed on this ground is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

PROVINCE_CODE, PROVINCE_NAME = "330000", "浙江省"
CITY_CODE, CITY_NAME = "330200", "宁波市"
DEMO_COUNTY_CODE = "330203"


@dataclass(frozen=True)
class Township:
    code: str
    name: str


@dataclass(frozen=True)
class County:
    code: str
    name: str
    weight: int  # residents in tens of thousands, for how unions and members are spread
    townships: tuple[Township, ...]

    @property
    def short_name(self) -> str:
        """As firms write it: 海曙, 象山."""
        return self.name[:-1]


def _county(code: str, name: str, weight: int, townships: str) -> County:
    rows = (Township(code + entry[:3], entry[3:]) for entry in townships.split())
    return County(code, name, weight, tuple(rows))


COUNTIES = (
    _county(
        "330203",
        "海曙区",
        104,
        "001南门街道 002江厦街道 003西门街道 004月湖街道 005鼓楼街道 "
        "006白云街道 007段塘街道 008望春街道 009石碶街道 100高桥镇 "
        "101横街镇 102集士港镇 103古林镇 104洞桥镇 105鄞江镇 "
        "106章水镇 200龙观乡",
    ),
    _county(
        "330205",
        "江北区",
        49,
        "001外滩街道 003孔浦街道 004文教街道 005甬江街道 006庄桥街道 007洪塘街道 008前江街道 103慈城镇",
    ),
    _county(
        "330206",
        "北仑区",
        83,
        "001大榭街道 002新碶街道 003小港街道 004大碶街道 005霞浦街道 "
        "006柴桥街道 007戚家山街道 008春晓街道 009梅山街道 010郭巨街道 "
        "011白峰街道 401保税区",
    ),
    _county(
        "330211",
        "镇海区",
        51,
        "001招宝山街道 002蛟川街道 003骆驼街道 004庄市街道 005贵驷街道 100澥浦镇 101九龙湖镇",
    ),
    _county(
        "330212",
        "鄞州区",
        161,
        "001下应街道 002钟公庙街道 004梅墟街道 005中河街道 006首南街道 "
        "007潘火街道 008百丈街道 009东胜街道 010明楼街道 011白鹤街道 "
        "012东柳街道 013东郊街道 014福明街道 015新明街道 016聚贤街道 "
        "100瞻岐镇 101咸祥镇 102塘溪镇 103东钱湖镇 104东吴镇 "
        "105五乡镇 106邱隘镇 108云龙镇 109横溪镇 110姜山镇",
    ),
    _county(
        "330213",
        "奉化区",
        58,
        "001锦屏街道 002岳林街道 003江口街道 004西坞街道 005萧王庙街道 "
        "006方桥街道 007尚田街道 008莼湖街道 100溪口镇 106裘村镇 "
        "107大堰镇 108松岙镇",
    ),
    _county(
        "330225",
        "象山县",
        57,
        "001丹东街道 002丹西街道 003爵溪街道 101石浦镇 102西周镇 "
        "103鹤浦镇 104贤庠镇 105墙头镇 106泗洲头镇 107定塘镇 "
        "108涂茨镇 109大徐镇 110新桥镇 200东陈乡 201晓塘乡 "
        "202黄避岙乡 203茅洋乡 204高塘岛乡",
    ),
    _county(
        "330226",
        "宁海县",
        70,
        "001跃龙街道 002桃源街道 003梅林街道 004桥头胡街道 101长街镇 "
        "102力洋镇 104一市镇 105岔路镇 106前童镇 107桑洲镇 108黄坛镇 "
        "109大佳何镇 110强蛟镇 111西店镇 112深甽镇 200胡陈乡 "
        "201茶院乡 202越溪乡",
    ),
    _county(
        "330281",
        "余姚市",
        125,
        "001梨洲街道 002凤山街道 003兰江街道 004阳明街道 005低塘街道 "
        "006朗霞街道 100临山镇 101黄家埠镇 102小曹娥镇 103泗门镇 "
        "106马渚镇 108牟山镇 109丈亭镇 110三七市镇 111河姆渡镇 "
        "112大隐镇 113陆埠镇 114梁弄镇 115大岚镇 116四明山镇 "
        "201鹿亭乡",
    ),
    _county(
        "330282",
        "慈溪市",
        183,
        "002宗汉街道 003坎墩街道 004浒山街道 005白沙路街道 006古塘街道 "
        "104掌起镇 107观海卫镇 108附海镇 109桥头镇 110匡堰镇 "
        "111逍林镇 112新浦镇 113胜山镇 114横河镇 116崇寿镇 118庵东镇 "
        "120长河镇 121周巷镇 123龙山镇 402滨海经济开发区 "
        "403高新技术产业园区 404环杭州湾创新中心 405现代农业开发区 "
        "406长三角商贸园区",
    ),
)

BY_CODE = {county.code: county for county in COUNTIES}


def divisions() -> list[tuple[str, str, str | None]]:
    """Code, name, code above: parents first."""
    rows: list[tuple[str, str, str | None]] = [
        (PROVINCE_CODE, PROVINCE_NAME, None),
        (CITY_CODE, CITY_NAME, PROVINCE_CODE),
    ]
    for county in COUNTIES:
        rows.append((county.code, county.name, CITY_CODE))
        rows.extend((township.code, township.name, county.code) for township in county.townships)
    return rows
