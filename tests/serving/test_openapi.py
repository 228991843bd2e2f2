"""The document is written from the table, so these tests hold it against OpenAPI 3.1's structure and against real answers."""

import json
import re

import msgspec
import pytest

from serving.asked import Call
from serving.calls import CALLS
from serving.keys import SCOPES
from serving.openapi import document, template
from serving.wire import Slate
from serving.wire_events import EventsAsk

DOCUMENT = json.loads(msgspec.json.encode(document(CALLS, "1")))
OPERATIONS = [(path, method, op) for path, item in DOCUMENT["paths"].items() for method, op in item.items()]


def refs(tree):
    if isinstance(tree, dict):
        yield from (value for key, value in tree.items() if key == "$ref")
        for value in tree.values():
            yield from refs(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from refs(value)


def test_the_frame_is_openapi_3_1():
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert set(DOCUMENT["info"]) >= {"title", "version"}
    assert DOCUMENT["components"]["securitySchemes"]["key"] == {
        "type": "http", "scheme": "bearer", "description": "`daypart keys create --scope …`",
    }  # fmt: skip


def test_every_reference_leads_somewhere():
    found = set(refs(DOCUMENT))
    assert found
    for ref in found:
        assert ref.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


def test_every_call_of_the_table_is_an_operation_and_no_other():
    assert {(path, method.upper()) for path, method, _ in OPERATIONS} == {(template(c.path), c.method) for c in CALLS}
    names = [op["operationId"] for _, _, op in OPERATIONS]
    assert len(set(names)) == len(names) == len(CALLS)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda v: v if isinstance(v, str) else "")
def test_an_operation_is_whole(path, method, operation):
    in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", path))
    assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")
    assert all({"name", "in", "schema"} <= set(p) for p in operation["parameters"])
    for status, answer in operation["responses"].items():
        assert re.fullmatch(r"[2-5]\d\d", status)
        assert answer["description"]
        told = "image/svg+xml" if path.endswith("/qr") else "application/json"
        kind = told if status.startswith("2") else "application/problem+json"
        assert list(answer["content"]) == [kind]
    assert {"400", "401", "403", "429", "503"} <= set(operation["responses"])
    assert any(f"`{scope}`" in operation["description"] for scope in SCOPES)
    assert ("requestBody" in operation) <= (method == "post")


def test_what_a_call_may_answer_depends_on_what_it_does():
    by_name = {op["operationId"]: op for _, _, op in OPERATIONS}
    assert {"409", "413", "415", "422"} <= set(by_name["coupon_redeem"]["responses"])
    assert "404" in by_name["campaign"]["responses"]
    assert "422" not in by_name["recommendations"]["responses"]
    assert "202" in by_name["events"]["responses"]
    assert {"from", "to"} == {p["name"] for p in by_name["offers_due"]["parameters"] if p.get("required")}
    assert "Idempotency-Key" in {p["name"] for p in by_name["coupon_hold"]["parameters"]}


def test_schemas_carry_the_limits_that_are_enforced():
    schemas = DOCUMENT["components"]["schemas"]
    ask = schemas["RecommendationAsk"]["properties"]
    assert (ask["limit"]["minimum"], ask["limit"]["maximum"], ask["limit"]["default"]) == (1, 100, 10)
    assert schemas["RecommendationAsk"]["additionalProperties"] is False
    assert schemas[EventsAsk.__name__]["properties"]["events"]["items"] == {"$ref": "#/components/schemas/EventRow"}
    assert schemas[Slate.__name__]["required"] == ["recommendation_id", "items", "meta"]


def test_a_new_call_appears_by_itself():
    extra = Call("x", "GET", "/v1/x/{x_id:path}", ("app",), CALLS[0].handler, Slate, "X", finds=True)
    grown = document([*CALLS, extra], "1")
    assert grown["paths"]["/v1/x/{x_id}"]["get"]["operationId"] == "x"
