"""Messages from a file: with their times, once, and whatever is wrong with a row is told by its line."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.demands.models import Alert, Demand
from niangjia.modules.demands.rules import Channel
from niangjia.modules.demands.sheets.messages import bring_messages
from niangjia.modules.organisations.testing import Tree, small_tree

pytestmark = pytest.mark.django_db
WHY = "the test looks at every row"
NOW = datetime(2026, 11, 20, 2, tzinfo=timezone.get_default_timezone())
ROWS = """tid,label,title,detail,user,time
M-1,劳动,厂里拖欠工资,"厂里拖欠工资三个月，
问了都说没钱",U-7,2024/3/5 9:08:38
M-2,劳动,想问年休假,今年的年休假能不能分开休,U-8,2024-03-06 21:10:00
M-3,劳动,车间着火了,车间着火了没有人管,U-9,2023/1/1 10:00
M-1,劳动,厂里拖欠工资,又发了一次,U-7,2024/3/5 9:09:00
,劳动,没有编号,没有编号,U-1,2024/3/5 9:08:38
M-4,劳动,,,U-1,2024/3/5 9:08:38
M-5,劳动,时间不对,时间不对的一条,U-1,去年三月
M-6,劳动,还没到,还没到的一条,U-1,2031/1/1 8:00
M-7,劳动,没有时间,没有时间也没有人的一条,,
"""


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def written(folder: Path, text: str = ROWS) -> Path:
    path = folder / "messages.csv.gz"
    path.write_bytes(gzip.compress(text.encode("utf-8-sig")))
    return path


def test_rows_become_demands_of_their_own_time(tree: Tree, tmp_path: Path) -> None:
    done = bring_messages(written(tmp_path), scope_id=tree.county.pk, now=NOW)
    assert (done.read, done.recorded, done.known, done.bad, done.without_time) == (9, 4, 1, 4, 1)
    assert [line for line, _ in done.problems] == [7, 8, 9, 10]
    first = Demand.objects.unscoped(reason=WHY).select_related("case").get(case__partner_number="M-1")
    assert timezone.localtime(first.case.received_at) == datetime(2024, 3, 5, 9, 8, 38, tzinfo=NOW.tzinfo)
    assert (first.kind[:2], first.channel, first.asker_name) == ("01", Channel.SHEET, "U-7")
    assert first.body == "厂里拖欠工资三个月，\n问了都说没钱"
    nameless = Demand.objects.unscoped(reason=WHY).select_related("case").get(case__partner_number="M-7")
    assert nameless.is_anonymous
    assert nameless.case.received_at == NOW


def test_nobody_is_woken_by_what_is_past(tree: Tree, tmp_path: Path) -> None:
    bring_messages(written(tmp_path), scope_id=tree.county.pk, now=NOW)
    (alert,) = Alert.objects.unscoped(reason=WHY)
    assert alert.next_at is None
    assert not Message.objects.exists()


def test_a_second_run_goes_on_where_the_first_stopped(tree: Tree, tmp_path: Path) -> None:
    path = written(tmp_path)
    assert bring_messages(path, scope_id=tree.county.pk, limit=2, now=NOW).recorded == 2
    again = bring_messages(path, scope_id=tree.county.pk, now=NOW)
    assert (again.recorded, again.known) == (2, 3)
    assert Case.objects.unscoped(reason=WHY).count() == 4


def test_columns_of_another_source_are_understood(tree: Tree, tmp_path: Path) -> None:
    text = "留言编号,留言用户,留言时间,留言主题,留言详情\n8,U-2,2019-02-28 11:25:05,驿站没有热水,路口的驿站没有热水了\n"
    path = tmp_path / "messages.csv"
    path.write_text(text, encoding="utf-8")
    assert bring_messages(path, scope_id=tree.county.pk, now=NOW).recorded == 1


@pytest.mark.parametrize("text", ["a,b\n1,2\n", ""])
def test_a_file_without_the_columns_is_refused(tree: Tree, tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="no column"):
        bring_messages(written(tmp_path, text), scope_id=tree.county.pk, now=NOW)


def test_a_file_that_ends_too_soon_keeps_what_was_read(tree: Tree, tmp_path: Path) -> None:
    whole = written(tmp_path, ROWS + "".join(f"N-{n},x,第{n}条,没有发工资{n},U,\n" for n in range(300))).read_bytes()
    path = tmp_path / "broken.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match="can't be read"):
        bring_messages(path, scope_id=tree.county.pk, now=NOW)
    with pytest.raises(Refused, match="can't be read"):
        bring_messages(tmp_path / "none.csv", scope_id=tree.county.pk, now=NOW)
