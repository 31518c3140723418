"""Requests of the add-on as values. Nothing is taken that the protocol does not name.

Web eID, messages between browser extension and native application::

    {"command": "authenticate", "arguments": {"challengeNonce": "…", "origin": "https://…"}}
    {"command": "get-signing-certificate", "arguments": {"origin": "https://…"}}
    {"command": "sign", "arguments": {"certificate": "…", "hash": "…", "hashFunction": "…", "origin": "…"}}
    {"command": "quit", "arguments": {}}

``lang`` may stand among the arguments of each.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smartid.agent.failures import RequestFailed
from smartid.agent.reasons import AgentReason
from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.identity.auth_token import Challenge, require_origin

HASH_SIZES = {f"{family}-{bits}": bits // 8 for family in ("SHA", "SHA3") for bits in (224, 256, 384, 512)}
"""Hash functions of the protocol, with the length of their digests in bytes."""
_DEFAULT_LANGUAGE = "fa"
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave, with an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every other request has.

    origin  of the page that asks, as the browser names it
    lang    first part of a language tag (RFC 5646 (2009)); "fa" when the page names none that could be one
    """

    origin: str
    lang: str = _DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate(Request):
    """Log the holder in: a token for this challenge."""

    challenge: Challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSigningCertificate(Request):
    """Give the certificate of the signature key, and what that key can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(Request):
    """Sign a digest with the signature key.

    certificate    of that key, X.509 in DER, as the page got it before
    digest         as long as the hash function makes it
    hash_function  one of HASH_SIZES
    """

    certificate: bytes = field(repr=False)
    digest: bytes
    hash_function: str


Command = Quit | Authenticate | GetSigningCertificate | Sign


def parse_request(data: bytes) -> Command:
    """Read a request. Raises RequestFailed with the reason invalid_argument, and says what is wrong."""
    try:
        message = parse_object(data, "request")
        _require_members(message, {"command", "arguments"})
        arguments = message["arguments"]
        if not isinstance(message["command"], str) or not isinstance(arguments, dict):
            raise _wrong("'command' is a text and 'arguments' an object")
        return _command(message["command"], arguments)
    except EncodingError as error:
        raise _wrong(str(error).removesuffix(".")) from None


def _command(name: str, arguments: dict[str, Any]) -> Command:
    if name not in _COMMANDS:
        raise _wrong(f"the commands are {', '.join(_COMMANDS)}")
    members, build = _COMMANDS[name]
    lang = _language(arguments.pop("lang", _DEFAULT_LANGUAGE))
    _require_members(arguments, members)
    for member, value in arguments.items():
        if not isinstance(value, str) or not value:
            raise _wrong(f"the argument {member!r} is a text that is not empty")
    if "origin" in members:
        require_origin(arguments["origin"])
    return build(arguments, lang)


def _authenticate(arguments: Mapping[str, str], lang: str) -> Command:
    challenge = Challenge(arguments["origin"], arguments["challengeNonce"])
    return Authenticate(origin=challenge.origin, lang=lang, challenge=challenge)


def _get_certificate(arguments: Mapping[str, str], lang: str) -> Command:
    return GetSigningCertificate(origin=arguments["origin"], lang=lang)


def _sign(arguments: Mapping[str, str], lang: str) -> Command:
    name = arguments["hashFunction"]
    if name not in HASH_SIZES:
        raise _wrong(f"'hashFunction' is one of {', '.join(HASH_SIZES)}")
    digest = _base64(arguments, "hash")
    if len(digest) != HASH_SIZES[name]:
        raise _wrong(f"a digest of {name} has {HASH_SIZES[name]} bytes, not {len(digest)}")
    certificate = _base64(arguments, "certificate")
    return Sign(
        origin=arguments["origin"], lang=lang, certificate=certificate, digest=digest, hash_function=name
    )


_COMMANDS: dict[str, tuple[frozenset[str], Callable[[Mapping[str, str], str], Command]]] = {
    "authenticate": (frozenset({"challengeNonce", "origin"}), _authenticate),
    "get-signing-certificate": (frozenset({"origin"}), _get_certificate),
    "sign": (frozenset({"certificate", "hash", "hashFunction", "origin"}), _sign),
    "quit": (frozenset(), lambda _arguments, _lang: Quit()),
}


def _language(value: object) -> str:
    """A wish: Web eID's example pages pass on "auto", and a login must not fail for it."""
    if not isinstance(value, str):
        raise _wrong("'lang' is a language tag: fa, en")
    found = _LANGUAGE.fullmatch(value)
    return found[1].lower() if found else _DEFAULT_LANGUAGE


def _base64(arguments: Mapping[str, str], member: str) -> bytes:
    try:
        return base64.b64decode(arguments[member], validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(f"{member!r} is base64") from None


def _require_members(message: Mapping[str, Any], members: frozenset[str] | set[str]) -> None:
    unknown = sorted(name for name in message if name not in members)
    if unknown:
        raise _wrong(f"{unknown[0][:40]!r} is not known here")
    missing = sorted(name for name in members if name not in message)
    if missing:
        raise _wrong(f"{missing[0]!r} is missing")


def _wrong(what: str) -> RequestFailed:
    return RequestFailed(AgentReason.INVALID_ARGUMENT, f"{what[0].upper()}{what[1:]}.")
