"""What members of a group send around in their ceremony, read and checked; errors name the sender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members, sha256_base64
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.published import WHAT, Certificate, Context, Message, listed
from smartid.services.voting.trustees.threshold import (
    check_certificates,
    check_message,
    check_signed_certificates,
    read_coefficients,
)
from smartid.services.voting.values import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Polynomial:
    """What a member published about its polynomial."""

    message: Message
    coefficients: tuple[Element, ...]
    signature: Proof
    secrets: tuple[object, ...]

    @classmethod
    def from_dict(cls, value: object, size: int, threshold: int, group: Group) -> Self:
        """Read one; signatures and sealed values are not checked here. Raises EncodingError."""
        found = members(value, WHAT, ("coefexps", "signature", "secrets"))
        if len(listed(found["secrets"])) != size:
            raise broken(WHAT, "a sealed value for every member")
        message = Message.from_dict(found["coefexps"], group)
        return cls(
            message=message,
            coefficients=read_coefficients(message, threshold, group),
            signature=proofs.parse_proof(found["signature"], group),
            secrets=tuple(found["secrets"]),
        )


def fingerprint(certificates: Sequence[Certificate]) -> str:
    """SHA-256 of all certificates in base64, 43 characters: all members must see the same."""
    return sha256_base64(compact([one.message.as_dict() for one in certificates]))


def read_certificates(values: object, context: Context, group: Group) -> tuple[Certificate, ...]:
    """Read the certificates of a group in the order of its seats, and check them.

    context  any seat of the group
    Raises Refused, EncodingError.
    """
    found = []
    for index, value in enumerate(listed(values), 1):
        with blaming(index):
            found.append(Certificate.from_dict(value, group))
    if len(found) != context.size:
        raise broken(WHAT, f"{context.size} certificates")
    with blaming():
        check_certificates(found, group, context.threshold)
    return tuple(found)


def read_polynomials(
    values: object, certificates: Sequence[Certificate], threshold: int, group: Group
) -> tuple[Polynomial, ...]:
    """Read what the members published, and check whose it is. Raises Refused, EncodingError."""
    if len(listed(values)) != len(certificates):
        raise broken(WHAT, f"{len(certificates)} polynomials")
    found = []
    for index, (value, certificate) in enumerate(zip(listed(values), certificates, strict=True), 1):
        with blaming(index):
            one = Polynomial.from_dict(value, len(certificates), threshold, group)
            check_message(group, certificate, one.message, index)
            check_signed_certificates(group, certificates, one.message, one.signature, index)
        found.append(one)
    return tuple(found)


@contextmanager
def blaming(index: int = 0) -> Iterator[None]:
    """Turn what is wrong with a message into a refusal that says whose message it was."""
    try:
        yield
    except ElectionInvalid as error:
        who = f"from trustee {index}" if index else f"at {error.where}"
        raise refused(f"What came {who} does not hold: {error.why}.") from error
    except EncodingError as error:
        if not index:
            raise
        raise refused(
            f"What came from trustee {index} cannot be read: {error.expected} was expected."
        ) from error


def refused(what: str) -> Refused:
    """The refusal of a member that does not go on with the ceremony."""
    return Refused(
        what,
        reason=Reason.BAD_PROOF,
        remedy="Stop the ceremony and ask that trustee. Begin anew, with new folders, when it is cleared up.",
    )
