"""`python -m niangjia.kernel.localdb start|stop|url|reset [18|15] [purpose]`, for the Makefile and by hand."""

import sys

from niangjia.kernel.localdb import LocalDatabaseError, LocalServer

verb, version, purpose = [*sys.argv[1:], *["url", "18", ""][len(sys.argv[1:]) :]][:3]
try:
    server = LocalServer(version=int(version), purpose=purpose)
    if verb == "start":
        server.start()
    elif verb == "stop":
        server.stop()
    elif verb == "reset":
        server.reset()
        print(f"Removed {server.places.data}")
    if verb in {"start", "url"}:
        print(server.url("niangjia"))
except LocalDatabaseError as error:
    sys.exit(str(error))
