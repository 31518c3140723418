"""Answers on signed documents: one verdict for each signature, and the report that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from smartid.signing.form import Level, SignatureFamily
from smartid.trust.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """The answer for one signature.

    level           baseline level that was reached, None when not even the signature is sound
    level_missing   the next level up, None at the highest that is judged
    missing_why     what that level lacks, one sentence; empty at the highest
    signer          subject of the signer's certificate, empty when it is not there
    certificate     the signer's certificate in DER, None when it is not there
    signed_at       the time that the signer claims
    best_time       best signature time: the earliest time for which there is proof that the signature existed
    proof           what proves it, one phrase: "time stamp by CN=…"; empty when only the present does
    culprit         the object that caused the answer, for people; empty when it passed
    why, why_fa     the answer explained in one or two plain sentences, English and Persian
    """

    family: SignatureFamily
    verdict: Verdict
    level: Level | None = None
    level_missing: Level | None = None
    missing_why: str = ""
    signer: str = ""
    certificate: bytes | None = None
    signed_at: datetime | None = None
    best_time: datetime
    proof: str = ""
    scope: str = ""
    culprit: str = ""
    why: str = ""
    why_fa: str = ""
    counter_signatures: tuple[SignatureVerdict, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the answer is TOTAL-PASSED."""
        return self.verdict.passed

    def as_dict(self) -> dict[str, object]:
        """JSON form; the keys are part of the command line's promise."""
        return {
            "form": self.family.value,
            "level": self.level.value if self.level else None,
            "level_missing": self.level_missing.value if self.level_missing else None,
            "missing_why": self.missing_why,
            "signer": self.signer,
            "signed_at": _iso(self.signed_at),
            "best_signature_time": _iso(self.best_time),
            "proof": self.proof,
            "scope": self.scope,
            "culprit": self.culprit,
            "explanation": {"en": self.why, "fa": self.why_fa},
            **self.verdict.as_dict(),
            "counter_signatures": [item.as_dict() for item in self.counter_signatures],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """The answers for one document.

    name        of the document, for people
    signatures  in the order in which the document holds them; none is an answer too
    sha256      of the bytes that were verified, hexadecimal; empty when it was not computed
    identity    the verdict on a card, when the document is evidence of a reading; None for all others
    """

    name: str = ""
    signatures: tuple[SignatureVerdict, ...] = ()
    sha256: str = ""
    identity: Verdict | None = None

    @property
    def passed(self) -> bool:
        """Whether there is a signature and every one is TOTAL-PASSED; for evidence, whether the card is."""
        if self.identity:
            return self.identity.passed
        return bool(self.signatures) and all(item.passed for item in self.signatures)

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        document: dict[str, object] = {
            "document": self.name,
            "sha256": self.sha256,
            "signatures": [item.as_dict() for item in self.signatures],
        }
        return document | ({"identity": self.identity.as_dict()} if self.identity else {})


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
