"""Time stamps: reading a token, and saying whether it proves a time (RFC 3161 (2001), RFC 5816 (2010))."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartid.crypto.elements import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OID,
    SEQUENCE,
    Element,
    Fields,
    integer_of,
    octets_of,
    oid_of,
    read_element,
    time_of,
)
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.cms import SignedData, only_signer, parse_signed_data, verify_signed_data
from smartid.trust.cms_signer import SignerInfo
from smartid.trust.ess import certificate_references
from smartid.trust.findings import Finding, decisive, failed, not_checked, passed
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy
from smartid.trust.schemes import hash_of
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication

STANDARD = "RFC 3161 (2001), 2.4.2"
MAX_TOKEN = 1 << 20

_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_NAME = "time_stamp"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimeStamp:
    """A time-stamp token, read but not believed.

    policy               object identifier of the authority's rules
    hash_name, imprint   digest of what is stamped; ``hash_name`` is empty when the hash is unknown here
    gen_time, accuracy   when, and how far it may be off
    ordering             whether tokens of this authority can be ordered by their times alone
    nonce                of the request, None without one
    """

    signed: SignedData
    signer: SignerInfo
    policy: str
    hash_name: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta = timedelta(0)
    ordering: bool = False
    nonce: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampResult:
    """What is known about one token.

    gen_time  the time that it states; it proves nothing unless ``passed``
    tsa       subject of the authority's certificate, empty when it was not found
    enclosed  certificates and revocation data inside the token
    """

    findings: tuple[Finding, ...]
    gen_time: datetime | None = None
    tsa: str = ""
    path: PathResult | None = None
    enclosed: ValidationData = NO_DATA

    @property
    def passed(self) -> bool:
        """Whether it proves that what it is about existed at ``gen_time``."""
        return self.gen_time is not None and decisive(self.findings) is None

    @property
    def against(self) -> Finding | None:
        """The finding that decides against it, None when it passed."""
        return decisive(self.findings)


def parse_time_stamp(token: bytes) -> TimeStamp:
    """Read a ContentInfo with a TSTInfo by one signer.

    Raises EncodingError; AlgorithmRefused when the signature algorithm is unknown here.
    """
    signed = parse_signed_data(token, max_length=MAX_TOKEN)
    if signed.content_type != _TST_INFO or signed.content is None:
        raise _broken(0, "a TSTInfo inside")
    signer = only_signer(signed)
    fields = Fields(read_element(signed.content, SEQUENCE))
    if integer_of(fields.take(INTEGER)) != 1:
        raise _broken(0, "version 1")
    policy = oid_of(fields.take(OID))
    hash_name, imprint = _imprint(Fields(fields.take(SEQUENCE)))
    serial = integer_of(fields.take(INTEGER))
    gen_time = time_of(fields.take(GENERALIZED_TIME))
    accuracy, ordering, nonce = fields.maybe(SEQUENCE), fields.maybe(BOOLEAN), fields.maybe(INTEGER)
    fields.maybe(0xA0)  # the name of the authority: the certificate says who it is
    fields.maybe(0xA1)
    fields.end()
    return TimeStamp(
        signed=signed,
        signer=signer,
        policy=policy,
        hash_name=hash_name,
        imprint=imprint,
        serial=serial,
        gen_time=gen_time,
        accuracy=_accuracy(accuracy) if accuracy else timedelta(0),
        ordering=ordering is not None and ordering.value != b"\0",
        nonce=integer_of(nonce) if nonce else None,
    )


def verify_time_stamp(
    token: bytes,
    digest: Callable[[str], bytes],
    policy: Policy,
    at: datetime,
    *,
    data: ValidationData = NO_DATA,
) -> TimeStampResult:
    """Say whether a token proves that something existed at its time. Never raises on bad tokens.

    digest  gives the digest of what has to be stamped, by hash name; EncodingError when there is none
    at      the time for which the authority's certificate has to be valid: now, or the time of a later stamp
    data    certificates and revocation data beside the token

    The authority's certificate is the one that the signed reference names, never just the first one.
    """
    try:
        stamp = parse_time_stamp(token)
    except EncodingError as error:
        return TimeStampResult(findings=(failed(_NAME, SubIndication.FORMAT_FAILURE, error.message),))
    except AlgorithmRefused as error:
        return TimeStampResult(
            findings=(failed(_NAME, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message),)
        )
    imprint = _imprint_finding(stamp, digest, policy)
    if imprint.reason:
        return TimeStampResult(findings=(imprint,), gen_time=stamp.gen_time)
    certificate, found = _certificate(stamp, data)
    if certificate is None:
        return TimeStampResult(findings=(imprint, found), gen_time=stamp.gen_time)
    signature = _signature(stamp, certificate, policy)
    beside = (data + stamp.signed.data).without(certificate.der)
    path = validate_path(certificate, policy, at, CertificateUsage.TIME_STAMPING, data=beside)
    return TimeStampResult(
        findings=(imprint, found, signature, _path_finding(path, certificate, stamp)),
        gen_time=stamp.gen_time,
        tsa=str(certificate.subject),
        path=path,
        enclosed=stamp.signed.data,
    )


def _imprint(fields: Fields) -> tuple[str, bytes]:
    algorithm, digest = fields.take(SEQUENCE), octets_of(fields.take())
    fields.end()
    try:
        return hash_of(oid_of(Fields(algorithm).take())), digest
    except AlgorithmRefused:
        return "", digest


def _accuracy(element: Element) -> timedelta:
    fields = Fields(element)
    seconds, millis, micros = fields.maybe(INTEGER), fields.maybe(0x80), fields.maybe(0x81)
    fields.end()
    numbers = [
        int.from_bytes(part.value[:8], "big") if part is not None else 0 for part in (seconds, millis, micros)
    ]
    if numbers[0] > 10**9 or any(not 0 <= number <= 999 for number in numbers[1:]):
        raise _broken(element.start, "an accuracy in seconds, milliseconds and microseconds")
    return timedelta(seconds=numbers[0], milliseconds=numbers[1], microseconds=numbers[2])


def _imprint_finding(stamp: TimeStamp, digest: Callable[[str], bytes], policy: Policy) -> Finding:
    try:
        policy.algorithms.require_hash(stamp.hash_name)
        expected = digest(stamp.hash_name)
    except AlgorithmRefused as error:
        return failed(_NAME, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    except EncodingError as error:
        return failed(_NAME, SubIndication.FORMAT_FAILURE, error.message)
    except OSError as error:
        detail = f"What the time stamp is about cannot be read: {error.strerror}."
        return not_checked(_NAME, detail, SubIndication.SIGNED_DATA_NOT_FOUND)
    if not hmac.compare_digest(expected, stamp.imprint):
        return failed(_NAME, SubIndication.HASH_FAILURE, "The time stamp is about other bytes.")
    return passed(_NAME, "The time stamp is about these bytes.")


def _certificate(stamp: TimeStamp, data: ValidationData) -> tuple[Certificate | None, Finding]:
    """Give the authority's certificate: named by the signer identifier and by the signed reference."""
    candidates = stamp.signer.certificates((*stamp.signed.certificates, *data.certificates))
    try:
        references = certificate_references(stamp.signer.signed)
    except (EncodingError, AlgorithmRefused) as error:
        return None, failed(_NAME, SubIndication.FORMAT_FAILURE, error.message)
    if not references:
        detail = "The time stamp does not say which certificate it was made with."
        return None, failed(_NAME, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    for candidate in candidates:
        if all(reference.names(candidate) for reference in references):
            return candidate, passed(_NAME, f"Made by {candidate.subject}.")
    detail = "The certificate of the time-stamping authority is not there."
    return None, not_checked(_NAME, detail, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def _signature(stamp: TimeStamp, certificate: Certificate, policy: Policy) -> Finding:
    content = stamp.signed.content or b""
    if not stamp.signed.covers(content):
        return failed(_NAME, SubIndication.HASH_FAILURE, "The time stamp was changed after it was made.")
    try:
        verify_signed_data(stamp.signed, certificate, content, algorithms=policy.algorithms)
    except SignatureInvalid as error:
        return failed(_NAME, SubIndication.SIG_CRYPTO_FAILURE, error.message)
    except AlgorithmRefused as error:
        return failed(_NAME, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    except EncodingError as error:
        return failed(_NAME, SubIndication.FORMAT_FAILURE, error.message)
    return passed(_NAME, f"Signed with {stamp.signer.scheme}.")


def _path_finding(path: PathResult, certificate: Certificate, stamp: TimeStamp) -> Finding:
    if path.failure:
        unknown = path.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
        make = not_checked if unknown else None
        return make(_NAME, path.detail, path.failure) if make else failed(_NAME, path.failure, path.detail)
    if not certificate.not_before <= stamp.gen_time <= certificate.not_after:
        detail = "The time stamp states a time at which its authority's certificate was not valid."
        return failed(_NAME, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    return passed(_NAME, path.detail)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("time stamp", offset=offset, expected=expected, standard=STANDARD)
