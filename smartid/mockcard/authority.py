"""What the services of the throw-away PKI answer: time stamps, the state of certificates, a master list.

Pure functions from request to answer, both in DER. A bad request is answered with the refusal that its
standard has for it; no request raises.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import EncodingError
from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.iso7816 import tlv
from smartid.mockcard.certificates import Authority
from smartid.mockcard.cms import sign_content

MASTER_LIST_OID = "2.23.136.1.1.2"
MASTER_LIST_SIGNING_OID = "2.23.136.1.1.3"
OCSP_LIFETIME = timedelta(hours=12)
MAX_REQUEST = 64 << 10
"""Longest request that is read, in bytes."""

_TIME_STAMP_CONTENT = "1.2.840.113549.1.9.16.1.4"
_SEQUENCE, _SET = 0x30, 0x31
_IMPRINTS = {"sha256": 32, "sha384": 48, "sha512": 64}
_NONCE_LENGTHS = range(1, 129)

Issuer = tuple[Authority, Authority, Mapping[int, datetime]]
"""An authority, who answers for it, and when each of its certificates was revoked, by serial number."""


_UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""What a stranger's OCSP request may raise while it is read."""


class _Refused(Exception):
    """A time-stamp request that is not met; its argument is the name of the PKIFailureInfo bit."""


def time_stamp_response(request: bytes, signer: Authority, *, now: datetime) -> bytes:
    """TimeStampResp of RFC 3161 (2001), 2.4.2, with a token over the imprint of the request, or a refusal.

    The token has the policy of the throw-away PKI, an accuracy of one second, and the request's nonce.
    """
    try:
        asked = _time_stamp_request(request)
    except EncodingError:
        return _no_time_stamp("bad_data_format")
    except _Refused as refusal:
        return _no_time_stamp(str(refusal))
    content = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": THROW_AWAY_POLICY_OID,
            "message_imprint": asked["message_imprint"],
            "serial_number": secrets.randbits(63) + 1,
            "gen_time": now,
            "accuracy": {"seconds": 1},
            **({"nonce": asked["nonce"]} if asked["nonce"].native is not None else {}),
        }
    ).dump()
    token = sign_content(
        content,
        _TIME_STAMP_CONTENT,
        signer,
        attributes=[_signing_certificate(signer)],
        certificates=(signer.der,) if asked["cert_req"].native else (),
    )
    answer = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(answer).dump())


def ocsp_response(request: bytes, issuers: Sequence[Issuer], *, now: datetime) -> bytes:
    """OCSPResponse of RFC 6960 (2013), 4.2.1, valid for 12 hours, with the nonce of the request.

    A serial number that was never revoked is called good: what was issued is written nowhere.
    """
    try:
        asked = ocsp.load_der_ocsp_request(request) if len(request) <= MAX_REQUEST else None
        nonce = _nonce(asked) if asked else None
        found = next((one for one in issuers if asked and _is_about(one[0], asked)), None)
    except _UNREADABLE:
        asked, found = None, None
    if asked is None:
        return _no_status(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if found is None:
        return _no_status(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    _, signer, revoked = found
    when = revoked.get(asked.serial_number)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number,
            asked.hash_algorithm,
            ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD,
            now,
            now + OCSP_LIFETIME,
            min(when, now) if when else None,
            x509.ReasonFlags.key_compromise if when else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    if nonce:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(signer.key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


def master_list(authorities: Sequence[Authority], signer: Authority, issuer: Authority) -> bytes:
    """A signed CscaMasterList (ICAO Doc 9303-12:2021, 9), with the signer's certificate and its issuer's."""
    listed = tlv.encode(_SET, *sorted(authority.der for authority in authorities))
    content = tlv.encode(_SEQUENCE, core.Integer(0).dump(), listed)
    return sign_content(content, MASTER_LIST_OID, signer, certificates=(signer.der, issuer.der))


def _time_stamp_request(data: bytes) -> tsp.TimeStampReq:
    """Read a request that can be met. Raises EncodingError, _Refused."""
    if len(data) > MAX_REQUEST:
        raise _Refused("bad_request")
    require_short_arcs(data, "time-stamp request")
    with decoding("time-stamp request", "RFC 3161 (2001), 2.4.1"):
        asked = tsp.TimeStampReq.load(data, strict=True)
        imprint = asked["message_imprint"].native
        version, policy, extensions = (asked[name].native for name in ("version", "req_policy", "extensions"))
        asked["nonce"].native, asked["cert_req"].native
    if version != "v1":
        raise _Refused("bad_request")
    if _IMPRINTS.get(imprint["hash_algorithm"]["algorithm"]) != len(imprint["hashed_message"]):
        raise _Refused("bad_alg")
    if policy not in {None, THROW_AWAY_POLICY_OID}:
        raise _Refused("unaccepted_policy")
    if extensions:
        raise _Refused("unaccepted_extensions")
    return asked


def _no_time_stamp(reason: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {reason}})
    return tlv.encode(_SEQUENCE, status.dump())  # asn1crypto knows no answer without a token


def _signing_certificate(signer: Authority) -> dict[str, object]:
    """The attribute that ties a token to its signer's certificate (RFC 5816 (2010), 2.2.1)."""
    certificate = asn1_x509.Certificate.load(signer.der)
    names = [asn1_x509.GeneralName("directory_name", certificate.issuer)]
    issued = {"issuer": names, "serial_number": certificate.serial_number}
    entry = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha384"}),
            "cert_hash": hashlib.sha384(signer.der).digest(),
            "issuer_serial": issued,
        }
    )
    return {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [entry]})]}


def _is_about(issuer: Authority, asked: ocsp.OCSPRequest) -> bool:
    """Tell whether a request names this issuer, by the hashes of its name and its key."""
    certificate = asn1_x509.Certificate.load(issuer.der)
    key = certificate["tbs_certificate"]["subject_public_key_info"]["public_key"].native
    name = asked.hash_algorithm.name
    return (
        hashlib.new(name, certificate.subject.dump()).digest() == asked.issuer_name_hash
        and hashlib.new(name, key).digest() == asked.issuer_key_hash
    )


def _nonce(asked: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    """The nonce of a request (RFC 9654 (2024): 1 to 128 bytes). Raises ValueError for another length."""
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            if len(extension.value.nonce) not in _NONCE_LENGTHS:
                raise ValueError("a nonce has 1 to 128 bytes")
            return extension.value
    return None


def _no_status(status: ocsp.OCSPResponseStatus) -> bytes:
    answer = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return answer.public_bytes(serialization.Encoding.DER)
