"""One forgery a row: each has to be told, by its name, without a word about people."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError, SignatureInvalid
from smartid.services.voting.audit import TITLE
from smartid.services.voting.ballot import make_ballot
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.board.board import Board
from smartid.services.voting.checking import verify_election
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.registration import RegistrationStatement
from smartid.services.voting.roll import make_roll
from smartid.services.voting.signed import read_signed
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.checks import Check
from tests.election_world import ANYBODY, START, UUID, World, moved, rewrite, signed
from tests.unit.signing.people import policy_of

ZAHRA, SARA, ALI, MINA, _ = ANYBODY
Bodies = list[Any]


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Zahra, Sara and Zahra again have voted; Ali has only registered."""
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    box = world.box()
    for number in (ZAHRA, SARA, ZAHRA):
        world.cast(box, number)
    box.shut()
    return world


@pytest.fixture
def world(voted: World, tmp_path: Path) -> World:
    return moved(voted, tmp_path / "e")


def evidence(world: World, change: Callable[[Bodies], Any]) -> None:
    rewrite(world.places.restricted / "evidence.log", change)


def registrations(world: World, change: Callable[[Bodies], Any]) -> None:
    """Forge the registrations' log, and the line of the evidence log that names its head."""
    path = world.places.restricted / "registrations.log"
    rewrite(path, change)
    from smartid.services.voting.log import read_log

    head = list(read_log(path))[-1].hash
    evidence(world, lambda bodies: bodies[0].update(registrations=head))


def acceptance(world: World, change: Callable[[Bodies], Any]) -> None:
    rewrite(world.places.acceptance / "acceptance.log", change)


def board(world: World, change: Callable[[list[bytes]], Any], roll: bytes = b"") -> None:
    """Forge the board: change its ballots, or its list of credentials."""
    path = world.places.archive
    with Board.open(path) as old:
        ballots = [old.record(event.payload) for event, _ in old.events() if event.type is EventType.BALLOT]
        ended = old.head.type is EventType.END_BALLOTS
        setup = [old.entry(0).contents[0], old.entry(0).contents[1]]
        credentials = roll or make_roll(person.secret.public for person in world.people.values())
    change(ballots)
    path.unlink()
    with Board.create(
        path, election=setup[0], trustees=setup[1], credentials=credentials, timestamp=int(START.timestamp())
    ) as new:
        for ballot in ballots:
            new.append(EventType.BALLOT, ballot)
        if ended:
            new.append(EventType.END_BALLOTS)


def found(world: World, **changes: Any) -> str:
    with pytest.raises(ElectionInvalid) as error:
        world.audit(**changes)
    text = f"{error.value} {error.value.why} {error.value.where}"
    assert not any(number in text for number in ANYBODY), "an audit names nobody"
    assert error.value.check in set(Check)
    return error.value.check


def restate(world: World, number: str, body: dict[str, Any], **changes: Any) -> None:
    """Let somebody sign another statement for a line of the evidence log."""
    old = BallotStatement.parse(body["statement"].encode())
    members = {
        name: changes.get(name, getattr(old, name))
        for name in ("credential", "tracker", "sequence", "register_version")
    }
    made = BallotStatement.make(world.election, **members).encode()
    signature = signed(world.people[number].signer, made)
    body |= {"statement": made.decode(), "signature": base64.b64encode(signature).decode()}


def test_a_good_election_passes_and_is_counted(world: World) -> None:
    report = world.audit()
    assert (report.registrations, report.credentials, report.removed) == (3, 3, 0)
    assert (report.ballots, report.voters, report.superseded, report.on_paper) == (3, 2, 1, 0)
    assert (report.register_version, report.revoked, report.throw_away) == (1, 0, 0)
    key = Ed25519PrivateKey.generate()
    assert read_signed(TITLE, report.sign(key), key.public_key()) == report.as_dict()


def test_nothing_that_is_published_names_anybody(world: World) -> None:
    text = json.dumps(world.audit().as_dict(), ensure_ascii=False)
    secrets = [*ANYBODY, "کریمی", "كريمي", "زهرا"]
    secrets += [person.secret.public for person in world.people.values()]
    secrets += [sha256_base64(person.signer.certificate) for person in world.people.values()]
    assert not any(secret in text for secret in secrets)


def test_the_forging_tools_change_nothing_by_themselves(world: World) -> None:
    before = world.audit()
    evidence(world, lambda bodies: None)
    registrations(world, lambda bodies: None)
    acceptance(world, lambda bodies: None)
    board(world, lambda ballots: None)
    assert world.audit() == before


def test_evidence_of_a_ballot_that_is_not_on_the_board(world: World) -> None:
    board(world, lambda ballots: ballots.pop())
    assert found(world) == "evidence-ballot"


def test_a_ballot_without_evidence(world: World) -> None:
    evidence(world, lambda bodies: bodies.pop())
    assert found(world) == "evidence-missing"


def test_a_ballot_that_the_collector_slipped_in(world: World) -> None:
    ballot = make_ballot(world.election, world.people[ALI].secret, [(1, 0)]).cast()
    board(world, lambda ballots: ballots.insert(1, ballot.raw))
    assert found(world) == "evidence-order"


def test_the_order_of_the_board_is_that_of_the_evidence(world: World) -> None:
    board(world, lambda ballots: ballots.reverse())
    assert found(world) == "evidence-order"


def test_an_old_ballot_put_behind_a_newer_one_everywhere(world: World) -> None:
    """The collector swaps both of Zahra's ballots in every log that it can reach."""

    def swap(items: list[Any]) -> None:
        items[-3], items[-1] = items[-1], items[-3]

    evidence(world, swap)
    acceptance(world, swap)
    board(world, swap)
    assert found(world) == "evidence-sequence"


def test_a_gap_in_a_persons_numbers(world: World) -> None:
    for forge in (evidence, acceptance):
        forge(world, lambda bodies: bodies.pop(-3))
    board(world, lambda ballots: ballots.pop(-3))
    assert found(world) == "evidence-sequence"


def test_two_people_with_one_credential(world: World) -> None:
    def share(bodies: Bodies) -> None:
        made = RegistrationStatement.make(
            world.election, credential=world.people[ZAHRA].secret.public, register_version=1
        ).encode()
        signature = signed(world.people[SARA].signer, made)
        bodies[2] |= {"statement": made.decode(), "signature": base64.b64encode(signature).decode()}

    registrations(world, share)
    assert found(world) == "evidence-credential"


def test_one_person_with_two_credentials_that_count(world: World) -> None:
    """Ali lends his credential: Sara's card agrees to a ballot under it."""
    ballot = make_ballot(world.election, world.people[ALI].secret, [(1, 0)]).cast()

    def lend(bodies: Bodies) -> None:
        body = {**bodies[2], "ballot": ballot.raw.decode()}
        changes = {"credential": ballot.credential, "tracker": ballot.tracker, "sequence": 2}
        restate(world, SARA, body, **changes)
        bodies.append(body)

    evidence(world, lend)
    acceptance(world, lambda bodies: bodies.append({**bodies[-1], "tracker": ballot.tracker}))
    board(world, lambda ballots: ballots.append(ballot.raw))
    assert found(world) == "evidence-credential"


@pytest.mark.parametrize("kind", ["ballot", "registration"])
def test_a_signature_of_somebody_else(world: World, kind: str) -> None:
    forge = evidence if kind == "ballot" else registrations
    forge(world, lambda bodies: bodies[1].update(signature=bodies[2]["signature"]))
    assert found(world) == "evidence-signature"


@pytest.mark.parametrize(
    "change", [{"person": ALI}, {"certificate": "0" * 64}, {"anchor": "CN=Other"}, {"throw_away": 1}]
)
def test_a_line_that_says_something_else_than_the_certificate(world: World, change: dict[str, Any]) -> None:
    registrations(world, lambda bodies: bodies[1].update(change))
    assert found(world) == "evidence-signature"


def test_a_line_under_anothers_name(world: World) -> None:
    evidence(world, lambda bodies: bodies[1].update(person=ALI))
    assert found(world) == "evidence-credential"


@pytest.mark.parametrize("name", ["certificate", "anchor"])
def test_evidence_that_hides_its_certificate(world: World, name: str) -> None:
    evidence(world, lambda bodies: bodies[1].update({name: "x"}))
    assert found(world) == "evidence-signature"


@pytest.mark.parametrize(("hours", "wanted"), [(-2, "evidence-signature"), (1, "")])
def test_a_card_counts_as_it_was_at_its_time(world: World, hours: int, wanted: str) -> None:
    serial = x509.load_der_x509_certificate(world.people[SARA].signer.certificate).serial_number
    later = START + timedelta(hours=2)
    lists = world.lists((serial, START + timedelta(hours=hours)))
    policy = policy_of(world.country, *lists, clock=lambda: later)
    if wanted:
        assert found(world, policy=policy) == wanted
    else:
        assert world.audit(policy).ballots == 3


@pytest.mark.parametrize(("hours", "wanted"), [(1, "evidence-time"), (3, "")])
def test_a_ballot_is_not_dated_back_to_before_its_card_was_revoked(
    world: World, hours: int, wanted: str
) -> None:
    """Sara's ballot reached the acceptance log two hours after the time that the collector wrote down."""
    acceptance(world, lambda bodies: bodies[1].update(time=bodies[1]["time"] + 7200))
    serial = x509.load_der_x509_certificate(world.people[SARA].signer.certificate).serial_number
    lists = world.lists((serial, START + timedelta(hours=hours)))
    policy = policy_of(world.country, *lists, clock=lambda: START + timedelta(hours=4))
    if wanted:
        assert found(world, policy=policy) == wanted
    else:
        assert world.audit(policy).late == 1


@pytest.mark.parametrize(("seconds", "wanted"), [(300, ""), (301, "evidence-time")])
def test_no_ballot_is_dated_after_its_acceptance(world: World, seconds: int, wanted: str) -> None:
    evidence(world, lambda bodies: bodies[1].update(time=bodies[1]["time"] + seconds))
    if wanted:
        assert found(world) == wanted
    else:
        assert world.audit().late == 0


def test_a_certificate_that_had_ended_by_then(world: World) -> None:
    far = int(START.replace(year=2061).timestamp())
    evidence(world, lambda bodies: bodies[1].update(time=far))
    assert found(world) == "evidence-signature"


@pytest.mark.parametrize("time", [-1, 10**15, 10**19])
def test_a_time_that_is_none(world: World, time: int) -> None:
    evidence(world, lambda bodies: bodies[1].update(time=time))
    assert found(world) == "evidence-signature"


def test_a_statement_about_another_ballot(world: World) -> None:
    other = make_ballot(world.election, world.people[ZAHRA].secret, [(0, 1)]).cast()
    evidence(world, lambda bodies: bodies[1].update(ballot=other.raw.decode()))

    def change(ballots: list[bytes]) -> None:
        ballots[0] = other.raw

    board(world, change)
    assert found(world) == "evidence-statement"


def test_a_statement_about_another_credential_than_the_ballot(world: World) -> None:
    """The ballot of Ali's credential under a statement that names Zahra's."""
    other = make_ballot(world.election, world.people[ALI].secret, [(0, 1)]).cast()

    def change(bodies: Bodies) -> None:
        bodies[1]["ballot"] = other.raw.decode()
        restate(world, ZAHRA, bodies[1], tracker=other.tracker)

    def put(ballots: list[bytes]) -> None:
        ballots[0] = other.raw

    evidence(world, change)
    board(world, put)
    acceptance(world, lambda bodies: bodies[0].update(tracker=other.tracker))
    assert found(world) == "evidence-statement"


def test_a_statement_for_another_election(world: World) -> None:
    def change(bodies: Bodies) -> None:
        body = bodies[1]
        old = BallotStatement.parse(body["statement"].encode())
        made = replace(old, fingerprint="A" * 43).encode()
        signature = signed(world.people[ZAHRA].signer, made)
        body |= {"statement": made.decode(), "signature": base64.b64encode(signature).decode()}

    evidence(world, change)
    assert found(world) == "evidence-statement"


def test_another_version_of_the_register(world: World) -> None:
    evidence(world, lambda bodies: restate(world, ZAHRA, bodies[1], register_version=2))
    assert found(world) == "evidence-register"


def test_a_register_that_was_exchanged_after_the_freeze(world: World) -> None:
    later = world.register(1, ANYBODY)
    (world.places.restricted / "register.json").write_bytes(later.raw)
    assert found(world) == "evidence-register"
    (world.places.restricted / "register.json").write_bytes(later.raw.replace(b"0", b"1", 1))
    with pytest.raises(SignatureInvalid):
        world.audit()


@pytest.mark.parametrize(
    "change",
    [
        lambda bodies: bodies.pop(),
        lambda bodies: bodies.pop(0),
        lambda bodies: bodies.reverse(),
        lambda bodies: bodies.append({**bodies[0], "tracker": "B" * 42 + "A"}),
        lambda bodies: bodies[1].update(election="Another" + UUID),
    ],
)
def test_the_acceptance_log_holds_the_same(world: World, change: Callable[[Bodies], Any]) -> None:
    acceptance(world, change)
    assert found(world) == "evidence-acceptance"


def test_other_elections_may_stand_in_the_acceptance_log(world: World) -> None:
    other = {"election": "Another" + UUID, "time": 1, "tracker": "B" * 42 + "A"}
    acceptance(world, lambda bodies: bodies.insert(1, other))
    assert world.audit().ballots == 3


def test_a_credential_on_the_list_that_nobody_registered(world: World) -> None:
    roll = make_roll(
        [*(person.secret.public for person in world.people.values()), world.meet(MINA).secret.public]
    )
    board(world, lambda ballots: None, roll)
    assert found(world) == "evidence-roll"


@pytest.mark.parametrize(
    "change",
    [
        lambda bodies: bodies.pop(1),
        lambda bodies: bodies.pop(),
        lambda bodies: bodies[-1].update(removed=[SARA]),
        lambda bodies: bodies[-1].update(count=4),
        lambda bodies: bodies[-1].update(roll="0" * 64),
        lambda bodies: bodies.append(bodies[1]),
        lambda bodies: bodies.insert(1, {"kind": "note"}),
    ],
)
def test_the_list_follows_from_the_registrations(world: World, change: Callable[[Bodies], Any]) -> None:
    registrations(world, change)
    assert found(world) == "evidence-roll"


def test_registrations_name_the_register_in_force(world: World) -> None:
    registrations(world, lambda bodies: bodies.pop(0))
    assert found(world) == "evidence-register"


def test_a_ballot_after_its_person_voted_on_paper(world: World) -> None:
    paper = {"kind": "paper", "person": ZAHRA, "time": int(START.timestamp())}
    evidence(world, lambda bodies: bodies.insert(2, paper))
    assert found(world) == "evidence-paper"


@pytest.mark.parametrize("people", [(ALI, ALI), (MINA,)])
def test_paper_votes_are_of_people_in_the_register_once(world: World, people: tuple[str, ...]) -> None:
    lines = [{"kind": "paper", "person": one, "time": int(START.timestamp())} for one in people]
    evidence(world, lambda bodies: bodies.extend(lines))
    assert found(world) == "evidence-paper"


def on_paper(world: World) -> None:
    box = world.box()
    box.paper(ZAHRA, world.now)
    box.close(world.now)
    box.shut()


def test_a_paper_voters_ballot_that_counts(world: World) -> None:
    on_paper(world)
    assert world.audit().revoked == 1
    world.places.revocations.unlink()
    with pytest.raises(ElectionInvalid, match="revocations.json is not here"):
        verify_election(world.places.path)
    world.places.closed_board(UUID).replace(world.places.archive)
    assert found(world) == "evidence-paper"


def test_a_count_with_the_revoked_ballots_in_it(world: World) -> None:
    on_paper(world)
    whole = world.places.closed_board(UUID).read_bytes()
    world.places.archive.write_bytes(whole)
    assert found(world) == "count"


def test_a_ballot_left_out_without_a_paper_vote(world: World) -> None:
    """The collector signs a revocation of Sara's credential as well."""
    on_paper(world)
    from smartid.services.voting.revocations import Revocations

    key = world.collector
    good = Revocations.load(world.places.revocations, key.public_key())
    both = replace(good, credentials=good.credentials | {world.people[SARA].secret.public})
    world.places.revocations.write_bytes(both.sign(key))
    with Board.open(world.places.closed_board(UUID)) as closed:
        counted = world.places.archive_of(UUID)
        counted.unlink()
        closed.copy_ballots_without(both.credentials, counted)
    assert found(world) == "evidence-paper"


def test_evidence_and_board_end_together(world: World) -> None:
    with Board.open(world.places.archive) as one:
        one.append(EventType.END_BALLOTS)
    assert found(world) == "evidence-close"


def test_nothing_follows_the_end(world: World) -> None:
    evidence(world, lambda bodies: bodies.insert(2, {"kind": "close", "time": 1}))
    assert found(world) == "evidence-close"


def test_an_unknown_line(world: World) -> None:
    evidence(world, lambda bodies: bodies.append({"kind": "note"}))
    assert found(world) == "evidence-close"


@pytest.mark.parametrize("name", ["uuid", "fingerprint", "registrations"])
def test_the_evidence_begins_with_this_election(world: World, name: str) -> None:
    evidence(world, lambda bodies: bodies[0].update({name: "x"}))
    assert found(world) == "evidence-election"
    evidence(world, lambda bodies: bodies.clear())
    assert found(world) == "evidence-election"


@pytest.mark.parametrize(
    "log", ["restricted/evidence.log", "restricted/registrations.log", "acceptance/acceptance.log"]
)
def test_a_changed_byte_breaks_the_chain(world: World, log: str) -> None:
    path = world.folder / log
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 1
    path.write_bytes(raw)
    with pytest.raises((EncodingError, ElectionInvalid)):
        world.audit()


@settings(max_examples=15)
@given(data=st.data())
def test_any_forged_line_ends_in_a_named_error_without_names(data: st.DataObject, voted: World) -> None:
    """A member of a line is dropped, or becomes something else: told, and nobody is named."""
    import tempfile

    log = data.draw(st.sampled_from(["restricted/evidence.log", "restricted/registrations.log"]))
    junk = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2))
    with tempfile.TemporaryDirectory() as folder:
        world = moved(voted, Path(folder) / "e")

        def change(bodies: Bodies) -> None:
            body = data.draw(st.sampled_from(bodies))
            name = data.draw(st.sampled_from(sorted(body)))
            value = data.draw(junk)
            assume(value != body[name])
            if value is None:
                del body[name]
            else:
                body[name] = value

        rewrite(world.folder / log, change)
        with pytest.raises((EncodingError, ElectionInvalid)) as error:
            world.audit()
        assert not any(number in str(error.value) for number in ANYBODY)
