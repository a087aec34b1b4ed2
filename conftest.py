"""Fixtures for the tests of all rooms; `tests/ground.py` is loaded earlier, by `-p` in pyproject.toml."""

from tests.browsers import browser, page, phone
from tests.cast import cast
from tests.ground import django_db_setup

__all__ = ["browser", "cast", "django_db_setup", "page", "phone"]
