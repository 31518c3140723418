"""Reading CAdES and plain CMS signatures: DER, BER or PEM (ETSI EN 319 122-1 V1.3.1; RFC 5652 (2009))."""

from __future__ import annotations

import hmac
from dataclasses import replace

from smartid.crypto.elements import SEQUENCE
from smartid.errors import EncodingError
from smartid.signing.cades.signer_facts import CONTENT, facts_of_signer
from smartid.signing.content import MAX_WHOLE, Content
from smartid.signing.facts import SignatureFacts
from smartid.trust.cms import SignedData, parse_signed_data
from smartid.trust.findings import Finding, failed
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication

MAX_STAMPS = 256
"""Most time stamps of all signers together: each is a signature, a path and its revocation."""

_PEM_MARK = b"-----BEGIN"
_PEM_LABELS = {"PKCS7", "CMS", "PKCS #7 SIGNED DATA"}


def read_cades(data: bytes, content: Content | None, policy: Policy) -> tuple[SignatureFacts, ...]:
    """Take the signatures of a ContentInfo with SignedData apart, one after the other.

    content  what is signed, when it is not inside; when it is inside too, both have to be the same

    Raises EncodingError; OSError when the content is a file that cannot be read.
    """
    if len(data) > MAX_WHOLE:
        raise EncodingError("CMS signed data", offset=MAX_WHOLE, expected=f"at most {MAX_WHOLE} bytes")
    signed = parse_signed_data(_der(data), max_length=MAX_WHOLE)
    inside = content if signed.content is None else Content(signed.content)
    scope = "the content inside" if signed.content is not None else "the whole file"
    facts = tuple(facts_of_signer(signed, signer, inside, policy, scope=scope) for signer in signed.signers)
    if sum(len(item.time_stamps) for item in facts) > MAX_STAMPS:
        raise EncodingError("CMS signed data", offset=0, expected=f"at most {MAX_STAMPS} time stamps in all")
    other = _other_content(signed, content)
    return tuple(_with(item, other) for item in facts)


def _other_content(signed: SignedData, content: Content | None) -> Finding | None:
    """Say so when the caller holds another content than the one that is inside."""
    if content is None or signed.content is None:
        return None
    inside = Content(signed.content).digest("sha256")
    if hmac.compare_digest(inside, content.digest("sha256")):
        return None
    detail = "The content inside the signature is not the file that it was to be about."
    return failed(CONTENT, SubIndication.HASH_FAILURE, detail)


def _with(facts: SignatureFacts, finding: Finding | None) -> SignatureFacts:
    return replace(facts, findings=(*facts.findings, finding)) if finding else facts


def _der(data: bytes) -> bytes:
    if data[:1] == bytes([SEQUENCE]) or _PEM_MARK not in data[:4096]:
        return data
    from asn1crypto import pem  # noqa: PLC0415 - only needed for PEM

    from smartid.crypto.der import decoding  # noqa: PLC0415

    with decoding("PEM", "RFC 7468 (2015)"):
        label, _, der = pem.unarmor(data)
    if label not in _PEM_LABELS:
        raise EncodingError("PEM", offset=0, expected="a block PKCS7 or CMS", standard="RFC 7468 (2015)")
    return bytes(der)
