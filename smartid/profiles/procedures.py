"""What a profile's words mean on the wire: each procedure is an exchange."""

from __future__ import annotations

from smartid.crypto.signature import SignatureAlgorithm, digest_info
from smartid.errors import CardError, EncodingError, SecurityStatusNotSatisfied
from smartid.iso7816 import commands, tlv
from smartid.iso7816.apdu import EXTENDED_RESPONSE
from smartid.iso7816.exchange import Exchange, Progress, error_of, read_current, read_short_id, send
from smartid.iso7816.files import FileControl
from smartid.profiles.base import (
    Application,
    CardProfile,
    DataObjectSpec,
    FileSpec,
    KeySpec,
    PINSpec,
    ReadMethod,
    Signing,
)

AUTHENTICATION_TEMPLATE = 0xA4
SIGNATURE_TEMPLATE = 0xB6
CONFIDENTIALITY_TEMPLATE = 0xB8


def select(application: Application) -> Exchange[None]:
    """Make an application current. Applications without a name are always within reach.

    Raises FileNotFound when the card does not have it.
    """
    if application.aid is not None:
        yield from send(commands.select_aid(application.aid, p2=application.select_p2))


def recognise(profile: CardProfile) -> Exchange[bool]:
    """Whether every probe application of a profile is there. Changes nothing on the card.

    One that is locked (SW 6982, as a chip answers over the air before PACE or BAC) is there.
    """
    for name in profile.probes:
        try:
            yield from select(profile.application(name))
        except SecurityStatusNotSatisfied:
            continue
        except CardError:
            return False
    return True


def read_file(file: FileSpec, *, progress: Progress | None = None) -> Exchange[bytes]:
    """A whole file; its application is current.

    Raises FileNotFound, SecurityStatusNotSatisfied, EncodingError.
    """
    if file.method is ReadMethod.SHORT_ID and file.short_id is not None:
        return (yield from read_short_id(file.short_id, progress=progress))
    size = yield from _select_file(file)
    return (yield from read_current(size=size, framed=file.framed, unit=file.unit, progress=progress))


def _select_file(file: FileSpec) -> Exchange[int | None]:
    """Select the file the way its profile says; its size when the card told it."""
    if file.method is ReadMethod.PATH:
        for step in file.path:
            yield from send(commands.select_file(step, p2=commands.FCI))
        yield from send(commands.select_file(file.file_id, p1=0x02, p2=commands.NO_DATA))
        return None
    if file.method is ReadMethod.FULL_PATH:
        steps = (*(step for step in file.path if step != 0x3F00), file.file_id)
        path = b"".join(step.to_bytes(2, "big") for step in steps)
        yield from send(commands.select_path(path, p2=commands.NO_DATA))
        return None
    answer = yield from send(commands.select_file(file.file_id, p1=0x02, p2=commands.FCP))
    return FileControl.parse(answer).size


def get_data_object(item: DataObjectSpec) -> Exchange[bytes]:
    """A data object; its application is current. Tags of 3 bytes travel in a tag list.

    Raises ReferenceNotFound, EncodingError when it is longer than the profile says.
    """
    ne = item.size or EXTENDED_RESPONSE
    if item.tag > 0xFFFF:
        command = commands.get_data_object(tlv.encode(0x5C, item.tag.to_bytes(3, "big")), ne=ne)
    else:
        command = commands.get_data(item.tag, cla=item.cla, ne=ne)
    data = yield from send(command)
    if item.size is not None and len(data) > item.size:
        raise EncodingError(item.name, offset=item.size, expected=f"at most {item.size} bytes")
    return data


def pin_status(pin: PINSpec) -> Exchange[int | None]:
    """Tries left, asked with an empty VERIFY that spends none; None when already presented, so nobody knows.

    Raises CardError when the card does not answer the question.
    """
    command = commands.verify(pin.reference, b"")
    response = yield command
    if response.ok:
        return None
    tries = response.status.tries_left
    if tries is None:
        raise error_of(command, response.sw)
    return tries


def sign_digest(key: KeySpec, algorithm: SignatureAlgorithm, digest: bytes) -> Exchange[bytes]:
    """The card's answer for a digest: DER or r||s for ECDSA, big-endian octets for RSA.

    The key's application is current and its PIN presented.
    Raises SecurityStatusNotSatisfied, ConditionsNotSatisfied, ReferenceNotFound.
    """
    message = digest_info(algorithm.hash_name, digest) if algorithm.key_type == "RSA" else digest
    by_authentication = key.signing is Signing.INTERNAL_AUTHENTICATE
    template = AUTHENTICATION_TEMPLATE if by_authentication else SIGNATURE_TEMPLATE
    yield from send(commands.set_security_environment(template, _references(key, key.algorithms[algorithm])))
    if by_authentication:
        return (yield from send(commands.internal_authenticate(message, ne=EXTENDED_RESPONSE)))
    return (yield from send(commands.compute_digital_signature(message, ne=EXTENDED_RESPONSE)))


def decipher(key: KeySpec, cryptogram: bytes) -> Exchange[bytes]:
    """RSA: the deciphered message. EC: the shared secret with the uncompressed point in ``cryptogram``.

    Raises SecurityStatusNotSatisfied, ConditionsNotSatisfied; ValueError for a key that does not decipher.
    """
    if key.decipher_ref is None:
        raise ValueError(f"the {key.name} key does not decipher")
    references = _references(key, key.decipher_ref)
    if key.type.name.startswith("RSA"):
        yield from send(commands.set_security_environment(CONFIDENTIALITY_TEMPLATE, references))
        return (yield from send(commands.decipher(cryptogram, ne=EXTENDED_RESPONSE)))
    yield from send(commands.set_security_environment(AUTHENTICATION_TEMPLATE, references))
    template = tlv.encode(0x7C, tlv.encode(0x85, cryptogram))
    return (yield from send(commands.general_authenticate(template)))


def _references(key: KeySpec, algorithm: int) -> bytes:
    return tlv.encode(0x80, bytes((algorithm,))) + tlv.encode(0x84, bytes((key.reference,)))


def active_authentication(challenge: bytes) -> Exchange[bytes]:
    """The chip's signature over 8 random bytes (ICAO Doc 9303-11:2021, 6.1)."""
    return (yield from send(commands.internal_authenticate(challenge, ne=EXTENDED_RESPONSE)))
