"""Public keys out of SubjectPublicKeyInfo, brought to one form: numbers, or a point on a named curve.

RFC 3279, 2.3.1, 2.3.2 and 2.3.5; RFC 5480 (2009), 2; explicit parameters as SEC 1 version 2.0, C.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import core, keys

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.trust.algorithms import MAX_DSA_BITS, MAX_RSA_BITS
from smartid.trust.curves import CURVES, DomainParameters

STANDARD = "RFC 5280 (2008), 4.1.2.7"
MAX_EXPONENT_BITS = 64
MAX_LENGTH = 4096
"""Longest SubjectPublicKeyInfo that is read, in bytes. RSA with 8192 bits needs 1,100."""

_NAMED_CURVES = {
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}

_LACKING_CURVES = {
    "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
    "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
    0xD7C134AA264366862A18302575D1D787B09F075797DA89F57EC8C0FF: "brainpoolP224r1",
    0xD35E472036BC4FB7E13C785ED201E065F98FCFA6F6F40DEF4F92B9EC7893EC28FCD412B1F1B32E27: "brainpoolP320r1",
}
"""Curves of RFC 5639 that documents use and cryptography does not offer, by identifier and by prime: a prime
is enough to call a curve by its name in a refusal."""


@dataclass(frozen=True, slots=True)
class RSAKey:
    """An RSA public key."""

    modulus: int
    exponent: int

    @property
    def bits(self) -> int:
        """Length of the modulus."""
        return self.modulus.bit_length()


@dataclass(frozen=True, slots=True)
class ECKey:
    """An uncompressed point (04, x, y) for the curve of this name in ``CURVES``; ``verify_raw`` checks it."""

    curve: str
    point: bytes

    @property
    def order_size(self) -> int:
        """Length of r and of s in bytes."""
        return (CURVES[self.curve].n.bit_length() + 7) // 8


@dataclass(frozen=True, slots=True)
class DSAParameters:
    """The primes p and q, and the generator g of the subgroup of order q."""

    p: int
    q: int
    g: int


@dataclass(frozen=True, slots=True)
class DSAKey:
    """A DSA public key; without parameters it has those of its issuer's key (RFC 3279 (2002), 2.3.2)."""

    y: int
    parameters: DSAParameters | None = None


PublicKey = RSAKey | ECKey | DSAKey


@lru_cache(maxsize=512)
def parse_public_key(spki: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo in DER.

    Raises EncodingError, and AlgorithmRefused for a kind of key or a curve that is unknown here.
    """
    if len(spki) > MAX_LENGTH:
        raise _broken(f"at most {MAX_LENGTH} bytes")
    require_short_arcs(spki, "public key")
    with decoding("public key", STANDARD):
        info = keys.PublicKeyInfo.load(spki, strict=True)
        kind = info["algorithm"]["algorithm"].native
        if kind in {"rsa", "rsassa_pss"}:
            return _rsa_key(info["public_key"].parsed.native)
        if kind == "ec":
            return _ec_key(info["algorithm"]["parameters"], info["public_key"].native)
        if kind == "dsa":
            return DSAKey(info["public_key"].parsed.native, _dsa_parameters(info["algorithm"]["parameters"]))
    raise AlgorithmRefused(f"Public keys of the kind {kind} are unknown here.")


def with_parameters_of(issuer: bytes, spki: bytes) -> bytes:
    """Give ``spki`` with the DSA parameters of the issuer's key when it names none, else ``spki`` itself.

    Both are SubjectPublicKeyInfo in DER. Raises EncodingError, AlgorithmRefused.
    """
    if not lacks_parameters(spki) or not isinstance(parse_public_key(issuer), DSAKey):
        return spki
    with decoding("public key", STANDARD):
        own, its = keys.PublicKeyInfo.load(spki, strict=True), keys.PublicKeyInfo.load(issuer, strict=True)
        whole = core.Sequence(contents=its["algorithm"].dump() + own["public_key"].dump())
        return bytes(whole.dump())


def lacks_parameters(spki: bytes) -> bool:
    """Tell whether it is a DSA key that inherits its parameters. Raises EncodingError, AlgorithmRefused."""
    key = parse_public_key(spki)
    return isinstance(key, DSAKey) and key.parameters is None


def _dsa_parameters(parameters: core.Asn1Value) -> DSAParameters | None:
    numbers = parameters.native
    if numbers is None:
        return None
    found = DSAParameters(numbers["p"], numbers["q"], numbers["g"])
    if (
        not 512 <= found.p.bit_length() <= MAX_DSA_BITS
        or not 1 < found.q < found.p
        or not 1 < found.g < found.p
    ):
        raise _broken(f"DSA parameters with a prime of 512 to {MAX_DSA_BITS} bits")
    return found


def _rsa_key(numbers: dict[str, int]) -> RSAKey:
    key = RSAKey(numbers["modulus"], numbers["public_exponent"])
    if not 512 <= key.bits <= MAX_RSA_BITS or not key.modulus & 1:
        raise _broken(f"an odd modulus of 512 to {MAX_RSA_BITS} bits")
    if not 3 <= key.exponent < 1 << MAX_EXPONENT_BITS or not key.exponent & 1:
        raise _broken(f"an odd exponent of 3 or more, at most {MAX_EXPONENT_BITS} bits")
    return key


def _ec_key(parameters: keys.ECDomainParameters, point: bytes) -> ECKey:
    curve = _curve_name(parameters)
    if len(point) != 1 + 2 * CURVES[curve].size or point[0] != 0x04:
        raise _broken(f"an uncompressed point on {curve}")
    return ECKey(curve, point)


def _curve_name(parameters: keys.ECDomainParameters) -> str:
    if parameters.name == "named":
        mark: object = parameters.chosen.dotted
        name = _NAMED_CURVES.get(parameters.chosen.dotted)
    elif parameters.name == "specified":
        mark = parameters.chosen["field_id"]["parameters"].native
        name = _curve_with(parameters.chosen)
    else:
        raise _broken("a named curve, or its parameters")
    if name is None:
        raise AlgorithmRefused(_unknown_curve(mark))
    return name


def _unknown_curve(mark: object) -> str:
    """Say that a curve is unknown, by its name if it has one. ``mark`` is its identifier or its prime."""
    lacking = _LACKING_CURVES.get(mark) if isinstance(mark, str | int) else None
    if lacking:
        return f"Keys on {lacking} cannot be used: the cryptography library does not offer this curve."
    return "The elliptic curve of the key is unknown here."


def _curve_with(domain: keys.SpecifiedECDomain) -> str | None:
    """Give the curve all of whose numbers are those of ``domain``."""
    if domain["field_id"]["field_type"].native != "prime_field" or domain["cofactor"].native not in {None, 1}:
        return None
    numbers = (
        domain["field_id"]["parameters"].native,
        int.from_bytes(domain["curve"]["a"].native, "big"),
        int.from_bytes(domain["curve"]["b"].native, "big"),
        domain["base"].native,
        domain["order"].native,
    )
    return next((name for name, curve in CURVES.items() if _numbers(curve) == numbers), None)


def _numbers(curve: DomainParameters) -> tuple[int, int, int, bytes, int]:
    return curve.p, curve.a, curve.b, curve.base_point, curve.n


def _broken(expected: str) -> EncodingError:
    return EncodingError("public key", offset=0, expected=expected, standard=STANDARD)
