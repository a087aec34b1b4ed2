"""What the web server imports."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from niangjia.kernel.visitors import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "niangjia.config.settings")
django = get_wsgi_application()
application = behind_proxies(django, settings.PROXIES)
