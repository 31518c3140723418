"""Asking a time-stamping authority for a token (RFC 3161 (2001); RFC 5816 (2010))."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from smartid.errors import AlgorithmRefused, EncodingError, FetchFailed, SignatureInvalid
from smartid.signing import der
from smartid.trust.certificate import Certificate
from smartid.trust.cms import verify_signed_data
from smartid.trust.ess import certificate_references
from smartid.trust.fetch import Fetcher
from smartid.trust.time_stamp import TimeStamp, parse_time_stamp

STANDARD = "RFC 3161 (2001), 2.4"
REQUEST_TYPE = "application/timestamp-query"
MAX_TOKEN = 1 << 20
"""Longest answer that is read, in bytes."""

_TRUE = b"\x01\x01\xff"
_GRANTED = {"granted", "granted_with_mods"}
_FAILURES = {
    "bad_alg": "it does not accept this hash algorithm (badAlg)",
    "bad_request": "it does not allow this request (badRequest)",
    "bad_data_format": "it could not read the request (badDataFormat)",
    "time_not_available": "its source of time is not available (timeNotAvailable)",
    "unaccepted_policy": "it does not serve this policy (unacceptedPolicy)",
    "unaccepted_extension": "it does not know an extension (unacceptedExtension)",
    "add_info_not_available": "what was asked for is not available (addInfoNotAvailable)",
    "system_failure": "it failed (systemFailure)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampRequest:
    """A TimeStampReq.

    nonce       makes the answer fresh
    policy_oid  policy under which the token shall be made; None leaves it to the authority
    """

    digest: bytes
    hash_name: str
    nonce: int
    policy_oid: str | None = None

    def encode(self) -> bytes:
        """Write it, with the wish for the authority's certificate. Raises KeyError for an unknown hash."""
        imprint = der.sequence(der.hash_algorithm(self.hash_name), der.octets(self.digest))
        policy = der.oid(self.policy_oid) if self.policy_oid else b""
        return der.sequence(der.integer(1), imprint, policy, der.integer(self.nonce), _TRUE)


def time_stamp_request(digest: bytes, hash_name: str, *, policy_oid: str | None = None) -> TimeStampRequest:
    """Make a request with a random nonce of 64 bits."""
    return TimeStampRequest(
        digest=digest, hash_name=hash_name, nonce=secrets.randbits(64), policy_oid=policy_oid
    )


def read_response(response: bytes, request: TimeStampRequest, *, url: str = "the authority") -> bytes:
    """Take the token out of a TimeStampResp, checked to answer this request.

    Compared are status, imprint, nonce and policy; the token's signature has to be that of the certificate
    which its signer identifier names. Trust in that certificate is not looked at.

    Raises FetchFailed: the authority's own words when it refused, what is wrong with the answer otherwise.
    """
    if len(response) > MAX_TOKEN:
        raise FetchFailed(url, f"more than {MAX_TOKEN} bytes")
    try:
        token = _granted(response, url)
        _require_answer(read_token(token)[0], request, url)
    except (EncodingError, AlgorithmRefused, SignatureInvalid) as error:
        raise FetchFailed(url, error.message) from error
    return token


def read_token(token: bytes) -> tuple[TimeStamp, Certificate]:
    """Read a time-stamp token, check its own signature, and give the certificate of its authority.

    That is the one which the signer identifier and the signed reference name, never just the first one.
    Raises EncodingError, AlgorithmRefused, SignatureInvalid.
    """
    stamp = parse_time_stamp(token)
    references = certificate_references(stamp.signer.signed)
    for candidate in stamp.signer.certificates(stamp.signed.certificates):
        if references and all(reference.names(candidate) for reference in references):
            verify_signed_data(stamp.signed, candidate, stamp.signed.content or b"")
            return stamp, candidate
    raise EncodingError("time stamp", offset=0, expected="its authority's certificate", standard=STANDARD)


class HTTPTimeStamper:
    """A time-stamping authority over HTTP (RFC 3161 (2001), 3.4).

    url         its address
    fetcher     makes the request; None takes one that also reaches this machine and private networks, since
                the caller chose the address, and follows no redirect, since somebody else chose that one
    policy_oid  policy to ask for
    """

    def __init__(self, url: str, *, fetcher: Fetcher | None = None, policy_oid: str | None = None) -> None:
        self.url = url
        self._fetcher = fetcher
        self._policy_oid = policy_oid

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        """Give a token over a digest, checked to answer this request. Raises FetchFailed."""
        request = time_stamp_request(digest, hash_name, policy_oid=self._policy_oid)
        response = self._fetch(request.encode())
        return read_response(response, request, url=self.url)

    def _fetch(self, body: bytes) -> bytes:
        if self._fetcher is None:
            from smartid.trust.fetch import HTTPFetcher  # noqa: PLC0415 - reaches the network only here

            self._fetcher = HTTPFetcher(private=True, max_redirects=0, max_length=MAX_TOKEN)
        return self._fetcher.fetch(self.url, body=body, content_type=REQUEST_TYPE)

    def __repr__(self) -> str:
        return f"HTTPTimeStamper({self.url!r})"


def _granted(response: bytes, url: str) -> bytes:
    """Give the token of an answer that grants one, as it lies in there."""
    from asn1crypto import tsp  # noqa: PLC0415 - not needed to ask

    from smartid.crypto.der import decoding, require_short_arcs  # noqa: PLC0415

    require_short_arcs(response, "time-stamp response")
    parts = der.elements(response)
    token = parts[1:]
    with decoding("time-stamp response", STANDARD):
        answer = tsp.PKIStatusInfo.load(parts[0], strict=True).native
    if answer["status"] not in _GRANTED or len(token) != 1:
        raise FetchFailed(url, _refusal(answer))
    return token[0]


def _refusal(answer: Any) -> str:
    """Say why it refused: the failure bits in words, then its own text."""
    known = sorted(answer["fail_info"] or ())
    words = [_FAILURES.get(name, name) for name in known]
    text = " ".join(str(line) for line in answer["status_string"] or ())
    shown = "".join(char if char.isprintable() else " " for char in text)[:200]
    return "; ".join(part for part in (*words, shown) if part) or f"it answered with {answer['status']}"


def _require_answer(stamp: TimeStamp, request: TimeStampRequest, url: str) -> None:
    if stamp.hash_name != request.hash_name or not hmac.compare_digest(stamp.imprint, request.digest):
        raise FetchFailed(url, "its token is about something else than what was sent")
    if stamp.nonce != request.nonce:
        raise FetchFailed(url, "its token answers another request (the nonce differs)")
    if request.policy_oid not in {None, stamp.policy}:
        raise FetchFailed(url, "its token was made under another policy than the one that was asked for")
