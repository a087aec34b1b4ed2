"""What the web server imports."""

import os

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "niangjia.config.settings")
django = get_wsgi_application()  # reads .env as well
# Behind a proxy every visitor would have the proxy's address: codes and log-ins are counted by the visitor's own.
# X-Forwarded-For is believed from these alone.
application = wrap_wsgi_with_proxy_headers(django, os.environ.get("NIANGJIA_PROXIES", "127.0.0.1,::1"))
