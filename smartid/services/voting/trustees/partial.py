"""Shares of the result: what they look like, and that they are right.

Compact JSON (Belenios specification 2.0 (2023), 4.18): for each ciphertext (alpha, beta) of the encrypted
tally a factor alpha^x, and the proof that x is the trustee's::

    {"decryption_factors": [[G...]...], "decryption_proofs": [[PROOF...]...]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from smartid.errors import ElectionInvalid
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.published import listed
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.values import Ciphertext, Proof

WHAT = "share"
MAX_SHARE = 4 << 20
Tally = Sequence[Sequence[Ciphertext]]
"""An encrypted tally: for each question its ciphertexts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A trustee's share: for each question, for each ciphertext, a factor and its proof."""

    factors: tuple[tuple[Element, ...], ...]
    proofs: tuple[tuple[Proof, ...], ...]

    def encode(self, group: Group) -> bytes:
        """Write the record."""
        record: dict[str, Any] = {
            "decryption_factors": [[group.encode(one) for one in row] for row in self.factors],
            "decryption_proofs": [[proofs.proof_dict(one) for one in row] for row in self.proofs],
        }
        return compact(record)

    @classmethod
    def parse(cls, raw: bytes, group: Group) -> Self:
        """Read a share in its one spelling; the proofs are not checked here. Raises EncodingError.

        Factors may be the identity: without ballots alpha is.
        """
        if len(raw) > MAX_SHARE:
            raise broken(WHAT, f"at most {MAX_SHARE} bytes")
        found = members(parse(raw, WHAT), WHAT, ("decryption_factors", "decryption_proofs"))
        rows = [listed(row) for row in listed(found["decryption_factors"])]
        proved = [listed(row) for row in listed(found["decryption_proofs"])]
        share = cls(
            factors=tuple(tuple(group.decode_any(one, WHAT) for one in row) for row in rows),
            proofs=tuple(tuple(proofs.parse_proof(one, group) for one in row) for row in proved),
        )
        if share.encode(group) != raw:
            raise broken(WHAT, "the one spelling of a share")
        return share


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnShare:
    """A share that was made.

    owner    number of the trustee, from 1
    raw      the record, as the board takes it
    binding  the line that binds it to its tally: see ``binding``
    """

    owner: int
    raw: bytes
    binding: bytes


def check_share(
    share: Share, owner: int, *, trustees: Trustees, tally: Tally, fingerprint: str, group: Group
) -> None:
    """Check that a share of an encrypted tally was made with the key of its owner.

    owner        number of the trustee, from 1, in the order of the record
    fingerprint  of the election
    Raises ElectionInvalid (share-owner, share-form, share-proof).
    """
    where = f"share of trustee {owner}"
    if not 1 <= owner <= len(trustees.owners):
        raise ElectionInvalid("share-owner", f"there is no trustee {owner}", where=where)
    shape = [len(row) for row in tally]
    if [len(row) for row in share.factors] != shape or [len(row) for row in share.proofs] != shape:
        raise ElectionInvalid("share-form", "it is for another number of answers", where=where)
    public = trustees.owners[owner - 1]
    for row, factors, proved in zip(tally, share.factors, share.proofs, strict=True):
        for one, factor, proof in zip(row, factors, proved, strict=True):
            proofs.check_decryption(
                group, public, one.alpha, factor, proof, fingerprint, check="share-proof", where=where
            )
