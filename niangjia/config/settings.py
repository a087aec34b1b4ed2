"""Settings by environment; production is the default and refuses to start half-configured.

NIANGJIA_ENV is `production` (default), `demo` or `test`. See `.env.example` for every variable.
"""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured

from niangjia.kernel.environment import database_from_url, env_flag, env_list, read_env_file
from niangjia.kernel.visitors import HERE, networks

ROOT = Path(__file__).resolve().parents[2]
read_env_file(ROOT / ".env")

ENV = os.environ.get("NIANGJIA_ENV", "production")
if ENV not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"NIANGJIA_ENV must be production, demo or test, not {ENV!r}")
PRODUCTION = ENV == "production"

DEBUG = False if PRODUCTION else env_flag("NIANGJIA_DEBUG", default=False)


def required(name: str, otherwise: str) -> str:
    """The variable's value; outside production `otherwise` will do."""
    value = os.environ.get(name, "")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set: see .env.example, or run `niangjia check`")
    return otherwise


SECRET_KEY = required("NIANGJIA_SECRET_KEY", "only-for-the-demo-and-the-tests-never-in-production-0000")
# One or more `id:algorithm:base64key`, the first is the one that writes; see kernel/crypto.
CRYPTO_KEYS = required("NIANGJIA_CRYPTO_KEYS", "1:sm4-gcm:ZGVtby1vbmx5LWtleS0wMQ==")
CRYPTO_DIGEST_KEY = required("NIANGJIA_DIGEST_KEY", "ZGVtby1vbmx5LWRpZ2VzdC1rZXktMDAwMDAwMDAwMDE=")
# Identity and phone numbers that no living person can have pass only outside production.
SYNTHETIC_NUMBERS = not PRODUCTION

ALLOWED_HOSTS = env_list("NIANGJIA_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "testserver"])
ADDRESS = os.environ.get("NIANGJIA_ADDRESS", "").rstrip("/")  # https://…, before the links in text messages
CSRF_TRUSTED_ORIGINS = env_list("NIANGJIA_ORIGINS", default=[])
try:
    PROXIES = networks(os.environ.get("NIANGJIA_PROXIES", HERE))
except ValueError as error:
    raise ImproperlyConfigured(f"NIANGJIA_PROXIES names addresses or networks of proxies: {error}") from error

INSTALLED_APPS = [
    "niangjia.ui",  # first: its templates replace allauth's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "niangjia.kernel.access",
    "niangjia.kernel.audit",
    "niangjia.kernel.files",
    "niangjia.kernel.idempotency",
    "niangjia.kernel.jobs",
    "niangjia.kernel.lists",
    "niangjia.kernel.notify",
    "niangjia.kernel.worktime",
    "niangjia.engines.casework",
    "niangjia.engines.imports",
    "niangjia.engines.metrics",
    "niangjia.engines.exports",
    "niangjia.modules.organisations",
    "niangjia.modules.members",
    "niangjia.modules.demands",
    "niangjia.modules.visits",
    "niangjia.modules.exchange",
    "niangjia.modules.insight",
    "niangjia.flows",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "niangjia.ui.account.cookies.SessionCookieMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "niangjia.ui.account.middleware.SessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "niangjia.kernel.access.middleware.ActorMiddleware",
    "niangjia.kernel.idempotency.middleware.OnceMiddleware",
    "niangjia.ui.middleware.ErrorPagesMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "niangjia.config.urls"
WSGI_APPLICATION = "niangjia.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "niangjia.ui.context.shell",
            ],
            "builtins": ["niangjia.ui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "niangjia.ui.forms.Renderer"

DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL", ""), pool=ENV != "test")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
JOBS = "niangjia.config.jobs.JOBS"

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/desk/"
WORKER_LOGIN_URL = "/phone/log-in/"
WORKER_SESSION_AGE = 30 * 24 * 3600  # a phone is one person's own; it may be closed from there at any time
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "niangjia.ui.account.adapter.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = False  # axes counts failed log-ins in the database, for all processes together
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "niangjia.ui.account.adapter.SecondStepAdapter"
MFA_TOTP_ISSUER = "娘家"
MFA_TOTP_TOLERANCE = 1  # half a minute before or after: telephones run late, and so do fingers
MFA_FORMS = {  # wrong codes count like wrong passwords
    "authenticate": "niangjia.ui.account.forms.AuthenticateForm",
    "reauthenticate": "niangjia.ui.account.forms.ReauthenticateForm",
}
USERSESSIONS_TRACK_ACTIVITY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "niangjia.ui.account.lockout.Handler"  # into the audit trail as well
AXES_USERNAME_CALLABLE = "niangjia.ui.account.lockout.username_of"
AXES_LOCKOUT_CALLABLE = "niangjia.ui.account.lockout.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a quarter of an hour is what the page promises
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a second each otherwise

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env_flag("NIANGJIA_HTTPS_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
FILES_ROOT = Path(os.environ.get("NIANGJIA_FILES", ROOT / ".local" / "files"))
FILES_MAX_BYTES = 40 * 1024 * 1024
IMPORT_MAX_BYTES = 512 * 1024 * 1024  # a city's roster as CSV
# An import that writes more rows than this is approved by a second person.
IMPORT_APPROVAL_ROWS = int(os.environ.get("NIANGJIA_IMPORT_APPROVAL_ROWS", "500"))
DOCUMENT_FONTS = Path(__file__).resolve().parents[1] / "ui" / "static" / "dist" / "fonts"

NOTIFY_CHANNELS = env_list("NIANGJIA_CHANNELS", default=[] if PRODUCTION else ["console"])
NOTIFY_FILE = Path(os.environ.get("NIANGJIA_NOTIFY_FILE", ROOT / ".local" / "messages.jsonl"))

# Who says whether a name and a number belong together: one class, by its dotted path; see members/actions/identity.py.
IDENTITY_CHECK = os.environ.get("NIANGJIA_IDENTITY_CHECK") or "niangjia.modules.members.actions.identity.ByChecksum"
# An hour; more where thousands share one address of their carrier.
PHONE_CODES_PER_ADDRESS = int(os.environ.get("NIANGJIA_PHONE_CODES_PER_ADDRESS", "20"))
# So many demands an hour come from one network address without an account: a dormitory may share one.
DEMANDS_PER_ADDRESS = int(os.environ.get("NIANGJIA_DEMANDS_PER_ADDRESS", "10"))
FACTS_DAYS = int(os.environ.get("NIANGJIA_FACTS_DAYS", "10"))  # working days an asker has to add what was asked for

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "niangjia.kernel.jobs.apps.on_procrastinate_ready"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": os.environ.get("NIANGJIA_LOG", "WARNING" if ENV != "production" else "INFO"),
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
