"""Settings → what Feast is configured with: its connection string and the filled-in `feature_store*.yaml`.

Ground floor, without importing Feast, because training and serving both build a store and never meet.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
import yaml
from redis.connection import parse_url

from settings import Settings, SettingsError

FEATURE_REPO = Path(__file__).parents[1] / "feature_repo"


def connection_string(url: str, timeout_s: float) -> str:
    """Feast's `host:port,key=value,…` for a redis, rediss or unix URL: no retry, every wait at most `timeout_s`.

    Raises SettingsError, without the password, when `url` cannot be put that way.
    """
    try:
        parts: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
    except ValueError:
        raise SettingsError("setting 'redis_url': expected redis://[user:password@]host:port/db") from None
    host, port = parts.pop("host", "localhost"), parts.pop("port", 6379)
    if ":" in host:
        raise SettingsError(f"setting 'redis_url': Feast takes no IPv6 address; give {host} a name")
    if parts.pop("connection_class", None) is redis.SSLConnection:
        parts["ssl"] = True
    if "path" in parts:
        parts["unix_socket_path"] = parts.pop("path")
    parts |= {"retry": None, "socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    # Feast splits at commas, then reads each value as JSON: quoting keeps a password of digits a text.
    return ",".join([f"{host}:{port}", *(f"{key}={_quoted(value)}" for key, value in parts.items())])


def repo_config(settings: Settings, connection: str) -> dict[str, Any]:
    """The configuration file that fits `settings`, its variables filled in: arguments of `feast.RepoConfig`.

    Filled in here rather than through the environment, which every child process would inherit with the password.
    """
    name = "feature_store.prod.yaml" if settings.registry_url else "feature_store.yaml"
    values = {
        "${DAYPART__FEAST_REDIS}": connection,
        "${DAYPART__FEAST_REGISTRY}": _driver(settings.registry_url) or str(settings.home / "feast" / "registry.db"),
    }
    # Feast warns of combinations that these files chose knowingly.
    logging.getLogger("feast.repo_config").setLevel(logging.ERROR)
    filled: dict[str, Any] = _filled(yaml.safe_load((FEATURE_REPO / name).read_text("utf-8")), values)
    return filled


def unreachable_registry(settings: Settings, error: Exception) -> str:
    """One line about a SQL registry that failed, without its password."""
    parts = urlsplit(settings.registry_url)
    where = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"feature registry {where} does not answer ({said}); check setting 'registry_url'"


def _quoted(value: Any) -> str:
    return json.dumps(value).replace(",", "\\u002c")


def _driver(url: str) -> str:
    """Feast wants the driver named in a PostgreSQL URL."""
    return "postgresql+psycopg" + url[len("postgresql") :] if url.startswith("postgresql://") else url


def _filled(tree: Any, values: dict[str, str]) -> Any:
    if isinstance(tree, dict):
        return {key: _filled(value, values) for key, value in tree.items()}
    return values.get(tree, tree) if isinstance(tree, str) else tree
