"""The acceptance log: somebody else writes down every tracker before the voter hears that it was accepted.

It runs in a process of its own, with its own folder and key, and a collector gets no receipt without it. It
hears trackers only, never who votes. Folder: ``acceptance.log`` (see ``log``; bodies ``{"election", "time",
"tracker"}``), ``key.pem`` (secret), ``public.pem``.

Messages in the frames of the far sides: ``{"election": uuid, "tracker": T}``; reply ``{"election", "number",
"previous", "signature", "time", "tracker"}``. The signature is Ed25519 over ``smartid acceptance 1``, a line
feed and the reply without the signature, as canonical JSON. A tracker that comes again gets the same reply.

Start: ``python -m smartid.services.voting.acceptance --database FOLDER``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from smartid.crypto import strict_json
from smartid.errors import EncodingError, GatewayUnavailable, SignatureInvalid
from smartid.files import write_whole
from smartid.identity.transaction import MAX_NUMBER, MAX_TIME
from smartid.services.far_side.frame import Arguments, Handler, Link, Switchboard, start
from smartid.services.journal.body import canonical
from smartid.services.journal.keys import load_key, new_key, public_pem
from smartid.services.voting.log import ChainedLog, Line, read_log
from smartid.trust.policy import utc_now

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, KEY, PUBLIC = "acceptance.log", "key.pem", "public.pem"
PREFIX = b"smartid acceptance 1\n"
STANDARD = "smartid acceptance 1"
MAX_MESSAGE = 4096
_TRACKER = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The acceptance log's word that it holds a tracker. Raises EncodingError for what it never says.

    election        uuid
    number          of the entry in the log, from 1
    previous        hash of the entry before: two receipts show when the log told two stories
    time            seconds since 1970-01-01 UTC, by the clock of the log
    tracker         SHA-256 of the ballot, base64 without padding
    signature       64 bytes
    """

    election: str
    number: int
    previous: str
    time: int
    tracker: str
    signature: bytes = b""

    def __post_init__(self) -> None:
        for name, form in (("election", _UUID), ("previous", _HASH), ("tracker", _TRACKER)):
            value = getattr(self, name)
            if not isinstance(value, str) or not form.fullmatch(value):
                raise _broken(name, "its form in an acceptance")
        for name, most in (("number", MAX_NUMBER), ("time", MAX_TIME)):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= most:
                raise _broken(name, f"a whole number from 0 to {most}")

    def message(self) -> bytes:
        """Give the bytes that are signed."""
        members = asdict(self)
        del members["signature"]
        return PREFIX + canonical(members)

    def require(self, key: Ed25519PublicKey) -> None:
        """Check the signature. Raises SignatureInvalid."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        try:
            key.verify(self.signature, self.message())
        except InvalidSignature:
            raise SignatureInvalid(
                "The acceptance was not signed by the key of the acceptance log."
            ) from None

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "signature": self.signature.hex()}

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        """Read the JSON form. Raises EncodingError."""
        names = {"election", "number", "previous", "signature", "time", "tracker"}
        text = members.get("signature")
        if members.keys() != names or not isinstance(text, str) or not re.fullmatch("[0-9a-f]{128}", text):
            raise _broken("acceptance", "exactly the members of the format")
        return cls(**{**members, "signature": bytes.fromhex(text)})


class AcceptanceLog:
    """The log itself. Its own process has it; tests may."""

    def __init__(
        self, folder: Path, key: Ed25519PrivateKey, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._log = ChainedLog(folder / LOG)
        self._key = key
        self._clock = clock
        self._known: dict[tuple[str, str], Acceptance] = {}

    def accept(self, election: str, tracker: str) -> Acceptance:
        """Write a tracker down, once. Raises EncodingError, StoreUnavailable."""
        with self._log.turn() as new:
            for line in new:
                self._know(line)
            known = self._known.get((election, tracker))
            if known is None:
                number, previous = self._log.head
                time = int(self._clock().timestamp())
                Acceptance(election=election, number=number, previous=previous, time=time, tracker=tracker)
                known = self._know(self._log.append({"election": election, "time": time, "tracker": tracker}))
        return Acceptance(**{**_members(known), "signature": self._key.sign(known.message())})

    def answer(self, raw: bytes) -> bytes | None:
        """Answer one message; None for what cannot be read."""
        try:
            found = strict_json.parse_object(raw[: MAX_MESSAGE + 1], "message")
            if found.keys() != {"election", "tracker"}:
                return None
            return canonical(self.accept(found["election"], found["tracker"]).as_dict())
        except (EncodingError, TypeError):
            return None

    def _know(self, line: Line) -> Acceptance:
        found = acceptance_of(line)
        self._known[found.election, found.tracker] = found
        return found


class AcceptanceLink:
    """The collector's end of the acceptance log. Threads share it.

    Whatever it answers is checked against the key of the log.
    """

    def __init__(self, port: int, key: Ed25519PublicKey, *, timeout: float = 5.0) -> None:
        self._link = Link(port, key=_tracker_of)
        self._key = key
        self._timeout = timeout

    def accept(self, election: str, tracker: str) -> Acceptance:
        """Have a tracker written down. Raises GatewayUnavailable; asking again is safe."""
        message = canonical({"election": election, "tracker": tracker})
        raw = self._link.request(message, self._timeout)
        try:
            found = Acceptance.of(strict_json.parse_object(raw, "acceptance"))
            found.require(self._key)
        except (EncodingError, SignatureInvalid) as error:
            raise GatewayUnavailable(error.message, retry_after=self._timeout) from error
        if (found.election, found.tracker) != (election, tracker):
            raise GatewayUnavailable("The acceptance log answered something else.", retry_after=self._timeout)
        return found

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


def read_acceptances(path: Path) -> Iterator[Acceptance]:
    """Read a log; entries come without signatures. Raises EncodingError, OSError."""
    return map(acceptance_of, read_log(path))


def acceptance_of(line: Line) -> Acceptance:
    """Read one line. Raises EncodingError."""
    if line.body.keys() != {"election", "time", "tracker"}:
        raise _broken(f"line {line.number}", "election, time and tracker")
    return Acceptance(number=line.number, previous=line.previous, **line.body)


def open_key(folder: Path) -> Ed25519PrivateKey:
    """Give the log's key, made at the first start with its public half beside it."""
    path = folder / KEY
    key = load_key(path) if path.exists() else new_key(path)
    write_whole(folder / PUBLIC, public_pem(key.public_key()), mode=0o644)
    return key


def handler(arguments: Arguments, faults: Switchboard) -> Handler:
    """Make the log for a process of its own; ``arguments.database`` is its folder."""
    del faults
    folder = Path(arguments.database)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return AcceptanceLog(folder, open_key(folder)).answer


def _members(found: Acceptance) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("election", "number", "previous", "time", "tracker")}


def _tracker_of(message: bytes) -> str:
    try:
        return str(json.loads(message)["tracker"])
    except (ValueError, KeyError, TypeError) as error:
        raise _broken("message", "JSON with a tracker") from error


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)


if __name__ == "__main__":
    start(handler)
