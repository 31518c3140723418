"""A trustee's share of a result: the one place where a trustee's key meets ciphertexts.

They are the sums that the trustee has just computed itself, over ballots that it has just verified, of a
board that is closed. Nothing here or elsewhere takes a ciphertext and decrypts it. A share is refused

* for a board that is not what its rules say, or whose published tally is another one (``verify``),
* when fewer ballots count than the trustee's own minimum: a sum of few says too much about each,
* when ballots have weights: sums with the weights 1, 1000, 1000000 are no secrets,
* when the trustee has decrypted another tally of the same election: the difference of two is a ballot.

Ballots of people who are in league with the host count like others: a minimum helps against small elections,
not against a host that stuffs its own votes around one that it wants to know.
"""

from __future__ import annotations

from pathlib import Path

from smartid.errors import ElectionInvalid, Refused
from smartid.services.reasons import Reason
from smartid.services.voting import proofs
from smartid.services.voting.compact import sha256_hex
from smartid.services.voting.trustees.binding import Bound, bind_share
from smartid.services.voting.trustees.partial import OwnShare, Share
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.verify.counting import check_tally, recomputed, trustees_of
from smartid.services.voting.verify.report import EncryptedTally
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.second_pass import Progress, verified_product
from smartid.services.voting.verify.survey import survey


def decrypt_share(
    trustee: TrusteeFolder, board: Path, *, workers: int = 1, progress: Progress | None = None
) -> OwnShare:
    """Verify a closed board with its encrypted tally, add it up, and give this trustee's share of it.

    The same board again gives a share again; only its proofs are new. Publish its binding with it.
    Raises ElectionInvalid, EncodingError, Refused (too_few_ballots, conflict, declined, wrong_state,
    bad_proof), OSError.
    """
    found = survey(board)
    if found.tally is None:
        raise ElectionInvalid("stage", "the encrypted tally is not on the board yet")
    owner = trustee.owner(trustees_of(found))
    with Notes(None) as notes:
        tally = recomputed(found, verified_product(found, notes, workers=workers, progress=progress))
    check_tally(found, tally)
    fingerprint = found.election.fingerprint
    with trustee.alone():
        _require_enough(trustee.minimum, tally)
        trustee.remember(fingerprint, sha256_hex(tally.raw))
        key = trustee.key
    secret = key.exponent
    rows = [
        [proofs.prove_decryption(key.group, secret, one.alpha, fingerprint) for one in row]
        for row in tally.ciphertexts
    ]
    share = Share(
        factors=tuple(tuple(factor for factor, _ in row) for row in rows),
        proofs=tuple(tuple(proof for _, proof in row) for row in rows),
    )
    raw = share.encode(key.group)
    bound = Bound(
        group=key.group,
        fingerprint=fingerprint,
        owner=owner,
        public=key.public,
        tally=tally.ciphertexts,
        tally_raw=tally.raw,
        share=raw,
    )
    return OwnShare(owner=owner, raw=raw, binding=bind_share(bound, secret))


def _require_enough(minimum: int, tally: EncryptedTally) -> None:
    if tally.num_tallied < minimum:
        raise Refused(
            f"{tally.num_tallied} ballots count, and this trustee decrypts no fewer than {minimum}.",
            reason=Reason.TOO_FEW_BALLOTS,
            limit="minimum",
            remedy="So few votes are no secret once they are added up. The folder's owner sets the minimum.",
        )
    if tally.total_weight != tally.num_tallied:
        raise Refused(
            "Some ballots count more than others, and a sum can then show single votes.",
            reason=Reason.DECLINED,
            limit="weights",
            remedy="This trustee decrypts elections in which every vote counts once.",
        )
