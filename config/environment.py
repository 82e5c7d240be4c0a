"""The one place that reads the process environment.

Everything the product can be told from outside is a field of `Environment`. With `DATABASE_URL`,
`REDIS_URL` and `TOUCHSTONE_MODELS` unset, the values point at the embedded servers that
`make up` runs; they follow from `TOUCHSTONE_DATA` and `PORT` alone, so that a plain
`manage.py` command finds the servers of a running `make up`.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dj_database_url

from config.endpoints import EndpointSetting, embedded_endpoints, find_weights, parse_endpoints
from config.errors import SettingError
from config.private_endpoints import VARIABLE as PRIVATE_ENDPOINTS
from config.private_endpoints import PrivateEndpoints, parse_private_endpoints

__all__ = ["Environment", "SettingError", "child_environ", "load"]

REPOSITORY = Path(__file__).resolve().parent.parent
SOCKET_PATH_LIMIT = 100
LONGEST_SOCKET_NAME = "pg/.s.PGSQL.5432"
SHORTEST_SECRET = 50
SHORTEST_TOKEN = 24
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
WILDCARD_ADDRESSES = ("0.0.0.0", "::", "[::]")  # noqa: S104 - compared with, never bound to
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What this process was told. See `docs/operations.md` for each variable."""

    debug: bool
    data_folder: Path
    bind: str
    port: int
    model_port: int
    database_url: str
    """Empty when PostgreSQL is the embedded one."""
    configured_redis_url: str
    """Empty when Redis is the embedded one."""
    secret_key: str = field(repr=False)
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    https: bool
    trusted_proxies: int
    model_endpoints: tuple[EndpointSetting, ...]
    embedded_models: bool
    private_endpoints: PrivateEndpoints
    endpoint_keys: tuple[str, ...] = field(repr=False)
    """What endpoints' keys are encrypted with, the newest first; the secret key when empty."""
    log_level: str
    metrics_token: str
    """What Prometheus has to bring; empty: there is no page of metrics."""
    signing_key: str = field(repr=False)
    """What exports are signed with: an Ed25519 key's 32 bytes in hexadecimal; empty: unsigned."""
    export_folders: tuple[Path, ...]
    """Folders of this machine that exports may be sent to, and folders in them."""

    @property
    def is_embedded(self) -> bool:
        return not self.database_url

    @property
    def is_redis_embedded(self) -> bool:
        return not self.configured_redis_url

    @property
    def run_folder(self) -> Path:
        """Files that matter only while the product runs."""
        return self.data_folder / "run"

    @property
    def log_folder(self) -> Path:
        return self.data_folder / "log"

    @property
    def socket_folder(self) -> Path:
        return socket_folder(self.data_folder)

    @property
    def database_socket_folder(self) -> Path:
        return self.socket_folder / "pg"

    @property
    def redis_socket(self) -> Path:
        return self.socket_folder / "valkey.sock"

    @property
    def database(self) -> dict[str, Any]:
        """The value of `DATABASES["default"]`, without pool options."""
        if self.database_url:
            return dict(dj_database_url.parse(self.database_url))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "touchstone",
            "USER": "touchstone",
            "PASSWORD": "",
            "HOST": str(self.database_socket_folder),
            "PORT": "5432",
        }

    @property
    def redis_url(self) -> str:
        """For redis-py: token streams, cache."""
        return self.configured_redis_url or f"unix://{self.redis_socket}?db=1"

    @property
    def broker_url(self) -> str:
        """For Celery, whose name for a Unix socket is not redis-py's."""
        if not self.configured_redis_url:
            return f"redis+socket://{self.redis_socket}?virtual_host=0"
        parts = urlsplit(self.configured_redis_url)
        if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
            # Celery speaks TLS only when told how to check certificates.
            return parts._replace(
                query=f"{parts.query}&ssl_cert_reqs=required".lstrip("&")
            ).geturl()
        if parts.scheme != "unix":
            return self.configured_redis_url
        number = parse_qs(parts.query).get("db", ["0"])[0]
        return f"redis+socket://{parts.path}?virtual_host={number}"

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the product."""
        host = "localhost" if self.bind in (*WILDCARD_ADDRESSES, "127.0.0.1") else self.bind
        return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{self.port}"


def load(environ: Mapping[str, str] = os.environ) -> Environment:
    """Read and check every variable; raise `SettingError` with a sentence that says what to set."""
    data = _data_folder(environ)
    database_url = _database_url(environ)
    port = _integer(environ, "PORT", default=8000, low=1, high=65000)
    model_port = _integer(environ, "MODEL_PORT", default=port + 1, low=1, high=65534)
    bind = environ.get("BIND", "").strip() or "127.0.0.1"
    https = _boolean(environ, "TOUCHSTONE_HTTPS", default=bool(database_url))
    hosts = _allowed_hosts(environ, bind=bind, is_required=bool(database_url))
    endpoints, is_embedded_server = _endpoints(environ, data=data, model_port=model_port)
    return Environment(
        debug=_boolean(environ, "TOUCHSTONE_DEBUG", default=False),
        data_folder=data,
        bind=bind,
        port=port,
        model_port=model_port,
        database_url=database_url,
        configured_redis_url=_redis_url(environ),
        secret_key=_secret_key(environ, data=data, is_required=bool(database_url)),
        allowed_hosts=hosts,
        csrf_trusted_origins=_origins(environ, hosts=hosts, https=https, port=port),
        https=https,
        trusted_proxies=_integer(environ, "TOUCHSTONE_TRUSTED_PROXIES", default=0, low=0, high=16),
        model_endpoints=endpoints,
        embedded_models=is_embedded_server,
        endpoint_keys=_endpoint_keys(environ),
        private_endpoints=parse_private_endpoints(_list(environ, PRIVATE_ENDPOINTS)),
        log_level=_log_level(environ),
        metrics_token=_metrics_token(environ),
        signing_key=_signing_key(environ),
        export_folders=_export_folders(environ),
    )


def child_environ(**changes: str) -> dict[str, str]:
    """The environment a child process gets: ours, with `changes`."""
    return {**os.environ, **changes}


def socket_folder(data_folder: Path) -> Path:
    """Where the sockets of the servers in `data_folder` lie.

    A Unix socket's path may hold about 104 bytes; below a deeper data folder a short private
    folder under /tmp stands in. Its name follows from the folder and its owner, not from TMPDIR or
    from who asks, so every process arrives at the same one.
    """
    inside = data_folder / "run"
    if len(os.fsencode(inside / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return inside
    owner = data_folder.stat().st_uid if data_folder.exists() else os.getuid()
    digest = hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:12]
    return Path("/tmp") / f"touchstone-{owner}-{digest}"  # noqa: S108 - made 0700, owner checked


def _data_folder(environ: Mapping[str, str]) -> Path:
    given = environ.get("TOUCHSTONE_DATA", "").strip()
    return Path(os.path.abspath(REPOSITORY / Path(given or "var").expanduser()))  # noqa: PTH100


def _boolean(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise SettingError(f"{name} is {value!r}; set it to 1 or 0.")
    return default


def _integer(environ: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise SettingError(f"{name} is {value!r}; set it to a whole number from {low} to {high}.")
    return int(value)


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in environ.get(name, "").split(",") if item.strip())


def _metrics_token(environ: Mapping[str, str]) -> str:
    token = environ.get("TOUCHSTONE_METRICS_TOKEN", "").strip()
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii()):
        raise SettingError(
            "TOUCHSTONE_METRICS_TOKEN is too short or not plain; set it to a random text of at "
            f"least {SHORTEST_TOKEN} letters and digits, which Prometheus sends as its bearer."
        )
    return token


def _signing_key(environ: Mapping[str, str]) -> str:
    key = environ.get("TOUCHSTONE_SIGNING_KEY", "").strip().lower()
    if key and not re.fullmatch("[0-9a-f]{64}", key):
        raise SettingError(
            "TOUCHSTONE_SIGNING_KEY must be 64 hexadecimal digits, for example the output of: "
            "python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return key


def _export_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    folders = tuple(Path(each) for each in _list(environ, "TOUCHSTONE_EXPORT_FOLDERS"))
    for folder in folders:
        if not folder.is_absolute():
            raise SettingError(
                f"TOUCHSTONE_EXPORT_FOLDERS holds {str(folder)!r}; list absolute folders, "
                "separated by commas, like /srv/datasets."
            )
    return folders


def _log_level(environ: Mapping[str, str]) -> str:
    level = environ.get("TOUCHSTONE_LOG_LEVEL", "").strip().upper() or "INFO"
    if level not in LOG_LEVELS:
        raise SettingError(
            f"TOUCHSTONE_LOG_LEVEL is {level!r}; set it to one of {', '.join(LOG_LEVELS)}."
        )
    return level


def _database_url(environ: Mapping[str, str]) -> str:
    url = environ.get("DATABASE_URL", "").strip()
    if url and urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise SettingError(
            "DATABASE_URL must name a PostgreSQL 15 or later, like "
            "postgresql://touchstone:password@db.example.org:5432/touchstone."
        )
    return url


def _redis_url(environ: Mapping[str, str]) -> str:
    url = environ.get("REDIS_URL", "").strip()
    if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise SettingError(
            "REDIS_URL must name a Redis 7 or Valkey, like redis://cache.example.org:6379/0, "
            "rediss://… for TLS, or unix:///run/valkey.sock?db=0."
        )
    return url


def _allowed_hosts(environ: Mapping[str, str], *, bind: str, is_required: bool) -> tuple[str, ...]:
    hosts = _list(environ, "TOUCHSTONE_HOSTS")
    for host in hosts:
        if "/" in host or " " in host:
            raise SettingError(
                f"TOUCHSTONE_HOSTS holds {host!r}; list bare host names, separated by commas, "
                "without http:// or a path."
            )
    if hosts:
        return hosts
    if is_required:
        raise SettingError(
            "TOUCHSTONE_HOSTS must be set when DATABASE_URL is: the host names people use, "
            "separated by commas, like touchstone.example.org."
        )
    if bind in (*LOOPBACK_HOSTS, *WILDCARD_ADDRESSES, "::1"):
        return LOOPBACK_HOSTS
    return (*LOOPBACK_HOSTS, f"[{bind}]" if ":" in bind and bind[0] != "[" else bind)


def _origins(
    environ: Mapping[str, str], *, hosts: tuple[str, ...], https: bool, port: int
) -> tuple[str, ...]:
    given = _list(environ, "TOUCHSTONE_ORIGINS")
    for origin in given:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
            raise SettingError(
                f"TOUCHSTONE_ORIGINS holds {origin!r}; list origins with their scheme and without "
                "a path, like https://touchstone.example.org."
            )
    if given:
        return given
    names = [f"*{host}" if host.startswith(".") else host for host in hosts if host != "*"]
    if https:
        return tuple(f"https://{name}" for name in names)
    return tuple(f"http://{name}:{port}" for name in names)


def _secret_key(environ: Mapping[str, str], *, data: Path, is_required: bool) -> str:
    key = environ.get("TOUCHSTONE_SECRET_KEY", "").strip()
    advice = (
        "set it to a random text of at least 50 characters, for example the output of: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
    )
    if key:
        if len(key) < SHORTEST_SECRET:
            raise SettingError(f"TOUCHSTONE_SECRET_KEY is too short: {advice}")
        return key
    if is_required:
        raise SettingError(
            f"TOUCHSTONE_SECRET_KEY must be set when DATABASE_URL is: {advice} "
            "Keep it: sign-ins and stored endpoint keys depend on it."
        )
    return _kept_secret(data / "secret_key")


def _endpoint_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    keys = _list(environ, "TOUCHSTONE_ENDPOINT_KEYS")
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise SettingError(
            f"TOUCHSTONE_ENDPOINT_KEYS must list random texts of at least {SHORTEST_SECRET} "
            "characters each, separated by commas, the newest first."
        )
    return keys


def _kept_secret(path: Path) -> str:
    """The secret in `path`, made once; several processes may ask at the same moment."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(64))
            try:
                # link() fails where rename() would replace a key another process has just made.
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(
            f"TOUCHSTONE_DATA is {str(path.parent)!r}, where the secret key can be neither "
            f"read nor made ({error.strerror}); set it to a folder this user may write."
        ) from error


def _endpoints(
    environ: Mapping[str, str], *, data: Path, model_port: int
) -> tuple[tuple[EndpointSetting, ...], bool]:
    given = environ.get("TOUCHSTONE_MODELS", "").strip()
    if given:
        return parse_endpoints(given), False
    weights = find_weights(data)
    return embedded_endpoints(weights, model_port=model_port), bool(weights)
