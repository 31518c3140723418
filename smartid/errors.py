"""Everything that can go wrong, as one tree.

::

    SmartIDError
    ├── TransportError          the wire
    │   ├── NoService           no PC/SC service answers
    │   ├── NoReader            no reader is plugged in, or none of that name
    │   ├── NoCard              the reader is empty
    │   ├── CardRemoved         the card left, lost power or was reset while we spoke
    │   ├── ReaderBusy          another program holds the reader
    │   ├── APDUTooLong         the reader cannot carry an APDU of this length
    │   └── TraceMismatch       a played trace expected another command
    ├── EncodingError           bytes that break a format (offset, expected, standard)
    ├── CardError               the card said no (command, sw)
    │   ├── WrongPIN            (tries_left)
    │   ├── PINBlocked          (unblocked_by)
    │   ├── LastTryRefused      one try is left and the caller did not ask to spend it
    │   ├── SecurityStatusNotSatisfied
    │   ├── ConditionsNotSatisfied
    │   ├── FileNotFound
    │   ├── ReferenceNotFound
    │   └── CommandNotSupported
    ├── PINFormatError          a PIN that the card could never accept; nothing was sent
    ├── PINEntryCancelled       the holder cancelled, or let time run out
    ├── SecureMessagingError    the channel is broken and dead
    ├── UnsupportedCard         no profile matches (atr)
    ├── UnsupportedFeature      (profile, feature, why)
    ├── SignatureInvalid        a signature that its key did not make
    ├── AlgorithmRefused        an algorithm, key size or curve that the policy does not allow
    ├── LevelNotReached         a signature level that what is at hand does not allow (level, why)
    ├── FetchFailed             a service on the network gave no usable answer (url, why)
    ├── StoreUnavailable        the place where logins or a ledger are kept gives no answer (why)
    ├── LedgerBroken            a ledger is not what was written into it (block, why)
    ├── ElectionInvalid         an election archive does not prove its result (check, where, why)
    ├── ExtraMissing            an optional part of the installation is not there (extra)
    ├── FontMissing             no font to draw a visible signature with
    ├── NotTrusted              verification did not pass (verdict)
    ├── AuthenticationError     a login failed (reason)
    │   ├── ChallengeExpired    no challenge is open, or its time is over
    │   ├── OriginMismatch      the request came from another site
    │   └── BadToken            the token, its certificate or its signature is not to be believed
    └── ServiceError            a service did not do what was asked (reason)
        ├── Refused             a rule, a limit, a scheme or the other side says no
        ├── Duplicate           it was done before, and once is all (receipt)
        └── GatewayUnavailable  the other side gave no answer (retry_after, reversal_queued)

Every message says what happened, who did it, and what to do next. Facts are attributes, not only text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from smartid.trust.verdict import Verdict


class SmartIDError(Exception):
    """Base of every error that this library raises on purpose.

    remedy  the next step a person can take, one sentence; empty when the message already says it
    """

    remedy: str = ""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        if remedy:
            self.remedy = remedy

    @property
    def message(self) -> str:
        """What happened, without the remedy."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}" if self.remedy else self.message


class TransportError(SmartIDError):
    """The wire failed: service, reader, card presence, or a broken exchange of bytes."""


class NoService(TransportError):
    """No PC/SC service answers on this machine."""

    remedy = "Start it (for example: sudo systemctl start pcscd), or use a mock card: --reader mock:FILE.card"


class NoReader(TransportError):
    """No reader is present, or none whose name contains the text asked for."""

    remedy = "Plug in a reader, or use a mock card: --reader mock:FILE.card"


class NoCard(TransportError):
    """The reader holds no card."""

    remedy = "Put the card in the reader, chip first."


class CardRemoved(TransportError):
    """The card left the reader, lost power, or was reset by another program while we spoke to it.

    What was verified on the card is gone. A PIN is never presented again without being asked for.
    """

    remedy = "Insert the card and start again."


class ReaderBusy(TransportError):
    """Another program holds the reader exclusively."""

    remedy = (
        "Close the program that uses the card (a browser, gpg-agent, a signing application) and try again."
    )


class APDUTooLong(TransportError):
    """The reader cannot carry an APDU of this length. Shorter ones may pass."""


class TraceMismatch(TransportError):
    """A played trace holds another command than the one that was sent.

    line  line number in the trace file, from 1
    """

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


class EncodingError(SmartIDError):
    """Bytes or text that break a format.

    what      the structure that was being read, e.g. "BER-TLV"
    offset    where in the input the reader stopped, in bytes (or characters) from 0
    expected  what would have been right there
    standard  where the format is defined, with its edition
    """

    def __init__(self, what: str, *, offset: int, expected: str, standard: str = "") -> None:
        source = f" ({standard})" if standard else ""
        super().__init__(f"{what} is malformed at offset {offset}: expected {expected}{source}.")
        self.what = what
        self.offset = offset
        self.expected = expected
        self.standard = standard


class CardError(SmartIDError):
    """The card answered a command with an error.

    command  the command in words, without its data ("VERIFY 00 20 00 01")
    sw       status word, 16 bits
    """

    def __init__(self, message: str, *, command: str = "", sw: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.command = command
        self.sw = sw


class WrongPIN(CardError):
    """The PIN was wrong and one try was spent.

    tries_left  how many wrong PINs the card still accepts, None when the card does not tell
    """

    def __init__(self, message: str, *, tries_left: int | None, command: str = "", sw: int = 0) -> None:
        super().__init__(message, command=command, sw=sw)
        self.tries_left = tries_left


class PINBlocked(CardError):
    """The PIN has no tries left.

    unblocked_by  name of the PIN or PUK that unblocks it, None when only the issuer can
    """

    def __init__(self, message: str, *, unblocked_by: str | None, command: str = "", sw: int = 0) -> None:
        super().__init__(message, command=command, sw=sw)
        self.unblocked_by = unblocked_by


class LastTryRefused(CardError):
    """One try is left, and the caller did not say that it may be spent. Nothing was sent."""

    tries_left = 1


class SecurityStatusNotSatisfied(CardError):
    """The card wants a PIN or a secure channel first (SW 6982)."""


class ConditionsNotSatisfied(CardError):
    """The command is known but not possible now (SW 6985)."""


class FileNotFound(CardError):
    """No such file, record or application on the card (SW 6A82, 6A83)."""


class ReferenceNotFound(CardError):
    """No such PIN, key or data object on the card (SW 6A88)."""


class CommandNotSupported(CardError):
    """The card does not know this instruction or class (SW 6D00, 6E00, 6881, 6884)."""


class PINFormatError(SmartIDError):
    """A PIN of a length or alphabet that the card never accepts. Nothing was sent and no try was spent."""


class PINEntryCancelled(SmartIDError):
    """The holder cancelled the PIN entry, or the time for it ran out. Nothing was sent."""


class SecureMessagingError(SmartIDError):
    """The secure channel is broken; its keys are destroyed and never used again."""


class UnsupportedCard(SmartIDError):
    """No profile matches the card.

    atr  the Answer To Reset of the card
    """

    def __init__(self, message: str, *, atr: bytes, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.atr = atr


class UnsupportedFeature(SmartIDError):
    """This card, or what is publicly known of it, cannot do what was asked.

    profile  name of the card profile
    feature  what was asked for
    why      the reason, one sentence
    """

    def __init__(self, *, profile: str, feature: str, why: str) -> None:
        super().__init__(f"{profile} cannot do this: {feature}. {why}")
        self.profile = profile
        self.feature = feature
        self.why = why


class SignatureInvalid(SmartIDError):
    """The key did not make this signature over this data."""


class AlgorithmRefused(SmartIDError):
    """An algorithm, a key size or a curve is unknown here, does not fit the key, or is not allowed."""


class LevelNotReached(SmartIDError):
    """A signature of this level cannot be made with what is at hand. No document was written.

    level  as in ETSI EN 319 122-1: "B", "T", "LT", "LTA"
    why    what is missing
    """

    def __init__(self, level: str, why: str, *, remedy: str = "") -> None:
        super().__init__(f"A signature of level {level} cannot be made: {why}", remedy=remedy)
        self.level = level
        self.why = why


class FetchFailed(SmartIDError):
    """A time-stamping authority, OCSP responder or list on the network gave no usable answer.

    url  who was asked
    why  what happened
    """

    remedy = "Try again later, or give what it would have answered as a file."

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} gave no usable answer: {why}")
        self.url = url
        self.why = why


class StoreUnavailable(SmartIDError):
    """The database or the server in which logins or a ledger are kept gave no answer.

    Nobody was logged in. What was to be written into a ledger is there as a whole or not at all: ask again
    under the same identifiers, and it is done once.

    why  what the driver said, one line
    """

    remedy = "Check that it runs, that its address is right, and that this program may write there."

    def __init__(self, why: str, *, what: str = "What keeps the logins") -> None:
        super().__init__(f"{what} gives no answer: {why}.")
        self.why = why


class LedgerBroken(SmartIDError):
    """A ledger is not what was written into it: a row was changed, added or removed behind its back.

    block  number of the first block of the hash chain that does not fit, from 1; 0 when it is none of them
    why    what does not fit, one sentence without a full stop
    """

    remedy = "Keep the file as it is, compare with the last signed head, and restore from a copy."

    def __init__(self, why: str, *, block: int) -> None:
        where = f" at block {block}" if block else ""
        super().__init__(f"The ledger is broken{where}: {why}.")
        self.block = block
        self.why = why


class ElectionInvalid(SmartIDError):
    """An election does not prove what it says: a record, a proof, an order or a count does not hold.

    check  which rule was broken: a name from docs/reference/election-checks.md
    where  "event 17", "trustees", "credential 3"; empty when it is the whole archive
    why    what does not hold, one sentence without a full stop
    """

    remedy = "Do not believe the result. Keep this copy, and compare it with copies that others kept."

    def __init__(self, check: str, why: str, *, where: str = "") -> None:
        place = f" at {where}" if where else ""
        super().__init__(f"The election is not valid{place} ({check}): {why}.")
        self.check = check
        self.where = where
        self.why = why


class ExtraMissing(SmartIDError):
    """An optional part of smartid is needed for this and is not installed.

    extra    its name: "pdf", "xml", "pkcs11", "redis", "postgres"
    feature  what was asked for
    """

    def __init__(self, extra: str, feature: str) -> None:
        super().__init__(
            f"{feature} needs an optional part of smartid.",
            remedy=f"Install it: pip install 'smartid[{extra}]'",
        )
        self.extra = extra
        self.feature = feature


class FontMissing(SmartIDError):
    """No font is there to draw the letters of a visible signature with."""

    remedy = "Install one (sudo apt-get install fonts-dejavu-core), or name a TrueType font file."


class NotTrusted(SmartIDError):
    """Verification ended in TOTAL-FAILED or INDETERMINATE.

    verdict  the whole answer, with every check
    """

    def __init__(self, message: str, *, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict


class AuthenticationError(SmartIDError):
    """A login failed.

    reason  one code for programs and logs, a ``smartid.LoginReason``: "signature_invalid"
    """

    def __init__(self, message: str, *, reason: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


class ChallengeExpired(AuthenticationError):
    """No challenge is open for this session: it was used, it is too old, or there never was one."""

    remedy = "Begin the login again."


class OriginMismatch(AuthenticationError):
    """The request came from another site than the one that logs people in here."""


class BadToken(AuthenticationError):
    """The token, its certificate or its signature is not to be believed."""


class ServiceError(SmartIDError):
    """A service did not do what was asked.

    reason  one code for programs and logs, a ``smartid.services.reasons.Reason``: "limit_exceeded"
    """

    def __init__(self, message: str, *, reason: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.reason = reason


class Refused(ServiceError):
    """A rule, a limit, a scheme or the other side says no. Nothing was moved.

    original   the code of the scheme that refused, as it came ("51" of ISO 8583 field 39); empty without one
    limit      which limit was met, by its name in the policy; empty when it was none
    remaining  what that limit still allows, in the unit of the request; None when it is no matter of amounts
    resets_at  when the limit opens again, an aware datetime; None when it does not by itself
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        original: str = "",
        limit: str = "",
        remaining: int | None = None,
        resets_at: datetime | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(message, reason=reason, remedy=remedy)
        self.original = original
        self.limit = limit
        self.remaining = remaining
        self.resets_at = resets_at


class Duplicate(ServiceError):
    """It was done before under this key, and it is done once. Nothing was moved.

    receipt  identifier of the receipt of the first time
    """

    def __init__(self, message: str, *, receipt: str, reason: str = "conflict") -> None:
        super().__init__(message, reason=reason)
        self.receipt = receipt


class GatewayUnavailable(ServiceError):
    """The other side gave no answer, so nobody knows yet what it did.

    retry_after      seconds after which asking again makes sense
    reversal_queued  whether a reversal or an inquiry waits in the outbox and will settle it
    """

    def __init__(self, message: str, *, retry_after: float, reversal_queued: bool = False) -> None:
        super().__init__(message, reason="peer_timeout")
        self.retry_after = retry_after
        self.reversal_queued = reversal_queued
