"""`/v1/openapi.json`: OpenAPI 3.1, written from the HTTP table and the very structs that requests are decoded with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import fields

from serving.asked import Call
from serving.events import EventRow
from serving.problems import ProblemDetails
from serving.wire import HeaderKey, Id
from serving.wire_events import EventsAsk

REF = "#/components/schemas/{name}"
ALWAYS = {
    "400": "Malformed: `errors` points to the first fault",
    "401": "No key, or one that is unknown, expired or revoked",
    "403": "The key's scope or store does not cover this",
    "414": "Path and query are too long",
    "429": "Too many requests at once, or by this key; see Retry-After",
    "431": "Too many or too long headers",
    "501": "A Transfer-Encoding other than chunked",
    "503": "A part is down or late; see Retry-After",
}


def document(calls: Sequence[Call], version: str) -> dict[str, Any]:
    """The whole document as JSON values."""
    structs = {kind for call in calls for kind in (call.body, call.answer) if kind not in (None, bytes)}
    ordered = [*sorted(structs, key=lambda kind: kind.__name__), EventRow, ProblemDetails]
    _, schemas = msgspec.json.schema_components(ordered, ref_template=REF)
    # msgspec can't see that the raw items are decoded one by one as EventRow.
    schemas[EventsAsk.__name__]["properties"]["events"]["items"] = _ref(EventRow)
    paths: dict[str, Any] = {}
    for call in calls:
        paths.setdefault(template(call.path), {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Daypart",
            "version": version,
            "description": "Which product, for which customer, in which store, at which minute, and how deep a discount.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "`daypart keys create --scope …`"}
            },
        },
    }


def template(path: str) -> str:
    """A route's path as OpenAPI writes it: without convertors."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _ref(kind: type) -> dict[str, Any]:
    return {"$ref": REF.format(name=kind.__name__)}


def _operation(call: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.summary,
        "description": f"Key of scope {' or '.join(f'`{scope}`' for scope in call.scopes)}.",
        "parameters": _parameters(call),
        "responses": _responses(call),
        # For a bearer key the names are the roles that open the call (OpenAPI 3.1, Security Requirement Object).
        "security": [{"key": [scope]} for scope in call.scopes],
    }
    if call.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(call.body)}}}
    return operation


def _parameters(call: Call) -> list[dict[str, Any]]:
    identity = msgspec.json.schema(Id)
    found = [
        {"name": name, "in": "path", "required": True, "schema": identity}
        for name in re.findall(r"\{(\w+)\}", template(call.path))
    ]
    found.append({"name": "X-Request-Id", "in": "header", "required": False, "schema": {"type": "string"}})
    found.append(
        {"name": "X-Deadline-Ms", "in": "header", "required": False, "schema": {"type": "integer", "minimum": 1}}
    )
    if call.needs_key:
        found.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": msgspec.json.schema(HeaderKey)}
        )
    for field in fields(call.query) if call.query is not None else ():
        schema = msgspec.json.schema(field.type)
        found.append({"name": field.encode_name, "in": "query", "required": field.required, "schema": schema})
    return found


def _responses(call: Call) -> dict[str, Any]:
    schema = {"type": "string"} if call.answer is bytes else _ref(call.answer)
    body = {call.media: {"schema": schema}}
    troubles = dict(ALWAYS)
    if call.finds:
        troubles["404"] = "Unknown"
    if call.body is not None:
        troubles |= {"413": "The body is too large", "415": "The body is not plain JSON"}
    if call.needs_key:
        troubles["409"] = "The Idempotency-Key was used with another body, or its call still runs"
    if call.refuses:
        told = "`text` the cashier's words by locale, `paid_cents` what this very order has already"
        troubles["422"] = f"Refused by the rules: `code` is the reason, {told}"
    problem = {"application/problem+json": {"schema": _ref(ProblemDetails)}}
    answers = {str(call.status): {"description": "Done", "content": body}}
    return answers | {code: {"description": text, "content": problem} for code, text in sorted(troubles.items())}
