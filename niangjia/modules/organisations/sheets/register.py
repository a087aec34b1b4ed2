"""Tells the importer of this room's sheets."""

from niangjia.engines.imports.sheet import register
from niangjia.modules.organisations.sheets.employers import EmployerSheet
from niangjia.modules.organisations.sheets.officers import OfficerSheet
from niangjia.modules.organisations.sheets.unions import UnionSheet


def register_all() -> None:
    register(UnionSheet())
    register(EmployerSheet())
    register(OfficerSheet())
