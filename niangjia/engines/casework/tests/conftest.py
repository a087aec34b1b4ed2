import pytest

from niangjia.engines.casework.tests.world import World, build


@pytest.fixture
def world(db: None) -> World:
    return build()
