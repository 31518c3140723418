"""What a reader of a format takes out of a document: integrity is checked, trust is not.

Every format ends here, so that one process (``judge``) gives the answer for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartid.signing.form import Level, SignatureFamily
from smartid.trust.certificate import Certificate
from smartid.trust.findings import Finding
from smartid.trust.validation_data import NO_DATA, ValidationData


class TimeStampKind(StrEnum):
    """What a time stamp in a signature is for (ETSI EN 319 122-1, 319 142-1)."""

    CONTENT = "content"
    SIGNATURE = "signature"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimeStampFacts:
    """A time-stamp token as it lies in a signature.

    kind     CONTENT is over the content, before it was signed; SIGNATURE over the signature value; ARCHIVE
             over everything before it (archive-time-stamp-v3, or a document time stamp of a PDF)
    token    ContentInfo with TSTInfo, DER (RFC 3161)
    digest   gives the digest, by hash name, of the bytes that the token has to be about; raises EncodingError
             when they cannot be put together
    data     validation data that lies beside the token and is covered by a later one
    covered  tokens of the other time stamps that an ARCHIVE one is also over; None: of all before it
    archives whether an ARCHIVE one is over validation data; the first one of a PDF may not be, and then gives
             no more than level T
    """

    kind: TimeStampKind
    token: bytes
    digest: Callable[[str], bytes]
    data: ValidationData = NO_DATA
    covered: frozenset[bytes] | None = None
    archives: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignatureFacts:
    """One signature, taken apart.

    findings     checks on the signature itself, in order: "format", "signed_content", "signing_certificate",
                 "signature" and what the format adds; a finding with a reason stands against it
    certificate  the signer's, by the signer identifier and the signed reference; None when missing
    claimed_time signing time that the signer states, None without one
    data         certificates and revocation data enclosed
    time_stamps  in the order in which they were added
    scope        what is signed, a phrase for people: "the whole file", "revision 1 of 2", "report.pdf"
    highest      highest level of this format that is judged here
    """

    family: SignatureFamily
    findings: tuple[Finding, ...]
    certificate: Certificate | None
    claimed_time: datetime | None = None
    data: ValidationData = NO_DATA
    time_stamps: tuple[TimeStampFacts, ...] = ()
    counter_signatures: tuple[SignatureFacts, ...] = ()
    scope: str = ""
    highest: Level = Level.LTA
