"""Result codes of PC/SC as errors of this library.

The values are those of PC/SC part 5 and of pcsc-lite's pcsclite.h; they are the same on every system.
"""

from __future__ import annotations

from smartid.errors import CardRemoved, NoCard, NoReader, NoService, ReaderBusy, TransportError

SUCCESS = 0
INVALID_HANDLE = 0x80100003
INVALID_PARAMETER = 0x80100004
INSUFFICIENT_BUFFER = 0x80100008
UNKNOWN_READER = 0x80100009
TIMEOUT = 0x8010000A
SHARING_VIOLATION = 0x8010000B
NO_SMARTCARD = 0x8010000C
PROTO_MISMATCH = 0x8010000F
INVALID_VALUE = 0x80100011
NOT_TRANSACTED = 0x80100016
READER_UNAVAILABLE = 0x80100017
NO_SERVICE = 0x8010001D
SERVICE_STOPPED = 0x8010001E
NO_READERS_AVAILABLE = 0x8010002E
COMM_ERROR = 0x80100013
UNRESPONSIVE_CARD = 0x80100066
UNPOWERED_CARD = 0x80100067
RESET_CARD = 0x80100068
REMOVED_CARD = 0x80100069
SECURITY_VIOLATION = 0x8010006A
NO_ACCESS = 0x80100027

SERVICE_GONE = frozenset({NO_SERVICE, SERVICE_STOPPED, INVALID_HANDLE, COMM_ERROR})
"""What calls return after the service has ended or has been started anew."""
CARD_GONE = frozenset({NO_SMARTCARD, REMOVED_CARD, UNPOWERED_CARD, READER_UNAVAILABLE, UNKNOWN_READER})
TOO_LONG = frozenset({NOT_TRANSACTED, INSUFFICIENT_BUFFER, INVALID_PARAMETER, INVALID_VALUE})
"""What a reader or its driver answers when it cannot carry an APDU."""

_POLKIT = (
    "Allow it: a polkit rule (for example /etc/polkit-1/rules.d/50-pcscd.rules) that returns "
    "polkit.Result.YES for the actions org.debian.pcsc-lite.access_pcsc and "
    "org.debian.pcsc-lite.access_card and for your user."
)

_KNOWN: dict[int, tuple[type[TransportError], str, str]] = {
    NO_SERVICE: (NoService, "No PC/SC service answers.", ""),
    SERVICE_STOPPED: (NoService, "The PC/SC service has stopped.", ""),
    INVALID_HANDLE: (NoService, "The PC/SC service was restarted and has forgotten us.", "Connect again."),
    COMM_ERROR: (NoService, "The connection to the PC/SC service broke.", "Connect again."),
    SECURITY_VIOLATION: (NoService, "The PC/SC service denies this user access.", _POLKIT),
    NO_ACCESS: (NoService, "The PC/SC service denies this user access.", _POLKIT),
    NO_READERS_AVAILABLE: (NoReader, "No reader is plugged in.", ""),
    UNKNOWN_READER: (NoReader, "The reader is not there any more.", ""),
    READER_UNAVAILABLE: (NoReader, "The reader is not there any more.", ""),
    NO_SMARTCARD: (NoCard, "The reader is empty.", ""),
    REMOVED_CARD: (CardRemoved, "The card was taken out.", ""),
    UNPOWERED_CARD: (CardRemoved, "The card has lost power.", ""),
    RESET_CARD: (
        CardRemoved,
        "Another program reset the card: what was selected and verified is gone, and nothing was sent again.",
        "Close the other program and start again.",
    ),
    UNRESPONSIVE_CARD: (
        NoCard,
        "A card is in the reader and does not answer.",
        "Take it out, clean its contacts, and put it in again, chip first.",
    ),
    SHARING_VIOLATION: (ReaderBusy, "Another program uses the reader exclusively.", ""),
    PROTO_MISMATCH: (
        TransportError,
        "Card and reader agree on no protocol.",
        "Take the card out and put it in again; close other programs that use it.",
    ),
}


def error_of(code: int, *, reader: str = "") -> TransportError:
    """The error for a PC/SC result code that is not success."""
    kind, sentence, remedy = _KNOWN.get(
        code, (TransportError, f"PC/SC reports the error 0x{code:08X}.", "Take the card out and start again.")
    )
    return kind(f"{reader}: {sentence}" if reader else sentence, remedy=remedy)


def check(code: int, *, reader: str = "") -> None:
    """Raise the error for ``code`` unless it is success."""
    if code != SUCCESS:
        raise error_of(code, reader=reader)
