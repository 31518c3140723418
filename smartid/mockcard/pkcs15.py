"""The directory of a cryptographic card, made from its profile (ISO/IEC 7816-15:2016).

::

    EF.DIR      applications and their paths (ISO/IEC 7816-4:2020, 12.2)
    EF.ODF      where the other directory files are
    EF.CIAInfo  the card: serial number, maker, label
    EF.AOD      PINs        EF.PrKD  private keys        EF.CD  certificates

A key and its certificate have the same identifier: the position of the key in its application, from 1. A PIN
is named by its position among the PINs of the card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from asn1crypto import core

from smartid.identity.model import Purpose
from smartid.iso7816 import tlv
from smartid.iso7816.files import MF
from smartid.profiles.base import (
    Application,
    CardProfile,
    Content,
    FileSpec,
    KeySpec,
    KeyType,
    PINEncoding,
    PINSpec,
    ReadMethod,
)

MANUFACTURER = "smartid throw-away"
KEY_BITS: Mapping[KeyType, int] = {
    KeyType.P256: 256,
    KeyType.P384: 384,
    KeyType.RSA2048: 2048,
    KeyType.RSA3072: 3072,
}
"""Size of the field of a curve, or of a modulus, in bits."""

_SEQUENCE = 0x30
_OCTETS = 0x04
_UTF8 = 0x0C
_ENUMERATED = 0x0A
_DIRECTORY_TAGS = {Content.EF_PRKDF: 0xA0, Content.EF_CDF: 0xA4, Content.EF_AODF: 0xA8}
_PRN_GENERATION = 2
_PRIVATE, _MODIFIABLE = 0, 1
_SENSITIVE, _ALWAYS_SENSITIVE, _NEVER_EXTRACTABLE = 0, 2, 3
_DECIPHER, _SIGN, _UNWRAP, _DERIVE, _NON_REPUDIATION = 1, 2, 5, 8, 9


def directory_file(profile: CardProfile, content: Content, *, serial: bytes) -> bytes:
    """The content of a directory file of this profile.

    serial  serial number of the card, for EF.CIAInfo

    Raises KeyError for a content that is no directory.
    """
    if content is Content.EF_DIR:
        return ef_dir(profile)
    application = _holder(profile, content)
    builders: Mapping[Content, Callable[[], bytes]] = {
        Content.EF_ODF: lambda: object_directory(application),
        Content.EF_TOKEN_INFO: lambda: card_info(profile, serial),
        Content.EF_AODF: lambda: authentication_objects(profile),
        Content.EF_PRKDF: lambda: private_keys(profile, application),
        Content.EF_CDF: lambda: certificates(application),
    }
    return builders[content]()


def ef_dir(profile: CardProfile) -> bytes:
    """Application templates: 61 { 4F AID, 50 label, 51 path where the application has a DF }."""
    return b"".join(_template(app) for app in profile.applications if app.aid and not app.stored_value)


def object_directory(application: Application) -> bytes:
    """EF.ODF: the path of each directory file under the tag of its kind."""
    return b"".join(
        tlv.encode(_DIRECTORY_TAGS[file.content], _path(application, file))
        for file in application.files
        if file.content in _DIRECTORY_TAGS
    )


def card_info(profile: CardProfile, serial: bytes) -> bytes:
    """EF.CIAInfo of version 2: serial number, maker, label, and that the card makes random numbers."""
    label = profile.title.partition(" (")[0]
    return tlv.encode(
        _SEQUENCE,
        _integer(1),
        tlv.encode(_OCTETS, serial),
        tlv.encode(_UTF8, MANUFACTURER.encode()),
        tlv.encode(0x80, label.encode()),
        _bits(_PRN_GENERATION),
    )


def authentication_objects(profile: CardProfile) -> bytes:
    """EF.AOD: one password object for each PIN."""
    names = _pin_names(profile)
    pairs = ((app, pin) for app in profile.applications for pin in app.pins)
    return b"".join(_pin_object(app, pin, names) for app, pin in pairs)


def private_keys(profile: CardProfile, application: Application) -> bytes:
    """EF.PrKD: one object for each key of the application that has a key file."""
    pins = _pin_names(profile)
    return b"".join(
        _key_object(application, key, identifier, pins) for identifier, key in _numbered(application)
    )


def certificates(application: Application) -> bytes:
    """EF.CD: one object for each certificate of a key of the application."""
    identifiers = {key.name: (identifier, key) for identifier, key in _numbered(application)}
    return b"".join(
        _certificate_object(application, file, *identifiers[file.key])
        for file in application.files
        if file.key in identifiers
    )


def _template(application: Application) -> bytes:
    name = application.aid.value if application.aid else b""
    path = tlv.encode(0x51, _path_bytes(_folder(application))) if application.file_id else b""
    label = tlv.encode(0x50, application.name.encode()[:16])
    return tlv.encode(0x61, tlv.encode(0x4F, name), label, path)


def _pin_object(application: Application, pin: PINSpec, names: Mapping[str, bytes]) -> bytes:
    pins = [other for other in application.pins if other.unblocked_by == pin.name]
    unblocker = names.get(pin.unblocked_by or "")
    flags = {
        1: bool(pin.reference & 0x80),
        2: not pin.changeable,
        3: pin.unblocked_by is None,
        4: True,
        5: True,
        6: bool(pins),
    }
    attributes = (
        _bits(*(bit for bit, is_set in flags.items() if is_set)),
        tlv.encode(_ENUMERATED, b"\x01" if pin.encoding is PINEncoding.ASCII else b"\x00"),
        _integer(pin.min_length),
        _integer(pin.block_size),
        _integer(pin.max_length),
        tlv.encode(0x80, _number(pin.reference)),
        tlv.encode(_OCTETS, bytes((pin.pad,))),
        tlv.encode(_SEQUENCE, tlv.encode(_OCTETS, _path_bytes(_folder(application)))),
    )
    common = _common(pin.title, (_PRIVATE, _MODIFIABLE) if pin.changeable else (_PRIVATE,), unblocker)
    class_attributes = tlv.encode(_SEQUENCE, tlv.encode(_OCTETS, names[pin.name]))
    return tlv.encode(_SEQUENCE, common, class_attributes, _typed(attributes))


def _key_object(
    application: Application, key: KeySpec, identifier: bytes, pins: Mapping[str, bytes]
) -> bytes:
    consent = _integer(1) if key.pin_each_use else b""
    common = _common(key.title, (_PRIVATE,) if key.pin else (), pins.get(key.pin or ""), consent)
    attributes = tlv.encode(
        _SEQUENCE,
        tlv.encode(_OCTETS, identifier),
        _bits(*_usage(key)),
        _bits(_SENSITIVE, _ALWAYS_SENSITIVE, _NEVER_EXTRACTABLE),
        _integer(key.reference),
    )
    path = tlv.encode(_SEQUENCE, tlv.encode(_OCTETS, _path_bytes((*_folder(application), key.file_id or 0))))
    typed = _typed((path, _integer(KEY_BITS[key.type])))
    return tlv.encode(_SEQUENCE if _is_rsa(key) else 0xA0, common, attributes, typed)


def _certificate_object(application: Application, file: FileSpec, identifier: bytes, key: KeySpec) -> bytes:
    label = key.title.replace("key", "certificate")
    attributes = tlv.encode(_SEQUENCE, tlv.encode(_OCTETS, identifier))
    return tlv.encode(_SEQUENCE, _common(label, ()), attributes, _typed((_path(application, file),)))


def _common(label: str, flags: Iterable[int], auth_id: bytes | None = None, consent: bytes = b"") -> bytes:
    """CommonObjectAttributes: label, flags, authId, userConsent."""
    return tlv.encode(
        _SEQUENCE,
        tlv.encode(_UTF8, label.encode()),
        _bits(*flags),
        tlv.encode(_OCTETS, auth_id) if auth_id else b"",
        consent,
    )


def _typed(parts: Iterable[bytes]) -> bytes:
    return tlv.encode(0xA1, tlv.encode(_SEQUENCE, *parts))


def _usage(key: KeySpec) -> tuple[int, ...]:
    if key.purpose is Purpose.KEY_MANAGEMENT:
        return (_DECIPHER, _UNWRAP) if _is_rsa(key) else (_DERIVE,)
    return (_SIGN, _NON_REPUDIATION) if key.purpose is Purpose.SIGNATURE else (_SIGN,)


def _is_rsa(key: KeySpec) -> bool:
    return key.type in {KeyType.RSA2048, KeyType.RSA3072}


def _holder(profile: CardProfile, content: Content) -> Application:
    return next(app for app in profile.applications if any(file.content is content for file in app.files))


def _numbered(application: Application) -> list[tuple[bytes, KeySpec]]:
    keys = (key for key in application.keys if key.file_id is not None)
    return [(bytes((number,)), key) for number, key in enumerate(keys, 1)]


def _pin_names(profile: CardProfile) -> dict[str, bytes]:
    pins = (pin for app in profile.applications for pin in app.pins)
    return {pin.name: bytes((number,)) for number, pin in enumerate(pins, 1)}


def _folder(application: Application) -> tuple[int, ...]:
    return (MF,) if application.file_id is None else (MF, application.file_id)


def _path(application: Application, file: FileSpec) -> bytes:
    absolute = file.method in {ReadMethod.PATH, ReadMethod.FULL_PATH}
    folder = file.path if absolute else (*_folder(application), *file.path)
    return tlv.encode(_SEQUENCE, tlv.encode(_OCTETS, _path_bytes((*folder, file.file_id))))


def _path_bytes(path: Iterable[int]) -> bytes:
    return b"".join(part.to_bytes(2, "big") for part in path)


def _integer(value: int) -> bytes:
    return bytes(core.Integer(value).dump())


def _number(value: int) -> bytes:
    """The content of an INTEGER, for an implicit tag."""
    return bytes(core.Integer(value).contents)


def _bits(*positions: int) -> bytes:
    """A BIT STRING of named bits, without trailing zeros (ITU-T X.690, 11.2.2)."""
    size = max(positions, default=-1) + 1
    value = sum(1 << (size - 1 - position) for position in positions) << (-size % 8)
    return tlv.encode(0x03, bytes((-size % 8,)), value.to_bytes((size + 7) // 8, "big"))
