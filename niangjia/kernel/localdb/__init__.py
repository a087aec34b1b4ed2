"""A PostgreSQL of the checkout's own, for the demo, development and the tests.

    server = LocalServer()
    server.start()
    server.url("niangjia")

Knows neither Django nor the product's tables.
"""

from niangjia.kernel.localdb.places import LocalDatabaseError, Places, places_for
from niangjia.kernel.localdb.server import LocalServer

__all__ = ["LocalDatabaseError", "LocalServer", "Places", "places_for"]
