"""Small elections for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from smartid.services.voting.compact import compact, sha256_base64
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.proofs import proof_dict

UUID = "ha7aMkbgz4Tvo2x"
ONE_OF_THREE = Question(text="کدام؟", answers=("الف", "ب", "پ"), minimum=0, maximum=1)
TWO_OF_THREE = Question(text="کدام‌ها؟", answers=("الف", "ب", "پ"), minimum=2, maximum=2)
OR_BLANK = Question(text="کدام؟", answers=("الف", "ب"), minimum=1, maximum=2, blank=True)


@dataclass(frozen=True)
class World:
    election: Election
    group: Group
    key: int
    voter: CredentialSecret


def world(*questions: Question, group: str = "Ed25519", uuid: str = UUID) -> World:
    """An election of one trustee, whose key the test knows, and one voter."""
    found = named(group)
    key = found.random_exponent()
    election = Election.make(
        name="شورا",
        description="آزمایش",
        group=group,
        public_key=found.encode(found.exponentiate(key)),
        questions=questions or (ONE_OF_THREE,),
        uuid=uuid,
    )
    return World(election, found, key, CredentialSecret.new(found))


def record(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(raw)
    return found


def signed_again(changed: dict[str, Any], voter: CredentialSecret) -> bytes:
    """A ballot with a signature that holds, whatever is in it."""
    unsigned = {name: changed[name] for name in changed if name != "signature"}
    digest = sha256_base64(compact(unsigned))
    signature = {"hash": digest, "proof": proof_dict(voter.sign(digest))}
    return compact({**unsigned, "signature": signature})
