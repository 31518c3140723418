"""Validation data in the attributes of a CMS signature.

certificate-values and revocation-values as RFC 5126 (2008), 6.3.3 and 6.3.4, now ETSI EN 319 122-1 V1.3.1,
annex A; adbe-revocationInfoArchival as ISO 32000-2:2020, 12.8.3.3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from smartid.crypto.elements import SEQUENCE, Element, read_element
from smartid.errors import EncodingError
from smartid.trust.cms import SignedData
from smartid.trust.cms_signer import SignerInfo
from smartid.trust.status.ocsp_wrap import response_of
from smartid.trust.validation_data import ValidationData

MAX_VALUES = 256

_CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"
_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
_ADOBE_REVOCATION = "1.2.840.113583.1.1.8"


def enclosed_data(signed: SignedData, signer: SignerInfo) -> ValidationData:
    """Give everything that a signature encloses for the validation of paths. Raises EncodingError."""
    data = signed.data
    for value in signer.unsigned.get(_CERTIFICATE_VALUES, ()):
        data += ValidationData(certificates=_items(read_element(value, SEQUENCE)))
    for value in signer.unsigned.get(_REVOCATION_VALUES, ()):
        data += _revocation(value, basic=True)
    for value in signer.signed.get(_ADOBE_REVOCATION, ()):
        data += _revocation(value, basic=False)
    return data


def _revocation(value: bytes, *, basic: bool) -> ValidationData:
    """Read CRLs under [0] and OCSP answers under [1], whole or basic."""
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    for field in read_element(value, SEQUENCE).children():
        if field.tag == 0xA0:
            crls += tuple(_inside(field))
        elif field.tag == 0xA1:
            ocsp += tuple(map(response_of, _inside(field)) if basic else _inside(field))
    return ValidationData(crls=crls, ocsp=ocsp)


def _inside(field: Element) -> Iterator[bytes]:
    for sequence in field.children():
        yield from _items(sequence.require(SEQUENCE))


def _items(sequence: Element) -> tuple[bytes, ...]:
    items = sequence.children()
    if len(items) > MAX_VALUES:
        raise EncodingError("validation data", offset=sequence.start, expected=f"at most {MAX_VALUES} values")
    return tuple(item.raw for item in items if item.tag == SEQUENCE)
