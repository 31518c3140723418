"""A CMS signature as a value that can be added to: parts that are already there keep their bytes.

RFC 5652 (2009), 5.1 and 5.3::

    SignedData   version  digestAlgorithms  encapContentInfo  [0] certificates  [1] crls  signerInfos
    SignerInfo   version  sid  digestAlgorithm  [0] signedAttrs  signatureAlgorithm  signature
                 [1] unsignedAttrs
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from smartid.crypto.ber import definite, encode
from smartid.crypto.elements import OCTET_STRING, SEQUENCE, SET
from smartid.errors import EncodingError
from smartid.signing import der

STANDARD = "RFC 5652 (2009), 5.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
"""id-ri-ocsp-response (RFC 5940 (2010), 2.1)."""
MAX_SIGNERS = 64

_CERTIFICATES, _CRLS = 0xA0, 0xA1
_SIGNED_ATTRIBUTES, _UNSIGNED_ATTRIBUTES = 0xA0, 0xA1
_EXPLICIT = 0xA0
_OTHER_REVOCATION_INFO = 0xA1
_OTHER_CERTIFICATE = 0xA3
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignerInfo:
    """One signature.

    signed    version to signature: the elements that nobody may touch
    unsigned  unsigned attributes
    raw       the whole as it came; empty for one that was made or changed here
    """

    signed: tuple[bytes, ...]
    unsigned: tuple[bytes, ...] = ()
    raw: bytes = b""

    @property
    def digest_algorithm(self) -> bytes:
        """AlgorithmIdentifier of the hash of the content."""
        return self.signed[2]

    @property
    def signature(self) -> bytes:
        """The octets of the signature value. Raises EncodingError."""
        return der.value_of(self.signed[5], OCTET_STRING)

    @property
    def message_digest(self) -> bytes:
        """The digest in the signed attributes. Raises EncodingError when there is not one."""
        found = [values for kind, values in _attributes(self.signed[3:4]) if kind == der.oid(_MESSAGE_DIGEST)]
        if len(found) != 1 or len(found[0]) != 1:
            raise _broken("one message digest in the signed attributes")
        return der.value_of(found[0][0], OCTET_STRING)

    def values(self, kind: str) -> tuple[bytes, ...]:
        """Give the values of the unsigned attributes of a type, in order. Raises EncodingError."""
        pairs = (der.elements(attribute) for attribute in self.unsigned)
        return tuple(
            value for name, values in pairs if name == der.oid(kind) for value in der.elements(values, SET)
        )

    def with_unsigned(self, attribute: bytes) -> SignerInfo:
        """Give it with one more unsigned attribute."""
        return replace(self, unsigned=(*self.unsigned, attribute), raw=b"")

    def encode(self) -> bytes:
        """Write it: as it came, or in DER."""
        if self.raw:
            return self.raw
        unsigned = der.set_of(self.unsigned, _UNSIGNED_ATTRIBUTES) if self.unsigned else b""
        return der.sequence(*self.signed, unsigned)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Envelope:
    """A SignedData.

    content_type  object identifier, DER
    content       what is signed, None when it travels apart
    certificates  CertificateChoices, as they lie
    revocation    RevocationInfoChoices: CRLs, and OCSP answers in their wrapping
    """

    content_type: bytes
    content: bytes | None
    digest_algorithms: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()
    revocation: tuple[bytes, ...] = ()
    signers: tuple[SignerInfo, ...] = ()

    def with_signer(self, signer: SignerInfo, certificates: tuple[bytes, ...]) -> Envelope:
        """Give it with one more signer beside the others."""
        algorithms = dict.fromkeys((*self.digest_algorithms, signer.digest_algorithm))
        return replace(
            self.with_data(certificates=certificates),
            digest_algorithms=tuple(algorithms),
            signers=(*self.signers, signer),
        )

    def with_data(
        self,
        *,
        certificates: tuple[bytes, ...] = (),
        crls: tuple[bytes, ...] = (),
        ocsp: tuple[bytes, ...] = (),
    ) -> Envelope:
        """Give it with validation data that it did not hold yet, all in DER."""
        wrapped = tuple(wrapped_ocsp(response) for response in ocsp)
        return replace(
            self,
            certificates=tuple(dict.fromkeys((*self.certificates, *certificates))),
            revocation=tuple(dict.fromkeys((*self.revocation, *crls, *wrapped))),
        )

    def with_changed(self, number: int, signer: SignerInfo) -> Envelope:
        """Give it with another signer at this place."""
        return replace(self, signers=(*self.signers[:number], signer, *self.signers[number + 1 :]))

    @property
    def version(self) -> int:
        """What RFC 5652 (2009), 5.1 wants for these parts."""
        if any(item[0] == _OTHER_CERTIFICATE for item in self.certificates):
            return 5
        if any(item[0] == _OTHER_REVOCATION_INFO for item in self.revocation):
            return 5
        if any(item[0] == 0xA2 for item in self.certificates):
            return 4
        named = any(signer.signed[0] != der.integer(1) for signer in self.signers)
        old = any(item[0] == 0xA1 for item in self.certificates)
        return 3 if named or old or self.content_type != der.oid(DATA) else 1

    def encode(self) -> bytes:
        """Write the ContentInfo: DER, but for signers, who stay in the order in which they signed."""
        content = b"" if self.content is None else encode(_EXPLICIT, der.octets(self.content))
        data = der.sequence(
            der.integer(self.version),
            der.set_of(self.digest_algorithms),
            der.sequence(self.content_type, content),
            der.set_of(self.certificates, _CERTIFICATES) if self.certificates else b"",
            der.set_of(self.revocation, _CRLS) if self.revocation else b"",
            encode(SET, *(signer.encode() for signer in self.signers)),
        )
        return der.sequence(der.oid(SIGNED_DATA), encode(_EXPLICIT, data))


def wrapped_ocsp(response: bytes) -> bytes:
    """Wrap an OCSPResponse as OtherRevocationInfoFormat (RFC 5652 (2009), 10.2.1; RFC 5940 (2010), 2.1)."""
    return encode(_OTHER_REVOCATION_INFO, der.oid(OCSP_RESPONSE), response)


def parse_envelope(data: bytes) -> Envelope:
    """Read a ContentInfo with SignedData, DER or BER. Raises EncodingError.

    What has definite lengths keeps its bytes; the rest is brought to definite lengths.
    """
    try:
        return _parse(data)
    except EncodingError:
        brought = definite(data)
        if brought == data:
            raise
        return _parse(brought)


def _parse(data: bytes) -> Envelope:
    kind, wrapped = _exactly(der.elements(data), 2)
    if kind != der.oid(SIGNED_DATA):
        raise _broken("content type signedData")
    _, algorithms, encapsulated, *rest = _at_least(der.elements(der.value_of(wrapped, _EXPLICIT)), 4)
    content_type, *content = _at_least(der.elements(encapsulated), 1)
    signers = der.elements(rest[-1], SET)
    if len(signers) > MAX_SIGNERS:
        raise _broken(f"at most {MAX_SIGNERS} signers")
    certificates, crls = _optional(rest[:-1])
    return Envelope(
        content_type=content_type,
        content=_content(content),
        digest_algorithms=der.elements(algorithms, SET),
        certificates=certificates,
        revocation=crls,
        signers=tuple(_signer(signer) for signer in signers),
    )


def is_signed_data(head: bytes) -> bool:
    """Tell from its first bytes (32 are enough) whether this claims to be a ContentInfo with SignedData."""
    long = head[1:2] > b"\x80"
    value = head[2 + (head[1] & 0x7F if long else 0) :]
    return head[:1] == bytes((SEQUENCE,)) and value.startswith(der.oid(SIGNED_DATA))


def _content(parts: list[bytes]) -> bytes | None:
    if not parts:
        return None
    return der.value_of(der.value_of(_exactly(tuple(parts), 1)[0], _EXPLICIT), OCTET_STRING)


def _optional(parts: list[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Sort the two optional sets by their tags; each occurs once, in this order."""
    tags = [part[0] for part in parts]
    if tags not in ([], [_CERTIFICATES], [_CRLS], [_CERTIFICATES, _CRLS]):
        raise _broken("certificates and revocation data before the signers")
    found = {part[0]: der.elements(part, part[0]) for part in parts}
    return found.get(_CERTIFICATES, ()), found.get(_CRLS, ())


def _signer(raw: bytes) -> SignerInfo:
    parts = der.elements(raw)
    if not 6 <= len(parts) <= 7 or parts[3][0] != _SIGNED_ATTRIBUTES:
        raise _broken("a signer with signed attributes")
    unsigned = der.elements(parts[6], _UNSIGNED_ATTRIBUTES) if len(parts) == 7 else ()
    signer = SignerInfo(signed=parts[:6], unsigned=unsigned, raw=raw)
    _attributes((*parts[3:4], *parts[6:]))
    return signer


def _attributes(sets: tuple[bytes, ...]) -> list[tuple[bytes, tuple[bytes, ...]]]:
    """Give type and values of each attribute in these sets. Raises EncodingError."""
    pairs = [_exactly(der.elements(item), 2) for part in sets for item in der.elements(part, part[0])]
    return [(kind, der.elements(values, SET)) for kind, values in pairs]


def _exactly(parts: tuple[bytes, ...], count: int) -> tuple[bytes, ...]:
    if len(parts) != count:
        raise _broken(f"{count} elements, found {len(parts)}")
    return parts


def _at_least(parts: tuple[bytes, ...], count: int) -> tuple[bytes, ...]:
    if len(parts) < count:
        raise _broken(f"at least {count} elements, found {len(parts)}")
    return parts


def _broken(expected: str) -> EncodingError:
    return EncodingError("CMS signature", offset=0, expected=expected, standard=STANDARD)
