"""MANAGE SECURITY ENVIRONMENT, PERFORM SECURITY OPERATION, INTERNAL and GENERAL AUTHENTICATE.

ISO/IEC 7816-8:2021, clause 5, and ISO/IEC 7816-4:2020, 11.6. Algorithm references are those of the key in the
profile; besides, 00 is RSA without padding. A signature of an EC key is a DER sequence of r and s.

A PIN that is good for one operation is used up by that operation alone: SELECT, MSE SET and other commands
between VERIFY and the signature do no harm, and a refused signature leaves the PIN verified.
"""

from __future__ import annotations

import hashlib

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError
from smartid.iso7816 import tlv
from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard import keys
from smartid.mockcard.answer import DONE, Answer, Refusal
from smartid.mockcard.channels import Channel, Environment
from smartid.mockcard.image import CardImage
from smartid.mockcard.keys import PrivateKey, RandomBytes
from smartid.mockcard.scope import Scope
from smartid.profiles.base import Condition, KeySpec, Signing

AUTHENTICATION, SIGNATURE, CONFIDENTIALITY = 0xA4, 0xB6, 0xB8
_TEMPLATES = frozenset({AUTHENTICATION, SIGNATURE, CONFIDENTIALITY})
RAW = 0x00


class CryptoCommands:
    """The commands that use private keys."""

    def __init__(self, scope: Scope, image: CardImage, random: RandomBytes) -> None:
        self._scope = scope
        self._image = image
        self._random = random
        self._loaded: dict[str, tuple[bytes, PrivateKey]] = {}

    def manage_environment(self, channel: Channel, command: CommandAPDU) -> Answer:
        """MSE: SET of one template (P1 = 41, 81, C1 or F1), RESTORE of the empty environment (P1 = F3)."""
        if command.p1 == 0xF3:
            channel.environment.clear()
            channel.digest = None
            return DONE
        if command.p1 & 0x0F != 0x01 or command.p1 not in (0x41, 0x81, 0xC1, 0xF1):
            raise Refusal(0x6A81 if command.p1 & 0x0F in (0x02, 0x04) else 0x6A86)
        if command.p2 not in _TEMPLATES:
            raise Refusal(0x6A86)
        channel.environment[command.p2] = self._environment(channel, command.data)
        return DONE

    def _environment(self, channel: Channel, data: bytes) -> Environment:
        try:
            objects = {item.tag: item.value for item in tlv.parse(data)}
        except EncodingError:
            raise Refusal(0x6A80) from None
        if not objects.keys() <= {0x80, 0x81, 0x83, 0x84, 0x87, 0x94, 0x95} or not all(objects.values()):
            raise Refusal(0x6A80)
        reference = int.from_bytes(objects.get(0x84) or objects.get(0x83) or b"", "big")
        file_id = int.from_bytes(objects.get(0x81, b"")[-2:], "big")
        algorithm = int.from_bytes(objects[0x80], "big") if 0x80 in objects else None
        return Environment(algorithm, self._chosen(channel, reference, file_id))

    def _chosen(self, channel: Channel, reference: int, file_id: int) -> str | None:
        """The key of a reference, or when that is 0, of a key file. Raises Refusal 6A88."""
        if not reference and not file_id:
            return None
        for key in self._scope.keys(channel):
            if key.reference == reference if reference else key.file_id == file_id:
                return key.name
        raise Refusal(0x6A88)

    def perform(self, channel: Channel, command: CommandAPDU) -> Answer:
        """PERFORM SECURITY OPERATION: 9E9A sign, 8086 decipher, 9080 and 90A0 hash."""
        operation = command.p1 << 8 | command.p2
        if operation == 0x9E9A:
            return Answer(self._sign(channel, SIGNATURE, command.data))
        if operation == 0x8086:
            return Answer(self._decipher(channel, command.data))
        if operation in (0x9080, 0x90A0):
            channel.digest = self._hash(channel, command)
            return DONE
        raise Refusal(0x6A86)

    def internal_authenticate(self, channel: Channel, command: CommandAPDU) -> Answer:
        """INTERNAL AUTHENTICATE with the key of template A4, else ICAO active authentication."""
        chip = next((key for key in self._scope.keys(channel) if key.signing is _CHIP), None)
        if AUTHENTICATION not in channel.environment and chip:
            return Answer(self._active_authentication(channel, chip, command.data))
        return Answer(self._sign(channel, AUTHENTICATION, command.data))

    def _active_authentication(self, channel: Channel, spec: KeySpec, challenge: bytes) -> bytes:
        if len(challenge) != 8:
            raise Refusal(0x6700)
        key, algorithm = self._unlock(channel, spec), next(iter(spec.algorithms), None)
        if algorithm is None:
            raise Refusal(0x6985)
        return keys.active_authentication(key, challenge, algorithm, self._random)

    def general_authenticate(self, channel: Channel, command: CommandAPDU) -> Answer:
        """GENERAL AUTHENTICATE with a point in 7C {85}: the x coordinate of the shared point (ECDH)."""
        if command.p1 or command.p2:
            raise Refusal(0x6A86)
        try:
            point = tlv.find(command.data, 0x7C, 0x85)
        except EncodingError:
            point = None
        if not point:
            raise Refusal(0x6A80)
        environment, spec = self._current(channel, AUTHENTICATION)
        if spec.decipher_ref is None or environment.algorithm not in (None, spec.decipher_ref):
            raise Refusal(0x6985)
        secret = keys.ecdh(keys.require_ec(self._unlock(channel, spec)), point)
        _use_up(channel, spec)
        return Answer(secret)

    def _sign(self, channel: Channel, template: int, data: bytes) -> bytes:
        environment, spec = self._current(channel, template)
        allowed = _SIGNS if template == SIGNATURE else (Signing.INTERNAL_AUTHENTICATE,)
        if spec.signing not in allowed:
            raise Refusal(0x6985)
        algorithm = _algorithm(spec, environment.algorithm)
        key = self._unlock(channel, spec)
        digest, channel.digest = channel.digest, None
        signature = _signature(key, algorithm, *((digest, True) if digest and not data else (data, False)))
        _use_up(channel, spec)
        return signature

    def _decipher(self, channel: Channel, data: bytes) -> bytes:
        environment, spec = self._current(channel, CONFIDENTIALITY)
        if spec.decipher_ref is None or environment.algorithm not in (None, RAW, spec.decipher_ref):
            raise Refusal(0x6985)
        if data[:1] != b"\x00":
            raise Refusal(0x6A80)
        key = keys.require_rsa(self._unlock(channel, spec))
        operation = keys.rsa_raw if environment.algorithm == RAW else keys.rsa_decipher
        message = operation(key, data[1:])
        _use_up(channel, spec)
        return message

    def _hash(self, channel: Channel, command: CommandAPDU) -> bytes:
        """PSO: HASH. 9080 hashes the data field; 90A0 takes a digest in tag 90, or hashes tag 80."""
        environment, spec = self._current(channel, SIGNATURE)
        algorithm = _algorithm(spec, environment.algorithm) or SignatureAlgorithm.RS256
        message = command.data
        if command.p2 == 0xA0:
            try:
                objects = {item.tag: item.value for item in tlv.parse(message)}
            except EncodingError:
                raise Refusal(0x6A80) from None
            if 0x90 in objects and len(objects[0x90]) == algorithm.digest_size:
                return objects[0x90]
            if objects.keys() != {0x80}:
                raise Refusal(0x6A80)
            message = objects[0x80]
        return hashlib.new(algorithm.hash_name, message).digest()

    def _current(self, channel: Channel, template: int) -> tuple[Environment, KeySpec]:
        """Template and key in use. Raises Refusal 6985 when no key was chosen here."""
        environment = channel.environment.get(template)
        name = environment.key if environment else None
        for key in self._scope.keys(channel):
            if environment and key.name == name:
                return environment, key
        raise Refusal(0x6985)

    def _unlock(self, channel: Channel, spec: KeySpec) -> PrivateKey:
        """The private key, when its PIN allows. Raises Refusal 6982, 6984."""
        self._scope.require(channel, Condition(allowed=True, pin=spec.pin))
        der = self._image.keys.get(spec.name, b"")
        if spec.name not in self._loaded or self._loaded[spec.name][0] != der:
            self._loaded[spec.name] = der, keys.load(der)
        return self._loaded[spec.name][1]


_CHIP = Signing.ACTIVE_AUTHENTICATION
_SIGNS = (Signing.PSO_CDS, Signing.INTERNAL_AUTHENTICATE)


def _use_up(channel: Channel, spec: KeySpec) -> None:
    """Forget a PIN that is good for one operation of this key."""
    if spec.pin_each_use and spec.pin:
        channel.verified.discard(spec.pin)


def _algorithm(spec: KeySpec, reference: int | None) -> SignatureAlgorithm | None:
    """The algorithm of a reference, the key's first one without it; None is RSA without padding.

    Raises Refusal 6985 for a reference that the key does not have.
    """
    for algorithm, number in spec.algorithms.items():
        if reference is None or number == reference:
            return algorithm
    if reference == RAW and spec.type.value.startswith("RSA"):
        return None
    raise Refusal(0x6985)


def _signature(key: PrivateKey, algorithm: SignatureAlgorithm | None, data: bytes, hashed: bool) -> bytes:  # noqa: FBT001
    """Sign what was sent, or (``hashed``) a digest that the card itself made."""
    if keys.is_ec(key):
        return keys.ecdsa(key, data)
    pair = keys.require_rsa(key)
    if algorithm is None:
        return keys.rsa_raw(pair, data)
    if algorithm.is_pss:
        return keys.rsa_pss(pair, data, algorithm)
    return keys.rsa_pkcs1(pair, keys.digest_info_of(algorithm.hash_name, data) if hashed else data)
