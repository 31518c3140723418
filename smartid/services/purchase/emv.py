"""EMV application cryptograms, for acquirers whose cards are EMV cards beside being national cards.

Verifies an ARQC and makes the ARPC with Triple DES, as EMV 4.4 (2022), Book 2, 8.1 and A1.1 to A1.4: option A
derivation, common session key, method 1. The arithmetic is ``pyemv``'s (extra "services"), and keys are in
memory: it is for tests and trials. Offline data authentication (SDA, DDA, CDA) is not here.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from smartid.errors import ExtraMissing, Refused
from smartid.services.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardCounter:
    """Which card, and which of its transactions.

    pan       primary account number, digits
    sequence  PAN sequence number, two digits (tag 5F34)
    counter   application transaction counter, 2 bytes (tag 9F36)
    """

    pan: str
    sequence: str
    counter: bytes

    def __repr__(self) -> str:
        return f"CardCounter(•••{self.pan[-4:]}, {self.counter.hex()})"


def verify_cryptogram(issuer_key: bytes, card: CardCounter, data: bytes, cryptogram: bytes) -> None:
    """Check an ARQC (tag 9F26) over the transaction's data, which is padded here (ISO/IEC 9797-1, method 2).

    issuer_key  issuer's master key for cryptograms, 16 bytes

    Raises Refused (bad_proof), ExtraMissing.
    """
    if not hmac.compare_digest(_cryptogram(issuer_key, card, data), cryptogram):
        raise Refused("The card did not make this cryptogram.", reason=Reason.BAD_PROOF)


def answer_cryptogram(issuer_key: bytes, card: CardCounter, cryptogram: bytes, code: str) -> bytes:
    """Make the issuer's answer, an ARPC of 8 bytes, for a verified ARQC. ``code``: two digits, as tag 8A."""
    emv = _library()
    return bytes(
        emv.ac.generate_arpc_1(_session_key(emv, issuer_key, card), cryptogram, code.encode("ascii"))
    )


def _cryptogram(issuer_key: bytes, card: CardCounter, data: bytes) -> bytes:
    emv = _library()
    return bytes(emv.ac.generate_ac(_session_key(emv, issuer_key, card), data, emv.ac.PaddingType.EMV))


def _session_key(emv: Any, issuer_key: bytes, card: CardCounter) -> bytes:
    card_key = emv.kd.derive_icc_mk_a(issuer_key, card.pan, card.sequence)
    return bytes(emv.kd.derive_common_sk(card_key, card.counter + bytes(6)))


def _library() -> Any:
    try:
        import pyemv  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("services", "An EMV cryptogram") from error
    return pyemv
