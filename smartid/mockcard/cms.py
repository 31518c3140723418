"""EF.SOD: the data groups' digests, signed as CMS SignedData (RFC 5652; ICAO Doc 9303-10:2021, 4.6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from asn1crypto import cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.identity import lds_security
from smartid.mockcard.certificates import Authority

HASH = "sha384"
_SIGNATURE = "sha384_ecdsa"


def document_security_object(data_groups: Mapping[int, bytes], signer: Authority) -> bytes:
    """EF.SOD over whole data-group files, by number, signed by a document signer with a P-384 key."""
    digests = {number: hashlib.new(HASH, file).digest() for number, file in data_groups.items()}
    value = lds_security.LDSSecurityObject(hash_name=HASH, digests=digests)
    content = lds_security.build_lds_security_object(value)
    signed = sign_content(content, lds_security.LDS_SECURITY_OBJECT_OID, signer)
    return lds_security.build_sod(signed)


def sign_content(
    content: bytes,
    content_type: str,
    signer: Authority,
    *,
    attributes: Sequence[Mapping[str, object]] = (),
    certificates: Sequence[bytes] | None = None,
) -> bytes:
    """ContentInfo with SignedData version 3: the content inside, one signer.

    content_type  OID of the content; it and the content's digest are signed attributes
    attributes    further signed attributes
    certificates  enclosed ones, in DER; None encloses that of the signer
    """
    certificate = x509.Certificate.load(signer.der)
    signed_attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [content_type]},
            {"type": "message_digest", "values": [hashlib.new(HASH, content).digest()]},
            *attributes,
        ]
    )
    signature = signer.key.sign(signed_attributes.dump(), ec.ECDSA(hashes.SHA384()))
    enclosed = (signer.der,) if certificates is None else certificates
    fields: dict[str, object] = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": HASH}],
        "encap_content_info": {"content_type": content_type, "content": core.ParsableOctetString(content)},
        "signer_infos": [_signer_info(certificate, signed_attributes, signature)],
    }
    if enclosed:
        fields["certificates"] = [x509.Certificate.load(der) for der in enclosed]
    signed = cms.SignedData(fields)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _signer_info(
    certificate: x509.Certificate, attributes: cms.CMSAttributes, signature: bytes
) -> dict[str, object]:
    issuer = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    return {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
        "digest_algorithm": {"algorithm": HASH},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": _SIGNATURE},
        "signature": signature,
    }
