"""A second proof of each share, which binds what the first one leaves open.

The format fixes what is hashed for a share, ``decrypt|φ|X|A,B``: neither the ciphertext nor the factor is in
it (weak Fiat-Shamir: D. Bernhard, O. Pereira, B. Warinschi, ASIACRYPT 2012). A trustee who also casts the
last ballot chooses A and B first, makes the challenge of them, and then the ballot whose randomness fits: the
sum is decrypted to other numbers, and the proof holds. Programs that see the archive alone cannot find it.

So our trustees give one more proof of the whole share, with everything in its hash. All parts are texts in a
compact JSON list::

    "smartid share 1", φ, owner, X, SHA-256 of the encrypted tally, SHA-256 of the share, A, B of every answer

A = g^w and B = alpha^w for one w; challenge and response are made and checked as in ``proofs``. The proofs
are published beside the archive in UUID.shares, a line of compact JSON for each::

    {"owner": n, "challenge": "…", "response": "…"}
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from smartid.errors import ElectionInvalid
from smartid.files import write_whole
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact, members, parse, sha256_hex
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.trustees.partial import Share, Tally
from smartid.services.voting.trustees.published import MAX_TRUSTEES
from smartid.services.voting.values import Proof

CHECK = "share-binding"
WHAT = "proofs of shares"
MAX_LINE = 512
PURPOSE = "smartid share 1"
_MEMBERS = ("owner", "challenge", "response")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a second proof is about.

    fingerprint  φ of the election
    owner        number of the trustee, from 1
    public       the trustee's key
    tally        ciphertexts of the encrypted tally; ``tally_raw`` is its record
    share        the record of the share
    """

    group: Group
    fingerprint: str
    owner: int
    public: Element
    tally: Tally
    tally_raw: bytes
    share: bytes

    def challenge(self, first: Element, others: Iterator[Element]) -> int:
        """Hash the commitments with everything that they are about."""
        group = self.group
        about = [PURPOSE, self.fingerprint, str(self.owner), group.encode(self.public)]
        about += [sha256_hex(self.tally_raw), sha256_hex(self.share), *map(group.encode, (first, *others))]
        return proofs.hash_to_exponent(group, compact(about).decode())


def bind_share(bound: Bound, secret: int, *, random: Random = os.urandom) -> bytes:
    """Prove that every factor of a share has the exponent of the trustee's key; give the line."""
    group = bound.group
    nonce = group.random_exponent(random)
    others = (group.power_secret(one.alpha, nonce) for row in bound.tally for one in row)
    challenge = bound.challenge(group.power_secret(group.generator, nonce), others)
    proof = Proof(challenge, (nonce - secret * challenge) % group.order)
    return compact({"owner": bound.owner, **proofs.proof_dict(proof)})


def check_bound(bound: Bound, share: Share, proof: Proof | None) -> None:
    """Check the second proof of a share whose shape fits. Raises ElectionInvalid (share-binding)."""
    group, where = bound.group, f"share of trustee {bound.owner}"
    if proof is None:
        raise ElectionInvalid(CHECK, "there is no proof that binds it to this tally", where=where)

    def commitment(base: Element, power: Element) -> Element:
        return group.multiply(group.power(base, proof.response), group.power(power, proof.challenge))

    pairs = zip(
        (one.alpha for row in bound.tally for one in row),
        (factor for row in share.factors for factor in row),
        strict=True,
    )
    others = (commitment(alpha, factor) for alpha, factor in pairs)
    if bound.challenge(commitment(group.generator, bound.public), others) != proof.challenge:
        raise ElectionInvalid(CHECK, "the proof that binds it to this tally does not hold", where=where)


def bindings_of(archive: Path) -> Path:
    """Where the second proofs of an archive's shares lie: UUID.shares beside UUID.bel."""
    return archive.with_suffix(".shares")


def read_bindings(path: Path, group: Group) -> Mapping[int, Proof]:
    """Read the lines, the last one of each owner. Raises EncodingError, OSError."""
    with path.open("rb") as file:
        raw = file.read(MAX_LINE * MAX_TRUSTEES + 1)
    if len(raw) > MAX_LINE * MAX_TRUSTEES:
        raise broken(WHAT, f"at most {MAX_LINE * MAX_TRUSTEES} bytes")
    return dict(_binding(line, group) for line in raw.splitlines())


def add_binding(path: Path, owner: int, line: bytes) -> None:
    """Add a trustee's line to the published ones. Raises EncodingError when it is not that one's, OSError."""
    found = members(parse(line.strip(), WHAT), WHAT, _MEMBERS)
    if found["owner"] != owner or len(line) > MAX_LINE:
        raise broken(WHAT, f"the line of trustee {owner}")
    before = path.read_bytes() if path.exists() else b""
    write_whole(path, before + compact(found) + b"\n", mode=0o644)


def _binding(line: bytes, group: Group) -> tuple[int, Proof]:
    found = members(parse(line, WHAT), WHAT, _MEMBERS)
    owner = found.pop("owner")
    if type(owner) is not int or owner < 1:
        raise broken(WHAT, "an owner from 1")
    return owner, proofs.parse_proof(found, group)
