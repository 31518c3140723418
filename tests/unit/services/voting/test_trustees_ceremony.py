"""The ceremony: what a host can do to it is found out, and who is to blame is named."""

from __future__ import annotations

import base64
import copy
import hmac
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused
from smartid.services.voting import proofs
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees import sealing
from smartid.services.voting.trustees.combine import lagrange
from smartid.services.voting.trustees.keys import TrusteeKey, is_sealed, save_secrets
from smartid.services.voting.trustees.pedersen import Seat, assemble
from smartid.services.voting.trustees.published import Context
from smartid.services.voting.trustees.safe import TrusteeFolder
from tests.unit.services.voting.ceremony import Rounds, first_rounds

GROUP = named("Ed25519")
SIZE, THRESHOLD = 3, 2


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    return first_rounds(tmp_path_factory.mktemp("ceremony"), SIZE, THRESHOLD, GROUP)


def received(
    found: Rounds, at: int, certificates: object = None, polynomials: object = None
) -> dict[str, Any]:
    """Let a member receive; at is its number."""
    return found.members[at - 1].receive(
        found.certificates if certificates is None else certificates,
        found.polynomials if polynomials is None else polynomials,
    )


def test_any_two_of_three_have_the_key_and_one_has_nothing(rounds: Rounds) -> None:
    keys = [received(rounds, at) for at in (1, 2, 3)]
    item = assemble(GROUP, THRESHOLD, rounds.certificates, rounds.polynomials, keys)
    shares = [member.key.exponent for member in rounds.members]
    for chosen in ((1, 2), (1, 3), (2, 3)):
        secret = sum(lagrange(at, chosen, GROUP.order) * shares[at - 1] for at in chosen)
        assert GROUP.exponentiate(secret) == item.public_key(GROUP)
    assert len({*shares, sum(shares) % GROUP.order}) == 4
    assert all(GROUP.exponentiate(share) != item.public_key(GROUP) for share in shares)


def test_every_step_can_be_repeated(rounds: Rounds) -> None:
    first = received(rounds, 1)
    again = TrusteeFolder.open(rounds.members[0].path)
    context = Context(group=GROUP.name, size=SIZE, threshold=THRESHOLD, index=1)
    assert again.certificate(GROUP, context) == rounds.certificates[0]
    assert again.polynomial(rounds.certificates) == rounds.polynomials[0]
    assert again.receive(rounds.certificates, rounds.polynomials) == first


def other_seat(at: int) -> dict[str, Any]:
    """The certificate of a stranger for a seat."""
    context = Context(group=GROUP.name, size=SIZE, threshold=THRESHOLD, index=at)
    return Seat.take(GROUP, context).certificate


def test_a_host_that_puts_itself_in_a_seat_gets_no_second_polynomial(rounds: Rounds) -> None:
    """The same polynomial under other certificates would hand over its values."""
    shown = [rounds.certificates[0], rounds.certificates[1], other_seat(3)]
    with pytest.raises(Refused, match="not the certificates for which I drew"):
        rounds.members[0].polynomial(shown)
    with pytest.raises(Refused, match="not the certificates for which I drew"):
        received(rounds, 1, certificates=shown)


def test_a_host_that_shows_different_certificates_is_found_out(tmp_path: Path) -> None:
    """Member 1 saw the host in seat 3: what it signed does not fit what the others saw."""
    found = first_rounds(tmp_path, SIZE, THRESHOLD, GROUP)
    deceived = Seat.take(GROUP, Context(group=GROUP.name, size=SIZE, threshold=THRESHOLD, index=1))
    certificates = [deceived.certificate, *found.certificates[1:]]
    victim = deceived.draw([deceived.certificate, found.certificates[1], other_seat(3)])
    member = TrusteeFolder.create(tmp_path / "two")
    second = Context(group=GROUP.name, size=SIZE, threshold=THRESHOLD, index=2)
    certificates[1] = member.certificate(GROUP, second)
    member.polynomial(certificates)
    with pytest.raises(Refused, match="trustee 1 does not hold"):
        member.receive(certificates, [victim.published, member.published["polynomial"], found.polynomials[2]])


def _edit(number: int, edit: Callable[[Any], object]) -> Callable[[list[Any]], object]:
    return lambda found: edit(found[number - 1])


def _swap_secrets(found: Any) -> None:
    found["secrets"][0], found["secrets"][1] = found["secrets"][1], found["secrets"][0]


def _other_data(found: Any) -> None:
    data = found["secrets"][1]["data"]
    found["secrets"][1]["data"] = ("B" if data[0] == "A" else "A") + data[1:]


TAMPERED: dict[str, tuple[Callable[[list[Any]], object], str]] = {
    "sealed values exchanged": (_edit(3, _swap_secrets), "trustee 3 cannot be read"),
    "a sealed value changed": (_edit(1, _other_data), "trustee 1 cannot be read"),
    "a sealed value of somebody else": (
        lambda found: found[0]["secrets"].__setitem__(1, found[2]["secrets"][1]),
        "trustee 1 cannot be read",
    ),
    "a sealed value missing": (_edit(1, lambda one: one["secrets"].pop()), "trustee 1 cannot be read"),
    "a sealed value as a number": (
        _edit(1, lambda one: one["secrets"].__setitem__(1, 7)),
        "trustee 1 cannot be read",
    ),
    "coefficients changed": (
        _edit(1, lambda one: one["coefexps"].update(message='{"coefexps":[]}')),
        "trustee 1",
    ),
    "a signature of another": (
        lambda found: found[0].update(signature=found[2]["signature"]),
        "trustee 1 does not hold",
    ),
    "messages exchanged": (lambda found: found.insert(0, found.pop()), "trustee 1 does not hold"),
    "a member more": (_edit(1, lambda one: one.update(more=1)), "trustee 1 cannot be read"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_message_that_is_tampered_with_is_refused_with_its_senders_number(
    rounds: Rounds, name: str
) -> None:
    edit, why = TAMPERED[name]
    shown = copy.deepcopy(rounds.polynomials)
    edit(shown)
    with pytest.raises(Refused, match=why):
        received(rounds, 2, polynomials=shown)
    with pytest.raises((Refused, EncodingError)):
        received(rounds, 2, polynomials=shown[:2])


def test_a_value_that_does_not_fit_names_its_sender(rounds: Rounds) -> None:
    """Trustee 3 seals, in order, another value than its coefficients say."""
    found = rounds.members[1]._drawn()
    certificates = found.seat.read(rounds.certificates)
    purpose = f"{SIZE}|{THRESHOLD}|3|2|{found.certificates}"
    shown = copy.deepcopy(rounds.polynomials)
    shown[2]["secrets"][1] = sealing.seal(GROUP, certificates[1].encryption, (7).to_bytes(32, "big"), purpose)
    with pytest.raises(Refused, match="value from trustee 3 does not fit what trustee 3 published"):
        received(rounds, 2, polynomials=shown)


CERTIFICATES: dict[str, Callable[[list[Any]], object]] = {
    "exchanged": lambda found: found.insert(1, found.pop()),
    "one missing": lambda found: found.pop(),
    "one more": lambda found: found.append(found[0]),
    "mine replaced": lambda found: found.__setitem__(0, other_seat(1)),
    "one twice": lambda found: found.__setitem__(2, found[1]),
    "a signature of another": lambda found: found[1].update(signature=found[2]["signature"]),
    "a number": lambda found: found.__setitem__(1, 7),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates_that_do_not_fit_are_refused(rounds: Rounds, name: str) -> None:
    shown = copy.deepcopy(rounds.certificates)
    CERTIFICATES[name](shown)
    seat = rounds.members[0]._seat()
    with pytest.raises((Refused, EncodingError)):
        seat.draw(shown)


def test_what_is_shown_as_mine_is_mine(rounds: Rounds) -> None:
    """The host replaces a member's whole message by one that it made with the same certificate keys."""
    seat = rounds.members[0]._seat()
    other = seat.draw(rounds.certificates).published
    with pytest.raises(Refused, match="not the ones that I published"):
        received(rounds, 1, polynomials=[other, *rounds.polynomials[1:]])


def test_keys_of_the_wrong_member_end_the_ceremony(rounds: Rounds) -> None:
    keys = [received(rounds, at) for at in (1, 2, 3)]
    with pytest.raises(Refused, match="its key is not the one"):
        assemble(GROUP, THRESHOLD, rounds.certificates, rounds.polynomials, [keys[1], keys[0], keys[2]])
    with pytest.raises((Refused, EncodingError)):
        assemble(GROUP, THRESHOLD, rounds.certificates, rounds.polynomials, keys[:2])


def test_steps_out_of_order_are_refused(tmp_path: Path) -> None:
    folder = TrusteeFolder.create(tmp_path / "new")
    for step in (
        lambda: folder.key,
        lambda: folder.polynomial([]),
        lambda: folder.receive([], []),
    ):
        with pytest.raises(Refused) as error:
            step()
        assert error.value.reason == "wrong_state"
    folder.make_key(GROUP)
    with pytest.raises(Refused):
        folder.certificate(GROUP, Context(group=GROUP.name, size=1, threshold=1, index=1))
    with pytest.raises(Refused):
        folder.make_key(named("BELENIOS-2048"))
    with pytest.raises(Refused):
        folder.adopt(TrusteeKey.new(GROUP))
    with pytest.raises(FileExistsError):
        TrusteeFolder.create(tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        TrusteeFolder.open(tmp_path / "none")


@pytest.mark.parametrize(
    ("size", "threshold", "index"), [(0, 0, 0), (101, 1, 1), (3, 4, 1), (3, 0, 1), (3, 2, 4)]
)
def test_seats_that_there_are_not(size: int, threshold: int, index: int) -> None:
    with pytest.raises(EncodingError):
        Context(group=GROUP.name, size=size, threshold=threshold, index=index)


def test_one_of_one(tmp_path: Path) -> None:
    found = first_rounds(tmp_path, 1, 1, GROUP)
    item = assemble(GROUP, 1, found.certificates, found.polynomials, [received(found, 1)])
    assert item.public_key(GROUP) == found.members[0].key.public


def test_files_are_for_their_owner_only(rounds: Rounds) -> None:
    path = rounds.members[0].path
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in path.glob("*.json")} == {
        "secrets.json": 0o600,
        "settings.json": 0o600,
    }


def test_a_passphrase_seals_the_file_and_another_does_not_open_it(tmp_path: Path) -> None:
    folder = TrusteeFolder.create(tmp_path / "sealed", passphrase=b"open sesame")
    folder.make_key(GROUP)
    path = folder.path / "secrets.json"
    assert is_sealed(path)
    assert str(folder.key.exponent).encode() not in path.read_bytes()
    opened = TrusteeFolder.open(folder.path, passphrase=b"open sesame")
    assert opened.key.exponent == folder.key.exponent
    for wrong in (b"", b"open barley"):
        with pytest.raises(Refused, match="passphrase"):
            TrusteeFolder.open(folder.path, passphrase=wrong)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"smartid_trustee":1}',
        b'{"smartid_trustee":1,"group":"none","secrets":{}}',
        b'{"smartid_trustee":1,"group":"Ed25519","secrets":{"key":"-1"}}',
        b'{"smartid_trustee":1,"group":"Ed25519","secrets":{"key":"0"}}',
        b'{"smartid_trustee":1,"group":"Ed25519","secrets":{"key":7}}',
        b'{"smartid_trustee":1,"group":"Ed25519","salt":"?","sealed":"?"}',
        b'{"smartid_trustee":1,"group":"Ed25519","salt":"","nonce":"","sealed":""}',
        b'{"smartid_trustee":1,"group":"Ed25519","salt":"AAAAAAAAAAAAAAAAAAAAAA==","nonce":"AAAAAAAAAAAAAAAA",'
        b'"sealed":""}',
        b'{"smartid_trustee":2,"group":"Ed25519","secrets":{"key":"7"}}',
    ],
)
def test_files_that_are_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(content)
    with pytest.raises((EncodingError, Refused)):
        TrusteeKey.load(path)


def test_a_key_comes_back_from_its_file_and_from_the_tools(tmp_path: Path) -> None:
    key = TrusteeKey.new(GROUP)
    key.save(tmp_path / "key.json")
    assert TrusteeKey.load(tmp_path / "key.json").public == key.public
    assert TrusteeKey.from_text(f'"{key.exponent}"\n', GROUP).public == key.public
    with pytest.raises(EncodingError):
        TrusteeKey.from_text('"12', GROUP)
    proof = proofs.parse_proof(key.public_record()["pok"], GROUP)
    prefix = proofs.pok_prefix(GROUP, key.public)
    proofs.check_key(GROUP, key.public, proof, prefix, check="trustees")


def test_secrets_are_mute(rounds: Rounds) -> None:
    folder = rounds.members[0]
    received(rounds, 1)
    for secret in (folder, folder.key, folder._seat(), folder._drawn()):
        assert repr(secret) == f"{type(secret).__name__}(•••)"
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            copy.copy(secret)


def test_nothing_that_is_published_holds_a_secret(rounds: Rounds) -> None:
    for at, member in enumerate(rounds.members, 1):
        received(rounds, at)
        text = json.dumps([rounds.certificates, rounds.polynomials, member.published])
        for name in ("signing", "decryption", "key"):
            assert member._secrets[name] not in text


@pytest.mark.parametrize("name", ["signing", "decryption", "context", "certificates", "key", "published"])
def test_a_folder_whose_secrets_are_not_whole_is_not_opened(
    rounds: Rounds, tmp_path: Path, name: str
) -> None:
    member = rounds.members[2]
    received(rounds, 3)
    folder = TrusteeFolder.create(tmp_path / "copy")
    for other in (None, 7, {}, [], "7", {"group": "x"}):
        secrets = {**member._secrets, name: other}
        if other is None:
            del secrets[name]
        save_secrets(folder.path / "secrets.json", GROUP, secrets)
        if name in {"signing", "decryption", "key", "certificates"} and other == "7":
            continue
        with pytest.raises(EncodingError):
            TrusteeFolder.open(folder.path)


def test_a_member_makes_no_mandatory_key(rounds: Rounds) -> None:
    received(rounds, 1)
    with pytest.raises(Refused, match="seat"):
        rounds.members[0].make_key(GROUP)


def test_two_programs_with_one_folder_make_one_key(tmp_path: Path) -> None:
    first = TrusteeFolder.create(tmp_path / "mina")
    second = TrusteeFolder.open(tmp_path / "mina")
    made = []
    for folder in (first, second):
        with folder.alone(), folder.alone():
            made.append(folder.make_key(GROUP))
    assert made[0] == made[1]
    assert first.key.exponent == second.key.exponent


def test_a_sealed_text_opens_by_the_book() -> None:
    """HKDF of one block (RFC 5869, 2.2, 2.3) written here from HMAC, as docs/reference/trustees.md says."""
    key = TrusteeKey.new(GROUP)
    sealed = sealing.seal(GROUP, key.public, b"text", "3|2|1|2|print")
    shared = GROUP.encode(GROUP.power(GROUP.decode(sealed["ephemeral"], ""), key.exponent))
    info = [
        "smartid sealed text 1",
        GROUP.name,
        "3|2|1|2|print",
        sealed["ephemeral"],
        GROUP.encode(key.public),
    ]
    extracted = hmac.digest(bytes(32), shared.encode(), "sha256")
    expanded = hmac.digest(extracted, json.dumps(info, separators=(",", ":")).encode() + b"\1", "sha256")
    assert AESGCM(expanded).decrypt(bytes(12), base64.b64decode(sealed["data"]), None) == b"text"


@settings(max_examples=10)
@given(st.binary(max_size=64), st.text(max_size=20), st.text(max_size=20))
def test_a_sealed_text_opens_for_its_purpose_only(text: bytes, purpose: str, other: str) -> None:
    key = TrusteeKey.new(GROUP)
    sealed = sealing.seal(GROUP, key.public, text, purpose)
    assert sealing.unseal(GROUP, key.exponent, sealed, purpose) == text
    if purpose != other:
        with pytest.raises(EncodingError):
            sealing.unseal(GROUP, key.exponent, sealed, other)
    with pytest.raises(EncodingError):
        sealing.unseal(GROUP, TrusteeKey.new(GROUP).exponent, sealed, purpose)


@settings(max_examples=50)
@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda some: st.lists(some, max_size=3)))
def test_any_value_as_a_sealed_text_is_a_named_error(value: object) -> None:
    for sealed in (value, {"ephemeral": value, "data": value}):
        with pytest.raises(EncodingError):
            sealing.unseal(GROUP, 7, sealed, "")
