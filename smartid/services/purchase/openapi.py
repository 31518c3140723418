"""The programming interface in the words of OpenAPI 3.1.1, made from the table that answers requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smartid.services.purchase.bodies import Body
from smartid.services.purchase.routes import Route
from smartid.services.reasons import Reason

_ERRORS = {
    "400": "The request is malformed, or has no Idempotency-Key",
    "401": "No key, or an unknown one",
    "402": "Somebody will not pay: declined, insufficient, a blocked card",
    "403": "A rule does not allow it, or the card did not agree to this",
    "404": "There is nothing of this name",
    "409": "It is under way, or not possible at this stage",
    "410": "The offer is over",
    "422": "The Idempotency-Key came with another request",
    "503": "Something that is needed does not answer",
    "504": "The acquirer gave no answer; a reversal is queued",
}
_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "reason"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "title_fa": _TEXT,
        "status": _NUMBER,
        "detail": _TEXT,
        "reason": {"type": "string", "enum": [reason.value for reason in Reason]},
        "original": {**_TEXT, "description": "Field 39 of ISO 8583, as it came"},
        "limit": _TEXT,
        "remaining": _NUMBER,
        "resets_at": {"type": "string", "format": "date-time"},
    },
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Give the document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.1",
        "info": {"title": "smartid purchase", "version": "1", "summary": "Payments that a card signs"},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    post = route.method == "POST"
    created = post and "{" not in route.path
    answers = {"201" if created else "200": {"description": "Done", "content": _json({"type": "object"})}}
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.does,
        "parameters": [*_parameters(route)],
        "responses": {**answers, **{code: _problem(text) for code, text in _ERRORS.items()}},
    }
    if post:
        operation["requestBody"] = {"required": bool(route.body), "content": _json(_schema(route.body))}
    return operation


def _name(route: Route) -> str:
    parts = [part for part in route.path.split("/") if part and "{" not in part]
    return "_".join([route.method.lower(), *parts, *(["one"] if route.path.endswith("}") else [])])


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    if "{id}" in route.path:
        yield {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    if route.method == "POST":
        schema = {"type": "string", "minLength": 1, "maxLength": 128}
        yield {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema}


def _schema(body: Body) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, member in body.items() if member.needed],
        "properties": {name: member.schema() for name, member in body.items()},
    }


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
