"""The command line as people and scripts meet it: verbs in the river's order, JSON, exit codes, one-line errors."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

import daypart
from tests.house.rooms import ROOT
from tests.training import market

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Three hundred days of a small market that ended yesterday, as files."""
    folder = tmp_path_factory.mktemp("cli")
    events = market.events(40)
    late = datetime.now(UTC) - timedelta(days=1) - events["occurred_at"].max()
    events = events.with_columns(pl.col("occurred_at") + pl.duration(days=late.days))
    events.write_parquet(folder / "events.parquet")
    return folder


@pytest.fixture(autouse=True)
def home(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("DAYPART_HOME", str(place / "home"))
    monkeypatch.setenv("DAYPART_CAMPAIGNS", str(ROOT / "campaigns"))


def ask(*words, code=0):
    done = RUNNER.invoke(daypart.app, [*words, "--json"])
    assert done.exit_code == code, done.output + str(done.exception)
    return json.loads(done.stdout)


def run(*words, **env):
    """The verb as a process of its own; (exit code, standard error)."""
    told = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    done = subprocess.run(
        [sys.executable, "-m", "daypart", *words], env=told, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stderr


def test_the_offline_verbs_in_the_rivers_order(place):
    (report,) = ask("ingest", "--events", "events.parquet")
    assert report["accepted"] == report["rows"] > 0
    assert ask("ingest", "--events", "events.parquet")[0]["accepted"] == 0
    assert len(list((place / "home" / "lake").glob("event_ids-*.npy"))) == 1
    # Nobody has stated a price yet: people have features, stores have no assortment.
    assert ask("features")["online"] == {
        "user_profile": 40,
        "user_history": 40,
        "user_rhythm": 40,
        "user_visits": 40,
        "user_responses": 0,
        "user_portrait": 40,
        "user_reviews": 0,
        "store_assortment": 0,
    }
    prices = market.products().with_columns(price_cents=pl.lit(500), cost_cents=pl.lit(150), name=pl.col("product_id"))
    prices.write_csv("products.csv")
    market.stores().write_csv("stores.csv")
    assert [part["accepted"] for part in ask("ingest", "--products", "products.csv", "--stores", "stores.csv")] == [
        37,
        2,
    ]
    assert ask("features")["online"]["store_assortment"] == 2
    trained = ask("train")
    assert ask("models") == [{**ask("models")[0], "version": trained["version"], "current": False}]
    promoted = ask("promote")
    assert promoted["reason"].startswith("first version; ")
    # Ten weeks are too few to hold any out, so nothing vouches for this `when`.
    assert promoted["when"]["version"] == trained["when_version"]
    assert promoted["when"]["promoted"] is False
    assert (trained["response_version"], promoted["response"]) == (None, None)
    assert any("0 answered offers, 200 are needed" in note for note in trained["notes"])
    assert ask("models")[0]["current"] is True
    user = pl.read_parquet("events.parquet")["user_id"].drop_nulls()[0]
    shown = ask("user", "show", user)
    assert (shown["user_id"], shown["n_visits"] > 0, shown["profile"]["n_orders"] > 0) == (user, True, True)
    told = RUNNER.invoke(daypart.app, ["user", "show", user])
    assert told.exit_code == 0
    assert told.stdout.startswith(f"Customer {user}\n")
    nobody = RUNNER.invoke(daypart.app, ["user", "show", "nobody", "--json"])
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert "nobody with this id is known here" in nobody.stderr
    assert RUNNER.invoke(daypart.app, ["user", "export", user]).exit_code == 0
    acts = [row["act"] for row in ask("audit")]
    assert (acts.count("person_read"), acts.count("person_exported")) == (3, 1)
    assert ask("keys", "create", "--scope", "pos", "--store", "north")["key"].startswith("dp_pos_")
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    planned = ask("plan", "--for", day.isoformat())
    assert planned["n_considered"] == 40
    assert ask("plan", "--for", day.isoformat())["n_known"] == 40
    again = ask("plan", "--for", day.isoformat(), "--again")
    assert (again["n_considered"], again["n_issued"]) == (again["n_again"], 0)
    assert again["notes"][0].startswith("again: ")
    assert ask("verify")["differences"] == []


def test_evaluate_takes_files_by_name_and_writes_what_it_prints(place):
    events = pl.read_parquet("events.parquet")
    events.select("user_id", "product_id").drop_nulls().unique().sort("user_id", "product_id").head(30).write_csv(
        "targets.csv"
    )
    told = ask(
        "evaluate", "--events", "events.parquet", "--targets", "targets.csv", "--out", "metrics.json", "--k", "5"
    )
    assert json.loads((place / "metrics.json").read_text()) == told
    assert set(told["k"]) == {"5"}
    assert set(told["baselines"]) == {"global_popularity", "personal_frequency", "personal_then_popular"}


def test_what_a_verb_makes_is_its_owners_alone(tmp_path):
    row = '{"event_id":"e","event_type":"view","occurred_at":"2026-01-01T08:00:00Z","product_id":"p","user_id":"ann"}'
    told = json.loads(row)
    pl.DataFrame([told, {**told, "event_id": "f", "occurred_at": "soon"}]).write_csv(tmp_path / "events.csv")
    os.chmod(tmp_path, 0o755)
    before = os.umask(0o022)
    try:
        for words in (["ingest", "--events", str(tmp_path / "events.csv")], ["keys", "create", "--scope", "app"]):
            code, said = run(*words, DAYPART_HOME=str(tmp_path / "home"))
            assert code == 0, said
    finally:
        os.umask(before)
    made = list((tmp_path / "home").rglob("*"))
    assert {path.name for path in made} >= {"lake", "ledger.db", "quarantine", "COMMITTED"}
    assert [str(path) for path in [tmp_path / "home", *made] if path.lstat().st_mode & 0o077] == []


def test_people_get_tables():
    done = RUNNER.invoke(daypart.app, ["ingest", "--events", "events.parquet"])
    assert done.exit_code == 0, done.output
    assert "quarantined" in done.stdout
    assert "{" not in done.stdout


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        (["ingest", "--events", "none.parquet"], {}, "none.parquet"),
        (["ingest"], {}, "nothing to ingest"),
        (["models"], {"DAYPART_PROT": "1"}, "unknown setting 'prot'"),
        (["models"], {"DAYPART_CURRENCY": "ZZZZ"}, "'currency'"),
        (["promote", "--force"], {}, "--why"),
        (["plan", "--for", "2026-01-01", "--campaign", "none"], {}, "no such campaign"),
        (["keys", "create", "--scope", "king"], {}, "unknown scope 'king'"),
        (["verify"], {"DAYPART_HOME": __file__}, "is a file"),
        (["verify"], {"DAYPART_DATABASE_URL": "postgresql+psycopg://u:p@127.0.0.1:1/x"}, "DAYPART_DATABASE_URL"),
        (["features"], {"DAYPART_REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "127.0.0.1"),
        (["demo", "--data", "movies"], {}, "complete-journey"),
    ],
)
def test_what_a_person_can_mend_is_one_line_and_exit_code_2(words, env, says):
    code, told = run(*words, **env)
    assert (code, told.count("\n")) == (2, 1), told
    assert says in told
    assert "secret" not in told
