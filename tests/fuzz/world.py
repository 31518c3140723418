"""The people, authorities and policies behind the samples. Keys are new in each run; certomancer stamps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from asn1crypto import algos, keys, tsp
from asn1crypto import x509 as asn1_x509
from certomancer.services import TimeStamper as Authority
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.signing.form import SignatureForm
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.fuzz.der_tree import Node, parse
from tests.unit.signing.documents import CRL_PLACE, crl, tsa
from tests.unit.trust.country import NOW, Country, Party, tlv

CONTENT = b"Invented contract.\n" * 4
MESSAGE_DIGEST = bytes.fromhex("2A864886F70D010904")
ECDSA_SHA256 = bytes.fromhex("300A06082A8648CE3D040302")


@dataclass(frozen=True)
class Stamper:
    """Certomancer's authority, whose clock stands still."""

    party: Party

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        key = self.party.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = asn1_x509.Certificate.load(self.party.der)
        authority = Authority(certificate, keys.PrivateKeyInfo.load(key), fixed_dt=NOW)
        imprint = {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_name}),
            "hashed_message": digest,
        }
        request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True})
        return bytes(authority.request_tsa_response(request)["time_stamp_token"].dump())


@dataclass
class World:
    """A country, a citizen who signs, and what a relying party knows."""

    country: Country = field(default_factory=Country)

    @cached_property
    def citizen(self) -> Party:
        return self.country.citizen("signature", extra=(CRL_PLACE,))

    @cached_property
    def signer(self) -> SoftwareSigner:
        return SoftwareSigner(self.citizen.key, self.citizen.der)

    @cached_property
    def stamper(self) -> Stamper:
        return Stamper(tsa(self.country.root))

    @cached_property
    def policy(self) -> Policy:
        known = (self.country.root.der, self.country.citizen_ca.der, self.country.csca.der)
        store = TrustStore.from_certificates(*known)
        lists = tuple(crl(issuer, issued=NOW) for issuer in (self.country.root, self.country.citizen_ca))
        anchors = TrustStore(anchors=store.anchors, intermediates=store.intermediates, crls=lists)
        return Policy(anchors=anchors, clock=lambda: NOW)

    def sign(self, document: bytes, form: SignatureForm, **changes: object) -> bytes:
        return sign(
            document,
            self.signer,
            form=form,
            signed_at=NOW,
            chain=(self.country.citizen_ca.der,),
            time_stamper=self.stamper,
            policy=self.policy,
            **changes,  # type: ignore[arg-type]
        ).data


def signed_by(party: Party, tbs: bytes, *more: bytes) -> bytes:
    """What X.509 signs, around any bytes: certificate, list, OCSP answer."""
    assert isinstance(party.key, ec.EllipticCurvePrivateKey)
    signature = party.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return tlv("30", tbs, ECDSA_SHA256, tlv("03", b"\0" + signature), *more)


def signed_anew(sample: bytes, content: bytes, party: Party) -> bytes:
    """A CMS with other content: its only signer signs again, so that the content is read at all."""
    root = parse(sample)
    data = root.children[1].children[0]  # type: ignore[index]
    encapsulated, infos = data.children[2], data.children[-1]  # type: ignore[index]
    octet_string = encapsulated.children[1].children[0]  # type: ignore[index]
    octet_string.value, octet_string.children = content, None
    info = infos.children[0]  # type: ignore[index]
    attributes, signature = info.children[3], info.children[5]  # type: ignore[index]
    for attribute in attributes.children or ():
        kind, values = attribute.children  # type: ignore[misc]
        if kind.value == MESSAGE_DIGEST:
            values.children = [Node(b"\x04", hashlib.sha256(content).digest())]
    message = b"\x31" + attributes.encode()[1:]
    assert isinstance(party.key, ec.EllipticCurvePrivateKey)
    signature.value, signature.children = party.key.sign(message, ec.ECDSA(hashes.SHA256())), None
    return root.encode()
