"""A group of trustees of whom some suffice: what it publishes (T. Pedersen, EUROCRYPT 1991).

Member i draws a polynomial f of degree t - 1 and publishes g^a of its coefficients, constant first. Member j
gets the values f(j) of all members; their sum is its secret, and everybody can compute g to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from smartid.errors import ElectionInvalid
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.published import (
    CHECK,
    WHAT,
    Certificate,
    Context,
    Message,
    PublicKey,
    check_signature,
    invalid,
    listed,
    seat_name,
)
from smartid.services.voting.values import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Pedersen:
    """A group of trustees of whom ``threshold`` suffice.

    coefficients  for each member, g^a of the threshold coefficients of its polynomial
    signatures    empty in records of tools up to 2.0
    """

    threshold: int
    certificates: tuple[Certificate, ...]
    messages: tuple[Message, ...]
    coefficients: tuple[tuple[Element, ...], ...]
    signatures: tuple[Proof, ...]
    keys: tuple[PublicKey, ...]

    @property
    def different(self) -> int:
        """How many of its keys are different: with a threshold of 1 every member has the same one."""
        return 1 if self.threshold == 1 else len(self.keys)

    def public_key(self, group: Group) -> Element:
        """Its factor of the election's key: the product of the members' constant coefficients."""
        return group.product(own[0] for own in self.coefficients)

    def as_list(self, group: Group) -> list[Any]:
        """Give the item as it is written."""
        signed = {"signatures": [proofs.proof_dict(one) for one in self.signatures]}
        content = {
            "threshold": self.threshold,
            "certs": [one.message.as_dict() for one in self.certificates],
            "coefexps": [one.as_dict() for one in self.messages],
            **(signed if self.signatures else {}),
            "verification_keys": [key.as_dict(group) for key in self.keys],
        }
        return ["Pedersen", content]

    @classmethod
    def from_dict(cls, value: object, group: Group) -> Self:
        """Read one and check everything in it. Raises EncodingError, ElectionInvalid."""
        late = ("signatures",) if isinstance(value, dict) and "signatures" in value else ()
        found = members(value, WHAT, ("threshold", "certs", "coefexps", *late, "verification_keys"))
        threshold, size = found["threshold"], len(listed(found["certs"]))
        if type(threshold) is not int or not 1 <= threshold <= size:
            raise broken(WHAT, "a threshold from 1 to the number of trustees")
        if any(len(listed(found[name])) != size for name in ("coefexps", *late, "verification_keys")):
            raise broken(WHAT, "as many coefficients, signatures and keys as certificates")
        messages = tuple(Message.from_dict(one, group) for one in found["coefexps"])
        made = cls(
            threshold=threshold,
            certificates=tuple(Certificate.from_dict(one, group) for one in found["certs"]),
            messages=messages,
            coefficients=tuple(read_coefficients(one, threshold, group) for one in messages),
            signatures=tuple(proofs.parse_proof(one, group) for one in found.get("signatures", ())),
            keys=tuple(PublicKey.from_dict(one, group, member=True) for one in found["verification_keys"]),
        )
        made.check(group)
        return made

    def check(self, group: Group) -> None:
        """Check what ties the parts together. Raises EncodingError, ElectionInvalid."""
        check_certificates(self.certificates, group, self.threshold, context=bool(self.signatures))
        for index, (certificate, message) in enumerate(zip(self.certificates, self.messages, strict=True), 1):
            check_message(group, certificate, message, index)
        for index, signature in enumerate(self.signatures, 1):
            check_signed_certificates(group, self.certificates, self.messages[index - 1], signature, index)
        self._check_keys(group)

    def _check_keys(self, group: Group) -> None:
        signed = {key.signature is not None for key in self.keys}
        if len(signed) > 1 or (True in signed and not self.signatures):
            raise broken(WHAT, "signatures over all keys of a group and its certificates, or over none")
        expected = member_keys(self.coefficients, group)
        for index, (key, public) in enumerate(zip(self.keys, expected, strict=True), 1):
            check_member_key(group, self.certificates[index - 1], key, public, index)


def check_message(group: Group, certificate: Certificate, message: Message, index: int) -> None:
    """Check that a member signed a message. Raises ElectionInvalid."""
    message.check(group, certificate.verification, where=seat_name(index))


def check_signed_certificates(
    group: Group, certificates: Sequence[Certificate], message: Message, signature: Proof, index: int
) -> None:
    """Check that a member signed these certificates with its own coefficients. Raises ElectionInvalid."""
    text = certificates_text(certificates, message)
    check_signature(group, certificates[index - 1].verification, text, signature, where=seat_name(index))


def check_member_key(
    group: Group, certificate: Certificate, key: PublicKey, public: Element, index: int
) -> None:
    """Check that a member's key is the one that everybody can compute. Raises ElectionInvalid."""
    if key.public != public:
        raise invalid("its key is not the one that the coefficients give", index)
    if key.signature is not None:
        text = group.encode(public)
        check_signature(group, certificate.verification, text, key.signature, where=seat_name(index))


def check_certificates(
    certificates: Sequence[Certificate], group: Group, threshold: int, *, context: bool = True
) -> None:
    """Check that every certificate stands in its seat, and that no key comes twice. Raises ElectionInvalid.

    context  the certificates say which seat is theirs, as ours do
    """
    for index, one in enumerate(certificates, 1):
        if (one.context is not None) != context:
            raise broken(WHAT, "a context in all certificates of a group that signs them, or in none")
        seat = Context(group=group.name, size=len(certificates), threshold=threshold, index=index)
        if context and one.context != seat:
            raise invalid("its certificate is for another seat", index)
    keys = [group.encode(key) for one in certificates for key in (one.verification, one.encryption)]
    if len(set(keys)) != len(keys):
        raise ElectionInvalid(CHECK, "two certificates show the same key", where=WHAT)


def read_coefficients(message: Message, threshold: int, group: Group) -> tuple[Element, ...]:
    """Read g^a of a polynomial's coefficients; the signature is checked elsewhere. Raises EncodingError."""
    found = listed(members(message.content(), WHAT, ("coefexps",))["coefexps"])
    if len(found) != threshold:
        raise broken(WHAT, "as many coefficients as the threshold")
    return tuple(group.decode(one, WHAT) for one in found)


def certificates_text(certificates: Sequence[Certificate], own: Message) -> str:
    """What a member signs: all certificates that it was shown, and its own coefficients."""
    shown = {"certs": [one.message.as_dict() for one in certificates], "coefexps": own.content()["coefexps"]}
    return f"certs_sig|{compact(shown).decode()}"


def evaluate(coefficients: Sequence[Element], at: int, group: Group) -> Element:
    """Give g^f(at) from g^a of the coefficients (Horner's rule)."""
    found = coefficients[-1]
    for one in reversed(coefficients[:-1]):
        found = group.multiply(group.power(found, at), one)
    return found


def member_keys(polynomials: Sequence[Sequence[Element]], group: Group) -> tuple[Element, ...]:
    """Give every member's key from what all of them published."""
    together = [group.product(column) for column in zip(*polynomials, strict=True)]
    return tuple(evaluate(together, at, group) for at in range(1, len(polynomials) + 1))
