"""What trustees publish: keys with proofs, signed texts, certificates."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Self

from smartid.errors import ElectionInvalid
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.values import Proof

MAX_TRUSTEES = 100
WHAT = CHECK = "trustees"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A trustee's key X = g^x with the proof that somebody knows x.

    signature  of a member over the text of the key; None for mandatory trustees
    """

    public: Element
    proof: Proof
    signature: Proof | None = None

    def as_dict(self, group: Group) -> dict[str, Any]:
        """Give the members in their order."""
        signed = {"signature": proofs.proof_dict(self.signature)} if self.signature else {}
        return {"pok": proofs.proof_dict(self.proof), "public_key": group.encode(self.public), **signed}

    @classmethod
    def from_dict(cls, value: object, group: Group, *, member: bool = False) -> Self:
        """Read one and check its proof. Raises EncodingError, ElectionInvalid."""
        found = members(value, WHAT, ("pok", "public_key"), ("signature",) if member else ())
        key = cls(
            public=group.decode(found["public_key"], WHAT),
            proof=proofs.parse_proof(found["pok"], group),
            signature=proofs.parse_proof(found["signature"], group) if "signature" in found else None,
        )
        prefix = proofs.pok_prefix(group, key.public)
        proofs.check_key(group, key.public, key.proof, prefix, check=CHECK, where=WHAT)
        return key


@dataclass(frozen=True, slots=True)
class Message:
    """A signed text."""

    text: str
    signature: Proof

    def as_dict(self) -> dict[str, Any]:
        """Give the members in their order."""
        return {"message": self.text, "signature": proofs.proof_dict(self.signature)}

    @classmethod
    def sign(cls, group: Group, secret: int, content: dict[str, Any], *, random: Random = os.urandom) -> Self:
        """Write an object into a message and sign it."""
        text = compact(content).decode()
        return cls(text, sign(group, secret, text, random=random))

    def check(self, group: Group, verification: Element, *, where: str = WHAT) -> None:
        """Check that the owner of a verification key signed it. Raises ElectionInvalid."""
        check_signature(group, verification, self.text, self.signature, where=where)

    @classmethod
    def from_dict(cls, value: object, group: Group) -> Self:
        """Read one; its signature is not checked here. Raises EncodingError."""
        found = members(value, WHAT, ("message", "signature"))
        if not isinstance(found["message"], str):
            raise broken(WHAT, "messages as texts")
        return cls(found["message"], proofs.parse_proof(found["signature"], group))

    def content(self) -> dict[str, Any]:
        """Read the text as compact JSON. Raises EncodingError."""
        raw = self.text.encode()
        found = parse(raw, WHAT)
        if compact(found) != raw:
            raise broken(WHAT, "compact JSON in messages")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Which seat in which group of trustees a certificate is for. Raises EncodingError."""

    group: str
    size: int
    threshold: int
    index: int

    def __post_init__(self) -> None:
        numbers = (self.size, self.threshold, self.index)
        if not isinstance(self.group, str) or not all(type(number) is int for number in numbers):
            raise broken(WHAT, "a context of a name and three numbers")
        if not 1 <= self.size <= MAX_TRUSTEES:
            raise broken(WHAT, f"from 1 to {MAX_TRUSTEES} trustees in a group")
        if not (1 <= self.threshold <= self.size and 1 <= self.index <= self.size):
            raise broken(WHAT, "a threshold and an index from 1 to the number of trustees")

    def as_dict(self) -> dict[str, Any]:
        """Give the members in their order."""
        names = ("group", "size", "threshold", "index")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a member of a group shows first: the keys it signs with and receives with.

    context  None in records of tools up to 2.0
    """

    message: Message
    context: Context | None
    verification: Element
    encryption: Element

    @classmethod
    def from_dict(cls, value: object, group: Group) -> Self:
        """Read one and check its signature. Raises EncodingError, ElectionInvalid."""
        message = Message.from_dict(value, group)
        content = message.content()
        first = ("context",) if "context" in content else ()
        found = members(content, WHAT, (*first, "verification", "encryption"))
        context = None
        if first:
            context = Context(**members(found["context"], WHAT, ("group", "size", "threshold", "index")))
        verification = group.decode(found["verification"], WHAT)
        message.check(group, verification)
        encryption = group.decode(found["encryption"], WHAT)
        return cls(message=message, context=context, verification=verification, encryption=encryption)


def sign(group: Group, secret: int, text: str, *, random: Random = os.urandom) -> Proof:
    """Sign a text as trustees do."""
    return proofs.prove_key(group, secret, proofs.sigmsg_prefix(text), random=random)


def check_signature(group: Group, public: Element, text: str, signature: Proof, *, where: str) -> None:
    """Check such a signature. Raises ElectionInvalid."""
    proofs.check_key(group, public, signature, proofs.sigmsg_prefix(text), check=CHECK, where=where)


def seat_name(index: int) -> str:
    """How errors call a member of a group."""
    return f"member {index} of a group of trustees"


def listed(value: object) -> list[Any]:
    """Check that a value is a list. Raises EncodingError."""
    if not isinstance(value, list):
        raise broken(WHAT, "lists where the specification has lists")
    return value


def invalid(why: str, index: int) -> ElectionInvalid:
    """The error for what a member of a group published."""
    return ElectionInvalid(CHECK, why, where=seat_name(index))
