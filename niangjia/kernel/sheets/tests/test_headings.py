"""Where the headings stand, and what the columns are called."""

from __future__ import annotations

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.headings import find_headings, tidied

PEOPLE = [["1", "张三", "男", "1990-03-07", "13912345678"], ["2", "李四", "女", "1991-01-01", "13912345679"]]
HEADINGS = ["序号", "姓名", "性别", "出生日期", "移动电话"]
KNOWN = frozenset({"姓名", "性别", "出生日期", "移动电话", "证件类型", "证件号码"})


@pytest.mark.parametrize("known", [frozenset(), KNOWN])
@pytest.mark.parametrize(
    "above",
    [
        [],
        [["北街镇总工会会员花名册"]],
        [["会员花名册", "", "", "", ""], ["填报单位：北街镇", "", "", "填报日期：2024年5月", ""]],
        [["", "", "说明：带 * 的列必须填写，身份证号码请按文本格式填写，不要使用科学计数法，谢谢配合，有问题请打电话"]],
    ],
)
def test_titles_above_are_passed_over(above, known):
    position, headings = find_headings([*above, HEADINGS, *PEOPLE], known)
    assert (position, headings) == (len(above), tuple(HEADINGS))


def test_a_row_of_known_headings_wins_over_wider_ones():
    assert find_headings([["甲", "乙", "丙", "丁"], ["姓名", "性别", "", "x"]], KNOWN)[0] == 1


def test_two_rows_of_headings_are_one_when_the_second_is_known():
    rows = [["花名册"], ["姓 名", "性别", "证件", ""], ["", "", "证件类型", "证件号码"], ["张三", "男", "身份证", "X"]]
    assert find_headings(rows, KNOWN) == (2, ("姓 名", "性别", "证件类型", "证件号码"))


def test_only_text_and_the_first_row_is_the_heading():
    assert find_headings([["姓名", "性别"], ["张三", "男"]]) == (0, ("姓名", "性别"))


def test_one_row_is_enough():
    assert find_headings([HEADINGS])[0] == 0


def test_columns_without_and_with_the_same_heading():
    rows = [["姓名", "", "姓名", "姓名 (2)", "备注", "", ""]]
    assert find_headings(rows)[1] == ("姓名", "列 2", "姓名 (2)", "姓名 (2) (2)", "备注")


def test_more_than_200_columns():
    many = [f"列{number}" for number in range(200)]
    assert len(find_headings([[*many, "", ""]])[1]) == 200
    with pytest.raises(Refused, match="最多能读 200 列"):
        find_headings([[*many, "再一列"]])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("姓名*", "姓名"),
        ("姓名＊", "姓名"),
        ("* 姓名 ", "姓名"),
        ("移动\n电话", "移动 电话"),
        ("\u3000姓\xa0名", "姓 名"),
    ],
)
def test_tidied(written, read):
    assert tidied(written) == read
