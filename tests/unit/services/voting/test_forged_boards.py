"""What could be forged, each on a board whose hashes and heights fit, and the rule that refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nacl.bindings as sodium
import pytest

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.proofs import proof_dict
from smartid.services.voting.verify.checks import Check
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.elections import END, RESULT, YES, World, save, small
from tests.unit.services.voting.forge import (
    Step,
    changed,
    compact,
    inserted,
    places,
    replaced,
    stored,
    with_record,
    without,
)

WORLD = World()
STEPS = small(WORLD)
OTHER = World(seed="another")
Steps = tuple[Step, ...]
Forge = Callable[[], Steps]
IDENTITY = "0" * 63 + "1"
ORDER_2 = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"
ORDER_4 = "0" * 64
[TALLY] = places(STEPS, "EncryptedTally")
[ENDED] = places(STEPS, "EndBallots")
SHARES = places(STEPS, "PartialDecryption")
RESULTS = len(STEPS) - 1


def signed_again(found: dict[str, Any], voter: int = 0) -> dict[str, Any]:
    """Sign a ballot that was changed with its voter's own secret."""
    del found["signature"]
    digest = sha256_base64(compact(found))
    proof = proof_dict(WORLD.secrets[voter].sign(digest))
    return {**found, "signature": {"hash": digest, "proof": proof}}


def ballot(change: Callable[[dict[str, Any]], object], *, signed: bool = True) -> Forge:
    """Change the first voter's last ballot."""

    def edit(found: dict[str, Any]) -> dict[str, Any]:
        change(found)
        return signed_again(found) if signed else found

    return lambda: changed(STEPS, 3, edit)


def choice(name: str, text: str) -> Forge:
    return ballot(lambda found: found["answers"][0]["choices"][0].update({name: text}))


def proof(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """Add one to the response of a proof."""

    def change(found: Any) -> None:
        for step in path:
            found = found[step]
        found["response"] = str((int(found["response"]) + 1) % WORLD.group.order)

    return change


def text(old: bytes, new: bytes) -> Forge:
    """Change the bytes of a ballot."""
    return lambda: with_record(STEPS, 3, STEPS[3].records[0].replace(old, new, 1))


def reordered(found: dict[str, Any]) -> None:
    found["answers"][0] = dict(reversed(found["answers"][0].items()))


def zero_in_front(found: dict[str, Any]) -> None:
    proof_ = found["answers"][0]["overall_proof"][0]
    proof_["response"] = "0" + proof_["response"]


def above_the_order(found: dict[str, Any]) -> None:
    proof_ = found["answers"][0]["overall_proof"][0]
    proof_["response"] = str(int(proof_["response"]) + WORLD.group.order)


def stolen() -> Steps:
    """The second voter sends the first one's answers under a signature of its own."""
    theirs = json.loads(STEPS[3].records[0])
    theirs["credential"] = WORLD.secrets[1].public
    return with_record(STEPS, 2, compact(signed_again(theirs, 1)))


def counted_again(ballots: Steps, counting: Steps, result: list[list[int]]) -> Steps:
    return (WORLD.setup, *ballots, *WORLD.counted(counting, result))


def replayed() -> Steps:
    """After a revote the old ballot comes back, and is counted."""
    ballots = (*STEPS[1:5], STEPS[1])
    return counted_again(ballots, (STEPS[2], STEPS[4], STEPS[1]), [[1, 2, 1], [2, 1, 0]])


def left_out() -> Steps:
    """The tally, the shares and the result leave a ballot out."""
    return counted_again(STEPS[1:5], STEPS[3:5], [[1, 0, 0], [1, 0, 1]])


def tally_of_the_first() -> Steps:
    """The tally counts the first ballot of the voter who voted twice."""
    return counted_again(STEPS[1:5], (STEPS[1], STEPS[2], STEPS[4]), [[1, 2, 1], [2, 1, 0]])


def another_key() -> Steps:
    """A share made with another key than the trustee's."""
    return replaced(STEPS, SHARES[0], records=WORLD.share(1, STEPS[TALLY], secret=7).records)


def factors_exchanged(found: dict[str, Any]) -> None:
    found["decryption_factors"][0].reverse()


def turned(found: dict[str, Any]) -> None:
    """A factor plus the point of order two."""
    factor = bytes.fromhex(found["decryption_factors"][0][0])[::-1]
    point = bytes.fromhex(ORDER_2)[::-1]
    found["decryption_factors"][0][0] = sodium.crypto_core_ed25519_add(factor, point)[::-1].hex()


def other_roll() -> Steps:
    """A second Setup with another list of voters."""
    setup = WORLD.setup
    more = compact(sorted([*json.loads(setup.records[2]), OTHER.secrets[0].public]))
    return inserted(STEPS, 1, Step(type="Setup", records=(*setup.records[:2], more)))


def roll(change: Callable[[list[str]], Any]) -> Forge:
    return lambda: changed(STEPS, 0, change, 2)


def trustees(change: Callable[[list[Any]], Any]) -> Forge:
    return lambda: changed(STEPS, 0, change, 1)[:1]


def election(**members: Any) -> Forge:
    return lambda: changed(STEPS, 0, lambda found: {**found, **members})[:1]


def second_result() -> Steps:
    return (*STEPS, Step(type="Result", records=(compact({"result": [[0, 0, 0], [3, 0, 0]]}),)))


def broken_pok(found: list[Any]) -> None:
    found[0][1]["pok"]["response"] = "1"


def result(content: bytes) -> Forge:
    return lambda: with_record(STEPS, RESULTS, content)


def moved(place: int, to: int) -> Forge:
    return lambda: inserted(without(STEPS, place), to, STEPS[place])


def tied_otherwise(place: int, **members: Any) -> Forge:
    """Change the record that ties an event's records together."""

    def forge() -> Steps:
        records = stored(STEPS[place])
        tie = {**json.loads(records[-1]), **members}
        return replaced(STEPS, place, records=(*records[:-1], compact(tie)), tied=True)

    return forge


FORM = "form"
"""Refused because bytes are broken: EncodingError."""

FORGERIES: dict[str, tuple[Forge, Check | str]] = {
    "wrong result": (result(compact({"result": [[1, 1, 2], [1, 1, 1]]})), Check.RESULT_VALUE),
    "result of another shape": (result(b'{"result":[[1,1,1]]}'), Check.RESULT_FORM),
    "result with a number too many": (result(b'{"result":[[1,1,1,0],[1,1,1]]}'), Check.RESULT_FORM),
    "result with a zero in front": (result(b'{"result":[[01,1,1],[1,1,1]]}'), Check.RESULT_FORM),
    "result with white space": (result(b'{"result":[[1, 1,1],[1,1,1]]}'), Check.RESULT_FORM),
    "negative result": (result(b'{"result":[[-1,1,1],[1,1,1]]}'), Check.RESULT_FORM),
    "true for one": (result(b'{"result":[[true,1,1],[1,1,1]]}'), Check.RESULT_FORM),
    "more votes than ballots": (result(b'{"result":[[4,1,1],[1,1,1]]}'), Check.RESULT_BOUNDS),
    "share of another key": (another_key, Check.SHARE_PROOF),
    "broken proof of a share": (
        lambda: changed(STEPS, SHARES[0], proof("decryption_proofs", 0, 0)),
        Check.SHARE_PROOF,
    ),
    "factors exchanged": (lambda: changed(STEPS, SHARES[0], factors_exchanged), Check.SHARE_PROOF),
    "factor outside of the group": (lambda: changed(STEPS, SHARES[0], turned), Check.SHARE_FORM),
    "share with an unknown member": (
        lambda: changed(STEPS, SHARES[0], lambda found: {**found, "note": "1"}),
        Check.SHARE_FORM,
    ),
    "share of fewer answers": (
        lambda: changed(STEPS, SHARES[0], lambda f: {k: v[:1] for k, v in f.items()}),
        Check.SHARE_FORM,
    ),
    "no shares": (lambda: without(STEPS, *SHARES), Check.EVENT_ORDER),
    "one share missing": (lambda: without(STEPS, SHARES[0]), Check.SHARE_COUNT),
    "a share twice": (lambda: inserted(STEPS, SHARES[0], STEPS[SHARES[0]]), Check.SHARE_OWNER),
    "share of nobody": (lambda: replaced(STEPS, SHARES[0], numbers=(3,)), Check.SHARE_OWNER),
    "owners exchanged": (
        lambda: replaced(replaced(STEPS, SHARES[0], numbers=(2,)), SHARES[1], numbers=(1,)),
        Check.SHARE_PROOF,
    ),
    "owner zero": (lambda: replaced(STEPS, SHARES[0], numbers=(0,)), FORM),
    "broken proof of a choice": (
        ballot(proof("answers", 0, "individual_proofs", 0, 0)),
        Check.BALLOT_PROOF,
    ),
    "broken proof of the sum": (ballot(proof("answers", 0, "overall_proof", 0)), Check.BALLOT_PROOF),
    "broken proof of a blank vote": (ballot(proof("answers", 1, "blank_proof", 0)), Check.BALLOT_PROOF),
    "broken signature": (ballot(proof("signature", "proof"), signed=False), Check.BALLOT_SIGNATURE),
    "ballot changed, not signed again": (
        ballot(proof("answers", 0, "overall_proof", 0), signed=False),
        Check.BALLOT_SIGNATURE,
    ),
    "ballot copied by another voter": (stolen, Check.BALLOT_PROOF),
    "ballot of another election": (
        ballot(lambda found: found.update(election_hash=OTHER.election.fingerprint)),
        Check.BALLOT_ELECTION,
    ),
    "ballot with another uuid": (
        ballot(lambda found: found.update(election_uuid="another1another1")),
        Check.BALLOT_ELECTION,
    ),
    "credential not on the list": (
        roll(lambda found: [one for one in found if one != WORLD.secrets[0].public]),
        Check.BALLOT_CREDENTIAL,
    ),
    "credential twice": (roll(lambda found: [*found, found[0]]), Check.ROLL_DISTINCT),
    "credential twice, with a weight": (roll(lambda found: [*found, found[0] + ",2"]), Check.ROLL_DISTINCT),
    "identity on the list": (roll(lambda found: [*found, IDENTITY]), Check.ROLL_GROUP),
    "point of order two on the list": (roll(lambda found: [*found, ORDER_2]), Check.ROLL_GROUP),
    "point of order four on the list": (roll(lambda found: [*found, ORDER_4]), Check.ROLL_GROUP),
    "credential in capitals": (roll(lambda found: [*found, "A" * 64]), Check.ROLL_FORM),
    "weight zero": (roll(lambda found: [*found[1:], found[0] + ",0"]), Check.ROLL_FORM),
    "weight too large": (roll(lambda found: [*found[1:], found[0] + ",1073741824"]), Check.ROLL_FORM),
    "list with white space": (
        lambda: with_record(STEPS, 0, STEPS[0].records[2].replace(b",", b", "), 2),
        Check.ROLL_FORM,
    ),
    "list that does not end": (lambda: with_record(STEPS, 0, STEPS[0].records[2][:-1], 2), Check.ROLL_FORM),
    "alpha of order two": (choice("alpha", ORDER_2), Check.BALLOT_FORM),
    "alpha of order four": (choice("alpha", ORDER_4), Check.BALLOT_FORM),
    "alpha that is no point": (choice("alpha", "0" * 63 + "2"), Check.BALLOT_FORM),
    "alpha in capitals": (
        ballot(lambda found: found["answers"][0]["choices"][0].update(alpha="AB" * 32)),
        Check.BALLOT_FORM,
    ),
    "zero in front of a proof": (ballot(zero_in_front), Check.BALLOT_FORM),
    "proof above q": (ballot(above_the_order), Check.BALLOT_FORM),
    "members of an answer in another order": (ballot(reordered), Check.BALLOT_FORM),
    "unknown member in an answer": (
        ballot(lambda found: found["answers"][0].update(note="for sale")),
        Check.BALLOT_FORM,
    ),
    "null for a member that is not there": (
        ballot(lambda found: found["answers"][0].update(blank_proof=None)),
        Check.BALLOT_FORM,
    ),
    "an answer too few": (ballot(lambda found: found["answers"].pop()), Check.BALLOT_FORM),
    "white space in a ballot": (text(b",", b", "), Check.BALLOT_FORM),
    "line feed after a ballot": (text(b"}}}", b"}}}\n"), Check.BALLOT_FORM),
    "member of a ballot twice": (text(b'"answers":', b'"answers":[],"answers":'), Check.BALLOT_FORM),
    "letter of a ballot escaped": (text(b'"alpha"', b'"\\u0061lpha"'), Check.BALLOT_FORM),
    "the same ballot twice": (lambda: inserted(STEPS, 3, STEPS[2]), Check.BALLOT_REPEATED),
    "old ballot after a new one": (replayed, Check.BALLOT_REPEATED),
    "a ballot left out of the count": (left_out, Check.TALLY_COUNT),
    "the first ballot of a voter counted": (tally_of_the_first, Check.TALLY_VALUE),
    "published tally is another": (
        lambda: changed(STEPS, TALLY, lambda found: [found[0][::-1], found[1]]),
        Check.TALLY_VALUE,
    ),
    "tally with white space": (
        lambda: with_record(STEPS, TALLY, STEPS[TALLY].records[0].replace(b",", b", ", 1)),
        Check.TALLY_VALUE,
    ),
    "wrong num_tallied": (lambda: replaced(STEPS, TALLY, numbers=(4, 3)), Check.TALLY_COUNT),
    "wrong total_weight": (lambda: replaced(STEPS, TALLY, numbers=(3, 4)), Check.TALLY_COUNT),
    "voting ended in the middle": (moved(ENDED, 3), Check.EVENT_ORDER),
    "ballot after the end": (moved(4, ENDED), Check.EVENT_ORDER),
    "ballot after the result": (moved(4, RESULTS), Check.EVENT_ORDER),
    "second Setup": (other_roll, Check.EVENT_ORDER),
    "no end of voting": (lambda: without(STEPS, ENDED), Check.EVENT_ORDER),
    "voting ended twice": (lambda: inserted(STEPS, ENDED, END), Check.EVENT_ORDER),
    "two tallies": (lambda: inserted(STEPS, TALLY, STEPS[TALLY]), Check.EVENT_ORDER),
    "share before the tally": (moved(SHARES[0], TALLY), Check.EVENT_ORDER),
    "result before a share": (moved(RESULTS, SHARES[1]), Check.EVENT_ORDER),
    "two results": (second_result, Check.EVENT_ORDER),
    "no Setup": (lambda: STEPS[1:], Check.EVENT_ORDER),
    "event of a mix-net": (lambda: inserted(STEPS, TALLY, Step(type="EndShuffles")), FORM),
    "unknown event": (lambda: inserted(STEPS, 2, Step(type="Coffee")), FORM),
    "event whose type is a list": (lambda: replaced(STEPS, 2, event=(("type", []),)), FORM),
    "Setup that names another list": (tied_otherwise(0, credentials="0" * 64), Check.EVENT_RECORDS),
    "size of another tally": (tied_otherwise(TALLY, encrypted_tally="0" * 64), Check.EVENT_RECORDS),
    "owner of another share": (tied_otherwise(SHARES[0], payload="0" * 64), Check.EVENT_RECORDS),
    "weight as a text": (tied_otherwise(TALLY, total_weight="3"), FORM),
    "unknown member beside a share": (tied_otherwise(SHARES[0], note=1), FORM),
    "share of a trustee beyond all": (lambda: replaced(STEPS, SHARES[0], numbers=(101,)), Check.SHARE_OWNER),
    "height that jumps": (lambda: replaced(STEPS, 3, event=(("height", 4),)), Check.EVENT_CHAIN),
    "another parent": (lambda: replaced(STEPS, 3, event=(("parent", "0" * 64),)), Check.EVENT_CHAIN),
    "unknown member in an event": (lambda: replaced(STEPS, 3, event=(("note", 1),)), FORM),
    "event that names another record": (
        lambda: replaced(STEPS, 3, event=(("payload", "0" * 64),)),
        Check.EVENT_RECORDS,
    ),
    "record that nobody names": (
        lambda: replaced(STEPS, 3, records=(b"{}", *STEPS[3].records)),
        Check.EVENT_RECORDS,
    ),
    "record before the end of voting": (
        lambda: replaced(STEPS, ENDED, records=(b"{}",)),
        Check.EVENT_RECORDS,
    ),
    "broken proof of a trustee's key": (trustees(broken_pok), Check.TRUSTEES),
    "a trustee left out": (trustees(lambda found: found[1:]), Check.ELECTION_KEY),
    "a trustee twice": (trustees(lambda found: [*found, found[0]]), Check.TRUSTEES),
    "trustees with white space": (
        lambda: with_record(STEPS, 0, STEPS[0].records[1] + b" ", 1)[:1],
        Check.TRUSTEES,
    ),
    "another public key": (election(public_key=OTHER.election.public_key), Check.ELECTION_KEY),
    "public key that is the identity": (election(public_key=IDENTITY), Check.ELECTION_KEY),
    "election of another version": (election(version=2), Check.ELECTION),
    "group that nobody knows": (election(group="Curve1"), Check.ELECTION),
    "election with an unknown member": (election(note=1), Check.ELECTION),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_board_is_refused(name: str, tmp_path: Path) -> None:
    forge, check = FORGERIES[name]
    path = save(tmp_path, forge())
    with pytest.raises((ElectionInvalid, EncodingError)) as caught:
        verify_archive(path)
    found = caught.value.check if isinstance(caught.value, ElectionInvalid) else FORM
    assert found == check, caught.value


def test_the_board_that_forgeries_start_from_is_good(tmp_path: Path) -> None:
    report = verify_archive(save(tmp_path, STEPS))
    assert report.result == tuple(map(tuple, RESULT))
    assert (report.ballots, report.counted, report.voters, report.height) == (4, 3, 3, len(STEPS) - 1)


def test_the_error_says_where(tmp_path: Path) -> None:
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, stolen()))
    assert caught.value.where == "event 2"


@pytest.mark.parametrize("number", [0, 1])
def test_identity_is_refused_when_every_proof_holds(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With r = 0, alpha is 1 and beta is g^choice: everybody sees the vote, and all proofs hold."""
    group, real = WORLD.group, WORLD.group.random_exponent
    drawn: list[int] = []

    def zero_first(random: Callable[[int], bytes]) -> int:
        drawn.append(real(random) if drawn else 0)
        return drawn[-1]

    monkeypatch.setattr(group, "random_exponent", zero_first)
    made = WORLD.ballot(1, [number, 1, 0], YES)
    monkeypatch.undo()
    assert json.loads(made.records[0])["answers"][0]["choices"][0]["alpha"] == IDENTITY
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, (WORLD.setup, made)))
    assert caught.value.check == Check.BALLOT_FORM
