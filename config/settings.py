"""Settings. Every value from outside comes through `config.environment`."""

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from config import environment

django_stubs_ext.monkeypatch()
# Arrow's own pool keeps what it once had, after an export of Parquet files some 40 MiB. Arrow looks
# at this once, when it is imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

ENVIRONMENT = environment.load()
VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)
IS_EMBEDDED = ENVIRONMENT.is_embedded
DATA_FOLDER = ENVIRONMENT.data_folder
MODEL_ENDPOINTS = ENVIRONMENT.model_endpoints
EMBEDDED_MODELS = ENVIRONMENT.embedded_models
PRIVATE_ENDPOINTS = ENVIRONMENT.private_endpoints
ENDPOINT_KEYS = ENVIRONMENT.endpoint_keys
REDIS_URL = ENVIRONMENT.redis_url
METRICS_TOKEN = ENVIRONMENT.metrics_token
SIGNING_KEY = ENVIRONMENT.signing_key
EXPORT_FOLDERS = ENVIRONMENT.export_folders
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies

INSTALLED_APPS = [
    "projects",
    "instructions",
    "workers",
    "labeling",
    "arena",
    "exports",
    "demo",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "projects.middleware.Policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "projects.middleware.PersonalAnswers",
    "projects.middleware.DomainErrors",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.context.site",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **ENVIRONMENT.database,
        # The pool keeps connections; Django must not keep them a second time.
        "CONN_MAX_AGE": 0,
        # Connections of a PostgreSQL that was killed are not handed out again.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **ENVIRONMENT.database.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": 20, "timeout": 10},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "KEY_PREFIX": "touchstone",
    }
}

AUTH_USER_MODEL = "projects.User"
SESSION_ENGINE = "projects.sessions"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "arena"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = ENVIRONMENT.data_folder / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Embedded, files are served from where they lie; in production `collectstatic` names them by
# their content, so that browsers may keep them for ever.
WHITENOISE_USE_FINDERS = ENVIRONMENT.is_embedded
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT.is_embedded
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
SECURE_HSTS_PRELOAD = ENVIRONMENT.https
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
)
X_FRAME_OPTIONS = "DENY"

# A guideline may be long and an import larger still; the import view has its own, higher bound.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["projects.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["projects.strict_json.StrictJSON"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "projects.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Touchstone API",
    "DESCRIPTION": "Prompts, tasks, judgements, battles, leaderboards and exports.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "ExportKind": "exports.models.Export.Kind",
        "ExportState": "exports.models.Export.State",
        "TaskKind": "projects.models.TaskKind",
        "AssignmentState": "labeling.models.Assignment.State",
        "ClaimState": "labeling.models.CheckClaim.State",
        "ClaimReason": "labeling.models.CheckClaim.Reason",
        "ClaimSeverity": "labeling.models.CheckClaim.Severity",
        "BatchState": "labeling.models.Batch.State",
        "SideOrEqual": "labeling.models.JudgeVerdict.Side",
        "Side": ["a", "b"],
    },
}

CELERY_BROKER_URL = ENVIRONMENT.broker_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    # A worker of several queues looks in the order in which they are named.
    "queue_order_strategy": "priority",
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Short periodic work has a queue of its own: it must never wait behind thousands of draws.
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {
    "workers.tasks.draw_interactive": {"queue": "interactive"},
    "workers.tasks.draw_batch": {"queue": "batch"},
    "exports.tasks.build_export": {"queue": "exports"},
    "exports.tasks.send_export": {"queue": "exports"},
    "arena.tasks.check_integrity": {"queue": "batch"},
}


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A nudge nobody took before the next one is due is worth nothing any more."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "reconcile-generations": _every(5, "workers.tasks.reconcile"),
    "reconcile-battles": _every(5, "arena.tasks.reconcile"),
    "reconcile-labeling": _every(10, "labeling.tasks.reconcile"),
    "step-batches": _every(3, "labeling.tasks.step_batches"),
    "measure-quality": _every(60, "labeling.tasks.measure_quality"),
    "reconcile-exports": _every(15, "exports.tasks.reconcile"),
    "reconcile-uploads": _every(15, "exports.tasks.reconcile_uploads"),
    "ask-for-due-exports": _every(60, "exports.tasks.ask_for_due"),
    "measure-draws": _every(15, "workers.tasks.measure"),
    "check-endpoints": _every(15, "workers.tasks.check_endpoints"),
    "keep-register": _every(30, "arena.tasks.keep_register"),
    "check-integrity": _every(60, "arena.tasks.check_integrity"),
    "record-standings": _every(600, "arena.tasks.record_standings"),
    "clear-sessions": _every(86_400, "projects.tasks.clear_sessions"),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
