"""Was it the holder's card that agreed, to exactly this?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from smartid.errors import Refused
from smartid.identity.transaction import Authorization
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Authorized, Holder, Prepared
from smartid.trust.policy import Policy, utc_now


class Proofs:
    """Judges transaction certificates and what they signed.

    policy      whom the service believes
    pseudonyms  makes the holder's name at the service from the national number in the certificate
    lifetime    how long an answer about a certificate is kept
    """

    def __init__(
        self,
        policy: Policy,
        *,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime] = utc_now,
        lifetime: timedelta = timedelta(minutes=5),
    ) -> None: ...

    def holder(self, certificate: bytes, service: str) -> Holder:
        """Say who holds a card, from the certificate of its transaction key.

        Raises Refused: bad_proof; card_expired; card_revoked; status_stale.
        """

    def verify(self, prepared: Prepared, authorization: Authorization) -> Authorized:
        """Check that the holder agreed to exactly what was prepared.

        Raises Refused: bad_proof; quote_expired; and what ``holder`` raises.
        """

    def verify_many(self, pairs: Iterable[tuple[Prepared, Authorization]]) -> Sequence[Authorized | Refused]:
        """Check many: each gives its answer, or the error that ``verify`` would raise."""
