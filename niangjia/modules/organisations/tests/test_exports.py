"""Unions and employers as files that can be imported again."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from niangjia.engines.exports.actions import Wish, ask_for_export
from niangjia.engines.exports.jobs import make_file
from niangjia.engines.exports.models import Export
from niangjia.engines.exports.queries import asked
from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.queries import open_file
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.sheets.reading import open_sheet
from niangjia.modules.organisations.actions.employers import add_employer, link_employer_to_union
from niangjia.modules.organisations.actions.organisations import edit_organisation
from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.rules import ChosenBy, Industry, Nature, Post, term_end
from niangjia.modules.organisations.sheets.employers import EmployerSheet
from niangjia.modules.organisations.sheets.unions import UnionSheet
from niangjia.modules.organisations.testing import NOW, Tree, acting_as, officer, small_tree
from niangjia.modules.organisations.tests.importing import Import

BEGAN = date(2024, 5, 6)


@pytest.fixture
def tree(db: None) -> Tree:
    tree = small_tree()
    chair: dict[str, Any] = {"actor": acting_as("CHAIR", tree.county), "now": NOW}
    edit_organisation(
        tree.mill.pk, address="北山路 8 号", telephone="0999-2000001", founded_on=date(2015, 5, 1), **chair
    )
    for union in (tree.north, tree.mill):
        start_term(
            union.pk, number=3, from_on=BEGAN, until_on=term_end(BEGAN, 5), elected_by=ChosenBy.CONGRESS, **chair
        )
    appoint_post(tree.mill.pk, kind=Post.CHAIR, name="周敏", from_on=BEGAN, chosen_by=ChosenBy.CONGRESS, **chair)
    mill = add_employer(
        name="北山纺织有限公司", division="530999101", headcount=120, women=45, industry=str(next(iter(Industry))),
        nature=str(next(iter(Nature))), address="=北山路 8 号", counted_on=date(2026, 9, 30), **chair,
    )  # fmt: skip
    link_employer_to_union(mill.pk, organisation_id=tree.mill.pk, from_on=BEGAN, **chair)
    add_employer(name="北山空白公司", division="530999101", headcount=80, **chair)
    return tree


def rows_exported(user: Any, name: str, kind: str, folder: Path, *, within: str = "") -> list[dict[str, str]]:
    actor = actor_of(user.pk, now=timezone.now())
    wanted = asked(name, query="", within=within, keys=(), actor=actor)
    wish = Wish("sheet", kind, "核对名册")
    task = ask_for_export(wanted, wish, query="", actor=actor, now=timezone.now())
    make_file(Export.objects.get(task_id=task.pk).pk)
    task = BackgroundTask.objects.get(pk=task.pk)
    stored, file = open_file(task.file_id, actor, now=timezone.now())
    path = folder / stored.name
    path.write_bytes(io.BytesIO(file.read()).getvalue())
    sheet = open_sheet(path, stored.name)
    return [dict(zip(sheet.headings, cells, strict=True)) for _, cells in sheet.rows()]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("name", "sheet"), [("organisations.organisation", UnionSheet()), ("organisations.employer", EmployerSheet())]
)
def test_our_own_file_comes_back_unchanged(tree: Tree, tmp_path: Path, name: str, sheet: Any, kind: str) -> None:
    chair = officer("CHAIR", tree.county)
    rows = rows_exported(chair, name, kind, tmp_path)
    assert list(rows[0]) == [column.heading for column in sheet.columns]
    below = [row for row in rows if row.get("工会名称") != tree.county.name]  # one doesn't stand below oneself
    assert len(below) >= 2
    again = Import(sheet, below, actor=acting_as("CHAIR", tree.county), at=tree.county)
    assert again.outcomes == {Outcome.UNCHANGED: len(below)}, [
        (row, again.problems(number)) for number, row in enumerate(below, start=2)
    ]


def test_what_stands_in_the_file(tree: Tree, tmp_path: Path) -> None:
    rows = rows_exported(officer("CLERK", tree.north), "organisations.organisation", "csv", tmp_path)
    mill = next(row for row in rows if row["工会名称"] == tree.mill.name)
    assert (mill["上级工会"], mill["届次"], mill["任期开始"], mill["主席姓名"], mill["用人单位"]) == (
        tree.north.name, "第三届", "2024-05-06", "周敏", "北山纺织有限公司",
    )  # fmt: skip
    rows = rows_exported(officer("CLERK", tree.north), "organisations.employer", "csv", tmp_path)
    assert {row["单位名称"]: row["所属工会"] for row in rows} == {
        "北山纺织有限公司": tree.mill.name,
        "北山空白公司": "",
    }
    assert next(row["地址"] for row in rows if row["所属工会"]) == "=北山路 8 号"
