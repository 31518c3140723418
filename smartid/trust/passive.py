"""Passive authentication: the data groups are those that the state signed, or they are not.

ICAO Doc 9303-11, 8th edition (2021), 5.1; EF.SOD as Doc 9303-10, 4.6.2; certificates as Doc 9303-12, 7.1. It
says nothing about the chip: a copy of all files passes too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.identity.lds_security import (
    LDS_SECURITY_OBJECT_OID,
    LDSSecurityObject,
    parse_lds_security_object,
    parse_sod,
)
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.cms import SignedData, only_signer, parse_signed_data, verify_signed_data
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

SOD = "document_security_object"
SIGNER_CHAIN = "document_signer_chain"

_OTHER_CONTENT_TYPES = {
    "1.3.27.1.1.1": " Its content type is the one used before Doc 9303.",
    "1.2.528.1.1006.1.20.1": " Its content type is the one used before Doc 9303.",
    "1.2.840.113549.1.7.1": " Its content type says no more than data, as some states write it.",
}
"""Accepted besides the one of Doc 9303-10, and what is said of each: inside must be a security object."""
_FILE_NAMES = ("EF.SOD", "SOD")
_NO_SOD = (
    "The card gave no document security object (EF.SOD): nothing that the issuer signed describes the holder "
    "as the card does, and a copy cannot be told from the card."
)


@dataclass(frozen=True, slots=True)
class PassiveResult:
    """What passive authentication found.

    findings  "document_security_object", "hash_DG1" …, "document_signer_chain", in this order
    listed    numbers of the data groups that the security object lists; none when it is not to be believed
    covered   data groups whose digest is the signed one: number to whole file
    path      of the document signer, None when it was not reached
    """

    findings: tuple[Finding, ...]
    listed: frozenset[int] = frozenset()
    covered: Mapping[int, bytes] | None = None
    path: PathResult | None = None

    @property
    def anchored(self) -> bool:
        """Whether the state that signed is one that the policy trusts."""
        return self.path is not None and self.path.failure is None

    @property
    def signed(self) -> bool:
        """Whether the security object itself is to be believed, if its signer is."""
        return self.covered is not None

    def proved(self, number: int) -> bytes | None:
        """Give a data group whose digest is the signed one; None for any other."""
        return (self.covered or {}).get(number)


def authenticate_passively(
    files: Mapping[str, bytes], policy: Policy, at: datetime, *, signers: Sequence[bytes] = ()
) -> PassiveResult:
    """Check EF.SOD, the digest of each data group that was read, and the path of the document signer.

    files    raw files by name: "EF.SOD" or "SOD", "DG1" to "DG16"; others are not looked at
    signers  certificates that came beside the file, in DER, where EF.SOD has none inside

    Never raises on bad files: each fault is a finding.
    """
    sod = next((files[name] for name in _FILE_NAMES if name in files), None)
    if sod is None:
        return PassiveResult((not_checked(SOD, _NO_SOD, SubIndication.SIGNED_DATA_NOT_FOUND),))
    try:
        opened = _open(sod, signers)
        signature = _signature(opened, policy) if opened else _no_signer()
    except EncodingError as error:
        return PassiveResult((failed(SOD, SubIndication.FORMAT_FAILURE, error.message),))
    except AlgorithmRefused as error:
        return PassiveResult((failed(SOD, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message),))
    if opened is None or not signature.passed:
        return PassiveResult((signature,))
    hashes = _hashes(_data_groups(files), opened.content)
    path = _path(opened, policy, at)
    return PassiveResult(
        findings=(signature, *_strength(opened.content, policy), *hashes.values(), _chain(path)),
        listed=frozenset(opened.content.digests),
        covered={number: files[f"DG{number}"] for number, finding in hashes.items() if finding.passed},
        path=path,
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    """EF.SOD taken apart, and the certificate that its signer identifier names."""

    data: SignedData
    signer: Certificate
    content: LDSSecurityObject


def _open(sod: bytes, signers: Sequence[bytes]) -> _Opened | None:
    """Take EF.SOD apart; None when the signer's certificate is missing."""
    data = parse_signed_data(parse_sod(sod))
    content = _security_object(data)
    signer = data.signer_certificate(*signers)
    return _Opened(data, signer, content) if signer else None


def _security_object(data: SignedData) -> LDSSecurityObject:
    if data.content_type not in {LDS_SECURITY_OBJECT_OID, *_OTHER_CONTENT_TYPES}:
        raise EncodingError("EF.SOD", offset=0, expected=f"content type {LDS_SECURITY_OBJECT_OID}")
    if data.content is None:
        raise EncodingError("EF.SOD", offset=0, expected="the LDS security object inside")
    return parse_lds_security_object(data.content)


def _signature(opened: _Opened, policy: Policy) -> Finding:
    data, signer = opened.data, opened.signer
    content = data.content or b""
    if not data.covers(content):
        detail = "The signed digest is not that of the security object: it was changed after signing."
        return failed(SOD, SubIndication.HASH_FAILURE, detail)
    try:
        verify_signed_data(data, signer, content, algorithms=policy.algorithms)
    except SignatureInvalid as error:
        return failed(SOD, SubIndication.SIG_CRYPTO_FAILURE, error.message)
    note = _OTHER_CONTENT_TYPES.get(data.content_type, "")
    return passed(SOD, f"Signed by {signer.subject} with {only_signer(data).scheme}.{note}")


def _strength(content: LDSSecurityObject, policy: Policy) -> list[Finding]:
    try:
        policy.algorithms.require_hash(content.hash_name)
    except AlgorithmRefused as error:
        return [failed("hash_algorithm", SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)]
    return []


def _hashes(groups: Mapping[int, bytes], content: LDSSecurityObject) -> dict[int, Finding]:
    numbers = sorted({*content.digests, *groups})
    return {number: _hash(number, groups.get(number), content) for number in numbers}


def _hash(number: int, file: bytes | None, content: LDSSecurityObject) -> Finding:
    name = f"hash_DG{number}"
    expected = content.digests.get(number)
    if file is None:
        return not_checked(name, f"Data group {number} is signed, but was not read.")
    if expected is None:
        detail = f"Data group {number} is on the card, but the security object does not list it."
        return failed(name, SubIndication.HASH_FAILURE, detail)
    if not hmac.compare_digest(hashlib.new(content.hash_name, file).digest(), expected):
        detail = f"Data group {number} is not the one that was signed: it was changed after issuing."
        return failed(name, SubIndication.HASH_FAILURE, detail)
    return passed(name, f"Data group {number} is as it was signed.")


def _path(opened: _Opened, policy: Policy, at: datetime) -> PathResult:
    """Validate the signer's path now, and at the time of signing when the signer gives one."""
    for moment in dict.fromkeys((at, only_signer(opened.data).signing_time or at)):
        path = validate_path(
            opened.signer,
            policy,
            moment,
            CertificateUsage.DOCUMENT_SIGNER,
            data=ValidationData(certificates=opened.data.certificates),
        )
        if path.failure:
            return path
    return path


def _chain(path: PathResult) -> Finding:
    if path.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND:
        return not_checked(SIGNER_CHAIN, path.detail, path.failure)
    return (
        failed(SIGNER_CHAIN, path.failure, path.detail) if path.failure else passed(SIGNER_CHAIN, path.detail)
    )


def _no_signer() -> Finding:
    detail = "The certificate of the document signer is neither in the security object nor beside it."
    return not_checked(SOD, detail, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def _data_groups(files: Mapping[str, bytes]) -> dict[int, bytes]:
    names = {f"DG{number}": number for number in range(1, 17)}
    return {names[name]: file for name, file in files.items() if name in names}
