"""Belenios: what its authors' own program made (belenios-tool 2.0, Debian 12), and digests of constants."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from smartid.services.voting.ballot import Ballot, BallotContext, verify_ballot, verify_raw
from smartid.services.voting.credentials import derive_2_0
from smartid.services.voting.election import Election
from smartid.services.voting.groups.belenios_2048 import Belenios2048
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import parse_credentials

MADE = json.loads(Path(__file__).with_name("belenios_ballots.json").read_text(encoding="utf-8"))
ELECTION = Election.parse(MADE["election"].encode())
GROUP = named("BELENIOS-2048")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_constants_of_the_specification_2_0() -> None:
    group = Belenios2048()
    assert sha256(str(group.modulus)) == "ef7979cebad81edd3a952d8005c6a18a57600586e6fe6086947b4988475d007f"
    assert sha256(str(group.generator)) == "96649bff87fad6b5f819ba03df4f32759730a48fd8795c98d2d70bb84151f3ec"
    assert group.order == 78571733251071885079927659812671450121821421258408794611510081919805623223441
    assert (group.modulus - 1) % group.order == 0
    assert group.powers(group.generator, [1], member="generator") == [group.generator]


def test_generator_of_ed25519_as_the_specification_writes_it() -> None:
    group = named("Ed25519")
    assert group.encode(group.generator) == "66" * 31 + "58"
    assert group.encode(group.exponentiate(1)) == "66" * 31 + "58"
    assert group.order == 2**252 + 27742317777372353535851937790883648493


def test_credential_code_to_public_credential() -> None:
    secret = derive_2_0("SEn5j3JKVkP3XG", "YDQ-TV1-xRs-G2R-VY9")
    assert sha256(secret.public) == "06c4ef9e84be9ecc077c8e2f3a3cb2bfd91f45949c6a20dffec4ee14c1a2c648"


@pytest.mark.parametrize("number", [0, 1])
def test_ballots_of_the_tool(number: int) -> None:
    raw = MADE["ballots"][number].encode()
    context = BallotContext(ELECTION)
    ballot = Ballot.parse(raw, ELECTION, GROUP)
    verify_ballot(ballot, context)
    assert verify_raw(raw, context) == ballot
    assert ballot.credential == derive_2_0(ELECTION.uuid, MADE["codes"][number]).public


def test_roll_of_the_tool() -> None:
    entries = parse_credentials(MADE["roll"].encode(), GROUP)
    codes = {derive_2_0(ELECTION.uuid, code).public for code in MADE["codes"]}
    assert {entry.credential for entry in entries} == codes
    assert {entry.weight for entry in entries} == {1}
