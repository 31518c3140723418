"""What follows from the ballots: the encrypted tally, the shares of it, the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.order import Stage
from smartid.services.voting.compact import compact
from smartid.services.voting.groups.base import Group
from smartid.services.voting.trustees.binding import Bound, bindings_of, check_bound, read_bindings
from smartid.services.voting.trustees.combine import check_counts, combine, needed, parse_result
from smartid.services.voting.trustees.partial import Share, check_share
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.values import Ciphertext
from smartid.services.voting.verify.products import Products
from smartid.services.voting.verify.report import EncryptedTally, Result, tally_json
from smartid.services.voting.verify.survey import Survey


def trustees_of(found: Survey) -> Trustees:
    """Read the trustees, and check that their keys make the key of the election.

    Raises ElectionInvalid (trustees, election-key).
    """
    with _named("trustees", "trustees"):
        trustees = Trustees.parse(found.trustees, found.group)
    if found.group.encode(trustees.public_key) != found.election.public_key:
        why = "the key of the election is not the product of the trustees' keys"
        raise ElectionInvalid("election-key", why, where="election")
    return trustees


def recomputed(found: Survey, products: Products) -> EncryptedTally:
    """Write the tally that follows from the ballots."""
    weights = [weight for number in range(found.ballots) if (weight := found.weight(number))]
    return EncryptedTally(
        raw=compact(tally_json(products, found.group)),
        num_tallied=len(weights),
        total_weight=sum(weights),
        ciphertexts=products,
    )


def check_tally(found: Survey, tally: EncryptedTally) -> None:
    """Compare with what is published. Raises ElectionInvalid (tally-count, tally-value)."""
    if found.tally is None:
        return
    raw, sized = found.tally
    if (sized.num_tallied, sized.total_weight) != (tally.num_tallied, tally.total_weight):
        why = f"{tally.num_tallied} ballots of weight {tally.total_weight} count, and it says otherwise"
        raise ElectionInvalid("tally-count", why, where="encrypted tally")
    if raw != tally.raw:
        why = "it is not the product of the ballots that count"
        raise ElectionInvalid("tally-value", why, where="encrypted tally")


def check_shares(found: Survey, trustees: Trustees, tally: EncryptedTally) -> dict[int, Share]:
    """Check every share that is there. Raises ElectionInvalid (share-form, share-owner, share-proof)."""
    shares: dict[int, Share] = {}
    for owner, raw in found.shares:
        where = f"share of trustee {owner}"
        with _named("share-form", where):
            share = Share.parse(raw, found.group)
        check_share(
            share,
            owner,
            trustees=trustees,
            tally=tally.ciphertexts,
            fingerprint=found.election.fingerprint,
            group=found.group,
        )
        shares[owner] = share
    return shares


def check_bindings(
    found: Survey, trustees: Trustees, tally: EncryptedTally, shares: Mapping[int, Share]
) -> int:
    """Check the second proof of every share, and tell how many that are; 0 when none are published.

    Raises ElectionInvalid (share-binding), OSError.
    """
    place = bindings_of(found.path)
    if not place.exists():
        return 0
    with _named("share-binding", place.name):
        bindings = read_bindings(place, found.group)
    for owner, raw in found.shares:
        bound = Bound(
            group=found.group,
            fingerprint=found.election.fingerprint,
            owner=owner,
            public=trustees.owners[owner - 1],
            tally=tally.ciphertexts,
            tally_raw=tally.raw,
            share=raw,
        )
        check_bound(bound, shares[owner], bindings.get(owner))
    return len(shares)


def check_result(
    found: Survey, trustees: Trustees, tally: EncryptedTally, shares: dict[int, Share]
) -> Result | None:
    """Check the result, if there is one.

    A group of trustees gives exactly as many shares as its threshold: tools up to 2.0 refuse an election in
    which one share too many is wrong, so none is put there.
    Raises ElectionInvalid (share-count, result-form, result-value, result-bounds).
    """
    if found.result is None:
        return None
    needed(trustees, shares)
    for item, seats in trustees.seats():
        if sum(owner in seats for owner in shares) > item.threshold:
            who = f"trustees {seats[0]} to {seats[-1]}"
            raise ElectionInvalid("share-count", f"more than {item.threshold} shares", where=who)
    with _named("result-form", "result"):
        counts = parse_result(found.result)
    if [len(row) for row in counts] != [question.slots for question in found.election.questions]:
        raise ElectionInvalid("result-form", "there is not one number for every answer", where="result")
    if max(map(max, counts)) > tally.total_weight:
        raise ElectionInvalid("result-bounds", "a number is larger than all ballots together", where="result")
    combine(trustees, shares, _less(tally.ciphertexts, counts, found.group), found.group, bound=0)
    check_counts(found.election.questions, counts, tally.total_weight)
    return counts


def _less(products: Products, counts: Result, group: Group) -> Products:
    """Take the published numbers away: what stays must open to 0, and no logarithm has to be looked for."""
    return tuple(
        tuple(
            Ciphertext(one.alpha, group.multiply(one.beta, group.invert(group.exponentiate(count))))
            for one, count in zip(slots, row, strict=True)
        )
        for slots, row in zip(products, counts, strict=True)
    )


def stage_of(found: Survey, trustees: Trustees, shares: dict[int, Share]) -> Stage:
    """Say how far the election has come."""
    if found.result is not None:
        return Stage.RESULT
    if found.tally is not None:
        return Stage.DECRYPTED if _enough(trustees, shares) else Stage.TALLIED
    if found.closed:
        return Stage.CLOSED
    return Stage.VOTING if found.ballots else Stage.SETUP


def applied(found: Survey, shares: int, bound: int = 0) -> tuple[tuple[str, int], ...]:
    """Count what every rule was applied to, leaving out rules that had nothing to judge."""
    events, ballots, credentials = found.head.event.height + 1, found.ballots, len(found.roll)
    counts = Counter(
        {
            **dict.fromkeys(("container", "event-chain", "event-order", "event-records"), events),
            **dict.fromkeys(("election", "election-key", "trustees"), 1),
            **dict.fromkeys(("roll-form", "roll-group", "roll-distinct"), credentials),
            **dict.fromkeys(("ballot-election", "ballot-form", "ballot-credential"), ballots),
            **dict.fromkeys(("ballot-repeated", "ballot-proof", "ballot-signature"), ballots),
            **dict.fromkeys(("tally-count", "tally-value"), int(found.tally is not None)),
            **dict.fromkeys(("share-form", "share-owner", "share-proof"), shares),
            "share-binding": bound,
            **dict.fromkeys(("share-count", "result-form"), int(found.result is not None)),
            **dict.fromkeys(("result-value", "result-bounds"), int(found.result is not None)),
        }
    )
    return tuple((name, count) for name, count in counts.items() if count)


def _enough(trustees: Trustees, shares: dict[int, Share]) -> bool:
    return all(sum(owner in seats for owner in shares) >= item.threshold for item, seats in trustees.seats())


@contextmanager
def _named(check: str, where: str) -> Iterator[None]:
    """Turn a broken form into the rule that it breaks."""
    try:
        yield
    except EncodingError as error:
        raise ElectionInvalid(check, f"{error.what}: expected {error.expected}", where=where) from error
