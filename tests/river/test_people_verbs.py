"""The verbs as an operator types them."""

import json

import pytest
from typer.testing import CliRunner

import daypart
from river import people_verbs

RUNNER = CliRunner()
LINKS = """identity,other,evidence,occurred_at
card:4000 1234,ann,login-1,2025-11-01T08:00:00Z
card:4000 1234,bob,login-2,2025-11-02T08:00:00Z
card:4000 1234,,login-3,2025-11-02T08:00:00Z
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAYPART_HOME", str(tmp_path / "home"))
    (tmp_path / "links.csv").write_text(LINKS, "utf-8")


def ask(*words):
    done = RUNNER.invoke(daypart.app, ["people", *words, "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    return json.loads(done.stdout)


def test_links_are_taken_queued_ruled_and_shown():
    assert people_verbs.people_app in {group.typer_instance for group in daypart.app.registered_groups}
    done = ask("link", "--file", "links.csv")
    assert (done["accepted"], done["quarantined"], done["waiting"]) == (2, 1, 1)
    assert done["faults"] == {"other:missing": 1}
    (row,) = ask("queue")
    assert row["reason"] == "two_users"
    assert ask("rule", str(row["number"]), "accepted", "--why", "one person, two accounts")["verdict"] == "joined"
    # The older link is judged beside it and waits in its turn, until it is said to be true as well.
    (row,) = ask("queue")
    assert ask("rule", str(row["number"]), "accepted", "--why", "one person, two accounts")["verdict"] == "joined"
    assert ask("queue") == []
    told = ask("who", "card:4000-1234")
    assert (told["user_id"], len(told["identities"]), len(told["links"])) == ("ann", 3, 2)
    assert ask("rule", str(row["number"]), "none", "--why", "not sure")["ruling"] == ""
    assert ask("claim", "ann", "soho", "o-17")["verdict"] == "joined"
    assert not any(trace in json.dumps([done, row, told]) for trace in ("4000 1234", "40001234", "4000-1234"))


def test_people_get_tables():
    ask("link", "--file", "links.csv")
    for words, says in ((["queue"], "two_users"), (["who", "ann"], "login-1"), (["who", "nobody"], "nothing")):
        done = RUNNER.invoke(daypart.app, ["people", *words])
        assert done.exit_code == 0
        assert says in done.stdout
