"""Demands by the sheet: read, judged, recorded, and taken back whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.imports import staging
from niangjia.engines.imports.models import ImportBatch
from niangjia.engines.imports.sheet import Outcome, Place
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.demands.sheets.demands import DEMANDS
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
ROW = {
    "来源编号": "2026-0153", "标题": "拖欠工资", "内容": "在北山纺织厂上班，七到九月的工资没有发。", "性质": "投诉", "类别": "拖欠工资",
    "紧急程度": "较急", "渠道": "走访", "诉求人": "林小燕", "电话": "138 0013 8000", "单位": "北山纺织厂", "地点": "北山镇东门",
    "发生时间": "2026年9月30日", "涉及人数": "3人", "涉及金额": "1.26万",
}  # fmt: skip


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def actor(tree):
    return actor_of(officer("CLERK", tree.county, "钱经办").pk, now=timezone.now())


class Import:
    """From rows to commit and back, as the engine does it."""

    def __init__(self, tree, actor, *rows, **options):
        self.now = timezone.now()
        headings = {column.heading: column.key for column in DEMANDS.columns}
        self.batch = ImportBatch.objects.create(
            scope=tree.county.scope, sheet=DEMANDS.name, file_id=1, file_name="诉求.xlsx", file_kind="xlsx", sha256="",
            user_id=1, user_name="测试", created_at=self.now,
        )  # fmt: skip
        given = tuple({headings[name] for row in rows for name in row})
        self.place = Place(
            self.batch.pk, tree.county.pk, tree.county.scope.path, timezone.localdate(self.now), given, actor, options
        )
        staging.create(self.batch, DEMANDS)
        facts = DEMANDS.facts(self.place)
        with staging.loading(self.batch.staging, DEMANDS) as write:
            for number, row in enumerate(rows, start=2):
                write(number, DEMANDS.check([row.get(column.heading, "") for column in DEMANDS.columns], facts))
        with transaction.atomic():
            DEMANDS.judge(self.batch.staging, self.place)

    def outcomes(self):
        with connection.cursor() as cursor:
            cursor.execute(f"select outcome from {self.batch.staging} order by number")
            return [Outcome(outcome) for (outcome,) in cursor.fetchall()]

    def columns(self):
        with connection.cursor() as cursor:
            cursor.execute(f"select p ->> 'column' from {self.batch.staging}, jsonb_array_elements(problems) p")
            return {column for (column,) in cursor.fetchall()}

    def commit(self):
        with transaction.atomic():
            return DEMANDS.commit(self.batch.staging, self.place, now=self.now).told

    def take_back(self):
        with transaction.atomic():
            return DEMANDS.take_back(self.batch.pk, {}, self.place, now=self.now)


def every():
    return Demand.objects.unscoped(reason="test").select_related("case")


def test_a_row_is_recorded_with_its_facts(tree, actor):
    batch = Import(tree, actor, ROW)
    assert batch.outcomes() == [Outcome.NEW], batch.columns()
    assert batch.commit() == {"demands": 1}
    row = every().get()
    assert (row.nature, row.channel, row.case.title, row.kind) == (Nature.COMPLAINT, Channel.VISIT, "拖欠工资", "0101")
    assert (row.asker_name, row.asker_phone, row.people, row.claimed_fen) == ("林小燕", "13800138000", 3, 1_260_000)
    assert (str(row.happened_on), row.paper_number, row.case.urgency) == ("2026-09-30", "2026-0153", 2)


def test_only_the_words_are_needed(tree, actor):
    Import(tree, actor, {"内容": "公司三个月没有发工资了"}).commit()
    row = every().get()
    assert (row.nature, row.channel) == (Nature.HELP, Channel.SHEET)
    assert row.kind


def test_the_same_sheet_again_records_nothing(tree, actor):
    Import(tree, actor, ROW).commit()
    again = Import(tree, actor, ROW)
    assert again.outcomes() == [Outcome.UNCHANGED]
    again.commit()
    assert every().count() == 1


def test_one_number_twice_in_a_sheet(tree, actor):
    assert Import(tree, actor, ROW, ROW).outcomes() == [Outcome.NEW, Outcome.REFUSED]


def test_all_that_is_wrong_is_said_at_once(tree, actor):
    odd = {
        "来源编号": "1.23E+17", "内容": "嗯", "性质": "随便", "类别": "没有这类", "紧急程度": "马上", "渠道": "飞鸽", "电话": "12",
        "发生时间": "2099-01-01", "受理时间": "昨天", "涉及人数": "很多", "涉及金额": "一堆", "地点": "路" * 300,
    }  # fmt: skip
    batch = Import(tree, actor, odd)
    assert batch.outcomes() == [Outcome.REFUSED]
    assert batch.columns() == {
        "number", "body", "nature", "kind", "urgency", "channel", "asker_phone", "happened_on", "received_at", "people",
        "claimed_fen", "place",
    }  # fmt: skip


@pytest.mark.parametrize(("days", "outcome"), [(-1, Outcome.REFUSED), (5, Outcome.NEW), (90, Outcome.REFUSED)])
def test_when_it_came_in(tree, actor, days, outcome):
    day = timezone.localdate() - timedelta(days=days)
    batch = Import(tree, actor, ROW | {"受理时间": f"{day} 10:30"})
    assert batch.outcomes() == [outcome]
    if outcome is Outcome.NEW:
        batch.commit()
        assert timezone.localtime(every().get().case.received_at).strftime("%Y-%m-%d %H:%M") == f"{day} 10:30"


def test_a_sheet_is_taken_back_whole(tree, actor):
    batch = Import(tree, actor, ROW, {"内容": "食堂的菜太咸了"})
    batch.commit()
    assert batch.take_back() == []
    assert not every().exists()
    assert not Case.objects.unscoped(reason="test").exists()
    assert Import(tree, actor, ROW).outcomes() == [Outcome.NEW]


def test_what_was_worked_on_stays(tree, actor):
    batch = Import(tree, actor, ROW, {"内容": "食堂的菜太咸了"})
    batch.commit()
    first = every().order_by("pk").first()
    casework.accept_case(first.pk, actor=acting_as("CHAIR", tree.county), now=timezone.now())
    kept = batch.take_back()
    assert len(kept) == 1
    assert first.case.number in kept[0]
    assert [row.pk for row in every()] == [first.pk]
