"""What a card says about its holder, and what remains after it has been believed.

A card yields a ``Reading``: claims, and the raw evidence for them. Nothing in it is proved. Only
``smartid.Verifier`` turns it into a ``VerifiedIdentity``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from smartid.identity.dates import PartialDate
from smartid.identity.evidence import Evidence

if TYPE_CHECKING:
    from smartid.trust.verdict import Verdict


class Sex(StrEnum):
    """Sex as ICAO Doc 9303 writes it in the visual zone."""

    FEMALE = "F"
    MALE = "M"
    UNSPECIFIED = "X"


class Purpose(StrEnum):
    """What a key on a card is for."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"
    KEY_MANAGEMENT = "key management"
    CARD_AUTHENTICATION = "card authentication"
    TRANSACTION = "transaction"
    """Agreeing to transactions of services: it logs nobody in and signs no documents."""


class Field(StrEnum):
    """What can be asked of a card. All but the last two are attributes of ``Identity`` by the same name."""

    NATIONAL_NUMBER = "national_number"
    GIVEN_NAMES = "given_names"
    FAMILY_NAME = "family_name"
    GIVEN_NAMES_LATIN = "given_names_latin"
    FAMILY_NAME_LATIN = "family_name_latin"
    FATHER_NAME = "father_name"
    BIRTH_DATE = "birth_date"
    BIRTH_PLACE = "birth_place"
    SEX = "sex"
    NATIONALITY = "nationality"
    DOCUMENT_NUMBER = "document_number"
    CARD_SERIAL_NUMBER = "card_serial_number"
    REGISTRATION_NUMBER = "registration_number"
    ISSUE_DATE = "issue_date"
    EXPIRY_DATE = "expiry_date"
    ISSUING_AUTHORITY = "issuing_authority"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    PORTRAIT = "portrait"
    CERTIFICATES = "certificates"


ESSENTIAL: frozenset[Field] = frozenset(Field) - {Field.PORTRAIT}
"""Everything but the portrait, which takes seconds on a slow card."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """A person as one card describes them. None means: not on the card, or not read.

    given_names, family_name  as printed, in the script of the country
    *_latin                   the same names in Latin letters, when the card has both
    nationality               ISO 3166-1 alpha-3 (or a code of ICAO Doc 9303-3, part 5)
    document_number           number of the document; card_serial_number is the number of the chip or plastic
    registration_number       number of the request at the registry (CRN on the Iranian card)

    Two texts are compared with ``smartid.identity.persian.same``; this class keeps what the card said.
    ``repr`` names the fields that are set and shows none of their values.
    """

    national_number: str | None = None
    given_names: str | None = None
    family_name: str | None = None
    given_names_latin: str | None = None
    family_name_latin: str | None = None
    father_name: str | None = None
    birth_date: PartialDate | None = None
    birth_place: str | None = None
    sex: Sex | None = None
    nationality: str | None = None
    document_number: str | None = None
    card_serial_number: str | None = None
    registration_number: str | None = None
    issue_date: date | None = None
    expiry_date: date | None = None
    issuing_authority: str | None = None
    address: str | None = None
    postal_code: str | None = None

    def as_dict(self) -> dict[str, str]:
        """Give a JSON-ready form: unknown fields left out, dates ISO 8601, text in Unicode NFC."""
        return {name: _as_text(value) for name, value in self._known().items()}

    def _known(self) -> Mapping[str, str | date | PartialDate]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def __repr__(self) -> str:
        return f"Identity({', '.join(self._known()) or 'empty'})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Portrait:
    """The holder's picture, in the form in which the card stores it.

    media_type     image/jpeg or image/jp2 (RFC 2046, RFC 3745)
    width, height  pixels, None when the card does not tell
    """

    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None

    def __repr__(self) -> str:
        return f"Portrait({self.media_type}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateClaim:
    """A certificate as the card holds it. Nobody has checked it.

    purpose  a ``Purpose``, or the name of an authority's certificate: "issuer", "root", "document signer"
    der      X.509 certificate; not parsed, because real cards hold some that strict readers refuse
    """

    purpose: str
    der: bytes

    def __repr__(self) -> str:
        return f"CertificateClaim({self.purpose}, {len(self.der)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reading:
    """What was read from one card: claims, not facts.

    profile       name of the card profile that read it
    reader        name of the reader
    atr           Answer To Reset
    locked        fields that the card has, but gives only after a PIN or an access key
    evidence      raw files from which a verifier, here or on another machine, draws its own conclusion
    """

    profile: str
    reader: str
    atr: bytes
    identity: Identity
    evidence: Evidence
    portrait: Portrait | None = None
    certificates: tuple[CertificateClaim, ...] = ()
    locked: frozenset[Field] = frozenset()

    def certificate(self, purpose: str) -> CertificateClaim | None:
        """Give the first certificate for a purpose, None when the card has none."""
        return next((claim for claim in self.certificates if claim.purpose == purpose), None)

    def __repr__(self) -> str:
        return f"Reading({self.profile}, {self.identity!r}, {len(self.certificates)} certificates)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VerifiedIdentity:
    """A person whose evidence passed under a policy.

    ``smartid.Verifier`` makes these of readings, ``smartid.validate_token`` and ``RelyingParty`` of logins,
    and nothing else does. Code that builds one itself vouches for a stranger: services rely on this type as
    the proof that somebody looked.

    certificate  after a login: the certificate whose key answered, DER; None after a reading
    """

    identity: Identity
    verdict: Verdict
    certificate: bytes | None = None

    def __repr__(self) -> str:
        return f"VerifiedIdentity({self.identity!r})"


def _as_text(value: str | date | PartialDate) -> str:
    if isinstance(value, (date, PartialDate)):
        return value.isoformat()
    return unicodedata.normalize("NFC", str(value))
