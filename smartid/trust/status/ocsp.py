"""OCSP: reading an answer, building a question (RFC 6960 (2013); nonce as RFC 9654 (2024))."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, core, ocsp

from smartid.crypto.der import decoding, require_short_arcs
from smartid.crypto.elements import BIT_STRING, SEQUENCE, Fields, read_element
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.iso7816 import tlv
from smartid.trust.algorithms import DIGEST_SIZES, SignatureScheme
from smartid.trust.certificate import Certificate, DistinguishedName
from smartid.trust.schemes import scheme_of
from smartid.trust.status.pointers import read_pointers, split_extension
from smartid.trust.x509_names import read_name

STANDARD = "RFC 6960 (2013), 4.2.1"
MAX_OCSP_LENGTH = 256 << 10
"""Longest answer that is read, in bytes."""
MAX_ANSWERS = 128
MAX_CERTIFICATES = 16
NONCE_LENGTH = 32

_CERTIFICATES = 0xA0
_BASIC = "1.3.6.1.5.5.7.48.1.1"
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"
_HONOURED = {_NONCE, _ARCHIVE_CUTOFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateID:
    """Which certificate an answer is about: hashes of the issuer's name and key, and the serial number."""

    hash_name: str
    name_hash: bytes
    key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleAnswer:
    """What a responder says of one certificate.

    status        "good", "revoked" or "unknown"
    reason        CRLReason as ``asn1crypto`` spells it
    kept_since    archive cutoff: since when it knows about certificates that have expired
    unprocessed   critical extensions that nothing here can honour
    """

    certificate: CertificateID
    status: str
    revoked_at: datetime | None
    reason: str
    this_update: datetime
    next_update: datetime | None
    kept_since: datetime | None
    unprocessed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OCSPAnswer:
    """An OCSPResponse, read but not believed.

    status        "successful", or why there is no answer: "try_later", "unauthorized" and so on
    responder     name of who signed, or else ``responder_key`` is the SHA-1 of its key
    nonce         what the question held, None without one
    certificates  as they came, in DER
    """

    der: bytes
    status: str
    tbs: bytes = b""
    scheme: SignatureScheme | None = None
    signature: bytes = b""
    responder: DistinguishedName | None = None
    responder_key: bytes | None = None
    produced_at: datetime | None = None
    nonce: bytes | None = None
    certificates: tuple[bytes, ...] = ()
    answers: tuple[SingleAnswer, ...] = ()
    unprocessed: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"OCSPAnswer({self.status}, {len(self.answers)} answers)"

    def about(self, certificate: Certificate, issuer: Certificate) -> SingleAnswer | None:
        """Give the answer about a certificate of this issuer; the newest when there are several."""
        found = [
            answer
            for answer in self.answers
            if answer.certificate.hash_name in DIGEST_SIZES
            and answer.certificate == certificate_id(certificate, issuer, answer.certificate.hash_name)
        ]
        return max(found, key=lambda answer: answer.this_update, default=None)

    def is_by(self, responder: Certificate) -> bool:
        """Tell whether the responder identifier names this certificate."""
        if self.responder is not None:
            return self.responder.key == responder.subject.key
        return self.responder_key == hashlib.sha1(key_bits(responder), usedforsecurity=False).digest()


def certificate_id(certificate: Certificate, issuer: Certificate, hash_name: str = "sha1") -> CertificateID:
    """Name a certificate as OCSP does. Raises EncodingError.

    hash_name  every responder knows sha1; it only finds an entry here, and protects nothing
    """
    name = read_pointers(certificate).issuer
    return CertificateID(
        hash_name=hash_name,
        name_hash=hashlib.new(hash_name, name, usedforsecurity=False).digest(),
        key_hash=hashlib.new(hash_name, key_bits(issuer), usedforsecurity=False).digest(),
        serial=certificate.serial_number,
    )


def key_bits(certificate: Certificate) -> bytes:
    """Give the BIT STRING of the public key, without tag, length and count of unused bits."""
    parts = tlv.parse_one(certificate.spki).children()
    if len(parts) != 2 or not parts[1].value:
        raise _broken("a public key")
    return parts[1].value[1:]


def ocsp_request(certificate: Certificate, issuer: Certificate, nonce: bytes | None = None) -> bytes:
    """Build the question about one certificate, in DER (RFC 6960 (2013), 4.1.1). Raises EncodingError.

    nonce  random bytes that the answer has to repeat, NONCE_LENGTH of them; None asks for any fresh answer
    """
    wanted = certificate_id(certificate, issuer)
    identifier = ocsp.CertId(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": wanted.hash_name}),
            "issuer_name_hash": wanted.name_hash,
            "issuer_key_hash": wanted.key_hash,
            "serial_number": wanted.serial,
        }
    )
    fields: dict[str, Any] = {"request_list": [{"req_cert": identifier}]}
    if nonce is not None:
        fields["request_extensions"] = [{"extn_id": "nonce", "extn_value": core.OctetString(nonce)}]
    return bytes(ocsp.OCSPRequest({"tbs_request": fields}).dump())


def parse_ocsp(der: bytes) -> OCSPAnswer:
    """Read an OCSPResponse in DER, with nothing after it. Raises EncodingError."""
    if len(der) > MAX_OCSP_LENGTH:
        raise _broken(f"at most {MAX_OCSP_LENGTH} bytes")
    tlv.parse_one(der, 0x30)
    require_short_arcs(der, "OCSP answer")
    with decoding("OCSP answer", STANDARD):
        response = ocsp.OCSPResponse.load(der, strict=True)
        status = str(response["response_status"].native)
        if status != "successful":
            return OCSPAnswer(der=der, status=status)
        if response["response_bytes"]["response_type"].dotted != _BASIC:
            raise _broken("a basic answer")
        return _basic(der, status, bytes(response["response_bytes"]["response"]))


def _raw_parts(content: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Give what is signed, and the certificates beside it, as they came.

    asn1crypto encodes some values anew: those whose header happens to end in 80.
    """
    fields = Fields(read_element(content))
    tbs = fields.take(SEQUENCE)
    fields.take(SEQUENCE)
    fields.take(BIT_STRING)
    beside = fields.maybe(_CERTIFICATES)
    if beside is None:
        return tbs.raw, ()
    [certificates] = beside.children()
    return tbs.raw, tuple(item.raw for item in certificates.children())


def _basic(der: bytes, status: str, content: bytes) -> OCSPAnswer:
    tlv.parse_one(content, 0x30)
    basic = ocsp.BasicOCSPResponse.load(content, strict=True)
    data, certificates = basic["tbs_response_data"], basic["certs"]
    if len(data["responses"]) > MAX_ANSWERS:
        raise _broken(f"at most {MAX_ANSWERS} answers")
    if not isinstance(certificates, core.Void) and len(certificates) > MAX_CERTIFICATES:
        raise _broken(f"at most {MAX_CERTIFICATES} certificates")
    extensions = _extensions(data["response_extensions"])
    tbs, enclosed = _raw_parts(content)
    return OCSPAnswer(
        der=der,
        status=status,
        tbs=tbs,
        scheme=_scheme(basic["signature_algorithm"]),
        signature=basic["signature"].native,
        responder=read_name(data["responder_id"].chosen) if data["responder_id"].name == "by_name" else None,
        responder_key=data["responder_id"].native if data["responder_id"].name == "by_key" else None,
        produced_at=_time(data["produced_at"]),
        nonce=_nonce(extensions),
        certificates=enclosed,
        answers=tuple(_answer(single) for single in data["responses"]),
        unprocessed=_unprocessed(extensions),
    )


def _answer(single: Any) -> SingleAnswer:
    identifier, status = single["cert_id"], single["cert_status"]
    extensions = _extensions(single["single_extensions"])
    revoked = status.chosen if status.name == "revoked" else None
    reason = revoked["revocation_reason"].native if revoked is not None else None
    cutoff = extensions.get(_ARCHIVE_CUTOFF)
    next_update = single["next_update"]
    return SingleAnswer(
        certificate=CertificateID(
            hash_name=str(identifier["hash_algorithm"]["algorithm"].native),
            name_hash=identifier["issuer_name_hash"].native,
            key_hash=identifier["issuer_key_hash"].native,
            serial=identifier["serial_number"].native,
        ),
        status=str(status.name),
        revoked_at=_time(revoked["revocation_time"]) if revoked is not None else None,
        reason=reason or "unspecified",
        this_update=_time(single["this_update"]),
        next_update=None if isinstance(next_update, core.Void) else _time(next_update),
        kept_since=_time(core.GeneralizedTime.load(cutoff[1], strict=True)) if cutoff else None,
        unprocessed=_unprocessed(extensions),
    )


def _extensions(extensions: Any) -> dict[str, tuple[bool, bytes]]:
    """Read extensions from their bytes: of unknown ones nothing but the identifier is looked at."""
    if isinstance(extensions, core.Void):
        return {}
    found: dict[str, tuple[bool, bytes]] = {}
    for extension in tlv.parse(extensions.contents):
        oid, critical, value = split_extension(extension.value)
        if oid in found:
            raise _broken("each extension once")
        found[oid] = critical, value
    return found


def _unprocessed(extensions: dict[str, tuple[bool, bytes]]) -> frozenset[str]:
    return frozenset(oid for oid, (critical, _) in extensions.items() if critical) - _HONOURED


def _nonce(extensions: dict[str, tuple[bool, bytes]]) -> bytes | None:
    """Take the nonce out of its OCTET STRING; older responders repeat it without one."""
    if _NONCE not in extensions:
        return None
    value = extensions[_NONCE][1]
    try:
        return tlv.parse_one(value, 0x04).value
    except EncodingError:
        return value


def _scheme(identifier: Any) -> SignatureScheme | None:
    try:
        return scheme_of(identifier)
    except AlgorithmRefused:
        return None


def _time(value: Any) -> datetime:
    native = value.native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken("a date and a time in UTC")
    return native.astimezone(UTC)


def _broken(expected: str) -> EncodingError:
    return EncodingError("OCSP answer", offset=0, expected=expected, standard=STANDARD)
