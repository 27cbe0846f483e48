"""Django's settings: embedded defaults, changed by environment variables alone.

`SAMPAN_HOME` (default `sampan-data` in the current folder) holds the SQLite database and the
secret key; `SAMPAN_DATABASE` is a database address such as `postgresql://user@host/sampan`.
The full list stands in docs/how-to/run-the-platform.md.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url

HOME = Path(os.environ.get("SAMPAN_HOME", "sampan-data")).absolute()
BASE_MAP = "base-map.json"
"""In `HOME`, where an operator has put an official one."""
DEBUG = os.environ.get("SAMPAN_DEBUG", "") == "1"


def _secret_key() -> str:
    """From the environment, or made once and kept in `SAMPAN_HOME`."""
    given = os.environ.get("SAMPAN_SECRET_KEY")
    if given:
        return given
    kept = HOME / "secret-key"
    if kept.exists():
        return kept.read_text("ascii").strip()
    HOME.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(48)
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(made)
    return made


def _database() -> dict[str, Any]:
    """SQLite in `SAMPAN_HOME` unless told otherwise."""
    address = os.environ.get("SAMPAN_DATABASE", "")
    if not address:
        HOME.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(HOME / "sampan.sqlite3"),
            "TEST": {"NAME": str(HOME / "test.sqlite3")},
            "OPTIONS": {
                # one writer at a time, who takes the lock when a transaction begins, not in
                # the middle of it, where waiting would mean "database is locked"
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-64000; "
                    "PRAGMA mmap_size=2000000000;"
                ),
            },
        }
    return dict(dj_database_url.parse(address, conn_max_age=60, conn_health_checks=True))


def _clock_offset() -> timedelta:
    """Zero, but in a rehearsal: `load` leaves there how far its day is from the real one."""
    kept = HOME / "rehearsal-clock"
    return timedelta(seconds=float(kept.read_text("ascii"))) if kept.exists() else timedelta()


SAMPAN_CLOCK_OFFSET = _clock_offset()
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = os.environ.get("SAMPAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [one for one in os.environ.get("SAMPAN_ORIGINS", "").split(",") if one]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
ROOT_URLCONF = "sampan_platform.urls"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "sampan_platform.people",
    "sampan_platform.http",
    "sampan_platform.catalogue",
    "sampan_platform.ledger",
    # the flow, in its order
    "sampan_platform.collect",
    "sampan_platform.count",
    "sampan_platform.requests",
    "sampan_platform.analyse",
    "sampan_platform.monitor",
    "sampan_platform.dispatch",
    "sampan_platform.track",
    "sampan_platform.web",
]
MIDDLEWARE = [
    "sampan_platform.http.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sampan_platform.web.middleware.CompressPagesMiddleware",
    "sampan_platform.web.middleware.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

USE_TZ = True
TIME_ZONE = os.environ.get("SAMPAN_TIME_ZONE", "Asia/Shanghai")
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("zh-hans", "简体中文"),
    ("vi", "Tiếng Việt"),
    ("th", "ไทย"),
    ("id", "Bahasa Indonesia"),
    ("ms", "Bahasa Melayu"),
]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
WHITENOISE_USE_FINDERS = True
"""The built files of the pages are served from the package itself."""
STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
"""The receipt of an order of 1,500 lines has five fields a line."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if os.environ.get("SAMPAN_HTTPS", "") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SAMPAN_REQUESTS_PER_MINUTE = int(os.environ.get("SAMPAN_REQUESTS_PER_MINUTE", "1200"))
"""Of one token, or of one person signed in to the pages; 0 sets no limit."""
