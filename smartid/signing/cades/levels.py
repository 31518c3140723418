"""Raising a CAdES signature from B to T, LT and LTA (ETSI EN 319 122-1 V1.3.1 (2023-06), 5.3 to 5.5, 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from smartid.crypto.elements import SEQUENCE, read_element
from smartid.errors import EncodingError, LevelNotReached
from smartid.signing import der
from smartid.signing.cades import attributes
from smartid.signing.cades.envelope import DATA, Envelope, SignerInfo, parse_envelope
from smartid.signing.content import Content
from smartid.signing.form import Level
from smartid.signing.request import TimeStamper
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.policy import Policy
from smartid.trust.validation_data import ValidationData

_STRONG = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What raises a level.

    time_stamper  needed from level T on
    policy        needed from level LT on
    content       what is signed
    """

    time_stamper: TimeStamper | None
    policy: Policy | None
    content: Content
    progress: Callable[[str], None] | None = None

    def require(self, level: Level) -> None:
        """Raises LevelNotReached when a tool for this level is missing."""
        if level.rank >= Level.T.rank and self.time_stamper is None:
            raise LevelNotReached(
                level,
                "no time-stamping authority was given.",
                remedy="Name one with --tsa URL, or as time_stamper.",
            )
        self.require_policy(level)

    def require_policy(self, level: Level) -> None:
        """Raises LevelNotReached when validation data would be needed and there is no policy to get it by."""
        if level.rank >= Level.LT.rank and self.policy is None:
            raise LevelNotReached(
                level,
                "no policy with trust anchors was given.",
                remedy="Give one: smartid.Policy(anchors=…).",
            )

    def stamp(self, digest: bytes, hash_name: str, level: Level) -> bytes:
        """Ask for a token. Raises FetchFailed, LevelNotReached."""
        self.require(level)
        self.say("time stamp")
        return self.time_stamper.stamp(digest, hash_name) if self.time_stamper else b""

    def say(self, what: str) -> None:
        """Tell whoever watches."""
        if self.progress is not None:
            self.progress(what)


def raise_level(envelope: Envelope, number: int, level: Level, tools: Tools) -> Envelope:
    """Give an envelope whose signer at this place has at least this level.

    A signature that is stamped is not stamped again for T; LTA adds one archive time stamp in any case.
    Raises LevelNotReached, FetchFailed, EncodingError.
    """
    tools.require_policy(level)
    if level.rank >= Level.T.rank and not envelope.signers[number].values(attributes.SIGNATURE_TIME_STAMP):
        envelope = _stamped(envelope, number, tools)
    if level.rank >= Level.LT.rank:
        refuse_older_archive(envelope, level)
        envelope = _with_validation_data(envelope, number, tools)
    if level is Level.LTA:
        envelope = _archived(envelope, number, tools)
    return envelope


def stamp_hash(signer: SignerInfo) -> str:
    """Name the hash for the time stamps of a signer: the signer's own when it is strong."""
    name = der.hash_name(signer.digest_algorithm)
    return name if name in _STRONG else "sha256"


def _stamped(envelope: Envelope, number: int, tools: Tools) -> Envelope:
    """Add a signature-time-stamp: it is about the octets of the signature value (5.3)."""
    signer = envelope.signers[number]
    hash_name = stamp_hash(signer)
    token = tools.stamp(hashlib.new(hash_name, signer.signature).digest(), hash_name, Level.T)
    return envelope.with_changed(
        number, signer.with_unsigned(der.attribute(attributes.SIGNATURE_TIME_STAMP, token))
    )


def _with_validation_data(envelope: Envelope, number: int, tools: Tools) -> Envelope:
    """Add what validates the signer at the time of its stamp, and the authority of its newest stamp now."""
    from smartid.signing.collect import collect  # noqa: PLC0415 - reaches the path engine
    from smartid.signing.time_stamper import read_token  # noqa: PLC0415

    if tools.policy is None:
        return envelope
    tools.say("validation data")
    signer = envelope.signers[number]
    archives = signer.values(attributes.ARCHIVE_TIME_STAMP_V3)
    stamps = signer.values(attributes.SIGNATURE_TIME_STAMP)
    inside = enclosed(envelope)
    found = ValidationData()
    if not archives:
        at = min(read_token(token)[0].gen_time for token in stamps)
        certificate = signer_certificate(envelope, signer)
        usage = CertificateUsage.DOCUMENT_SIGNATURE
        found += collect(certificate.der, inside.certificates, tools.policy, at, usage=usage, data=inside)
    now, usage = tools.policy.clock(), CertificateUsage.TIME_STAMPING
    for stamp, authority in map(read_token, archives[-1:] or stamps):
        found += collect(authority.der, (), tools.policy, now, usage=usage, data=inside + stamp.signed.data)
    return envelope.with_data(certificates=found.certificates, crls=found.crls, ocsp=found.ocsp)


def _archived(envelope: Envelope, number: int, tools: Tools) -> Envelope:
    """Add an archive-time-stamp-v3 with the index of what it covers (5.5.2, 5.5.3)."""
    signer = envelope.signers[number]
    hash_name = stamp_hash(signer)
    content = tools.content.digest(hash_name)
    index = attributes.hash_index(envelope, signer, hash_name)
    imprint = attributes.archive_imprint(envelope, signer, content, index, hash_name)
    token = _with_index(tools.stamp(imprint, hash_name, Level.LTA), index)
    algorithms = dict.fromkeys((*envelope.digest_algorithms, der.hash_algorithm(hash_name)))
    return replace(envelope, digest_algorithms=tuple(algorithms)).with_changed(
        number, signer.with_unsigned(der.attribute(attributes.ARCHIVE_TIME_STAMP_V3, token))
    )


def _with_index(token: bytes, index: bytes) -> bytes:
    """Put the index into the token as an unsigned attribute of its signer; nothing that is signed changes."""
    envelope = parse_envelope(token)
    if len(envelope.signers) != 1:
        raise EncodingError("time stamp", offset=0, expected="one signer")
    signer = envelope.signers[0].with_unsigned(der.attribute(attributes.HASH_INDEX_V3, index))
    return envelope.with_changed(0, signer).encode()


def enclosed(envelope: Envelope) -> ValidationData:
    """Give the certificates and the revocation data that an envelope holds."""
    certificates = tuple(item for item in envelope.certificates if item[0] == SEQUENCE)
    crls = tuple(item for item in envelope.revocation if item[0] == SEQUENCE)
    others = (der.elements(item, item[0]) for item in envelope.revocation if item[0] != SEQUENCE)
    ocsp = tuple(item[1] for item in others if len(item) == 2)
    return ValidationData(certificates=certificates, crls=crls, ocsp=ocsp)


def signer_certificate(envelope: Envelope, signer: SignerInfo) -> Certificate:
    """Find the certificate that the signer identifier names. Raises EncodingError when it is not there."""
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415

    for item in enclosed(envelope).certificates:
        if _names(signer.signed[1], item):
            return parse_certificate(item)
    raise EncodingError("CMS signature", offset=0, expected="the certificate of the signer")


def _names(identifier: bytes, certificate: bytes) -> bool:
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415

    try:
        if identifier[0] == SEQUENCE:
            return der.elements(identifier) == attributes.issuer_and_serial(certificate)
        return read_element(identifier).value == parse_certificate(certificate).subject_key_id
    except EncodingError:
        return False  # another one may be the signer's


def refuse_older_archive(envelope: Envelope, level: Level) -> None:
    """Raises LevelNotReached when an archive time stamp of an older kind (A.2.4) is there.

    That one covers the enclosed certificates as a whole: a new one would break it.
    """
    if any(signer.values(attributes.ARCHIVE_TIME_STAMP_V2) for signer in envelope.signers):
        raise LevelNotReached(level, "an archive time stamp of an older kind would break.")


def content_of(envelope: Envelope, content: Content | None) -> Content:
    """Give what is signed, and see that each signature is about it.

    Raises EncodingError when it is missing, or another one than was signed.
    """
    inside = content if envelope.content is None else Content(envelope.content)
    if inside is None:
        raise EncodingError("detached signature", offset=0, expected="the content that it is about")
    for signer in envelope.signers:
        name = der.hash_name(signer.digest_algorithm)
        if name is not None and inside.digest(name) != signer.message_digest:
            raise EncodingError("signature", offset=0, expected="to be about this content")
    return inside


def read_signature(data: bytes) -> Envelope:
    """Read a CMS signature over data that can be added to. Raises EncodingError."""
    envelope = parse_envelope(data)
    if not envelope.signers:
        raise EncodingError("CMS signature", offset=0, expected="a signer")
    if envelope.content_type != der.oid(DATA) and envelope.content is None:
        raise EncodingError("CMS signature", offset=0, expected="content of type data beside it")
    return envelope
