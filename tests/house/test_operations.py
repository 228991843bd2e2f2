"""What ops/ watches is what the service tells, what it tells is documented, and every alert says what to do and is tested."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from serving.metrics import Metrics
from serving.scrape import Standing
from tests.house.rooms import ROOT

OPS = ROOT / "ops"
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
GROUPS = yaml.safe_load((OPS / "prometheus" / "daypart.rules.yml").read_text("utf-8"))["groups"]
CASES = yaml.safe_load((OPS / "prometheus" / "daypart.test.yml").read_text("utf-8"))["tests"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
BOARD = json.loads((OPS / "grafana" / "daypart.json").read_text("utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
WITHOUT_TOOL = "promtool is not here: install Debian's package prometheus, or name it in PROMTOOL"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


def told():
    """Name → (kind, labels) of every metric of the page."""
    metrics = Metrics()
    for late in (metrics.online_up, metrics.online_whole, metrics.trained_through):
        late.set(1.0)
    families = text_string_to_metric_families(metrics.exposition(Standing((), 0, 0.0)).decode())
    # When a series began is told by one process alone, never by workers that share their values.
    return {family.name: family.type for family in families if not family.name.endswith("_created")}


def series():
    """Every name that a query can ask for."""
    ends = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {name + end for name, kind in told().items() for end in ends[kind]}


def asked(expressions):
    return {name for each in expressions for name in re.findall(r"daypart_[a-z_]+", each)}


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_series_that_is_watched_is_told():
    annotations = [one["expr"] for one in BOARD["annotations"]["list"]]
    rules = [rule["expr"] for rule in ALERTS.values()]
    assert len(asked(rules)) > 15
    assert asked([*rules, *EXPRESSIONS, *annotations]) - series() == set()


def test_every_metric_is_documented_and_watched():
    documented = re.findall(r"^\| `(daypart_[a-z_]+)` \| (\w+) \|", section("Metrics"), re.M)
    kinds = [(name + "_total" * (kind == "counter"), kind) for name, kind in told().items()]
    assert sorted(documented) == sorted(kinds)
    watched = asked([*EXPRESSIONS, *(rule["expr"] for rule in ALERTS.values())])
    assert [name for name, _ in documented if not any(one.startswith(name) for one in watched)] == []


def test_every_alert_says_what_to_do():
    paragraphs = dict(re.findall(r"^### (\w+)\n\n(.+?)(?=\n### |\Z)", section("Alerts"), re.M | re.S))
    assert list(paragraphs) == list(ALERTS)
    assert [name for name, text in paragraphs.items() if len(text.split()) < 20] == []


def test_every_alert_is_tested_ringing_and_beside_one_that_does_not():
    rung = {}
    for case in CASES:
        for test in case["alert_rule_test"]:
            for alert in test.get("exp_alerts", ()):
                who = {key: value for key, value in alert["exp_labels"].items() if key in ("instance", "campaign")}
                rung.setdefault(test["alertname"], []).append((who, case))
    assert sorted(rung) == sorted(ALERTS)
    for who, case in (one for cases in rung.values() for one in cases):
        (key, ill), *_ = who.items()
        others = {name for one in case["input_series"] for name in re.findall(rf'{key}="(\w+)"', one["series"])} - {ill}
        assert others, case


def test_the_board_is_whole():
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert all(target["datasource"]["uid"] == "${source}" for panel in PANELS for target in panel["targets"])


def promtool(*words):
    return subprocess.run([PROMTOOL, *words], cwd=OPS / "prometheus", capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(PROMTOOL is None, reason=WITHOUT_TOOL)
@pytest.mark.parametrize("words", ["check config prometheus.yml", "test rules daypart.test.yml"])
def test_prometheus_own_tool_agrees(words):
    run = promtool(*words.split())
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.skipif(PROMTOOL is None, reason=WITHOUT_TOOL)
def test_the_boards_queries_are_promql(tmp_path):
    filled = [each.replace("$__rate_interval", "5m").replace("$instance", ".*") for each in EXPRESSIONS]
    rules = [{"record": f"panel:{n}", "expr": each} for n, each in enumerate(filled)]
    path = tmp_path / "board.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}), "utf-8")
    run = promtool("check", "rules", str(path))
    assert run.returncode == 0, run.stdout + run.stderr
    path.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": [{**rules[0], "expr": "sum("}]}]}), "utf-8")
    assert promtool("check", "rules", str(path)).returncode != 0
