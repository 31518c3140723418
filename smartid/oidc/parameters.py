"""Parameters of a request, read strictly: none twice, none endless, none with control characters."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from smartid.web.http import Request

MAX_LENGTH = 16 << 10
"""Longest query or form, in characters."""
MAX_FIELDS = 40
FORM = "application/x-www-form-urlencoded"

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class BadParameters(Exception):
    """The parameters are not as HTTP and RFC 6749 (2012), 3.1 want them. The text is plain ASCII."""


def read(text: str) -> dict[str, str]:
    """Read a query or a form. A parameter without a value counts as absent. Raises BadParameters."""
    if len(text) > MAX_LENGTH:
        raise BadParameters("The request is too long.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise BadParameters("The parameters are not form-urlencoded UTF-8.") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadParameters("A parameter stands in the request twice.")
    if any(_CONTROL.search(name + value) for name, value in pairs):
        raise BadParameters("A parameter has control characters.")
    return {name: value for name, value in found.items() if value}


def read_query(request: Request) -> dict[str, str]:
    """Read the query of a request. Raises BadParameters."""
    return read(request.query)


def read_form(request: Request) -> dict[str, str]:
    """Read the body of a POST. Raises BadParameters."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise BadParameters(f"The body has to be {FORM}.")
    try:
        return read(request.body.decode("ascii"))
    except UnicodeDecodeError as error:
        raise BadParameters("The parameters are not form-urlencoded UTF-8.") from error
