"""Django settings, all from the environment; nothing secret stands here.

``MINFANG_HOME`` holds everything a running instance writes: database, files, keys, logs.
"""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlparse

from minfang.project.demonstration import is_demo

ROOT = Path(__file__).resolve().parents[3]
HOME = Path(os.environ.get("MINFANG_HOME", ROOT / "var"))
DEMO = is_demo()
DEBUG = False


def _secret_key() -> str:
    """The key for sessions and CSRF tokens, made at the first start and kept in ``MINFANG_HOME``."""
    path = HOME / "keys" / "django.key"
    if path.exists():
        return path.read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(50)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key


def _master_key_file() -> str:
    """A systemd credential named ``master.key`` where there is one, else a file of this instance."""
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / "master.key"
    return str(credential if credential.exists() else HOME / "keys" / "master.key")


def _from_file(name: str) -> str:
    """An address the embedded server keeps in the home of this instance."""
    path = HOME / "postgres" / name
    return path.read_text().strip() if path.exists() else ""


def _server(url: str) -> dict[str, str]:
    """Host, database and role of a connection address."""
    parts = urlparse(url)
    return {
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
    }


def _database() -> dict[str, object]:
    """Connection settings from ``DATABASE_URL``, or from the embedded server's connection files."""
    url = os.environ.get("DATABASE_URL") or _from_file("app_url") or _from_file("url")
    return {
        "ENGINE": "django.db.backends.postgresql",
        **_server(url or "postgresql://minfang@127.0.0.1:5432/minfang"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def _database_owner() -> dict[str, str]:
    """The role that owns the tables and migrates; empty where it is the one the product runs under."""
    url = os.environ.get("DATABASE_OWNER_URL", "")
    if not url and not os.environ.get("DATABASE_URL"):
        url = _from_file("url")
    return _server(url) if url else {}


SECRET_KEY = os.environ.get("MINFANG_SECRET_KEY") or _secret_key()
MASTER_KEY_FILE = os.environ.get("MINFANG_MASTER_KEY_FILE") or _master_key_file()
ALLOWED_HOSTS = os.environ.get("MINFANG_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
DATABASES = {"default": _database()}
DATABASE_OWNER = _database_owner()
AUTH_USER_MODEL = "iam.Person"
ROOT_URLCONF = "minfang.project.urls"
WSGI_APPLICATION = "minfang.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "minfang.kernel.crypto",
    "minfang.kernel.iam",
    "minfang.kernel.audit",
    "minfang.kernel.files",
    "minfang.kernel.idempotency",
    "minfang.kernel.rates",
    "minfang.kernel.workdays",
    "minfang.kernel.numbering",
    "minfang.kernel.forms",
    "minfang.kernel.workflow",
    "minfang.kernel.documents",
    "minfang.kernel.messaging",
    "minfang.kernel.exchange",
    "minfang.kernel.operations",
    "minfang.registry",
    "minfang.services",
    "minfang.supervision.telemetry",
    "minfang.supervision.rules",
    "minfang.supervision.alarms",
    "minfang.supervision.arrival",
    "minfang.supervision.links",
    "minfang.supervision.anomalies",
    "minfang.supervision.indicators",
    "minfang.project",
]

MIDDLEWARE = [
    "minfang.project.gateway.GatewayMiddleware",
    "minfang.project.middleware.RequestIdMiddleware",
    "minfang.project.observing.ObservingMiddleware",
    "minfang.project.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "minfang.project.middleware.CsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "minfang.kernel.iam.middleware.SessionLimitsMiddleware",
    "minfang.kernel.rates.middleware.RateLimitMiddleware",
    "minfang.kernel.idempotency.middleware.IdempotencyMiddleware",
]

TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}},
]

WEB_DIST = Path(os.environ.get("MINFANG_WEB_DIST", ROOT / "web" / "dist"))
STATIC_URL = "/static/"
WHITENOISE_ROOT = str(WEB_DIST) if WEB_DIST.exists() else None
WHITENOISE_MAX_AGE = 31536000 if WEB_DIST.exists() else 0
WHITENOISE_INDEX_FILE = False

SESSION_COOKIE_NAME = "minfang_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 24 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ENGINE = "minfang.kernel.iam.session_store"
CSRF_COOKIE_NAME = "minfang_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "minfang.project.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("MINFANG_HTTPS", "0") == "1"
# New passwords are kept with SM3; older ones are made anew at the next sign-in.
PASSWORD_HASHERS = [
    "minfang.kernel.iam.hashers.PBKDF2SM3PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_ROUNDS = int(os.environ.get("MINFANG_PASSWORD_ROUNDS", "400000"))
# Roots of the CAs whose certificates prove who staff are; those of the seals where none are named.
STAFF_CA_ROOTS = os.environ.get("MINFANG_STAFF_CA_ROOTS", "")

# The audit trail: how many chains run side by side, where the signed daily heads go besides the database, and
# within how many minutes readings of the same object by the same person are one, and
# whether an event outside the catalogue is refused (tests and development) or recorded all the same.
AUDIT_CHAINS = int(os.environ.get("MINFANG_AUDIT_CHAINS", "16"))
AUDIT_HEADS = os.environ.get("MINFANG_AUDIT_HEADS", str(HOME / "audit-heads"))
AUDIT_READING_MINUTES = float(os.environ.get("MINFANG_AUDIT_READING_MINUTES", "10"))
AUDIT_STRICT = os.environ.get("MINFANG_AUDIT_STRICT", "0") == "1"

# The certificate of the build key whose signed manifest this instance believes; it lies outside the release.
RELEASE_CERTIFICATE = os.environ.get("MINFANG_RELEASE_CERTIFICATE", str(HOME / "keys" / "release.crt.pem"))

FILES_ROOT = os.environ.get("MINFANG_FILES", str(HOME / "files"))
FONTS_ROOT = ROOT / "web" / "node_modules" / "@expo-google-fonts"
SEAL_ROOTS = os.environ.get("MINFANG_SEAL_ROOTS", str(HOME / "keys" / "seal-roots"))
# Who does the cryptography: local, http0136 (a password service over HTTP) or vendor.
CRYPTO_ADAPTER = os.environ.get("MINFANG_CRYPTO", "local")
CRYPTO_LOCAL_ALLOWED = DEMO or os.environ.get("MINFANG_CRYPTO_LOCAL_ALLOWED", "0") == "1"
# The password service: url, app_id, secret_file, keys, paths, timeout, retries … (adapters/service.py).
CRYPTO_SERVICE: dict[str, object] = json.loads(os.environ.get("MINFANG_CRYPTO_SERVICE", "{}"))
CRYPTO_KEYS = os.environ.get("MINFANG_CRYPTO_KEYS", str(HOME / "keys" / "signing"))
CRYPTO_ROOTS = os.environ.get("MINFANG_CRYPTO_ROOTS", str(HOME / "keys" / "crypto-roots"))
MAX_UPLOAD_BYTES = 100 * 1024 * 1024
ANTIVIRUS_URL = os.environ.get("MINFANG_ANTIVIRUS", "none")
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

PUBLIC_URL = os.environ.get("MINFANG_PUBLIC_URL", "http://127.0.0.1:8000")
# Where browsers open the stream of live values: ":port/path" on the host they came to, or a path behind the
# gateway; empty: there is none, they ask every few seconds.
LIVE_URL = os.environ.get("MINFANG_LIVE_URL", "")
# Outside the demonstration there is no sandbox: a platform without an address of its own is not called.
SANDBOX_URL = os.environ.get("MINFANG_SANDBOX_URL", "http://127.0.0.1:8001") if DEMO else ""
OUTSIDE_TIMEOUT_SECONDS = float(os.environ.get("MINFANG_OUTSIDE_TIMEOUT", "5"))
OUTSIDE_TOKEN = os.environ.get("MINFANG_OUTSIDE_TOKEN", "sandbox-token" if DEMO else "")
CASE_REPOSITORY_KEY = os.environ.get("MINFANG_CASE_REPOSITORY_KEY", "")
OUTSIDE_URLS: dict[str, str] = json.loads(os.environ.get("MINFANG_OUTSIDE_URLS", "{}"))

# Where data links may connect to ("10.8.0.0/16:5432,db.district.example:*"); the folder of files they read.
LINK_ALLOWED = [part for part in os.environ.get("MINFANG_LINK_ALLOWED", "").split(",") if part]
LINK_FILES = os.environ.get("MINFANG_LINK_FILES", str(HOME / "imports"))

# The message broker: nats://user:password@host:port (comma-separated), its MQTT port (host:port), and the
# key that signs what a device may do. Empty: nothing arrives by message.
BROKER_URL = os.environ.get("MINFANG_BROKER_URL", "")
BROKER_MQTT = os.environ.get("MINFANG_BROKER_MQTT", "")
# Outside sources, e.g. [{"kind": "mqtt", "name": "pudong", "url": "mqtt://…", "topics": ["cd/iot/+/+/+"]}].
SOURCES: list[dict[str, object]] = json.loads(os.environ.get("MINFANG_SOURCES", "[]"))
BROKER_ISSUER = os.environ.get("MINFANG_BROKER_ISSUER", str(HOME / "broker" / "issuer.key"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "minfang.project.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"minfang.requests": {"level": os.environ.get("MINFANG_REQUEST_LOG", "INFO")}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("MINFANG_LOG", "WARNING")},
}
# Addresses of the security gateway: what they say of the client's address and scheme is believed.
GATEWAYS = [part for part in os.environ.get("MINFANG_GATEWAYS", "").split(",") if part]
# Addresses that may read /metrics; the gateway hides it from everybody else.
METRICS_FROM = os.environ.get("MINFANG_METRICS_FROM", "127.0.0.1,::1,testclient").split(",")
# Off in tests, which do in a minute what people do in a day; the tests of the limits turn it on.
RATE_LIMITS = os.environ.get("MINFANG_RATE_LIMITS", "1") == "1"
