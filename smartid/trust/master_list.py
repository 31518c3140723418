"""Master lists: the country signing authorities (CSCAs) that a state or ICAO vouches for, as trust anchors.

ICAO Doc 9303-12, 8th edition (2021), 9: a CMS SignedData over ::

    CscaMasterList ::= SEQUENCE { version INTEGER (0), certList SET OF Certificate }

with content type 2.23.136.1.1.2, made by a signer whose certificate has the extended key usage 2.23.136.1.1.3
and leads to a CSCA. A list says whom *its signer* believes; whether that is enough is the reader's choice.

Some publish the certificates alone ("bare" lists). Nobody signed those: anybody on the way may have put an
authority in. They are read by their own function, and a verdict that rests on one says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from smartid.errors import AlgorithmRefused, EncodingError, NotTrusted, SignatureInvalid
from smartid.iso7816 import tlv
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.cms import SignedData, only_signer, parse_signed_data, verify_signed_data
from smartid.trust.findings import Finding, decisive, failed, not_checked, passed
from smartid.trust.path import PathResult, is_self_signed, validate_path, verify_certificate
from smartid.trust.pem import certificates_in_pem, is_pem
from smartid.trust.policy import Policy
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import Indication, SubIndication, Verdict
from smartid.trust.x509 import parse_certificate

STANDARD = "ICAO Doc 9303-12, 8th edition (2021), 9"
MASTER_LIST_OID = "2.23.136.1.1.2"
MAX_LENGTH = 16 << 20
"""Longest list that is read, in bytes. The longest of 2026 have a million."""
MAX_ENTRIES = 4096

LIST = "master_list"
LIST_SIGNER = "master_list_signer"

_LENIENT = AlgorithmPolicy(hashes=STRICT.hashes | {"sha1"}, min_rsa_bits=512, curves=STRICT.curves)
_SEQUENCE, _SET, _INTEGER = 0x30, 0x31, 0x02


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """A certificate of the list that became no anchor: its position, from 0 on, and why."""

    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList:
    """The anchors of a list, and on whose word they are.

    store     anchors for the signers of documents; their origin names the list
    skipped   entries that could not be used; the others are not lost with them
    digest    SHA-256 of the list as it was read, in hexadecimal
    signer    subject of who signed the list, empty for a bare one
    anchor    whose word the signer rests on, None for a bare list
    begin, until  the list was checked for a time between these two (validity of its signer's path)
    """

    store: TrustStore
    skipped: tuple[SkippedEntry, ...] = ()
    digest: str
    signer: str = ""
    anchor: str | None = None
    begin: datetime | None = None
    until: datetime | None = None

    @property
    def is_signed(self) -> bool:
        """Whether somebody vouches for the list."""
        return bool(self.signer)


def read_master_list(
    data: bytes,
    policy: Policy,
    *,
    at: datetime | None = None,
    pinned: Collection[str] = (),
    origin: str = "master list",
) -> MasterList:
    """Read a signed master list, check its signer, and give its CSCAs as anchors.

    The signer leads to a CSCA that is an anchor of the policy, or to one inside the list or beside its
    signature whose SHA-256 fingerprint is ``pinned``. Every authority in the list becomes an anchor, renewals
    (link certificates) too: the signer vouches for the key in each.

    at      the time for which the signer's path is judged; None is the policy's present
    pinned  fingerprints of whole certificates, in hexadecimal, colons allowed
    origin  where the list came from, for people

    Raises EncodingError (no master list), NotTrusted (verdict: its signature or its signer).
    """
    time = _instant(at or policy.clock())
    opened = _opened(data, time)
    if opened.content_type != MASTER_LIST_OID or opened.content is None:
        raise _broken(f"content type {MASTER_LIST_OID}, with the list inside")
    entries = _entries(opened.content)
    signer, path = _require_signer(opened, _with_pinned(policy, entries, opened, pinned), time)
    anchors, skipped = _sorted_entries(entries, f"{origin}, signed by {signer.subject}")
    chain = path.chain or (signer,)
    return MasterList(
        store=TrustStore(anchors=anchors),
        skipped=skipped,
        digest=hashlib.sha256(data).hexdigest(),
        signer=str(signer.subject),
        anchor=str(path.anchor.certificate.subject) if path.anchor else None,
        begin=max(certificate.not_before for certificate in chain),
        until=min(certificate.not_after for certificate in chain),
    )


def read_bare_list(data: bytes, *, origin: str = "list") -> MasterList:
    """Read CSCA certificates that nobody signed: PEM, DER one after the other, a SET OF, or a CscaMasterList.

    Self-signed authorities become anchors that call themselves unsigned, other ones only help to find a path.
    Use it for a list that reached you on a way which you trust, and for nothing else.

    Raises EncodingError.
    """
    if len(data) > MAX_LENGTH:
        raise _broken(f"at most {MAX_LENGTH} bytes")
    found, skipped = _readable(_bare_entries(data))
    own = {certificate.der for _, certificate in found if is_self_signed(certificate)}
    anchors = tuple(
        Anchor(
            certificate=certificate,
            purpose=AnchorPurpose.DOCUMENT_SIGNING,
            origin=f"{origin}, which nobody signed",
            unsigned=True,
        )
        for _, certificate in found
        if certificate.der in own
    )
    links = tuple(certificate for _, certificate in found if certificate.der not in own)
    return MasterList(
        store=TrustStore(anchors=anchors, intermediates=links),
        skipped=tuple(skipped),
        digest=hashlib.sha256(data).hexdigest(),
    )


def fingerprints(pinned: Collection[str]) -> frozenset[str]:
    """Bring SHA-256 fingerprints to one form, 64 lower-case digits. Raises ValueError for anything else."""
    found = frozenset(text.replace(":", "").replace(" ", "").lower() for text in pinned)
    if any(len(text) != 64 or not set(text) <= set("0123456789abcdef") for text in found):
        raise ValueError("a fingerprint has 64 hexadecimal digits: the SHA-256 of a certificate")
    return found


def _opened(data: bytes, at: datetime) -> SignedData:
    try:
        return parse_signed_data(data, max_length=MAX_LENGTH)
    except AlgorithmRefused as error:
        raise _refusal([failed(LIST, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)], at) from error


def _entries(content: bytes) -> tuple[bytes, ...]:
    """Take CscaMasterList apart into certificates, in the order of the list."""
    parts = tlv.parse_one(content, _SEQUENCE).children()
    if [part.tag for part in parts] != [_INTEGER, _SET] or parts[0].value != b"\x00":
        raise _broken("CscaMasterList of version 0")
    return _bounded(child.encode() for child in parts[1].children())


def _bare_entries(data: bytes) -> tuple[bytes, ...]:
    if is_pem(data):
        return _bounded(certificates_in_pem(data))
    parts = tlv.parse(data)
    if len(parts) == 1 and parts[0].tag == _SET:
        return _bounded(child.encode() for child in parts[0].children())
    if len(parts) == 1 and [part.tag for part in parts[0].children()] == [_INTEGER, _SET]:
        return _entries(data)
    return _bounded(part.encode() for part in parts)


def _bounded(ders: Iterator[bytes]) -> tuple[bytes, ...]:
    found = tuple(der for _, der in zip(range(MAX_ENTRIES + 1), ders, strict=False))
    if not 0 < len(found) <= MAX_ENTRIES:
        raise _broken(f"1 to {MAX_ENTRIES} certificates")
    return found


def _readable(ders: Sequence[bytes]) -> tuple[list[tuple[int, Certificate]], list[SkippedEntry]]:
    """Read the authorities one by one; what cannot be read is told and passed over."""
    found, skipped = [], []
    for position, der in enumerate(ders):
        try:
            certificate = parse_certificate(der)
        except EncodingError as error:
            skipped.append(SkippedEntry(position, error.message))
            continue
        if certificate.is_ca:
            found.append((position, certificate))
        else:
            skipped.append(SkippedEntry(position, f"{certificate.subject} is not marked as an authority."))
    return found, skipped


def _sorted_entries(
    ders: Sequence[bytes], origin: str
) -> tuple[tuple[Anchor, ...], tuple[SkippedEntry, ...]]:
    found, skipped = _readable(ders)
    anchors = []
    for position, certificate in found:
        if _contradicts_itself(certificate):
            skipped.append(
                SkippedEntry(position, f"{certificate.subject} was not signed by its own key, as it says.")
            )
        else:
            purpose = AnchorPurpose.DOCUMENT_SIGNING
            anchors.append(Anchor(certificate=certificate, purpose=purpose, origin=origin))
    return tuple(anchors), tuple(sorted(skipped, key=lambda entry: entry.position))


def _contradicts_itself(certificate: Certificate) -> bool:
    """Tell whether it names its own key as its signer, and that key did not sign it.

    A key of a kind that is unknown here contradicts nothing: it is refused when a path comes to it.
    """
    own = (
        certificate.subject_key_id is not None and certificate.subject_key_id == certificate.authority_key_id
    )
    if not own or not certificate.is_self_issued:
        return False
    try:
        verify_certificate(certificate, certificate, algorithms=_LENIENT)
    except SignatureInvalid:
        return True
    except (AlgorithmRefused, EncodingError):
        return False
    return False


def _with_pinned(
    policy: Policy, entries: Sequence[bytes], opened: SignedData, pinned: Collection[str]
) -> Policy:
    """Give the policy with the pinned certificates of the list as further anchors."""
    wanted = fingerprints(pinned)
    ders = [
        der
        for der in dict.fromkeys((*entries, *opened.certificates))
        if wanted and hashlib.sha256(der).hexdigest() in wanted
    ]
    found, _ = _readable(ders)
    extra = tuple(
        Anchor(certificate=one, purpose=AnchorPurpose.DOCUMENT_SIGNING, origin="pinned") for _, one in found
    )
    return replace(policy, anchors=policy.anchors + TrustStore(anchors=extra)) if extra else policy


def _require_signer(opened: SignedData, policy: Policy, at: datetime) -> tuple[Certificate, PathResult]:
    """Check the signature and the path of who made it. Raises NotTrusted."""
    try:
        signer = opened.signer_certificate()
    except AlgorithmRefused as error:
        weak = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
        raise _refusal([failed(LIST, weak, error.message)], at) from error
    if signer is None:
        detail = "The certificate of who signed the master list is not in it."
        raise _refusal([not_checked(LIST, detail, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)], at)
    signature = _signature(opened, signer, policy)
    if not signature.passed:
        raise _refusal([signature], at)
    path = validate_path(
        signer.der,
        policy,
        at,
        CertificateUsage.MASTER_LIST_SIGNER,
        data=ValidationData(certificates=opened.certificates),
    )
    findings = [signature, _signer_path(path)]
    if decisive(findings):
        raise _refusal(findings, at)
    return signer, path


def _signature(opened: SignedData, signer: Certificate, policy: Policy) -> Finding:
    content = opened.content or b""
    if not opened.covers(content):
        return failed(LIST, SubIndication.HASH_FAILURE, "The master list was changed after it was signed.")
    try:
        verify_signed_data(opened, signer, content, algorithms=policy.algorithms)
    except SignatureInvalid as error:
        return failed(LIST, SubIndication.SIG_CRYPTO_FAILURE, error.message)
    except AlgorithmRefused as error:
        return failed(LIST, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    return passed(LIST, f"Signed by {signer.subject} with {only_signer(opened).scheme}.")


def _signer_path(path: PathResult) -> Finding:
    if path.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND:
        return not_checked(LIST_SIGNER, path.detail, path.failure)
    if path.failure:
        return failed(LIST_SIGNER, path.failure, path.detail)
    return passed(LIST_SIGNER, path.detail)


def _refusal(findings: Sequence[Finding], at: datetime) -> NotTrusted:
    against = decisive(findings)
    reason = against.reason if against else None
    verdict = Verdict(
        indication=reason.indication if reason else Indication.INDETERMINATE,
        sub_indication=reason,
        time=at,
        checks=tuple(finding.check for finding in findings),
    )
    return NotTrusted(against.check.detail if against else "The master list is not trusted.", verdict=verdict)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the time of a verdict needs a time zone")
    return at.astimezone(UTC)


def _broken(expected: str) -> EncodingError:
    return EncodingError("master list", offset=0, expected=expected, standard=STANDARD)
