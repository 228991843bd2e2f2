"""The verbs as an administrator types them."""

import json

import pytest
from typer.testing import CliRunner

import daypart
from river import admin_verbs

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAYPART_HOME", str(tmp_path / "home"))


def ask(*words):
    done = RUNNER.invoke(daypart.app, [*words, "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    return json.loads(done.stdout)


def test_a_keys_life_by_the_command_line():
    assert admin_verbs.keys_app in {group.typer_instance for group in daypart.app.registered_groups}
    made = ask("keys", "create", "--scope", "pos", "--store", "soho", "--until", "2099-01-01", "--why", "till 7")
    assert made["key"].startswith("dp_pos_")
    assert made["expires"] == "2099-01-01T00:00:00+00:00"
    assert ask("keys", "create", "--scope", "app", "--days", "90")["expires"] is not None
    new = ask("keys", "rotate", made["key_id"], "--overlap-hours", "0.5", "--why", "yearly")
    assert ask("keys", "revoke", new["key_id"], "--why", "stolen") == {"key_id": new["key_id"], "state": "revoked"}
    states = {card["key_id"]: card["state"] for card in ask("keys", "list")}
    assert (states[made["key_id"]], states[new["key_id"]]) == ("rotated", "revoked")
    rows = ask("audit", "--limit", "3")
    assert [(row["act"], row["why"]) for row in rows] == [
        ("key_revoked", "stolen"),
        ("key_rotated", "yearly"),
        ("key_created", ""),
    ]
    assert made["key"] not in json.dumps(rows + ask("keys", "list"))


def test_people_get_tables():
    ask("keys", "create", "--scope", "app")
    for words, says in ((["keys", "list"], "live"), (["audit"], "key_created")):
        done = RUNNER.invoke(daypart.app, words)
        assert done.exit_code == 0
        assert says in done.stdout
