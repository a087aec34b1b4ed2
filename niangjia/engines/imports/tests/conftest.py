"""A place in the tree, two people with jobs there, and the toy table."""

from __future__ import annotations

import pytest

from niangjia.engines.imports import testing
from niangjia.engines.imports.tests.world import World, build


@pytest.fixture
def world(db) -> World:
    testing.declare()
    testing.make_table()
    return build()
