"""All settings of Fanfare, from the environment only (and from `.env` beside manage.py, which it overrules).

Each variable is documented in .env.example and docs/settings.md; a wrong value stops the start with a sentence.
"""

import atexit
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import api_settings, csp, desk, logs, schedule
from config import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
django_stubs_ext.monkeypatch()  # lets models and admins name their generics at run time: ForeignKey[Contact]

TESTING = "pytest" in sys.modules  # tests read no .env and keep their files in a folder of their own

if TESTING:
    _scratch = tempfile.mkdtemp(prefix="fanfare-test-")
    atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
elif (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

# --- Where it runs -------------------------------------------------------------------------------------------------

# Show error pages with source code; True or False; default False; never on a server others can reach.
DEBUG = env.flag("DEBUG", False)

# Folder of everything that is written: database, files, spools, secrets; path; default var.
VAR_DIR = Path(_scratch) if TESTING else BASE_DIR / env.text("VAR_DIR", "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)

# Where people reach the site; origin; default http://localhost:8000.
SITE_URL = env.web_address("SITE_URL", "http://localhost:8000")

# Where links and pixels of mails point; origin, host of at most 28 characters; default SITE_URL.
TRACKING_URL = env.web_address("TRACKING_URL", SITE_URL)

# Further host names that are answered; comma-separated; default none (SITE_URL, TRACKING_URL and localhost always are).
ALLOWED_HOSTS = sorted(
    {*env.words("ALLOWED_HOSTS"), str(urlsplit(SITE_URL).hostname), str(urlsplit(TRACKING_URL).hostname)}
    | {"localhost", "127.0.0.1", "[::1]"}
)

# Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; IP networks, comma-separated; default none.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# Name of this machine in heartbeats and spools; text; default the host name.
NODE_NAME = env.text("NODE_NAME", platform.node() or "node")

# --- Secrets (each is made once under VAR_DIR when not given) --------------------------------------------------------

# Signs sessions and forms; text of 50 or more characters.
SECRET_KEY = env.secret("SECRET_KEY", VAR_DIR / "secret.key")

# Key ring of mail tokens; id:hex,id:hex with ids 0-15 and 64 hex digits each; the first signs, all verify.
TOKEN_KEYS = env.key_ring("TOKEN_KEYS", VAR_DIR / "token.key")

# Keys the hash by which suppressions remember an address without holding it; text; changing it forgets them all.
ADDRESS_PEPPER = env.secret("ADDRESS_PEPPER", VAR_DIR / "address.pepper")

# Names of the secrets that were not given and so live in files under VAR_DIR; `check --deploy` names them.
SECRETS_IN_FILES = [name for name in ("SECRET_KEY", "TOKEN_KEYS", "ADDRESS_PEPPER") if not env.text(name, "")]

# --- Rooms ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls finds the desk's pages: workers and senders need none
    "django.contrib.humanize",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "anymail",
    "csp",
    "contacts",
    "campaigns",
    "social",
]

MIDDLEWARE = [
    "config.logs.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.Policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.team.signins.Watch",
    "config.team.recent.Remember",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.kept.KeepWriting",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.partners.limits.Headers",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# What upper floors add to lower ones; dotted module names, loaded once; order is the order of display.
EMAIL_BLOCKS: list[str] = ["social.blocks"]
SEGMENT_FIELDS: list[str] = [
    "campaigns.segment_fields", "social.segment_fields", "social.offers.segment_fields", "social.standing",
]  # fmt: skip
TIMELINE_SOURCES: list[str] = ["campaigns.timeline", "social.timeline", "social.offers.timeline"]
REPORT_SECTIONS: list[str] = [
    "campaigns.consent_campaign",
    "social.reports",
    "social.relay",
    "social.offers.reports",
    "social.aims",
]
HIT_HANDLERS: list[str] = ["social.visits", "social.scans"]  # of hits that are no mail's: friends' pages, QR codes
CONFIRMED_HOOKS: list[str] = [
    "social.referrals",
    "campaigns.automatic",
]  # called when a person confirmed a subscription
WRITERS_PEOPLE = "social.places_people"  # whom the managers of shops may write to
AUTOMATIC_SOURCES: list[str] = ["campaigns.automatic", "social.automatic"]  # ready-made automatic mails

# --- Database --------------------------------------------------------------------------------------------------------

# The database; URL; default sqlite under VAR_DIR; e.g. postgres://user:password@host:5432/fanfare.
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'fanfare.sqlite3'}")}

# How long a database connection is kept; seconds; default 60 on PostgreSQL.
DATABASE_MAX_AGE = env.number("DATABASE_MAX_AGE", 60)

if "sqlite" in DATABASES["default"]["ENGINE"]:
    # synchronous=FULL: a mail must not go out on an intent that a power cut can undo.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
    }
else:
    DATABASES["default"].update(CONN_MAX_AGE=DATABASE_MAX_AGE, CONN_HEALTH_CHECKS=True)

# --- Celery ----------------------------------------------------------------------------------------------------------

# The broker of hints; URL; default filesystem:// (folders under VAR_DIR); or redis://…, amqp://….
BROKER_URL = env.text("BROKER_URL", "filesystem://")
CELERY_BROKER_URL = BROKER_URL
# A hint that cannot be handed over at once is dropped: the next round finds the work. A page never waits for a broker.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}
if BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_URL = "filesystem://localhost/"  # a host that nobody asks; without one kombu warns
    BROKER_DIR = VAR_DIR / "broker"
    for _folder in ("messages", "processed", "control"):
        (BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "store_processed": True,  # else every message travels through the system's temporary folder
        "processed_folder": str(BROKER_DIR / "processed"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
# Name of our queue, for installations that share a broker; word; default fanfare.
CELERY_TASK_DEFAULT_QUEUE = env.text("BROKER_QUEUE", "fanfare")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_CONTROL_QUEUE_EXCLUSIVE = False  # else RabbitMQ refuses a worker while it still holds its predecessor's queue
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: meanwhile the worker sends without it
CELERY_BEAT_SCHEDULER = "config.celery:BeatingScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = schedule.SCHEDULE

# Threads of the worker that `up` starts; number; default 4.
WORKER_THREADS = env.number("WORKER_THREADS", 4, least=1)

# Threads of the web server that `up` starts; number; default 4.
WEB_THREADS = env.number("WEB_THREADS", 4, least=1)

# Processes of the web server that `up` starts; number; default 1.
WEB_WORKERS = env.number("WEB_WORKERS", 1, least=1)

# Processes of one thread for hits alone, on the port after the web's; number; default 0: the web takes the hits.
HIT_WORKERS = env.number("HIT_WORKERS", 0, least=0)

# Requests a minute that one API key may make when it names no number of its own; number; default 600.
API_PER_MINUTE = env.number("API_PER_MINUTE", 600, least=1)

# Where counts are kept that several web processes share; redis://host:6379/1; default the memory of each process.
CACHES = {"default": env.cache("CACHE_URL", "locmemcache://")}

# --- People ----------------------------------------------------------------------------------------------------------

# How long prospects are kept after their last act; years; default 3, 0 = for ever.
PROSPECT_YEARS = env.number("PROSPECT_YEARS", 3, least=0)
# Nobody is written to or erased for it before the operator has set it; until then Home and doctor say who is due.
PROSPECTS_MAY_GO = env.text("PROSPECT_YEARS", "") != ""

# --- Mail ------------------------------------------------------------------------------------------------------------

# Ways out for mail; JSON list or name=url,name=url; default outbox:// (mails stay in the admin).
FANFARE_RELAYS = env.relays(env.text("EMAIL_RELAYS", "outbox://"))

# Keys that sign our mails for relays that do not sign; domain:selector:path-or-PEM,…; RSA, 2,048 bits; default none.
DKIM_KEYS = env.dkim_keys("DKIM_KEYS")

# Where bounces come back; imaps://user:password@host/INBOX or imap+starttls://…; default none.
BOUNCE_MAILBOX = env.text("BOUNCE_MAILBOX", "")

# What a status code means beyond our own table; status=word,…; words hard full refused later slower ours; default none.
BOUNCE_RULES = env.bounce_rules("BOUNCE_RULES")

# Returns of a full or unreachable mailbox after which the address is suppressed; number; default 3.
SOFT_BOUNCES = env.number("SOFT_BOUNCES", 3, least=1)

# Least time between the first and the last of them; days; default 14.
SOFT_BOUNCE_DAYS = env.number("SOFT_BOUNCE_DAYS", 14)

# Share of the last 500 replies that may refuse us (5.7.x) before a campaign pauses; per cent; default 2.
PAUSE_POLICY_PERCENT = env.number("PAUSE_POLICY_PERCENT", 2)

# Share of the last 200 replies that may refuse for good before a campaign pauses; per cent; default 5.
PAUSE_REFUSED_PERCENT = env.number("PAUSE_REFUSED_PERCENT", 5)

# Complaints per thousand mails sent above which a campaign pauses, from the fifth on; number; default 3.
PAUSE_COMPLAINTS_PER_THOUSAND = env.number("PAUSE_COMPLAINTS_PER_THOUSAND", 3)

# User and password of the providers' webhooks under /hooks/; user:password; default none (then only signed ones).
HOOK_SECRET = env.text("HOOK_SECRET", "")

# Signing keys of the providers' webhooks in Anymail's names; NAME=value,…; default none.
ANYMAIL = {**env.pairs("HOOK_KEYS"), **({"WEBHOOK_SECRET": HOOK_SECRET} if HOOK_SECRET else {})}

# --- Tracking --------------------------------------------------------------------------------------------------------

# How long a hit keeps its address range and browser; days; default 30.
HITS_KEPT_DAYS = env.number("HITS_KEPT_DAYS", 30, least=1)

# A MaxMind file (.mmdb) that knows countries, as GeoLite2-Country; absolute path; default none: no country is kept.
COUNTRY_DATABASE = env.text("COUNTRY_DATABASE", "")

# How long events are kept; totals and people stay for good; months; default 13.
EVENTS_KEPT_MONTHS = env.number("EVENTS_KEPT_MONTHS", 13, least=1)

# Free space of the disk of VAR_DIR below which an alarm is raised; MB; default 1000.
DISK_ALARM_MB = env.number("DISK_ALARM_MB", 1000, least=1)

# --- Money, languages, time ------------------------------------------------------------------------------------------

# Currency that reports show first; ISO 4217 code; default EUR.
# Days before an order in which touches share its credit.
ATTRIBUTION_DAYS = env.number("ATTRIBUTION_DAYS", 30, least=1)

# Days after its mail in which a reference still says whose an order is.
REFERENCE_DAYS = env.number("REFERENCE_DAYS", 60, least=1)

# Name of the parameter by which links to our shop say whose visit it is.
REFERENCE_PARAMETER = env.text("REFERENCE_PARAMETER", "ff")

# Hosts of shops that are told, besides the brands' websites; comma-separated.
REFERENCE_HOSTS = env.words("REFERENCE_HOSTS")

# Whether the check before sending asks each link of a mail; True or False.
LINK_CHECK = env.flag("LINK_CHECK", True)

# Networks that may be asked although they are private (a shop in the intranet); comma-separated.
OUTSIDE_ALSO = env.networks("OUTSIDE_ALSO")

# Where Bluesky is asked about accounts and follows; origin; default https://public.api.bsky.app.
BLUESKY_APPVIEW = env.web_address("BLUESKY_APPVIEW", "https://public.api.bsky.app")

# Where accounts of Bluesky say which server keeps them; origin; default https://plc.directory.
PLC_DIRECTORY = env.web_address("PLC_DIRECTORY", "https://plc.directory")

BASE_CURRENCY = env.currency("BASE_CURRENCY", "EUR")

# Zone of the days in reports; IANA name; default UTC.
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True

# Language where nobody asked for another; en or fr; default en.
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en")
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"Unexpected value LANGUAGE_CODE={LANGUAGE_CODE}, use en or fr")

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "public"
PRIVATE_ROOT = VAR_DIR / "private"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "public": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "base_url": "/media/"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "config.staticfiles.HashedOnceCollected",
    },
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()

# --- Security --------------------------------------------------------------------------------------------------------

HTTPS = SITE_URL.startswith("https://")
# How long browsers refuse plain HTTP; seconds; default 31536000 (a year), used with an https SITE_URL only.
HSTS_SECONDS = env.number("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS and not TESTING
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^u/", r"^hooks/"]  # RFC 8058: no redirect on one-click
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
CSRF_TRUSTED_ORIGINS = sorted({SITE_URL, TRACKING_URL})
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS for subdomains and preload lists: the domain's owner
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

CONTENT_SECURITY_POLICY = {"DIRECTIVES": csp.DIRECTIVES}

# --- The desk -------------------------------------------------------------------------------------------------------

UNFOLD = desk.UNFOLD

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = api_settings.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS

# --- Logs ------------------------------------------------------------------------------------------------------------

# Least level that is logged; DEBUG, INFO, WARNING or ERROR; default INFO.
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = logs.configuration(LOG_LEVEL)
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.logs.HiddenSettings"
