from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused, SignatureInvalid
from smartid.identity.transaction import displayed
from smartid.services.voting.ballot_statement import BallotStatement, HistoryRequest
from smartid.services.voting.log import read_log
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registration import LOG, RegistrationDesk, RegistrationStatement
from smartid.services.voting.roll import Roll
from smartid.services.voting.statement import read_statement
from smartid.signing.form import SignatureForm
from smartid.signing.sign import sign
from tests.election_world import ANYBODY, START, World, an_election, signed
from tests.unit.signing.people import crl, policy_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import HOLDER, Country, name

ZAHRA, SARA, ALI, MINA, _ = ANYBODY
ELECTION = an_election()
STATEMENTS = [
    RegistrationStatement.make(ELECTION, credential="ab", register_version=1),
    RegistrationStatement.make(ELECTION, credential="ab", register_version=1, sequence=2, lang="en"),
    BallotStatement.make(ELECTION, credential="ab", tracker="A" * 43, sequence=1, register_version=1),
    HistoryRequest.make(ELECTION, time=1_800_000_000, lang="en"),
]


@pytest.fixture(scope="module")
def country() -> Country:
    return Country()


@pytest.fixture
def world(tmp_path: Path, country: Country) -> World:
    return World(tmp_path / "e", country)


@pytest.fixture
def desk(world: World) -> Iterator[RegistrationDesk]:
    desk = world.desk()
    yield desk
    desk.close()


def reason(desk: RegistrationDesk, *arguments: Any) -> str:
    before = desk._log.path.read_bytes()
    with pytest.raises(Refused) as refused:
        desk.register(*arguments)
    assert desk._log.path.read_bytes() == before, "a refusal leaves no line"
    return refused.value.reason


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_read_as_it_was_written(statement: Any) -> None:
    assert type(statement).parse(statement.encode()) == statement
    assert statement.encode().isascii()
    statement.require_for(ELECTION)
    assert statement.display == displayed(statement.sentence(ELECTION))
    assert ELECTION.name in statement.sentence(ELECTION)


def test_no_two_kinds_of_statements_share_a_purpose() -> None:
    purposes = [kind.PURPOSE for kind in (RegistrationStatement, BallotStatement, HistoryRequest)]
    assert len(set(purposes)) == 3
    for statement in STATEMENTS:
        for kind in (RegistrationStatement, BallotStatement, HistoryRequest):
            if not isinstance(statement, kind):
                with pytest.raises(EncodingError):
                    kind.parse(statement.encode())


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"', b'{ "'),
        (b'"lang":"fa"', b'"lang":"xx"'),
        (b'"purpose"', b'"extra":1,"purpose"'),
        (b'"election":', b'"election":"a","election":'),
        (b":1", b":1.0"),
        (b":1", b":true"),
        (b":1", b":-1"),
        (b"1 ", b"\\u0031 "),
    ],
)
def test_another_spelling_is_no_statement(statement: Any, old: bytes, new: bytes) -> None:
    changed = statement.encode().replace(old, new, 1)
    if changed != statement.encode():
        with pytest.raises(EncodingError):
            type(statement).parse(changed)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 400))
def test_broken_statements_end_in_a_named_error(noise: bytes, start: int, end: int) -> None:
    whole = STATEMENTS[2].encode()
    changed = whole[:start] + noise + whole[end:]
    with contextlib.suppress(EncodingError):
        assert BallotStatement.parse(changed).encode() == changed


def test_a_statement_for_another_election_or_another_sentence_is_refused() -> None:
    other = an_election(name="انتخابات دیگر")
    with pytest.raises(Refused, match="another election"):
        read_statement(BallotStatement, STATEMENTS[2].encode(), other)
    lied = STATEMENTS[2].encode().replace(STATEMENTS[2].display.encode(), b"0" * 64)
    with pytest.raises(Refused, match="sentence"):
        read_statement(BallotStatement, lied, ELECTION)


def test_the_sentence_is_bound_to_its_language() -> None:
    english = STATEMENTS[1].encode().replace(b'"lang":"en"', b'"lang":"fa"')
    with pytest.raises(Refused, match="sentence"):
        read_statement(RegistrationStatement, english, ELECTION)


def test_a_register_is_signed_and_shows_nobody() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    made = RegisterSnapshot.make(ANYBODY, version=3, as_of=START, constituency="تهران", key=key)
    assert RegisterSnapshot.parse(made.raw, key.public_key()) == made
    assert not any(number in repr(made) for number in ANYBODY)
    with pytest.raises(SignatureInvalid):
        RegisterSnapshot.parse(made.raw, other.public_key())
    for changed in (
        made.raw.replace(b'"version":3', b'"version":4'),
        made.raw.replace(ANYBODY[0].encode(), b"0012345678"),
    ):
        with pytest.raises(SignatureInvalid):
            RegisterSnapshot.parse(changed, key.public_key())
    for broken in (b"", b"{}", made.raw + b" ", made.raw.replace(b"{", b"{ ", 1)):
        with pytest.raises(EncodingError):
            RegisterSnapshot.parse(broken, key.public_key())


def test_people_register_and_the_list_is_sorted(world: World, desk: RegistrationDesk) -> None:
    for number in (ALI, ZAHRA, SARA):
        desk.register(*world.registration(world.people[number]), world.now)
    roll = [entry.credential for entry in Roll(desk.freeze())]
    assert roll == sorted(world.people[number].secret.public for number in (ALI, ZAHRA, SARA))
    assert desk.freeze() == desk.freeze()


def test_the_same_statement_again_is_the_same_registration(world: World, desk: RegistrationDesk) -> None:
    statement, signature = world.registration(world.people[ZAHRA])
    first = desk.register(statement, signature, world.now)
    again = signed(world.people[ZAHRA].signer, statement)
    assert desk.register(statement, again, world.now + timedelta(hours=1)) == first
    assert len(list(read_log(world.places.restricted / LOG))) == 2


def test_a_second_registration_replaces_the_first_and_both_stay(world: World, desk: RegistrationDesk) -> None:
    person = world.people[ZAHRA]
    desk.register(*world.registration(person), world.now)
    old = world.registration(person)
    person = world.meet(ZAHRA)  # a new card, a new credential
    assert desk.next_sequence(ZAHRA) == 2
    assert reason(desk, *world.registration(person), world.now) == "out_of_sequence"
    desk.register(*world.registration(person, sequence=2), world.now)
    assert reason(desk, *old, world.now) == "conflict"
    assert [entry.credential for entry in Roll(desk.freeze())] == [person.secret.public]
    assert sum(line.body["kind"] == "registration" for line in read_log(desk._log.path)) == 2


def test_nobody_registers_the_credential_of_another(world: World, desk: RegistrationDesk) -> None:
    desk.register(*world.registration(world.people[ZAHRA]), world.now)
    stolen = world.registration(world.people[SARA], credential=world.people[ZAHRA].secret.public)
    assert reason(desk, *stolen, world.now) == "conflict"


def test_after_the_freeze_nobody_registers(world: World, desk: RegistrationDesk) -> None:
    first = world.registration(world.people[ZAHRA])
    desk.register(*first, world.now)
    desk.freeze()
    assert reason(desk, *world.registration(world.people[SARA]), world.now) == "list_frozen"
    assert desk.register(*first, world.now).sequence == 1
    with pytest.raises(Refused) as refused:
        desk.update(world.register(2, ANYBODY))
    assert refused.value.reason == "list_frozen"


def test_people_come_and_go_with_the_register(world: World, desk: RegistrationDesk) -> None:
    mina = world.meet(MINA)
    assert reason(desk, *world.registration(mina), world.now) == "not_eligible"
    desk.register(*world.registration(world.people[ZAHRA]), world.now)
    desk.register(*world.registration(world.people[SARA]), world.now)
    world.snapshot = world.register(2, (SARA, MINA))
    desk.update(world.snapshot)
    desk.register(*world.registration(mina), world.now)
    late = world.registration(world.people[ALI], register_version=1)
    assert reason(desk, *late, world.now) == "not_eligible"
    roll = {entry.credential for entry in Roll(desk.freeze())}
    assert roll == {world.people[SARA].secret.public, mina.secret.public}
    assert list(read_log(desk._log.path))[-1].body["removed"] == [ZAHRA]


def test_an_old_register_never_comes_back(world: World, desk: RegistrationDesk) -> None:
    desk.update(world.register(3, ANYBODY))
    for snapshot in (world.register(2, ANYBODY), world.register(3, ANYBODY[:1])):
        with pytest.raises(Refused, match="newer"):
            desk.update(snapshot)


def test_a_statement_names_the_register_in_force(world: World, desk: RegistrationDesk) -> None:
    other = world.registration(world.people[ZAHRA], register_version=2)
    assert reason(desk, *other, world.now) == "invalid_request"


@pytest.mark.parametrize("credential", ["", "00", "zz", "1" * 64, "0" * 63 + "1", "f" * 64])
def test_a_credential_is_an_element_of_the_group(
    world: World, desk: RegistrationDesk, credential: str
) -> None:
    """1 (the identity) and what lies outside of the prime subgroup are none."""
    broken = world.registration(world.people[ZAHRA], credential=credential)
    assert reason(desk, *broken, world.now) == "invalid_request"


def test_signatures_that_are_not_the_persons(world: World, desk: RegistrationDesk) -> None:
    zahra, sara = world.people[ZAHRA], world.people[SARA]
    statement, signature = world.registration(zahra)
    _, other = world.registration(sara)
    attached = sign(statement, zahra.signer, form=SignatureForm.CADES_B, signed_at=START).data
    assert reason(desk, statement, other, world.now) == "bad_proof"
    assert reason(desk, statement, b"", world.now) == "bad_proof"
    assert reason(desk, statement, b"x" * 70_000, world.now) == "bad_proof"
    assert reason(desk, statement, signature[:-1] + b"x", world.now) == "bad_proof"
    assert reason(desk, b"x" + statement, signature, world.now) == "invalid_request"
    jws = sign(statement, zahra.signer, form=SignatureForm.JWS, detached=True, signed_at=START).data
    assert reason(desk, statement, jws, world.now) == "bad_proof"
    assert desk.register(statement, attached, world.now).sequence == 1, "the content inside is the same"


def test_two_signers_are_not_one_person(world: World, desk: RegistrationDesk) -> None:
    zahra, sara = world.people[ZAHRA], world.people[SARA]
    statement, _ = world.registration(zahra)
    first = sign(statement, zahra.signer, form=SignatureForm.CADES_B, signed_at=START)
    both = sign(first, sara.signer, form=SignatureForm.CADES_B, signed_at=START).data
    assert reason(desk, statement, both, world.now) == "bad_proof"


def test_the_key_for_logins_registers_nobody(world: World, desk: RegistrationDesk, country: Country) -> None:
    from smartid.signing.software import SoftwareSigner

    subject = name(**{**HOLDER, "SERIAL_NUMBER": f"PNOIR-{ZAHRA}"})
    card = country.citizen("authentication", subject=subject)
    statement, _ = world.registration(world.people[ZAHRA])
    signature = signed(SoftwareSigner(card.key, card.der), statement)
    assert reason(desk, statement, signature, world.now) == "bad_proof"


def test_a_certificate_names_a_person(world: World, desk: RegistrationDesk, country: Country) -> None:
    from smartid.signing.software import SoftwareSigner

    card = country.citizen("signature", subject=name(COUNTRY_NAME="IR", COMMON_NAME="Nobody"))
    statement, _ = world.registration(world.people[ZAHRA])
    signature = signed(SoftwareSigner(card.key, card.der), statement)
    assert reason(desk, statement, signature, world.now) == "bad_proof"


def test_revoked_expired_and_unknown_cards(world: World, country: Country) -> None:
    from cryptography import x509

    person = world.people[ZAHRA]
    serial = x509.load_der_x509_certificate(person.signer.certificate).serial_number
    lists = world.lists((serial, START - timedelta(hours=1)))
    cases = {
        "card_revoked": (policy_of(country, *lists, clock=lambda: START), START),
        "status_stale": (world.policy, START + timedelta(days=30)),
        "bad_proof": (policy_of(Country(), clock=lambda: START), START),
    }
    for wanted, (policy, when) in cases.items():
        desk = world.desk(policy)
        assert reason(desk, *world.registration(person), when) == wanted
        desk.close()
    old = world.meet(ZAHRA, end=START - timedelta(days=1))
    desk = world.desk()
    assert reason(desk, *world.registration(old), world.now) == "card_expired"
    desk.close()


def test_the_throw_away_authority_leaves_its_mark(tmp_path: Path) -> None:
    world = World(tmp_path / "e", Country(throw_away=True))
    desk = world.desk()
    desk.register(*world.registration(world.people[ZAHRA]), world.now)
    desk.close()
    assert list(read_log(desk._log.path))[-1].body["throw_away"] == 1


def test_two_desks_on_one_folder(world: World, desk: RegistrationDesk) -> None:
    other = world.desk()
    desk.register(*world.registration(world.people[ZAHRA]), world.now)
    other.register(*world.registration(world.people[SARA]), world.now)
    stolen = world.registration(world.people[ALI], credential=world.people[SARA].secret.public)
    assert reason(desk, *stolen, world.now) == "conflict"
    assert desk.freeze() == other.freeze()
    other.close()


def test_a_desk_does_not_go_by_a_register_that_another_one_replaced(
    world: World, desk: RegistrationDesk
) -> None:
    other = world.desk()
    other.update(world.register(2, ANYBODY[:2]))
    assert reason(desk, *world.registration(world.people[ALI]), world.now) == "conflict"
    with pytest.raises(Refused, match="newer register"):
        desk.freeze()
    desk.update(world.register(2, ANYBODY[:2]))
    assert len(Roll(desk.freeze())) == 0
    other.close()


def test_a_time_stamped_signature(world: World, desk: RegistrationDesk, tmp_path: Path) -> None:
    """CAdES-T with a stamp that the program openssl made."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    stamper = OpenSSLAuthority(folder, tsa_party(world.country))
    person = world.people[ZAHRA]
    now = datetime.now(UTC)
    lists = (crl(world.country.root, at=now), crl(world.country.citizen_ca, at=now))
    policy = policy_of(world.country, *lists)
    statement, _ = world.registration(person)
    stamped = signed(person.signer, statement, now, form=SignatureForm.CADES_T, time_stamper=stamper)
    other = world.desk(policy)
    assert other.register(statement, stamped, now + timedelta(seconds=5)).sequence == 1
    other.close()
