"""The public record of the trustees: every byte of it is checked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting import proofs
from smartid.services.voting.compact import compact
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees.keys import TrusteeKey
from smartid.services.voting.trustees.published import MAX_TRUSTEES, Message, PublicKey
from smartid.services.voting.trustees.record import Single, Trustees
from smartid.services.voting.values import Proof
from tests.unit.services.voting.ceremony import Trusted, trusted

GROUP = named("Ed25519")
Edit = Callable[[list[Any]], object]


@cache
def both() -> Trusted:
    """Two mandatory trustees, and two of three."""
    with TemporaryDirectory() as folder:
        return trusted(Path(folder), mandatory=2, size=3, threshold=2)


def changed(edit: Edit) -> bytes:
    found = json.loads(both().record.raw)
    edit(found)
    return compact(found)


def test_the_key_is_the_product_and_owners_are_counted_through_all_items() -> None:
    record = both().record
    keys = [folder.key for folder in both().folders]
    assert list(record.owners) == [key.public for key in keys]
    assert [list(seats) for _, seats in record.seats()] == [[1], [2], [3, 4, 5]]
    # f(0) from f(1) and f(2) of a polynomial of degree 1 is 2·f(1) - f(2)
    together = 2 * keys[2].exponent - keys[3].exponent
    secret = keys[0].exponent + keys[1].exponent + together
    assert record.public_key == GROUP.exponentiate(secret)
    assert Trustees.make(record.items, GROUP) == record


def test_records_of_older_tools_have_fewer_signatures() -> None:
    def strip(found: list[Any]) -> None:
        del found[2][1]["signatures"]
        for at, (certificate, folder) in enumerate(
            zip(found[2][1]["certs"], both().folders[2:], strict=True)
        ):
            content = json.loads(certificate["message"])
            del content["context"]
            text = compact(content).decode()
            signing = int(folder._secrets["signing"])
            proof = proofs.prove_key(GROUP, signing, proofs.sigmsg_prefix(text))
            found[2][1]["certs"][at] = {"message": text, "signature": proofs.proof_dict(proof)}
            del found[2][1]["verification_keys"][at]["signature"]

    assert Trustees.parse(changed(strip), GROUP).public_key == both().record.public_key


def _swap(*path: Any) -> Edit:
    def edit(found: Any) -> None:
        for step in path:
            found = found[step]
        found[0], found[1] = found[1], found[0]

    return edit


def _set(value: Any, *path: Any) -> Edit:
    def edit(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return edit


def _drop(*path: Any) -> Edit:
    def edit(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        del found[path[-1]]

    return edit


def _move(*path: Any) -> Edit:
    """Put the first member of an object last."""

    def edit(found: Any) -> None:
        for step in path:
            found = found[step]
        first = next(iter(found))
        found[first] = found.pop(first)

    return edit


def _old_and_new(found: list[Any]) -> None:
    """A record of an older tool in which one certificate still says its seat."""
    content, folder = found[2][1], both().folders[2]
    del content["signatures"]
    for key in content["verification_keys"]:
        del key["signature"]
    message = json.loads(content["certs"][0]["message"])
    del message["context"]
    text = compact(message).decode()
    proof = proofs.prove_key(GROUP, int(folder._secrets["signing"]), proofs.sigmsg_prefix(text))
    content["certs"][0] = {"message": text, "signature": proofs.proof_dict(proof)}


WRONG: dict[str, Edit] = {
    "coefficients that nobody signed": _set(
        {"challenge": "1", "response": "1"}, 2, 1, "coefexps", 0, "signature"
    ),
    "a key that nobody signed": _set(
        {"challenge": "1", "response": "1"}, 2, 1, "verification_keys", 0, "signature"
    ),
    "a seat in some certificates": _old_and_new,
    "certificates exchanged": _swap(2, 1, "certs"),
    "coefficients exchanged": _swap(2, 1, "coefexps"),
    "signatures exchanged": _swap(2, 1, "signatures"),
    "keys exchanged": _swap(2, 1, "verification_keys"),
    "threshold raised": _set(3, 2, 1, "threshold"),
    "threshold lowered": _set(1, 2, 1, "threshold"),
    "threshold 0": _set(0, 2, 1, "threshold"),
    "threshold a truth": _set(True, 2, 1, "threshold"),
    "a member less": lambda found: [found[2][1][name].pop() for name in tuple(found[2][1])[1:]],
    "a key less": _drop(2, 1, "verification_keys", 2),
    "no signatures": _drop(2, 1, "signatures"),
    "no signature of one key": _drop(2, 1, "verification_keys", 1, "signature"),
    "a signature of a mandatory key": _set({"challenge": "1", "response": "1"}, 0, 1, "signature"),
    "a mandatory trustee twice": lambda found: found.append(copy.deepcopy(found[0])),
    "a group twice": lambda found: found.append(copy.deepcopy(found[2])),
    "a member's key as a mandatory one": lambda found: found.append(
        ["Single", {name: found[2][1]["verification_keys"][0][name] for name in ("pok", "public_key")}]
    ),
    "a proof for another key": lambda found: found[0][1].update(pok=found[1][1]["pok"]),
    "another order": _move(2, 1),
    "another order in a key": _move(0, 1),
    "a member that is not known": _set(1, 0, 1, "more"),
    "null for what is missing": _set(None, 2, 1, "signatures"),
    "a kind that is not known": _set("Double", 0, 0),
    "an item too long": lambda found: found[0].append(1),
    "no list": _set({}, 0),
    "a message as a number": _set(1, 2, 1, "certs", 0, "message"),
    "the identity as a key": _set(GROUP.encode(GROUP.identity), 0, 1, "public_key"),
    "a proof of zeros": _set({"challenge": "0", "response": "0"}, 0, 1, "pok"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_record_that_is_changed_is_refused(name: str) -> None:
    with pytest.raises((ElectionInvalid, EncodingError)):
        Trustees.parse(changed(WRONG[name]), GROUP)


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"null", b"[[]]", b'["Single"]', b'[],"t":[', b"[]} ", b" []", b"[]"]
)
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises((ElectionInvalid, EncodingError)):
        Trustees.parse(raw, GROUP)


def test_white_space_and_escapes_are_refused() -> None:
    raw = both().record.raw
    for other in (raw.replace(b",", b", ", 1), raw.replace(b"Single", b"\\u0053ingle", 1), raw + b"\n"):
        with pytest.raises(EncodingError):
            Trustees.parse(other, GROUP)


@settings(max_examples=50)
@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    raw = bytearray(both().record.raw)
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    with pytest.raises((ElectionInvalid, EncodingError)):
        Trustees.parse(bytes(raw), GROUP)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_named_error(data: bytes) -> None:
    with pytest.raises((ElectionInvalid, EncodingError)):
        Trustees.parse(data, GROUP)


def test_a_key_that_nobody_knows_cannot_join() -> None:
    """The last trustee wants the election's key to be its own: it would have to know what it does not."""
    first, wanted = TrusteeKey.new(GROUP), TrusteeKey.new(GROUP)
    rogue = GROUP.multiply(wanted.public, GROUP.invert(first.public))
    proof = proofs.prove_key(GROUP, wanted.exponent, proofs.pok_prefix(GROUP, rogue))
    items = [
        Single(PublicKey.from_dict(first.public_record(), GROUP)),
        Single(PublicKey(public=rogue, proof=proof)),
    ]
    with pytest.raises(ElectionInvalid) as error:
        Trustees.make(items, GROUP)
    assert error.value.check == "trustees"


def test_keys_that_cancel_each_other_out_are_refused() -> None:
    first = TrusteeKey.new(GROUP)
    second = TrusteeKey(GROUP, GROUP.order - first.exponent)
    items = [Single(PublicKey.from_dict(one.public_record(), GROUP)) for one in (first, second)]
    with pytest.raises(ElectionInvalid, match="cancel"):
        Trustees.make(items, GROUP)


def test_a_hundred_trustees_are_the_most() -> None:
    keys = [TrusteeKey.new(GROUP).public_record() for _ in range(MAX_TRUSTEES + 1)]
    items = [Single(PublicKey.from_dict(one, GROUP)) for one in keys]
    assert len(Trustees.make(items[:-1], GROUP).owners) == MAX_TRUSTEES
    with pytest.raises(EncodingError, match="100"):
        Trustees.make(items, GROUP)


def test_belenios_2048_too(tmp_path: Path) -> None:
    record = trusted(tmp_path, mandatory=1, size=2, threshold=1, name="BELENIOS-2048").record
    assert Trustees.parse(record.raw, named("BELENIOS-2048")).owners == record.owners
    with pytest.raises(EncodingError):
        Trustees.parse(record.raw, GROUP)


def test_a_message_has_one_spelling() -> None:
    with pytest.raises(EncodingError):
        Message('{"\\u0061":1}', Proof(1, 1)).content()
