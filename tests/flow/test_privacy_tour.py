"""The tour of docs/privacy.md, line by line in a shell: buy at the till, see it in the app, be forgotten."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from river import purging
from settings import Settings
from tests.flow import served_home
from tests.flow.patient import CURL
from tests.flow.ports import free_port
from tests.flow.test_service import RUN, wait_until_ready
from tests.house.rooms import ROOT
from training.lake import read_events

TOUR = re.search(r"^```sh person\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)[1]


@pytest.fixture
def told(tmp_path):
    """(settings, the JSON answers in order) of the tour against a service of its own."""
    home, port = tmp_path / "home", free_port()
    keys = served_home.fill(home)
    names = {f"{scope.upper()}_KEY": secret for scope, secret in keys.items()}
    env = {**os.environ, "DAYPART_HOME": str(home), "DAYPART_PORT": str(port), "PYTHONPATH": str(ROOT), "TZ": "UTC"}
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("w") as log:
        run = [sys.executable, "-c", RUN.replace(", 2)", ", 1)")]
        process = subprocess.Popen(run, cwd=tmp_path, env=env, stdout=log, stderr=log)
        try:
            wait_until_ready(process, url, tmp_path / "log")
            words = {"URL": url, "STORE_ID": "soho", "PRODUCT_ID": "tea", **names}
            (tmp_path / ".daypart").mkdir()
            (tmp_path / ".daypart" / "demo.env").write_text("".join(f"{name}={word}\n" for name, word in words.items()))
            own, run = {"PATH": os.environ["PATH"]}, ["bash", "-euc", CURL + TOUR]
            done = subprocess.run(run, env=own, cwd=tmp_path, capture_output=True, check=True, text=True)
        finally:
            process.terminate()
            process.wait(timeout=120)
    assert "4000 1234" not in (tmp_path / "log").read_text()
    return Settings(home=home), [json.loads(line) for line in done.stdout.splitlines()]


def test_the_tour(told):
    settings, (taken, stranger, linked, seen, consent, held, receipt, forgotten, nothing) = told
    assert (taken["accepted"], taken["rejected"]) == (1, [])
    assert stranger["meta"]["fallback"] == "cold_start"
    assert (linked["accepted"], [one["verdict"] for one in linked["links"]]) == (1, ["joined"])
    assert (seen["items"][0]["product_id"], seen["meta"]["fallback"]) == ("tea", None)
    assert consent["allowed"] == {"recommend": True, "offers": True, "measurement": False}
    assert re.fullmatch("app-[0-9a-f]{32}", held["user_id"])
    assert [one["kind"] for one in held["identities"]] == ["app", "card"]
    assert held["online"]["history"]["product_ids"] == ["tea"]
    assert [event["order_id"] for event in held["events_waiting"]] == ["tour-1"]
    assert (receipt["done_at"], receipt["removed"]["inbox"], receipt["removed"]["online"]) == (None, 1, 1)
    assert forgotten["meta"]["fallback"] == "cold_start"
    assert nothing["code"] == "unknown_user"
    assert purging.purge(settings, datetime.now(UTC))["erasures"] == 1
    references = {one["reference"] for one in held["identities"]}
    assert not references & set(read_events(settings.lake).collect()["user_id"].drop_nulls())
