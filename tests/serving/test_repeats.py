import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.repeats import list_repeats, repeats
from serving.wire_events import EventsAsk

ONCE = [
    b"{}",
    b'{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 2}]}',
    b'{"a": "b", "b": "a\\"a"}',
    b'{"a": ",:\\u0022a\\u0022:"}',
    '{"é": "日本", "a": null}'.encode(),
]
TWICE = [
    b'{"a": 1, "a": 1}',
    b'{"a": 1, "a": null}',
    b'{"a": null, "a": null}',
    b'{"b": [{"a": {}}, {"a": 1, "c": 2, "a": 3}]}',
    b'{"a": 1, "\\u0061": 2}',
    b'{"a": "\\\\", "a": 2}',
]


@pytest.mark.parametrize("text", ONCE)
def test_names_that_stand_once_in_each_object_pass(text):
    assert not repeats(text)


@pytest.mark.parametrize("text", TWICE)
def test_a_name_that_stands_twice_is_seen(text):
    assert repeats(text)


@pytest.mark.parametrize(
    ("text", "is_repeated"),
    [
        (b'{"events": []}', False),
        (b'{"events": [{"event_id": "x", "event_id": "y"}, "events", {"a": {"events": [1]}}]}', False),
        (b'{"\\u0065vents": [1]}', False),
        (b'{"events": [], "events": []}', True),
        (b'{"events": [{"a": 1}], "\\u0065vents": [{"a": 1}]}', True),
        (b'{"events": [1], "events": [1]}', True),
    ],
)
def test_of_a_list_only_its_own_name_is_judged(text, is_repeated):
    assert list_repeats(text, msgspec.json.decode(text, type=EventsAsk).events) is is_repeated


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(st.text(max_size=2), inner), max_size=4).map(tuple),
    max_leaves=8,
)


def written(value, escape):
    """JSON text of a value whose objects are tuples of pairs, which may repeat a name; and whether one does."""
    if isinstance(value, tuple):
        parts = [(json.dumps(name, ensure_ascii=escape), *written(inner, escape)) for name, inner in value]
        twice = len({name for name, _ in value}) < len(value)
        return "{" + ", ".join(f"{n}: {t}" for n, t, _ in parts) + "}", twice or any(d for *_, d in parts)
    if isinstance(value, list):
        parts = [written(inner, escape) for inner in value]
        return "[" + ", ".join(t for t, _ in parts) + "]", any(d for _, d in parts)
    return json.dumps(value, ensure_ascii=escape), False


@settings(max_examples=300, deadline=None, derandomize=True)
@given(VALUES, st.booleans())
def test_any_text_is_judged_as_a_reader_of_pairs_does(value, escape):
    text, is_repeated = written(value, escape)
    assert repeats(text.encode("utf-8", "surrogatepass")) is is_repeated
