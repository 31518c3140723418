"""The answer to "may I believe it", in the words of ETSI EN 319 102-1 V1.4.1 (2024-06), 5.1.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Indication(Enum):
    """The three answers."""

    TOTAL_PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    TOTAL_FAILED = "TOTAL-FAILED"


class SubIndication(Enum):
    """Why an answer is not TOTAL-PASSED."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"

    @property
    def indication(self) -> Indication:
        """The answer that goes with this reason (EN 319 102-1 V1.4.1, table 5)."""
        return Indication.TOTAL_FAILED if self in _DEFINITE else Indication.INDETERMINATE


_DEFINITE = {
    SubIndication.FORMAT_FAILURE,
    SubIndication.HASH_FAILURE,
    SubIndication.SIG_CRYPTO_FAILURE,
    SubIndication.REVOKED,
    SubIndication.EXPIRED,
    SubIndication.NOT_YET_VALID,
}


class CheckStatus(Enum):
    """How one check ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, or that was not.

    name    what: "document_security_object", "hash_DG1", "chip_authentication", "revocation"
    status  how it ended
    detail  one sentence for a person
    """

    name: str
    status: CheckStatus
    detail: str

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"name": self.name, "status": self.status.value, "detail": self.detail}

    def __reduce__(self) -> tuple[type[Check], tuple[str, CheckStatus, str]]:
        # Batches send them from process to process by the million; the way of dataclasses is slow.
        return Check, (self.name, self.status, self.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, why, on whose word, and when.

    anchor      subject of the trust anchor that the answer rests on, None without one
    time        the time for which the question was answered (UTC)
    throw_away  the anchor belongs to the throw-away PKI of the mock cards: worth nothing outside a test
    """

    indication: Indication
    sub_indication: SubIndication | None = None
    anchor: str | None = None
    time: datetime
    checks: tuple[Check, ...] = ()
    throw_away: bool = False

    @property
    def passed(self) -> bool:
        """Whether the answer is TOTAL-PASSED."""
        return self.indication is Indication.TOTAL_PASSED

    def as_dict(self) -> dict[str, object]:
        """JSON form; the keys are part of the command line's promise."""
        return {
            "indication": self.indication.value,
            "sub_indication": self.sub_indication.value if self.sub_indication else None,
            "anchor": self.anchor,
            "time": self.time.isoformat(timespec="seconds"),
            "throw_away": self.throw_away,
            "checks": [check.as_dict() for check in self.checks],
        }
