"""What was done to an archive, and who notices: the rows of docs/reference/election-forgeries.md.

Every forgery starts at a whole election that the program held, and ``accepted`` is what its version 2.0 says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.peers.voting.boards import TIME, Board, Numbers, fingerprint
from tests.peers.voting.small_order import sign_turned
from tests.unit.services.voting.forge import Step, compact, sha, tar_member

ANSWER = ("choices", "individual_proofs", "overall_proof", "blank_proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A whole election: four ballots of three voters (the first one voted twice), two trustees who must take
    part, a group of two of three, and the result.

    shorter  the same election, ended after the second ballot
    finish   lets the program tally and decrypt a board that stops before the tally
    texts    what the voters hold
    keys     secrets of the trustees who must take part
    spare    a good share that is one too many, and its owner
    """

    board: Board
    shorter: Board
    finish: Callable[[Board], Board]
    uuid: str
    texts: tuple[str, ...]
    keys: tuple[int, ...]
    spare: tuple[int, bytes]
    numbers: Numbers

    def secret(self, voter: int) -> int:
        return self.numbers.secret_of(self.uuid, self.texts[voter])


Forge = Callable[[Finished], Board]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One row.

    accepted  version 2.0 of the program finds nothing
    check     what smartid calls the rule that is broken; "" when the format is
    pack      what is done to the bytes of the archive in the end
    """

    name: str
    forge: Forge
    accepted: bool
    check: str = ""
    pack: Callable[[bytes], bytes] = bytes


def ballot(change: Callable[[dict[str, Any]], Any], *, signed: bool = True, place: int = 1) -> Forge:
    """Change the first ballot, and sign it anew or not."""

    def forge(whole: Finished) -> Board:
        def edit(found: dict[str, Any]) -> dict[str, Any]:
            change(found)
            return whole.numbers.sign_anew(found, whole.secret(0)) if signed else found

        return whole.board.edit(place, 0, edit)

    return forge


def raw_ballot(change: Callable[[bytes], bytes]) -> Forge:
    """Change the bytes of the first ballot."""
    return lambda whole: whole.board.with_step(1, records=(change(whole.board.steps[1].records[0]),))


def setup(record: int, change: Callable[[Any], Any]) -> Forge:
    """Change the election (0), the trustees (1) or the credentials (2)."""
    return lambda whole: whole.board.edit(0, record, change)


def last(kind: str, **changes: Any) -> Forge:
    """Change the last event of a type."""
    return lambda whole: whole.board.with_step(whole.board.places(kind)[-1], **changes)


def ordered(change: Callable[[Board], Board]) -> Forge:
    """Change the order of events."""
    return lambda whole: change(whole.board)


def add_one(text: str) -> str:
    return str(int(text) + 1)


def _break_individual(found: dict[str, Any]) -> None:
    proof = found["answers"][0]["individual_proofs"][0][0]
    proof["response"] = add_one(proof["response"])


def _break_overall(found: dict[str, Any]) -> None:
    proof = found["answers"][0]["overall_proof"][0]
    proof["response"] = add_one(proof["response"])


def _break_blank(found: dict[str, Any]) -> None:
    proof = found["answers"][1]["blank_proof"][0]
    proof["response"] = add_one(proof["response"])


def _break_signature(found: dict[str, Any]) -> None:
    proof = found["signature"]["proof"]
    proof["response"] = add_one(proof["response"])


def _replace_alpha(text: str) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        found["answers"][0]["choices"][0]["alpha"] = text

    return change


def _identity(found: dict[str, Any]) -> None:
    found["answers"][0]["choices"][0] = {"alpha": "1", "beta": "1"}


def _outside(whole: Finished) -> Board:
    def change(found: dict[str, Any]) -> None:
        choice = found["answers"][0]["choices"][0]
        choice["alpha"] = str(whole.numbers.p - int(choice["alpha"]))

    return ballot(change)(whole)


def _sign_turned(whole: Finished) -> Board:
    """As before, and every proof holds."""
    election = whole.board.steps[0].records[0]
    made = sign_turned(json.loads(whole.board.ballots()[0]), election, whole.numbers)
    signed = whole.numbers.sign_anew(made, whole.secret(0))
    return whole.board.with_step(1, records=(compact(signed),))


def _above_order(whole: Finished) -> Board:
    def change(found: dict[str, Any]) -> None:
        proof = found["answers"][0]["individual_proofs"][0][0]
        proof["response"] = str(int(proof["response"]) + whole.numbers.q)

    return ballot(change)(whole)


def _above_p(whole: Finished) -> Board:
    def change(found: dict[str, Any]) -> None:
        choice = found["answers"][0]["choices"][0]
        choice["alpha"] = str(int(choice["alpha"]) + whole.numbers.p)

    return ballot(change)(whole)


def _copied(whole: Finished) -> Board:
    """The second voter casts what the first one cast, under a signature of its own."""
    theirs, own = (json.loads(whole.board.ballots()[n]) for n in (0, 1))
    made = {**theirs, "credential": own["credential"]}
    return whole.board.with_step(2, records=(compact(whole.numbers.sign_anew(made, whole.secret(1))),))


def _another_election(found: dict[str, Any]) -> None:
    found["election_hash"] = found["election_hash"][::-1]


def _another_uuid(found: dict[str, Any]) -> None:
    found["election_uuid"] = found["election_uuid"][::-1]


def _leading_zero(found: dict[str, Any]) -> None:
    choice = found["answers"][0]["choices"][0]
    choice["alpha"] = "0" + choice["alpha"]


def _leading_zero_of_proof(found: dict[str, Any]) -> None:
    proof = found["answers"][0]["individual_proofs"][0][0]
    proof["challenge"] = "0" + proof["challenge"]


def _reorder(found: dict[str, Any]) -> None:
    answer = found["answers"][0]
    found["answers"][0] = {name: answer[name] for name in reversed(ANSWER) if name in answer}


def _extra(found: dict[str, Any]) -> None:
    found["answers"][0]["note"] = "a channel out of the voting booth"


def _swap_tally(tally: list[list[Any]]) -> list[list[Any]]:
    tally[0].reverse()
    return tally


def _fewer(whole: Finished) -> Board:
    """Ballots stand on the board that the tally, the shares and the result leave out."""
    place = whole.shorter.places("EndBallots")[0]
    end = whole.board.places("EndBallots")[0]
    return replace(whole.board, steps=(*whole.board.steps[:end], *whole.shorter.steps[place:]))


def _swap_owners(board: Board) -> Board:
    first, second, *_ = board.places("PartialDecryption")
    one, two = board.steps[first], board.steps[second]
    return board.with_step(first, records=two.records).with_step(second, records=one.records)


def _break_share(found: dict[str, Any]) -> dict[str, Any]:
    proof = found["decryption_proofs"][0][0]
    proof["response"] = add_one(proof["response"])
    return found


def _negated(whole: Finished) -> Board:
    """Two trustees turn the signs of their first factors.

    The proofs hold when the challenge is even, and in the product the signs go away.
    """
    board, numbers = whole.board, whole.numbers
    tally = json.loads(board.steps[board.places("EncryptedTally")[0]].records[0])
    alpha = int(tally[0][0]["alpha"])
    for place, secret in zip(board.places("PartialDecryption"), whole.keys, strict=False):
        share = json.loads(board.steps[place].records[0])
        share["decryption_factors"][0][0] = str(numbers.p - pow(alpha, secret, numbers.p))
        share["decryption_proofs"][0][0] = _even_proof(whole, alpha, secret)
        board = board.with_step(place, records=(compact(share),))
    return board


def _even_proof(whole: Finished, alpha: int, secret: int) -> dict[str, str]:
    """Prove log_g X = log_alpha F for an F whose sign was turned."""
    numbers = whole.numbers
    election = whole.board.steps[0].records[0]
    key, nonce, challenge = pow(numbers.g, secret, numbers.p), 1, 1
    while challenge % 2:
        nonce += 1
        commitments = f"{pow(numbers.g, nonce, numbers.p)},{pow(alpha, nonce, numbers.p)}"
        challenge = numbers.challenge(f"decrypt|{fingerprint(election)}|{key}|{commitments}")
    return {"challenge": str(challenge), "response": str((nonce - secret * challenge) % numbers.q)}


def _move(kind: str, place: int) -> Forge:
    """Move the first event of a type."""

    def forge(whole: Finished) -> Board:
        [at, *_] = whole.board.places(kind)
        return whole.board.without(at).insert(place, whole.board.steps[at])

    return forge


def _finished(change: Callable[[Board], Board]) -> Forge:
    """Change the order of ballots, and let the program count what it then sees."""

    def forge(whole: Finished) -> Board:
        end = whole.board.places("EndBallots")[0]
        return whole.finish(change(replace(whole.board, steps=whole.board.steps[: end + 1])))

    return forge


def _swap(first: int, second: int) -> Callable[[Board], Board]:
    """Exchange two events."""

    def change(board: Board) -> Board:
        one, two = board.steps[first], board.steps[second]
        steps = list(board.steps)
        steps[first], steps[second] = two, one
        return replace(board, steps=tuple(steps))

    return change


def _again(kind: str, *, at_end: bool = True) -> Forge:
    """Write the first event of a type once more."""

    def forge(whole: Finished) -> Board:
        [at, *_] = whole.board.places(kind)
        return whole.board.insert(len(whole.board.steps) if at_end else at, whole.board.steps[at])

    return forge


def _replayed(board: Board) -> Board:
    """The first voter's first ballot comes back after the second one."""
    return board.insert(len(board.steps) - 1, board.steps[1])


def _twice(whole: Finished) -> Board:
    return whole.board.insert(3, whole.board.steps[2])


def _second_setup(board: Board) -> Board:
    """After the first Setup, another one with a voter more."""
    first = board.steps[0]
    election, trustees, credentials = first.records
    longer = [*json.loads(credentials), json.loads(election)["public_key"]]
    return board.insert(1, replace(first, records=(election, trustees, compact(longer))))


def _key_outside(whole: Finished) -> Board:
    """A trustee proves to know the key -g^x; with an even challenge the sign goes away in the check."""
    numbers, secret = whole.numbers, 424242
    key = str(numbers.p - pow(numbers.g, secret, numbers.p))
    made = {"pok": numbers.prove(secret, f"pok|BELENIOS-2048|{key}", even=True), "public_key": key}

    def trustees(found: list[Any]) -> list[Any]:
        return [["Single", made], *found[1:]]

    old = json.loads(whole.board.steps[0].records[1])[0][1]["public_key"]

    def election(found: dict[str, Any]) -> dict[str, Any]:
        whole_key = int(found["public_key"]) * pow(int(old), -1, numbers.p) * int(key) % numbers.p
        return {**found, "public_key": str(whole_key)}

    empty = replace(whole.board, steps=whole.board.steps[:1])
    return empty.edit(0, 1, trustees).edit(0, 0, election)


def _small_credential(whole: Finished) -> Board:
    return whole.board.edit(0, 2, lambda found: [*found, str(whole.numbers.p - 1)])


def _break_pok(found: list[Any]) -> list[Any]:
    pok = found[0][1]["pok"]
    pok["response"] = add_one(pok["response"])
    return found


def _break_group_key(found: list[Any]) -> list[Any]:
    keys = found[-1][1]["verification_keys"]
    keys[0], keys[1] = keys[1], keys[0]
    return found


def _break_certificate(found: list[Any]) -> list[Any]:
    signature = found[-1][1]["certs"][0]["signature"]
    signature["response"] = add_one(signature["response"])
    return found


def _break_coefficients(found: list[Any]) -> list[Any]:
    signature = found[-1][1]["coefexps"][0]["signature"]
    signature["response"] = add_one(signature["response"])
    return found


def _drop_trustee(found: list[Any]) -> list[Any]:
    return found[1:]


def _square_key(whole: Finished) -> Board:
    def change(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "public_key": str(pow(int(found["public_key"]), 2, whole.numbers.p))}

    return replace(whole.board, steps=whole.board.steps[:1]).edit(0, 0, change)


def _tally_first(whole: Finished) -> Board:
    """The tally stands before the end of voting."""
    return _move("EncryptedTally", whole.board.places("EndBallots")[0])(whole)


def _share_first(whole: Finished) -> Board:
    return _move("PartialDecryption", whole.board.places("EncryptedTally")[0])(whole)


def _result_first(whole: Finished) -> Board:
    return _move("Result", whole.board.places("PartialDecryption")[-1])(whole)


def _without_shares(whole: Finished) -> Board:
    return whole.board.without(*whole.board.places("PartialDecryption"))


def _without_one(whole: Finished) -> Board:
    return whole.board.without(whole.board.places("PartialDecryption")[-1])


def _one_more(whole: Finished) -> Board:
    owner, share = whole.spare
    place = whole.board.places("Result")[0]
    return whole.board.insert(place, Step(type="PartialDecryption", numbers=(owner,), records=(share,)))


def _zero_before(whole: Finished) -> Board:
    """A leading zero in the credential of somebody who did not vote."""
    voted = {json.loads(raw)["credential"] for raw in whole.board.ballots()}

    def change(found: list[str]) -> list[str]:
        return [text if text in voted else f"0{text}" for text in found]

    return whole.board.edit(0, 2, change)


def _wrong_hash(whole: Finished) -> Board:
    """The event of a ballot names another record than the one that stands before it."""
    return whole.board.with_step(1, event=(("payload", sha(b"{}")),))


def _unnamed_record(whole: Finished) -> Board:
    first = whole.board.steps[1]
    return whole.board.with_step(1, records=(b'{"nobody":"names me"}', *first.records))


def _open_to_all(archive: bytes) -> bytes:
    """Another mode in the first header, with the sum that belongs to it."""
    found = bytearray(archive)
    found[100:107] = b"0000666"
    found[148:156] = b" " * 8
    found[148:156] = f"{sum(found[:512]):06o}\0 ".encode()
    return bytes(found)


def _later(archive: bytes) -> bytes:
    return _first(archive, later=1)


def _time_as_number(archive: bytes) -> bytes:
    return _first(archive, change=lambda text: text.replace(b':"', b":").replace(b'"}', b"}"))


def _version_2(archive: bytes) -> bytes:
    return _first(archive, change=lambda text: text.replace(b'"version":1', b'"version":2'))


def _first(archive: bytes, *, later: int = 0, change: Callable[[bytes], bytes] = bytes) -> bytes:
    """Write the first member anew."""
    size, time = int(archive[124:135], 8), int(archive[TIME], 8)
    content = change(archive[512 : 512 + size])
    return tar_member("BELENIOS", content, time + later) + archive[1024:]


FORGERIES = (
    Forgery(
        name="wrong result",
        forge=last("Result", records=(b'{"result":[[1,1],[2,0,1,0]]}',)),
        accepted=False,
        check="result-value",
    ),
    Forgery(
        name="shares of two trustees exchanged",
        forge=ordered(_swap_owners),
        accepted=False,
        check="share-proof",
    ),
    Forgery(
        name="more votes than ballots",
        forge=last("Result", records=(b'{"result":[[0,4],[2,0,1,0]]}',)),
        accepted=False,
        check="result-bounds",
    ),
    Forgery(
        name="result without one answer",
        forge=last("Result", records=(b'{"result":[[0,2],[2,0,1]]}',)),
        accepted=False,
        check="result-form",
    ),
    Forgery(name="one share more than the threshold", forge=_one_more, accepted=True, check="share-count"),
    Forgery(name="no shares", forge=_without_shares, accepted=False, check="event-order"),
    Forgery(
        name="one share less than the threshold", forge=_without_one, accepted=False, check="share-count"
    ),
    Forgery(
        name="broken proof of a share",
        forge=lambda whole: whole.board.edit(whole.board.places("PartialDecryption")[0], 0, _break_share),
        accepted=False,
        check="share-proof",
    ),
    Forgery(
        name="owner of a share is nobody",
        forge=last("PartialDecryption", numbers=(17,)),
        accepted=False,
        check="share-owner",
    ),
    Forgery(
        name="factors of two shares outside of the group", forge=_negated, accepted=False, check="share-form"
    ),
    Forgery(
        name="a share twice",
        forge=_again("PartialDecryption", at_end=False),
        accepted=True,
        check="share-owner",
    ),
    Forgery(
        name="broken proof of a choice", forge=ballot(_break_individual), accepted=False, check="ballot-proof"
    ),
    Forgery(name="broken proof of a sum", forge=ballot(_break_overall), accepted=False, check="ballot-proof"),
    Forgery(
        name="broken proof of a blank vote", forge=ballot(_break_blank), accepted=False, check="ballot-proof"
    ),
    Forgery(
        name="broken signature of a ballot",
        forge=ballot(_break_signature, signed=False),
        accepted=False,
        check="ballot-signature",
    ),
    Forgery(
        name="ballot of another election",
        forge=ballot(_another_election),
        accepted=False,
        check="ballot-election",
    ),
    Forgery(
        name="ballot with another uuid", forge=ballot(_another_uuid), accepted=False, check="ballot-election"
    ),
    Forgery(name="ballot copied by another voter", forge=_copied, accepted=False, check="ballot-proof"),
    Forgery(name="ciphertext outside of the group", forge=_outside, accepted=False, check="ballot-form"),
    Forgery(
        name="ciphertext of order 2q whose proofs hold",
        forge=_sign_turned,
        accepted=False,
        check="ballot-form",
    ),
    Forgery(name="ciphertext above p", forge=_above_p, accepted=False, check="ballot-form"),
    Forgery(name="identity for a ciphertext", forge=ballot(_identity), accepted=False, check="ballot-form"),
    Forgery(
        name="zero for a ciphertext", forge=ballot(_replace_alpha("0")), accepted=False, check="ballot-form"
    ),
    Forgery(name="number of a proof above q", forge=_above_order, accepted=False, check="ballot-form"),
    Forgery(
        name="credential not on the list",
        forge=setup(2, lambda found: found[:1]),
        accepted=False,
        check="ballot-credential",
    ),
    Forgery(
        name="credential twice on the list",
        forge=setup(2, lambda found: [*found, found[0]]),
        accepted=False,
        check="roll-distinct",
    ),
    Forgery(
        name="credential of order 2 on the list", forge=_small_credential, accepted=False, check="roll-group"
    ),
    Forgery(
        name="identity on the list",
        forge=setup(2, lambda found: [*found, "1"]),
        accepted=True,
        check="roll-group",
    ),
    Forgery(
        name="list with a leading zero",
        forge=_zero_before,
        accepted=True,
        check="roll-group",
    ),
    Forgery(
        name="broken proof of a trustee's key", forge=setup(1, _break_pok), accepted=False, check="trustees"
    ),
    Forgery(name="trustee's key outside of the group", forge=_key_outside, accepted=False, check="trustees"),
    Forgery(name="a trustee left out", forge=setup(1, _drop_trustee), accepted=False, check="election-key"),
    Forgery(
        name="keys of a group exchanged", forge=setup(1, _break_group_key), accepted=False, check="trustees"
    ),
    Forgery(
        name="broken certificate of a trustee",
        forge=setup(1, _break_certificate),
        accepted=False,
        check="trustees",
    ),
    Forgery(
        name="broken polynomial of a trustee",
        forge=setup(1, _break_coefficients),
        accepted=False,
        check="trustees",
    ),
    Forgery(name="another public key", forge=_square_key, accepted=False, check="election-key"),
    Forgery(
        name="published tally is not that of the ballots",
        forge=lambda whole: whole.board.edit(whole.board.places("EncryptedTally")[0], 0, _swap_tally),
        accepted=True,
        check="tally-value",
    ),
    Forgery(
        name="tally, shares and result of fewer ballots", forge=_fewer, accepted=False, check="tally-count"
    ),
    Forgery(
        name="wrong num_tallied",
        forge=last("EncryptedTally", numbers=(4, 3)),
        accepted=True,
        check="tally-count",
    ),
    Forgery(
        name="wrong total_weight",
        forge=last("EncryptedTally", numbers=(3, 4)),
        accepted=True,
        check="tally-count",
    ),
    Forgery(name="the same ballot twice", forge=_twice, accepted=True, check="ballot-repeated"),
    Forgery(
        name="old ballot again after a new one",
        forge=_finished(_replayed),
        accepted=True,
        check="ballot-repeated",
    ),
    Forgery(
        name="end of voting before the last ballots",
        forge=_finished(_swap(3, 5)),
        accepted=True,
        check="event-order",
    ),
    Forgery(
        name="ballot after the end of voting",
        forge=_finished(_swap(4, 5)),
        accepted=True,
        check="event-order",
    ),
    Forgery(name="second list of voters", forge=_finished(_second_setup), accepted=True, check="event-order"),
    Forgery(
        name="voting never ended",
        forge=lambda whole: whole.board.without(5),
        accepted=True,
        check="event-order",
    ),
    Forgery(
        name="voting ended twice",
        forge=_again("EndBallots", at_end=False),
        accepted=True,
        check="event-order",
    ),
    Forgery(name="tally before the end of voting", forge=_tally_first, accepted=True, check="event-order"),
    Forgery(name="share before the tally", forge=_share_first, accepted=False, check="event-order"),
    Forgery(name="result before the last share", forge=_result_first, accepted=False, check="event-order"),
    Forgery(name="two tallies", forge=_again("EncryptedTally"), accepted=True, check="event-order"),
    Forgery(name="two results", forge=_again("Result"), accepted=True, check="event-order"),
    Forgery(name="ballot after the result", forge=_again("Ballot"), accepted=False, check="event-order"),
    Forgery(
        name="unknown event", forge=lambda whole: whole.board.insert(3, Step(type="Coffee")), accepted=False
    ),
    Forgery(
        name="event of the mix-net",
        forge=lambda whole: whole.board.insert(6, Step(type="EndShuffles")),
        accepted=True,
    ),
    Forgery(
        name="unknown member in an event",
        forge=lambda whole: whole.board.with_step(1, event=(("note", 1),)),
        accepted=False,
    ),
    Forgery(
        name="event of a wrong height",
        forge=lambda whole: whole.board.with_step(3, event=(("height", 4),)),
        accepted=False,
        check="event-chain",
    ),
    Forgery(
        name="event with another parent",
        forge=lambda whole: whole.board.with_step(3, event=(("parent", sha(b"")),)),
        accepted=False,
        check="event-chain",
    ),
    Forgery(name="event that names another record", forge=_wrong_hash, accepted=False, check="event-records"),
    Forgery(name="record that nobody names", forge=_unnamed_record, accepted=False, check="event-records"),
    Forgery(
        name="leading zero in a ciphertext", forge=ballot(_leading_zero), accepted=True, check="ballot-form"
    ),
    Forgery(
        name="leading zero in a proof",
        forge=ballot(_leading_zero_of_proof),
        accepted=True,
        check="ballot-form",
    ),
    Forgery(
        name="members of an answer in another order",
        forge=ballot(_reorder),
        accepted=True,
        check="ballot-form",
    ),
    Forgery(name="unknown member in an answer", forge=ballot(_extra), accepted=True, check="ballot-form"),
    Forgery(
        name="white space in a ballot",
        forge=raw_ballot(lambda raw: raw.replace(b",", b", ", 1)),
        accepted=False,
        check="ballot-form",
    ),
    Forgery(
        name="line feed after a ballot",
        forge=raw_ballot(lambda raw: raw + b"\n"),
        accepted=False,
        check="ballot-form",
    ),
    Forgery(
        name="letter of a ballot escaped",
        forge=raw_ballot(lambda raw: raw.replace(b"alpha", b"\\u0061lpha", 1)),
        accepted=False,
        check="ballot-form",
    ),
    Forgery(
        name="member of a ballot twice",
        forge=raw_ballot(
            lambda raw: raw.replace(b'{"election_uuid"', b'{"election_hash":"","election_uuid"', 1)
        ),
        accepted=False,
        check="ballot-form",
    ),
    Forgery(
        name="zeros after the archive",
        forge=lambda whole: whole.board,
        pack=lambda data: data + bytes(1024),
        accepted=False,
    ),
    Forgery(
        name="half an event at the end",
        forge=lambda whole: whole.board,
        pack=lambda data: data[:-512],
        accepted=False,
    ),
    Forgery(
        name="a file for all to write", forge=lambda whole: whole.board, pack=_open_to_all, accepted=False
    ),
    Forgery(name="another time in one header", forge=lambda whole: whole.board, pack=_later, accepted=False),
    Forgery(name="time as a number", forge=lambda whole: whole.board, pack=_time_as_number, accepted=False),
    Forgery(
        name="archive of a newer version", forge=lambda whole: whole.board, pack=_version_2, accepted=False
    ),
)
