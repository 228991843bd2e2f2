"""Requests made from an OpenAPI document: mostly as it asks for, with something wrong in most of them somewhere.

Values follow the schemas (what they say of lengths, bounds and members); any of them may be junk instead; then the bytes may be
spoiled, the headers, the path, the query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

Schema = Mapping[str, Any]
FRESH = "fresh"
"""An Idempotency-Key that whoever sends the request makes a new one."""
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e-300, 1e308, 0.5, float("nan"), float("inf"),
    float("-inf"), "", " ", "\0", "\n", "a\u202eb", "\ud800", "\U0001f600", "e\u0301", "null", "NaN", "__proto__", "' OR 1=1 --",
    "../../etc/passwd", "=cmd|' /C calc'!A0", "{{7*7}}", "${jndi:ldap://x}", "%00", "x" * 129, "x" * 5000, "٣", "1e5",
    "9999-12-31T23:59:60+23:59", "0001-01-01T00:00:00-23:59", "2026-02-30T00:00:00Z", "2026-03-29T02:30:00+01:00", [], {}, [[]],
    [None], {"": None}, {"a": {"a": {"a": {}}}},
)  # fmt: skip
SPOILERS = (
    lambda body, at: body[:at], lambda body, at: body + body, lambda body, at: body[:at] + b"\xff" + body[at:],
    lambda body, at: body[:at] + b"\0" + body[at:], lambda body, at: b"\xef\xbb\xbf" + body, lambda body, at: b"",
    lambda body, at: body.replace(b"{", b'{"user_id": 1, "user_id": 2, ', 1), lambda body, at: b"[" * 5000,
    lambda body, at: b'{"a":' * 5000, lambda body, at: body.replace(b'"', b"'"), lambda body, at: body + b" " * 70_000,
    lambda body, at: body.decode("utf-8", "replace").encode("utf-16"), lambda body, at: body[at:] + body[:at],
    lambda body, at: body.replace(b"1", b"9" * 500), lambda body, at: body + b",", lambda body, at: b"nul",
)  # fmt: skip
HEADERS = (
    ("Content-Type", "text/plain"), ("Content-Type", "application/json; charset=latin-1"), ("Content-Encoding", "gzip"),
    ("Idempotency-Key", ""), ("Idempotency-Key", "é"), ("Idempotency-Key", "k" * 200), ("Content-Length", "-1"),
    ("Content-Length", "9" * 30), ("X-Request-Id", "\x7f" * 9), ("Accept-Language", "zh-" * 900), ("Accept-Language", "*;q=x"),
    ("Accept-Language", "é,en;q=nan"), ("X-Deadline-Ms", "0"), ("X-Deadline-Ms", "é"),
    ("X-Long", "x" * 20_000), ("Cookie", "a=b"),
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request. `scope` names the key it comes with."""

    operation: str
    method: str
    target: str
    scope: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Requests:
    """Strategies over a document. `known`: ids that mean something, by the name of the parameter or member; `scopes`: names of
    the keys there are."""

    def __init__(self, document: Schema, known: Mapping[str, Sequence[str]], scopes: Sequence[str]) -> None:
        self._document, self._scopes = document, list(scopes)
        every = st.sampled_from(sorted({one for ids in known.values() for one in ids}))
        self._ids = st.one_of(every, st.text(min_size=1, max_size=6))
        self._known = {name: _mostly(st.sampled_from(list(ids)), self._ids, 6) for name, ids in known.items()}
        self._junk = st.sampled_from(JUNK)
        now = datetime.now(UTC).replace(microsecond=0)
        hours = st.one_of(st.integers(-1, 1), st.integers(-48, 48), st.integers(-(10**6), 10**6))
        self._times = hours.map(lambda n: (now + timedelta(hours=n)).isoformat())
        self._made: dict[str, Any] = {}

    def by_operation(self) -> dict[str, Any]:
        """A strategy for each operation of the document."""
        return {
            operation["operationId"]: self._request(path, method, operation)
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
        }

    def _request(self, path: str, method: str, operation: Schema) -> Any:
        inside = {
            one["name"]: self._or_junk(self._value(one["schema"], one["name"])).map(_text)
            for one in operation["parameters"]
            if one["in"] == "path"
        }
        query = {
            one["name"]: self._or_junk(self._value(one["schema"], one["name"])).map(_text)
            for one in operation["parameters"]
            if one["in"] == "query"
        }
        needed = {one["name"] for one in operation["parameters"] if one["in"] == "query" and one["required"]}
        asks = next(iter(operation.get("requestBody", {}).get("content", {}).values()), None)
        body = st.just(b"") if asks is None else self._body(asks["schema"])
        open_to = [scope for way in operation["security"] for scope in way["key"]]
        scopes = _mostly(st.sampled_from(open_to), st.sampled_from([*self._scopes, "none"]), 12)
        keyed = any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
        told = [("Content-Type", "application/json")] if asks is not None else []
        keys = st.just([("Idempotency-Key", FRESH)] if keyed else [])
        odd = _mostly(st.just([]), st.lists(st.sampled_from(HEADERS), min_size=1, max_size=2), 12)

        def made(parts: tuple[Any, ...]) -> Request:
            ids, asked, scope, key, more, content = parts
            target = re.sub(r"\{(\w+)\}", lambda name: quote(ids[name[1]], safe="", errors="replace"), path)
            pairs = [f"{name}={quote(value, safe='', errors='replace')}" for name, value in asked.items()]
            target += "?" + "&".join(pairs) if pairs else ""
            own = {name.lower() for name, _ in more}
            headers = [pair for pair in (*told, *key) if pair[0].lower() not in own] + more
            return Request(operation["operationId"], method.upper(), target, scope, tuple(headers), content)

        optional = {name: value for name, value in query.items() if name not in needed}
        asked = st.fixed_dictionaries({name: query[name] for name in needed}, optional=optional)
        return st.tuples(st.fixed_dictionaries(inside), asked, scopes, keys, odd, body).map(made)

    def _body(self, schema: Schema) -> Any:
        good = st.tuples(self._value(schema), st.booleans()).map(lambda both: _encoded(*both))
        bad = st.tuples(good, st.sampled_from(SPOILERS), st.floats(0, 1)).map(
            lambda parts: parts[1](parts[0], int(parts[2] * len(parts[0])))
        )
        return _mostly(good, st.one_of(bad, bad, st.binary(max_size=40)), 6)

    def _or_junk(self, good: Any) -> Any:
        return _mostly(good, self._junk, 32)

    def _value(self, schema: Schema, name: str = "") -> Any:
        if "$ref" in schema:
            kind = schema["$ref"].rpartition("/")[2]
            if kind not in self._made:
                self._made[kind] = st.deferred(lambda: self._object(self._document["components"]["schemas"][kind]))
            return self._made[kind]
        if "anyOf" in schema:
            return st.one_of([self._value(one, name) for one in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            least = schema.get("minItems", 0)
            return st.lists(self._or_junk(self._value(schema["items"], name)), min_size=least, max_size=least + 3)
        if kind == "integer":
            low, high = schema.get("minimum", -9), schema.get("maximum", 999)
            good = st.one_of(st.integers(low, min(high, low + 3)), st.integers(low, high))
            return _mostly(good, st.sampled_from((low - 1, high + 1)), 24)
        plain = {"number": st.floats(0, 1), "boolean": st.booleans(), "null": st.none()}
        return plain.get(
            str(kind), self._times if schema.get("format") == "date-time" else self._known.get(name, self._ids)
        )

    def _object(self, schema: Schema) -> Any:
        members = {name: self._or_junk(self._value(one, name)) for name, one in schema.get("properties", {}).items()}
        needed = {name: members[name] for name in schema.get("required", ())}
        optional = {name: one for name, one in members.items() if name not in needed}
        good = st.fixed_dictionaries(needed, optional=optional)
        odd = st.tuples(good, st.text(max_size=4), self._junk).map(lambda parts: {**parts[0], parts[1]: parts[2]})
        return _mostly(good, odd, 16)


def _mostly(good: Any, bad: Any, n: int) -> Any:
    """Bad once in `n` times: `one_of` would take both alike, however often the good one stands in it."""
    return st.sampled_from(range(n)).flatmap(lambda k: bad if k == n - 2 else good)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _encoded(value: Any, escape: bool) -> bytes:
    return json.dumps(value, ensure_ascii=escape).encode("utf-8", "surrogatepass")
