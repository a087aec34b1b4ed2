"""Fixtures for the tests of all rooms; `tests/ground.py` is loaded earlier, by `-p` in pyproject.toml."""

from functools import partial

from niangjia.modules.members.seed import fill
from niangjia.modules.organisations.synthetic import Scale
from tests.browsers import browser, page, phone
from tests.cast import build_cast
from tests.ground import django_db_setup, stocked

cast = stocked("cast", build_cast)
small_register = stocked("small_register", partial(fill, Scale.SMALL, seed=1), is_one_act=False)

__all__ = ["browser", "cast", "django_db_setup", "page", "phone", "small_register"]
