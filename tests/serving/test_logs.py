"""What a worker writes of a fault: where it happened and under which request, and nothing of whom it was about."""

import io
import json
import logging
import re

import pytest

from serving.logs import HANDLER, NOT_HTTP, QUIET_S, JsonLines, NoFlood, WithoutWords, begin, begin_alone, places

WHO = "planted.dan@example.com"


@pytest.fixture
def written():
    """`write(form)`: the stream of a handler as BentoML sets one up, by a form."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.set_name(HANDLER)
    logging.getLogger().addHandler(handler)
    yield lambda form: begin(form) or stream
    logging.getLogger().removeHandler(handler)


def fail(*args, **more):
    try:
        raise KeyError(WHO)
    except KeyError as error:
        raise RuntimeError(f"no row of {WHO}") from error


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_fault_is_written_with_its_request_and_without_its_words(world, written, monkeypatch, form):
    stream = written(form)
    monkeypatch.setattr("serving.answering.what_is_known", fail)
    answer = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"}, headers={"X-Request-Id": "r-7"})
    assert answer.status_code == 500
    text = stream.getvalue()
    assert "r-7" in text
    assert "in fail" in text
    assert "builtins.KeyError" in text
    assert WHO not in text
    if form == "json":
        (line,) = text.splitlines()
        told = json.loads(line)
        assert (told["request_id"], told["level"], told["logger"]) == ("r-7", "error", "daypart.serving")
        assert told["message"] == "request r-7 (recommendations) failed"
        assert told["exception"][0] == "builtins.RuntimeError"
        assert any(each.endswith("in fail") and "test_logs.py:" in each for each in told["exception"])


def test_begun_twice_is_begun_once(written):
    stream = written("json")
    begin("json")
    (handler,) = [each for each in logging.getLogger().handlers if each.get_name() == HANDLER]
    assert [type(each) for each in handler.filters] == [WithoutWords, NoFlood]
    logging.getLogger("daypart.serving").warning("online store %s", "back")
    told = json.loads(stream.getvalue())
    assert told["message"] == "online store back"
    assert set(told) == {"at", "level", "logger", "pid", "message"}


def test_what_bentoml_puts_beside_a_line_stays_out_while_it_is_nothing():
    record = logging.LogRecord("x", logging.WARNING, "", 0, "two\nlines", None, None)
    record.request_id = None
    assert "\n" not in JsonLines().format(record)
    assert "request_id" not in json.loads(JsonLines().format(record))


def test_what_is_no_http_is_a_line_a_minute():
    now = [0.0]
    may, said = NoFlood(lambda: now[0]), []
    for now[0] in (0.0, 1.0, QUIET_S - 0.1, QUIET_S, QUIET_S + 1):
        said.append(may.filter(logging.makeLogRecord({"msg": NOT_HTTP})))
        assert all(may.filter(logging.makeLogRecord({"msg": msg})) for msg in ("another line", {"an": "object"}))
    assert said == [True, False, False, True, False]


def test_places_follow_the_causes():
    try:
        fail()
    except RuntimeError as error:
        found = places(error)
    assert [each for each in found if not each.startswith(" ")] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert places(None) == []


def test_other_handlers_are_left_alone(written, caplog):
    written("json")
    logging.getLogger("daypart.serving").warning("as it was")
    assert "WARNING" in caplog.text


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_of_our_own_writes_in_the_same_forms(capsys, form):
    begin_alone(form)
    try:
        logging.getLogger("daypart.river").warning("a part is %s", "away")
        try:
            fail()
        except RuntimeError:
            logging.getLogger("daypart.river").exception("it ends")
    finally:
        for each in [each for each in logging.getLogger().handlers if each.get_name() == HANDLER]:
            logging.getLogger().removeHandler(each)
    told = capsys.readouterr().out
    assert WHO not in told
    assert "in fail" in told
    if form == "json":
        first, second = map(json.loads, told.splitlines())
        assert (first["level"], first["logger"], first["message"]) == ("warning", "daypart.river", "a part is away")
        assert (second["message"], second["exception"][0]) == ("it ends", "builtins.RuntimeError")
    else:
        moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}"
        assert re.match(moment + r" \[WARNING\] \[daypart.river\] a part is away\n" + moment, told)
