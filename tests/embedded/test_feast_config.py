"""What Feast is configured with: a connection string it reads back whole, and the file that fits the settings."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from embedded.feast_config import FEATURE_REPO, connection_string, repo_config
from settings import Settings, SettingsError

NO_RETRY = {"retry": None, "socket_timeout": 0.05, "socket_connect_timeout": 0.05}


def read_back(text):
    from feast.infra.online_stores.redis import RedisOnlineStore

    nodes, arguments = RedisOnlineStore._parse_connection_string(text)
    assert {name: arguments.pop(name) for name in NO_RETRY} == NO_RETRY
    return nodes, arguments


@pytest.mark.parametrize(
    ("url", "host", "port", "arguments"),
    [
        ("redis://cache", "cache", "6379", {}),
        ("redis://cache:7000/3", "cache", "7000", {"db": 3}),
        ("redis://:0123@cache/0", "cache", "6379", {"password": "0123", "db": 0}),
        ("redis://:true@cache", "cache", "6379", {"password": "true"}),
        (
            "redis://bob:p%2Cw%3D%22%27%24%7BX%7D%20%5C@cache",
            "cache",
            "6379",
            {"username": "bob", "password": "p,w=\"'${X} \\"},
        ),
        (
            "rediss://cache:7001?ssl_ca_certs=/etc/a,b.pem",
            "cache",
            "7001",
            {"ssl": True, "ssl_ca_certs": "/etc/a,b.pem"},
        ),
        ("unix://:pw@/run/a%2Cb.sock", "localhost", "6379", {"password": "pw", "unix_socket_path": "/run/a,b.sock"}),
    ],
)
def test_feast_reads_back_every_part_of_a_url(url, host, port, arguments):
    nodes, read = read_back(connection_string(url, 0.05))
    assert nodes == [{"host": host, "port": port}]
    assert read == arguments


@pytest.mark.parametrize("url", ["cache:6379", "http://cache", "redis://cache:port/0"])
def test_what_is_no_redis_url_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match=r"setting 'redis_url': expected redis://") as caught:
        connection_string(url.replace("cache", ":s3cret@cache"), 0.05)
    assert "s3cret" not in str(caught.value)


def test_an_ipv6_address_is_refused_because_feast_splits_at_colons():
    with pytest.raises(SettingsError, match="IPv6"):
        connection_string("redis://[::1]:6379/0", 0.05)


def test_without_a_registry_url_the_registry_is_a_file_in_home(tmp_path):
    config = repo_config(Settings(home=tmp_path / "it's, home: #1"), 'cache:1,password="a\'b: #c"')
    assert config["registry"]["registry_type"] == "file"
    assert config["registry"]["path"] == str(tmp_path / "it's, home: #1" / "feast" / "registry.db")
    assert config["online_store"] == {"type": "redis", "connection_string": 'cache:1,password="a\'b: #c"'}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("postgresql://u:p@db/feast", "postgresql+psycopg://u:p@db/feast"),
        ("postgresql+psycopg2://u:p@db/feast", "postgresql+psycopg2://u:p@db/feast"),
    ],
)
def test_a_registry_url_takes_the_production_file(url, path):
    config = repo_config(replace(Settings(), registry_url=url), "cache:1")
    assert config["registry"]["registry_type"] == "sql"
    assert config["registry"]["path"] == path


@pytest.mark.parametrize("name", ["feature_store.yaml", "feature_store.prod.yaml"])
def test_both_files_keep_what_was_measured(name):
    config = yaml.safe_load((FEATURE_REPO / name).read_text())
    assert config["entity_key_serialization_version"] == 3
    assert config["offline_store"] == {"type": "duckdb"}
    assert config["materialization"] == {"pull_latest_features": True, "online_write_batch_size": 10000}
    registry = config["registry"]
    assert (registry["cache_mode"], registry["cache_ttl_seconds"]) == ("thread", 300)
    assert registry["serve_features_while_materializing"] is True


def test_filling_in_leaves_no_secret_in_the_environment(tmp_path):
    repo_config(Settings(home=tmp_path), "cache:1,password=s3cret")
    assert not [name for name, value in os.environ.items() if "s3cret" in value]


def test_feast_itself_takes_both_files_by_its_own_variables(tmp_path, monkeypatch):
    from feast.repo_config import load_repo_config

    monkeypatch.setenv("DAYPART__FEAST_REDIS", connection_string("redis://:a%27b@cache:7000/0", 0.05))
    monkeypatch.setenv("DAYPART__FEAST_REGISTRY", str(tmp_path / "registry.db"))
    for name in ("feature_store.yaml", "feature_store.prod.yaml"):
        config = load_repo_config(Path(FEATURE_REPO), Path(FEATURE_REPO / name))
        assert config.registry.path == str(tmp_path / "registry.db")
        nodes, arguments = read_back(config.online_store.connection_string)
        assert (nodes[0]["host"], arguments["password"]) == ("cache", "a'b")
