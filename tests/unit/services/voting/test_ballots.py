from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.voting.ballot import (
    Ballot,
    BallotContext,
    Maker,
    make_ballot,
    verify_ballot,
    verify_raw,
)
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Question
from smartid.services.voting.groups.belenios_2048 import Belenios2048
from smartid.services.voting.groups.named import NAMES
from smartid.services.voting.proofs import hash_to_exponent
from tests.unit.services.voting.polling import (
    ONE_OF_THREE,
    OR_BLANK,
    TWO_OF_THREE,
    World,
    record,
    signed_again,
    world,
)

VOTES = [
    (ONE_OF_THREE, [0, 0, 0]),
    (ONE_OF_THREE, [0, 0, 1]),
    (TWO_OF_THREE, [1, 0, 1]),
    (OR_BLANK, [1, 0, 0]),
    (OR_BLANK, [0, 1, 0]),
    (OR_BLANK, [0, 1, 1]),
]


@cache
def polling(*questions: Question, group: str = "Ed25519") -> tuple[World, BallotContext, Maker]:
    made = world(*questions, group=group)
    return made, BallotContext(made.election), Maker(made.election)


def both(raw: bytes, place: World, context: BallotContext) -> None:
    """Read and verify in both ways, which must agree."""
    outcomes = []
    for way in (
        lambda: verify_ballot(Ballot.parse(raw, place.election, place.group), context),
        lambda: verify_raw(raw, context),
    ):
        try:
            way()
            outcomes.append(None)
        except (EncodingError, ElectionInvalid) as error:
            outcomes.append(error)
    first, second = outcomes
    assert (first is None) == (second is None)
    if second is not None:
        raise second


@pytest.mark.parametrize("group", NAMES)
@pytest.mark.parametrize(("question", "chosen"), VOTES)
def test_what_is_made_verifies_and_decrypts(group: str, question: Question, chosen: list[int]) -> None:
    place, context, maker = polling(question, group=group)
    ballot = maker.make(place.voter, [chosen]).cast()
    both(ballot.raw, place, context)
    found = []
    for pair in ballot.answers[0].choices:
        hidden = place.group.multiply(pair.beta, place.group.invert(place.group.power(pair.alpha, place.key)))
        found.append({place.group.identity: 0, place.group.generator: 1}[hidden])
    assert found == chosen


def test_several_questions_and_the_slow_maker() -> None:
    place, context, _ = polling(ONE_OF_THREE, OR_BLANK, TWO_OF_THREE)
    made = make_ballot(place.election, place.voter, [[0, 0, 0], [1, 0, 0], [0, 1, 1]])
    ballot = made.cast()
    both(ballot.raw, place, context)
    assert ballot.tracker == made.tracker
    assert ballot.credential == place.voter.public


def test_no_randomness_comes_twice() -> None:
    place, _, maker = polling(ONE_OF_THREE)
    one, two = (maker.make(place.voter, [[0, 1, 0]]).cast() for _ in range(2))
    seen = [pair.alpha for ballot in (one, two) for pair in ballot.answers[0].choices]
    assert len(set(seen)) == 6


@pytest.mark.parametrize(
    ("question", "chosen", "says"),
    [
        (ONE_OF_THREE, [1, 1, 0], "from 0 to 1 choices, not 2"),
        (TWO_OF_THREE, [1, 0, 0], "from 2 to 2 choices, not 1"),
        (OR_BLANK, [1, 1, 0], "chooses nothing else"),
        (OR_BLANK, [0, 0, 0], "from 1 to 2 choices, not 0"),
        (OR_BLANK, [0, 1], "takes 3 choices"),
        (ONE_OF_THREE, [2, 0, 0], "0 or 1"),
        (ONE_OF_THREE, [-1, 1, 0], "0 or 1"),
    ],
)
def test_choices_that_are_not_allowed(question: Question, chosen: list[int], says: str) -> None:
    place, _, maker = polling(question)
    with pytest.raises(Refused, match=says) as refused:
        maker.make(place.voter, [chosen])
    assert refused.value.reason == "ballot_invalid"


def test_answers_to_another_number_of_questions() -> None:
    place, _, maker = polling(ONE_OF_THREE)
    with pytest.raises(Refused, match="1 questions; 2 were answered"):
        maker.make(place.voter, [[0, 0, 0]] * 2)


def test_credential_of_another_group() -> None:
    place, _, maker = polling(ONE_OF_THREE)
    with pytest.raises(Refused, match="another group"):
        maker.make(world(group="BELENIOS-2048").voter, [[0, 0, 0]])
    assert place.group.name == "Ed25519"


def numbers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a ballot numbers and elements stand."""
    if isinstance(value, str):
        return [path]
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for name, entry in entries for found in numbers(entry, (*path, name))]


def put(value: Any, path: tuple[Any, ...], text: Callable[[str], str]) -> None:
    *way, last = path
    for name in way:
        value = value[name]
    value[last] = text(value[last])


@pytest.mark.parametrize(("question", "chosen"), [(ONE_OF_THREE, [0, 1, 0]), (OR_BLANK, [1, 0, 0])])
def test_every_number_matters_though_the_signature_holds(question: Question, chosen: list[int]) -> None:
    """Each element and each number of each proof is exchanged by another valid one; the voter signs that."""
    place, context, maker = polling(question)
    raw = maker.make(place.voter, [chosen]).cast().raw
    other = place.group.encode(place.group.exponentiate(12345))
    assert signed_again(record(raw), place.voter) != raw
    both(signed_again(record(raw), place.voter), place, context)
    for path in numbers(record(raw)["answers"]):
        changed = record(raw)
        put(
            changed["answers"], path, lambda text: other if len(text) == 64 else str((int(text) + 1) % 2**250)
        )
        with pytest.raises(ElectionInvalid) as invalid:
            verify_raw(signed_again(changed, place.voter), context, where="event 7")
        assert (invalid.value.check, invalid.value.where) == ("ballot-proof", "event 7")


def exchange(changed: dict[str, Any], *names: str) -> None:
    answer = changed["answers"][0]
    for name in names:
        answer[name][0], answer[name][1] = answer[name][1], answer[name][0]


def test_choices_exchanged_with_their_proofs() -> None:
    """Only the proof about all of them sees that; its hash covers the order."""
    place, context, maker = polling(ONE_OF_THREE)
    changed = record(maker.make(place.voter, [[0, 1, 0]]).cast().raw)
    exchange(changed, "choices", "individual_proofs")
    with pytest.raises(ElectionInvalid, match="number of choices"):
        both(signed_again(changed, place.voter), place, context)


@pytest.mark.parametrize("question", [ONE_OF_THREE, OR_BLANK])
def test_a_ballot_is_not_copied_to_another_credential(question: Question) -> None:
    place, context, maker = polling(question)
    thief = CredentialSecret.new(place.group)
    copied = record(maker.make(place.voter, [[0, 1, 0]]).cast().raw)
    copied["credential"] = thief.public
    with pytest.raises(ElectionInvalid, match="ballot-proof"):
        both(signed_again(copied, thief), place, context)


def test_a_signature_by_somebody_else() -> None:
    place, context, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    with pytest.raises(ElectionInvalid, match="ballot-signature"):
        both(signed_again(record(raw), CredentialSecret.new(place.group)), place, context)


def test_a_signature_about_another_ballot() -> None:
    place, context, maker = polling(ONE_OF_THREE)
    one, two = (record(maker.make(place.voter, [[0, 1, 0]]).cast().raw) for _ in range(2))
    one["signature"] = two["signature"]
    with pytest.raises(ElectionInvalid, match="another ballot"):
        both(compact(one), place, context)


def test_a_ballot_of_another_election() -> None:
    place, _, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    renamed = replace(place.election, uuid="z" * 14)
    other = world(ONE_OF_THREE)
    for election in (renamed, other.election):
        with pytest.raises(ElectionInvalid, match="ballot-election"):
            verify_raw(raw, BallotContext(election))


def outside(place: World) -> list[str]:
    """Elements that no honest ballot holds."""
    group = place.group
    if isinstance(group, Belenios2048):
        prime, member = int(group.modulus), int(group.exponentiate(9))
        roots = (pow(base, (prime - 1) // 3, prime) for base in range(2, 9))
        cube = next(root for root in roots if root != 1)
        return list(map(str, (1, prime - 1, cube, prime - member, member * cube % prime)))
    small = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    mixed = group.multiply(group.exponentiate(9), small)
    return [group.encode(point) for point in (group.identity, small, mixed)]


@pytest.mark.parametrize("group", NAMES)
@pytest.mark.parametrize("path", [("choices", 0, "alpha"), ("choices", 2, "beta"), None])
def test_elements_outside_of_the_group(group: str, path: tuple[Any, ...] | None) -> None:
    place, context, maker = polling(ONE_OF_THREE, group=group)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    for text in outside(place):
        changed = record(raw)
        if path:
            put(changed["answers"][0], path, lambda _, text=text: text)  # type: ignore[misc]
        else:
            changed["credential"] = text
        forged = signed_again(changed, place.voter)
        with pytest.raises(EncodingError):
            Ballot.parse(forged, place.election, place.group)
        with pytest.raises((EncodingError, ElectionInvalid)):
            verify_raw(forged, context)


ONE = Question(text="?", answers=("آ",), minimum=0, maximum=1)


@pytest.mark.parametrize("signs", [(-1, 1), (1, -1), (-1, -1), (1, 1)])
def test_a_proof_that_fits_an_element_of_order_two(signs: tuple[int, int]) -> None:
    """Alpha or beta times -1, and all challenges even: every equation holds, but membership."""
    place, context, _ = polling(ONE, group="BELENIOS-2048")
    forged = signed_again(twisted(place, *signs), place.voter)
    verify_ballot(Ballot(**context.form.fields(forged, members=False)), context)
    if signs == (1, 1):
        both(forged, place, context)
    else:
        with pytest.raises(EncodingError):
            both(forged, place, context)


def test_a_signature_that_fits_a_credential_of_order_two() -> None:
    place, context, maker = polling(ONE, group="BELENIOS-2048")
    assert isinstance(place.group, Belenios2048)
    voter = CredentialSecret.new(place.group)
    voter.public = str(place.group.modulus - int(voter.public))
    made = record(maker.make(voter, [[1]]).cast().raw)
    forged = signed_again(made, voter)
    while int(record(forged)["signature"]["proof"]["challenge"]) % 2:
        forged = signed_again(made, voter)
    verify_ballot(Ballot(**context.form.fields(forged, members=False)), context)
    with pytest.raises(EncodingError, match="credential"):
        both(forged, place, context)


def twisted(place: World, alpha_sign: int, beta_sign: int) -> dict[str, Any]:
    """A ballot of one choice, 0, about alpha and beta with these signs."""
    group = place.group
    assert isinstance(group, Belenios2048)
    key, number = group.decode(place.election.public_key, "key"), group.random_exponent()
    alpha = group.exponentiate(number) * alpha_sign % group.modulus
    beta = group.power(key, number) * beta_sign % group.modulus
    start, pair = f"{place.election.fingerprint}|{place.voter.public}", f"{alpha},{beta}"
    answer = {
        "choices": [{"alpha": str(alpha), "beta": str(beta)}],
        "individual_proofs": [even_proof(f"prove|{start}|{pair}|", place, number, key)],
        "overall_proof": even_proof(f"prove|{start}|{pair}|{pair}|", place, number, key),
    }
    return {
        "election_uuid": place.election.uuid,
        "election_hash": place.election.fingerprint,
        "credential": place.voter.public,
        "answers": [answer],
    }


def even_proof(prefix: str, place: World, number: int, key: Any) -> list[dict[str, str]]:
    """A proof that y^r · g^0 holds 0 or 1, both of whose challenges are even: every second attempt is."""
    group, order = place.group, place.group.order
    while True:
        nonce, false, challenge = (
            group.random_exponent(),
            group.random_exponent(),
            group.random_exponent() & ~1,
        )
        exponent = false + number * challenge
        texts = [
            group.exponentiate(nonce),
            group.power(key, nonce),
            group.exponentiate(exponent),
            group.multiply(group.power(key, exponent), group.exponentiate(-challenge)),
        ]
        total = hash_to_exponent(group, prefix + ",".join(map(str, texts)))
        real = (total - challenge) % order
        if real % 2 == 0:
            return [
                {"challenge": str(real), "response": str((nonce - number * real) % order)},
                {"challenge": str(challenge), "response": str(false)},
            ]


@pytest.mark.parametrize(
    ("question", "chosen", "group", "step"),
    [
        (ONE_OF_THREE, [0, 1, 0], "Ed25519", 1),
        (OR_BLANK, [0, 1, 0], "Ed25519", 1),
        (OR_BLANK, [1, 0, 0], "BELENIOS-2048", 29),
    ],
)
def test_every_changed_byte_is_refused(question: Question, chosen: list[int], group: str, step: int) -> None:
    place, context, maker = polling(question, group=group)
    raw = maker.make(place.voter, [chosen]).cast().raw
    for offset in range(0, len(raw), step):
        with pytest.raises((EncodingError, ElectionInvalid)):
            verify_raw(raw[:offset] + bytes([raw[offset] ^ 1]) + raw[offset + 1 :], context)


@settings(max_examples=40)
@given(start=st.integers(0, 2500), removed=st.integers(0, 80), inserted=st.binary(max_size=20))
def test_cut_and_lengthened_ballots_are_refused(start: int, removed: int, inserted: bytes) -> None:
    place, context, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    forged = raw[:start] + inserted + raw[start + removed :]
    if forged != raw:
        with pytest.raises((EncodingError, ElectionInvalid)):
            both(forged, place, context)


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    place, context, _ = polling(ONE_OF_THREE)
    with pytest.raises(EncodingError):
        both(raw, place, context)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b"\n",
        lambda raw: b" " + raw,
        lambda raw: raw.replace(b'":', b'": ', 1),
        lambda raw: raw.replace(b'"challenge":"', b'"challenge":"0', 1),
        lambda raw: raw.replace(b'"challenge":"', b'"challenge":"+', 1),
        lambda raw: raw.replace(b'"alpha":"', b'"alpha":"0', 1),
        lambda raw: raw.replace(b'"election_uuid":"h', b'"election_uuid":"\\u0068', 1),
        lambda raw: raw.replace(b'"signature":{', b'"signature":{"x":"1",', 1),
        lambda raw: raw[:-1] + b',"weight":1}',
        lambda raw: raw.replace(
            b'"overall_proof":[', b'"overall_proof":[{"challenge":"1","response":"1"},', 1
        ),
        lambda raw: raw + b"x" * 100_000,
        lambda raw: b"",
    ],
)
def test_other_spellings(change: Callable[[bytes], bytes]) -> None:
    place, context, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    with pytest.raises(EncodingError):
        both(change(raw), place, context)


def test_members_in_another_order() -> None:
    place, context, maker = polling(ONE_OF_THREE)
    found = record(maker.make(place.voter, [[0, 1, 0]]).cast().raw)
    for turned in (
        dict(reversed(found.items())),
        {**found, "answers": [dict(reversed(found["answers"][0].items()))]},
    ):
        with pytest.raises(EncodingError):
            both(signed_again(turned, place.voter), place, context)


@pytest.mark.parametrize("excess", [0, 1])
def test_proof_numbers_stay_below_the_order(excess: int) -> None:
    place, context, maker = polling(ONE_OF_THREE)
    changed = record(maker.make(place.voter, [[0, 1, 0]]).cast().raw)
    proof = changed["answers"][0]["overall_proof"][0]
    proof["response"] = str(int(proof["response"]) + place.group.order * excess)
    forged = signed_again(changed, place.voter)
    if excess:
        with pytest.raises(EncodingError):
            both(forged, place, context)
    else:
        both(forged, place, context)


def test_the_error_says_where() -> None:
    place, _, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    forged = raw.replace(b'"individual_proofs"', b'"individual_profs"')
    with pytest.raises(EncodingError) as broken:
        Ballot.parse(forged, place.election, place.group)
    assert broken.value.offset == raw.index(b"individual_proofs")


@pytest.mark.parametrize("name", [b'"election_uuid":"', b'"election_hash":"', b'"signature":{"hash":"'])
@pytest.mark.parametrize("character", [b"\\", b"\0", b"=", b"-", b"\x7f"])
def test_texts_hold_nothing_but_their_alphabet(name: bytes, character: bytes) -> None:
    place, _, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    start = raw.index(name) + len(name)
    with pytest.raises(EncodingError):
        Ballot.parse(raw[:start] + character + raw[start + 1 :], place.election, place.group)


def test_long_ballots_are_not_even_split() -> None:
    place, context, maker = polling(ONE_OF_THREE)
    raw = maker.make(place.voter, [[0, 1, 0]]).cast().raw
    assert len(raw) <= context.form.max_size < 2 * len(raw)
    with pytest.raises(EncodingError, match="at most"):
        verify_raw(raw + b'"' * len(raw), context)
