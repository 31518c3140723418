"""A ceremony after which t of n trustees can decrypt together, and fewer cannot; nobody ever knew the key.

Four rounds. What travels is public JSON; the host only carries it::

    certificate   each member shows the keys that it signs with and receives with
    polynomial    each member is shown all certificates, draws a polynomial, publishes g^a of its
                  coefficients, and seals the value f(j) for every member j
    receive       each member checks the values that it got, and shows its key
    assemble      anybody puts the record together and checks all of it

Members say who is to blame: a value that does not fit what its sender published ends the ceremony with that
sender's number. Members sign the certificates that they were shown, so that a host that shows different ones
to different members is found out at ``assemble``; whether they are the right people's is for people to say:
``fingerprint`` is short enough to be read aloud.

A polynomial is drawn for one list of certificates and never used for another: the same one under other
certificates would hand over its values, and t of them are the secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from smartid.services.voting import proofs
from smartid.services.voting.groups.base import Group, Random
from smartid.services.voting.trustees.exchanged import (
    Polynomial,
    blaming,
    fingerprint,
    read_certificates,
    read_polynomials,
    refused,
)
from smartid.services.voting.trustees.mute import Mute
from smartid.services.voting.trustees.published import (
    Certificate,
    Context,
    Message,
    PublicKey,
    listed,
    sign,
)
from smartid.services.voting.trustees.sealing import seal, unseal
from smartid.services.voting.trustees.threshold import Pedersen, certificates_text, evaluate

_VALUE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Seat(Mute):
    """A member that has shown its certificate.

    signing, decryption  the exponents behind the certificate's keys; the key of the election is another one
    certificate          the message as it was published
    """

    group: Group
    context: Context
    signing: int
    decryption: int
    certificate: dict[str, Any]

    @classmethod
    def take(cls, group: Group, context: Context, *, random: Random = os.urandom) -> Self:
        """Draw the two exponents and sign the keys."""
        signing, decryption = group.random_exponent(random), group.random_exponent(random)
        content = {
            "context": context.as_dict(),
            "verification": group.encode(group.power_secret(group.generator, signing)),
            "encryption": group.encode(group.power_secret(group.generator, decryption)),
        }
        message = Message.sign(group, signing, content, random=random)
        return cls(
            group=group,
            context=context,
            signing=signing,
            decryption=decryption,
            certificate=message.as_dict(),
        )

    def read(self, shown: object) -> tuple[Certificate, ...]:
        """Read the certificates that the host shows. Raises Refused, EncodingError."""
        found = read_certificates(shown, self.context, self.group)
        if found[self.context.index - 1].message.as_dict() != self.certificate:
            raise refused("The certificate that is shown as mine is not the one that I published.")
        return found

    def draw(self, shown: object, *, random: Random = os.urandom) -> Drawn:
        """Draw the polynomial for these certificates. Raises Refused, EncodingError."""
        group, certificates = self.group, self.read(shown)
        polynomial = tuple(group.random_exponent(random) for _ in range(self.context.threshold))
        exponents = [group.encode(group.power_secret(group.generator, one)) for one in polynomial]
        message = Message.sign(group, self.signing, {"coefexps": exponents}, random=random)
        text = certificates_text(certificates, message)
        published = {
            "coefexps": message.as_dict(),
            "signature": proofs.proof_dict(sign(group, self.signing, text, random=random)),
            "secrets": [
                seal(
                    group,
                    one.encryption,
                    _value(polynomial, index, group.order).to_bytes(_VALUE_BYTES, "big"),
                    _purpose(certificates, self.context.index, index),
                    random=random,
                )
                for index, one in enumerate(certificates, 1)
            ],
        }
        return Drawn(seat=self, certificates=fingerprint(certificates), published=published)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Drawn(Mute):
    """A member that has published its polynomial's coefficients, for one list of certificates.

    certificates  their fingerprint
    published     the message; the polynomial itself is needed no more, and is not kept
    """

    seat: Seat
    certificates: str
    published: dict[str, Any]

    def require(self, shown: object) -> tuple[Certificate, ...]:
        """Read certificates, which have to be those of the polynomial. Raises Refused, EncodingError."""
        certificates = self.seat.read(shown)
        if fingerprint(certificates) != self.certificates:
            raise refused("These are not the certificates for which I drew my polynomial.")
        return certificates

    def receive(
        self, shown: object, polynomials: object, *, random: Random = os.urandom
    ) -> tuple[int, dict[str, Any]]:
        """Check what all members published and open what is for this one: its secret, and its public key.

        Raises Refused, with the number of the member whose message does not hold, and EncodingError.
        """
        group, index = self.seat.group, self.seat.context.index
        certificates = self.require(shown)
        found = read_polynomials(polynomials, certificates, self.seat.context.threshold, group)
        if found[index - 1].message.as_dict() != self.published["coefexps"]:
            raise refused("The coefficients that are shown as mine are not the ones that I published.")
        secret = (
            sum(self._open(one, sender, certificates) for sender, one in enumerate(found, 1)) % group.order
        )
        return secret, self._key(secret, random)

    def _open(self, sent: Polynomial, sender: int, certificates: Sequence[Certificate]) -> int:
        group, index = self.seat.group, self.seat.context.index
        with blaming(sender):
            purpose = _purpose(certificates, sender, index)
            data = unseal(group, self.seat.decryption, sent.secrets[index - 1], purpose)
        value = int.from_bytes(data, "big")
        fits = len(data) == _VALUE_BYTES and value < group.order
        if not fits or group.power_secret(group.generator, value) != evaluate(
            sent.coefficients, index, group
        ):
            raise refused(f"The value from trustee {sender} does not fit what trustee {sender} published.")
        return value

    def _key(self, secret: int, random: Random) -> dict[str, Any]:
        group = self.seat.group
        public = group.power_secret(group.generator, secret)
        signature = sign(group, self.seat.signing, group.encode(public), random=random)
        proof = proofs.prove_key(group, secret, proofs.pok_prefix(group, public), random=random)
        return PublicKey(public=public, proof=proof, signature=signature).as_dict(group)


def assemble(group: Group, threshold: int, shown: object, polynomials: object, keys: object) -> Pedersen:
    """Put the public record of a group together and check all of it. Raises Refused, EncodingError."""
    context = Context(group=group.name, size=len(listed(shown)), threshold=threshold, index=1)
    certificates = read_certificates(shown, context, group)
    found = read_polynomials(polynomials, certificates, threshold, group)
    for index, key in enumerate(listed(keys), 1):
        with blaming(index):
            PublicKey.from_dict(key, group, member=True)
    content = {
        "threshold": threshold,
        "certs": shown,
        "coefexps": [one.message.as_dict() for one in found],
        "signatures": [proofs.proof_dict(one.signature) for one in found],
        "verification_keys": keys,
    }
    with blaming():
        return Pedersen.from_dict(content, group)


def _value(polynomial: Sequence[int], at: int, order: int) -> int:
    found = 0
    for one in reversed(polynomial):
        found = (found * at + one) % order
    return found


def _purpose(certificates: Sequence[Certificate], sender: int, recipient: int) -> str:
    context = certificates[0].context
    size = f"{context.size}|{context.threshold}" if context else ""
    return f"{size}|{sender}|{recipient}|{fingerprint(certificates)}"
