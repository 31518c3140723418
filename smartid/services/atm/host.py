"""The machine's end of the line to its switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from smartid.errors import EncodingError, GatewayUnavailable, Refused
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import SPEC, Answer
from smartid.services.reasons import Reason
from smartid.services.spine.outbox import Message, Reply

REASONS = {
    Answer.DO_NOT_HONOUR: Reason.DECLINED,
    Answer.INVALID: Reason.INVALID_REQUEST,
    Answer.INVALID_AMOUNT: Reason.INVALID_REQUEST,
    Answer.NO_SUCH_ACCOUNT: Reason.DECLINED,
    Answer.FORMAT_ERROR: Reason.PEER_REJECTED,
    Answer.INSUFFICIENT: Reason.INSUFFICIENT,
    Answer.WRONG_PIN: Reason.NEEDS_PIN,
    Answer.OVER_LIMIT: Reason.LIMIT_EXCEEDED,
    Answer.SECURITY: Reason.PEER_REJECTED,
    Answer.PIN_BLOCKED: Reason.CARD_BLOCKED,
    Answer.NOT_SIGNED_ON: Reason.PEER_REJECTED,
    Answer.REVERSED_BEFORE: Reason.CONFLICT,
}
_ECHOED = ("3", "4", "7", "11", "32", "37", "41", "90")
_SAID = {
    Answer.INSUFFICIENT: "The account has too little for this.",
    Answer.WRONG_PIN: "The PIN is wrong.",
    Answer.PIN_BLOCKED: "The PIN was wrong too often; the account is blocked for cash machines.",
    Answer.OVER_LIMIT: "The bank allows no more than this today.",
    Answer.NO_SUCH_ACCOUNT: "The bank does not know this account.",
}


class Line(Protocol):
    """A connection to the switch: ``services.far_side.frame.Link``, or another one."""

    def request(self, message: bytes, timeout: float) -> bytes:
        """Send a message and wait for its reply. Raises GatewayUnavailable."""
        ...


class Host:
    """Asks the switch. What cannot be read is no answer."""

    def __init__(self, line: Line, *, timeout: float = 10.0) -> None:
        self._line = line
        self._timeout = timeout

    def ask(self, fields: Mapping[str, str | bytes]) -> dict[str, str]:
        """Send a request and give the fields of its answer. Raises GatewayUnavailable."""
        message = cash_machine.encode(fields)
        reply = self._line.request(message, self._timeout)
        try:
            answer = cash_machine.decode(reply)
        except EncodingError as error:
            raise GatewayUnavailable(f"The switch's answer cannot be read: {error}", retry_after=1) from error
        if not _belongs(answer, fields) or "39" not in answer:
            raise GatewayUnavailable("The switch answered something else.", retry_after=1)
        return answer

    def tell(self, message: Message, attempt: int) -> Reply | None:
        """Deliver a reversal (``Outbox.deliver``): first as 0420, then as 0421 until it is answered."""
        fields = {name: str(value) for name, value in message.payload.items()}
        if attempt > 1:
            fields["t"] = "0421"
        answer = self.ask(fields)
        return Reply(content={"39": answer["39"]}) if answer["39"] == Answer.APPROVED else None


def _belongs(answer: Mapping[str, str], asked: Mapping[str, str | bytes]) -> bool:
    """Tell whether an answer is that to a request. A trace number comes again, and others have it too."""
    kind = str(asked["t"])
    if answer["t"] != f"{kind[:2]}{int(kind[2]) + 1}0" or not {"7", "11", "41"} <= answer.keys():
        return False
    named = {name: SPEC.by_name[name].fit(asked[name]) for name in _ECHOED if name in asked}
    return all(answer.get(name, text) == text for name, text in named.items())


def refusal(code: str) -> Refused:
    """Say in our words what the switch said in its own."""
    known = Answer(code) if code in set(Answer) else Answer.DO_NOT_HONOUR
    text = _SAID.get(known, f"The bank says no (response code {code}).")
    return Refused(text, reason=REASONS.get(known, Reason.DECLINED), original=code)
