import json
import subprocess

import pytest

from bench.results import commit, machine, row, table, versions, write

ROWS = [
    row("rows read", 1_470_000, "rows/s", against="polars", against_value=2_940_000, reach=">= 1/3", met=True),
    row("ready", 12.5, "s", reach="<= 10 s", met=False),
]


def test_a_row_has_its_ratio():
    assert ROWS[0]["ratio"] == 0.5
    assert ROWS[1] == {
        "figure": "ready",
        "value": 12.5,
        "unit": "s",
        "against": "",
        "against_value": None,
        "ratio": None,
        "reach": "<= 10 s",
        "met": False,
    }
    assert row("zero", 1, "", against="nothing", against_value=0)["ratio"] is None


@pytest.mark.parametrize(("value", "against"), [(float("nan"), None), (float("inf"), 1.0), (1.0, float("nan"))])
def test_what_was_not_measured_is_no_row(value, against):
    with pytest.raises(ValueError, match="figure 'x'"):
        row("x", value, "s", against_value=against)


def test_a_part_is_printed_and_written(tmp_path, capsys):
    path = write("offers", ROWS, tmp_path / "results")
    told = json.loads(path.read_text("utf-8"))
    assert path == tmp_path / "results" / "offers.json"
    assert list(told) == ["machine", "versions", "commit", "rows"]
    assert told["rows"] == ROWS
    keys = ["figure", "value", "unit", "against", "against_value", "ratio", "reach", "met"]
    assert all(list(r) == keys for r in told["rows"])
    assert [p.name for p in path.parent.iterdir()] == ["offers.json"]
    printed = capsys.readouterr().out
    assert "1,470,000" in printed
    assert "no" in printed.splitlines()[-2]
    assert json.loads(write("offers", ROWS[:1], path.parent).read_text("utf-8"))["rows"] == ROWS[:1]


@pytest.mark.parametrize("part", ["", "../x", "Offers", "a b", "a.json"])
def test_a_part_has_a_plain_name(tmp_path, part):
    with pytest.raises(ValueError, match="part"):
        write(part, ROWS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_machine_is_described_and_not_named():
    told = machine()
    assert set(told) == {"processor", "cores", "memory_gib", "system", "python"}
    assert told["cores"] >= 1
    assert told["memory_gib"] > 0
    assert versions()["numpy"]
    assert "lightfm" not in versions()


def test_the_commit_tells_of_changes_but_not_of_results(tmp_path):
    def git(*words):
        names = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        return subprocess.run(
            ["git", "-C", tmp_path, *names, *words], check=True, capture_output=True, text=True
        ).stdout

    assert commit(tmp_path) == "unknown"
    git("init", "--quiet")
    assert commit(tmp_path) == "unknown"
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "--quiet", "--message", "first")
    head = git("rev-parse", "HEAD").strip()
    assert commit(tmp_path) == head
    (tmp_path / "bench" / "results").mkdir(parents=True)
    (tmp_path / "bench" / "results" / "x.json").write_text("{}")
    assert commit(tmp_path) == head
    (tmp_path / "a").write_text("2")
    assert commit(tmp_path) == f"{head}+changes"


def test_the_table_shows_every_row():
    assert table("offers", ROWS).row_count == 2
