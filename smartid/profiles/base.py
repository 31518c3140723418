"""The words in which a card is described.

A profile is read by three parties: the reader (to know what to send), the mock card (to know what to answer)
and the page in ``docs/cards/``. A newer generation of a card is ``dataclasses.replace(older, …)``, never a
subclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from smartid.crypto.signature import SignatureAlgorithm
from smartid.identity.model import Field, Purpose
from smartid.iso7816.atr import ATRPattern
from smartid.iso7816.files import AID, Structure
from smartid.stored_value.model import Kind, OfflineLimits, Slot


class AccessMethod(Enum):
    """How a chip opens its free files to a stranger (ICAO Doc 9303-11:2021, 4.2)."""

    NONE = "none"
    BAC = "Basic Access Control"
    PACE = "Password Authenticated Connection Establishment"


@dataclass(frozen=True, slots=True)
class Condition:
    """Who may read or change a file. ``pin`` names a PIN of the profile; use ALWAYS, NEVER or after_pin()."""

    allowed: bool
    pin: str | None = None

    def __str__(self) -> str:
        if not self.allowed:
            return "never"
        return f"after the {self.pin} PIN" if self.pin else "always"


ALWAYS = Condition(allowed=True)
NEVER = Condition(allowed=False)


def after_pin(name: str) -> Condition:
    """Readable or writable once the PIN of this name has been presented."""
    return Condition(allowed=True, pin=name)


class Content(StrEnum):
    """What a file or data object holds: names a decoder for the reader and a builder for the mock card."""

    OPAQUE = "opaque bytes"
    CERTIFICATE = "X.509 certificate"
    EF_COM = "ICAO EF.COM"
    DG1 = "ICAO DG1, machine readable zone"
    DG2 = "ICAO DG2, portrait"
    DG11 = "ICAO DG11, personal details"
    DG11_FATHER = "ICAO DG11, personal details; the other name is the father's"
    DG12 = "ICAO DG12, document details"
    DG13 = "ICAO DG13, national details"
    DG14 = "ICAO DG14, security infos"
    DG15 = "ICAO DG15, chip authentication key"
    EF_SOD = "ICAO EF.SOD, document security object"
    EF_DIR = "ISO 7816-4 EF.DIR"
    EF_ODF = "ISO 7816-15 EF.ODF"
    EF_TOKEN_INFO = "ISO 7816-15 EF.CIAInfo (TokenInfo)"  # noqa: S105 - a file, not a secret
    EF_AODF = "ISO 7816-15 EF.AOD"
    EF_PRKDF = "ISO 7816-15 EF.PrKD"
    EF_CDF = "ISO 7816-15 EF.CD"
    CPLC = "GlobalPlatform card production life cycle data"
    IRAN_CRN = "Iranian card registration number"
    IRAN_DATES = "Iranian issue and expiry dates"
    APPLET_INFO = "version and serial number of the card operating system"
    CARD_CAPABILITIES = "key types and sizes of the card operating system"


class ReadMethod(StrEnum):
    """How a file is fetched: the closed vocabulary of read procedures."""

    SHORT_ID = "READ BINARY by short EF identifier"
    CHILD = "SELECT the EF under the application, READ BINARY"
    PATH = "SELECT from the MF step by step, READ BINARY"
    FULL_PATH = "SELECT by path from the MF in one command, READ BINARY"
    DATA_OBJECT = "GET DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """An elementary file.

    name        short and unique within the profile: "DG1", "authentication certificate"
    file_id     file identifier, 2 bytes
    path        identifiers of the DFs above it: from the MF for PATH and FULL_PATH, else from the application
    short_id    short EF identifier 1..30
    framed      the file is one BER-TLV object whose header tells its length; filling may follow
    fields      what of an identity can be taken from it
    key         for a certificate: name of its key
    unit        bytes that one step of a READ BINARY offset counts
    """

    name: str
    file_id: int
    content: Content
    path: tuple[int, ...] = ()
    short_id: int | None = None
    structure: Structure = Structure.TRANSPARENT
    method: ReadMethod = ReadMethod.CHILD
    framed: bool = True
    read: Condition = ALWAYS
    update: Condition = NEVER
    fields: frozenset[Field] = frozenset()
    key: str | None = None
    unit: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObjectSpec:
    """A data object for GET DATA: class byte ``cla``, ``size`` in bytes when fixed.

    Its tag stands in P1-P2, or in a tag list (5C) when it has 3 bytes.
    """

    name: str
    tag: int
    content: Content
    cla: int = 0x00
    size: int | None = None
    read: Condition = ALWAYS
    fields: frozenset[Field] = frozenset()


class PINEncoding(StrEnum):
    """How digits fill a PIN block."""

    ASCII = "one ASCII digit a byte"
    BCD = "two digits a byte"


@dataclass(frozen=True, slots=True, kw_only=True)
class PINSpec:
    """A PIN or PUK.

    reference     P2 of VERIFY
    block_size    length of the PIN block in bytes; shorter PINs are filled with ``pad``
    tries         how many wrong PINs block it; what the maker sets, the card may tell another number
    status_query  whether an empty VERIFY asks for the tries without spending one
    unblocked_by  name of the PIN or PUK whose knowledge resets it
    changeable    whether CHANGE REFERENCE DATA is public for this card
    """

    name: str
    title: str
    title_fa: str
    reference: int
    min_length: int
    max_length: int
    block_size: int
    pad: int = 0xFF
    encoding: PINEncoding = PINEncoding.ASCII
    tries: int = 3
    status_query: bool = True
    unblocked_by: str | None = None
    changeable: bool = True


class KeyType(StrEnum):
    """Key families of the cards here."""

    P256 = "EC P-256"
    P384 = "EC P-384"
    RSA2048 = "RSA 2048"
    RSA3072 = "RSA 3072"


class Signing(StrEnum):
    """How a key signs: the closed vocabulary of signature procedures (ISO/IEC 7816-8:2021)."""

    PSO_CDS = "MSE SET DST, PSO COMPUTE DIGITAL SIGNATURE"
    INTERNAL_AUTHENTICATE = "MSE SET AT, INTERNAL AUTHENTICATE"
    ACTIVE_AUTHENTICATION = "INTERNAL AUTHENTICATE of ICAO Doc 9303-11, no security environment"
    NONE = "does not sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """A private key.

    reference      key reference for tag 84 of MSE SET
    file_id        identifier of the key file (tag 81), where ISO/IEC 7816-15 directories point
    algorithms     signature algorithm to algorithm reference (tag 80 of MSE SET), best first
    decipher_ref   algorithm reference for deciphering, None when the key does not decipher
    pin            name of the PIN that must be presented, None for a free key
    pin_each_use   the PIN allows one operation only (user consent of ISO/IEC 7816-15)
    """

    name: str
    title: str
    title_fa: str
    purpose: Purpose
    type: KeyType
    reference: int
    file_id: int | None = None
    signing: Signing = Signing.PSO_CDS
    algorithms: Mapping[SignatureAlgorithm, int] = field(default_factory=dict)
    decipher_ref: int | None = None
    pin: str | None = None
    pin_each_use: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValueSpec:
    """A stored-value application as it is issued: which one, its slots, its offline limits."""

    kind: Kind
    slots: tuple[Slot, ...]
    limits: OfflineLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application (ADF) on a card.

    aid           its name; None stands for the MF
    file_id       identifier of its DF under the MF, where paths reach it too
    select_p2     P2 of its SELECT
    contactless   how it opens over the air; on the contact side it is free
    stored_value  set when its applet keeps value: it has commands of its own
    """

    name: str
    aid: AID | None
    title: str
    file_id: int | None = None
    select_p2: int = 0x0C
    contactless: AccessMethod = AccessMethod.NONE
    files: tuple[FileSpec, ...] = ()
    data_objects: tuple[DataObjectSpec, ...] = ()
    pins: tuple[PINSpec, ...] = ()
    keys: tuple[KeySpec, ...] = ()
    stored_value: StoredValueSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """A card family.

    atrs          patterns that make a card a candidate; a candidate is decided by SELECT alone
    probes        names of applications of which every one must be there
    experimental  rests on reverse engineering or a single source
    unsupported   feature to the reason why it cannot be done, for UnsupportedFeature
    quirks        what a developer must know, one sentence each
    sources       where the facts stand
    mock_atr      ATR of the mock card; without it the first pattern, which then has no holes
    """

    name: str
    title: str
    title_fa: str
    country: str
    atrs: tuple[ATRPattern, ...]
    probes: tuple[str, ...]
    applications: tuple[Application, ...]
    experimental: bool = False
    unsupported: Mapping[str, str] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    mock_atr: bytes = b""

    def application(self, name: str) -> Application:
        """The application of this name. Raises KeyError."""
        return {application.name: application for application in self.applications}[name]

    def pin(self, name: str) -> PINSpec | None:
        """The PIN of this name, None when the profile has none."""
        return next((pin for app in self.applications for pin in app.pins if pin.name == name), None)

    def pin_for(self, purpose: Purpose) -> PINSpec | None:
        """The PIN that guards the key of a purpose, None when there is no such key or it is free."""
        found = self.key(purpose)
        return self.pin(found[1].pin) if found and found[1].pin else None

    def key(self, purpose: Purpose) -> tuple[Application, KeySpec] | None:
        """The key of a purpose with its application, None when the profile has none."""
        keys = ((app, key) for app in self.applications for key in app.keys)
        return next((pair for pair in keys if pair[1].purpose is purpose), None)

    def certificate_of(self, key: str) -> tuple[Application, FileSpec] | None:
        """The file of a key's certificate with its application."""
        files = ((app, file) for app in self.applications for file in app.files)
        return next((pair for pair in files if pair[1].key == key), None)

    @property
    def fields(self) -> frozenset[Field]:
        """Everything that can be read from the card, with or without a PIN."""
        files = [file.fields for app in self.applications for file in app.files]
        objects = [item.fields for app in self.applications for item in app.data_objects]
        return frozenset().union(*files, *objects)
