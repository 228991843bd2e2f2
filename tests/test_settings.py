from pathlib import Path

import pytest

from settings import SettingsError, load_settings


def test_defaults_need_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(env={})
    assert settings.home == tmp_path / ".daypart"
    assert settings.ledger_url == f"sqlite:///{tmp_path / '.daypart' / 'ledger.db'}"


def test_environment_wins_over_file(tmp_path):
    file = tmp_path / "daypart.toml"
    file.write_text('port = 4000\nlocale = "zh"\n')
    settings = load_settings(env={"DAYPART_PORT": "5000"}, file=file)
    assert (settings.port, settings.locale) == (5000, "zh")


def test_internal_variables_are_not_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(env={"DAYPART__FEAST_REDIS": "x"}).port == 3000


@pytest.mark.parametrize(
    ("text", "env", "says"),
    [
        ("prot = 1\n", {}, ["unknown setting 'prot'", "daypart.toml", "port"]),
        ("", {"DAYPART_PROT": "1"}, ["unknown setting 'prot'", "DAYPART_PROT"]),
        ("port = 'many'\n", {}, ["'port'", "'many' is not a int"]),
        ("port = 1.5\n", {}, ["'port'", "expected int"]),
        ("port = true\n", {}, ["'port'", "expected int"]),
        ("port = 65536\n", {}, ["'port'", "between 0 and 65535"]),
        ("", {"DAYPART_ASSUMED_COST_SHARE": "nan"}, ["'assumed_cost_share'", "between"]),
        ("port = \n", {}, ["daypart.toml", "TOML"]),
        ("[port]\nx = 1\n", {}, ["'port'", "expected int"]),
        (
            "",
            {"DAYPART_TRACE_URL": "ftp://u:PASS@h/x"},
            ["'trace_url'", "'trace_url': it is not an http(s):// address"],
        ),
        ("trace_url = 'u:PASS@h'\n", {}, ["'trace_url'", "'trace_url': it is not an http(s):// address"]),
        ("trace_url = ['http://u:PASS@h']\n", {}, ["'trace_url'", "expected str, got list"]),
        ("", {"DAYPART_LOG_FORMAT": "xml"}, ["'log_format'", "'xml' is not text or json"]),
    ],
)
def test_bad_settings_say_what_and_where(tmp_path, text, env, says):
    file = tmp_path / "daypart.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(env=env, file=file)
    assert [s for s in says if s not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
    assert "PASS" not in str(caught.value)


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(SettingsError, match="no such settings file"):
        load_settings(env={"DAYPART_CONFIG": str(tmp_path / "none.toml")})


def test_home_is_absolute_so_that_workers_agree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(env={"DAYPART_HOME": "state"}).home == Path(tmp_path / "state")
