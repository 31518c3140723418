"""A PC/SC service in a few lines, for what no virtual reader does: PIN pads, small readers, trouble."""

from __future__ import annotations

from collections import deque

from smartid.transport import pcsc_errors as codes


class FakeSCard:
    """One reader with a card. ``answers`` holds the results of the next calls, by name of the call."""

    def __init__(self, name: str = "Fake Reader 00", atr: bytes = bytes.fromhex("3B80800101")) -> None:
        self.name = name
        self.atr = list(atr)
        self.state = 0x10022
        self.answers: dict[str, deque[object]] = {}
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.features = b""
        self.open_contexts = 0

    def will(self, call: str, *results: object) -> None:
        self.answers.setdefault(call, deque()).extend(results)

    def _result(self, call: str, default: object, *arguments: object) -> object:
        self.calls.append((call, arguments))
        queue = self.answers.get(call)
        return queue.popleft() if queue else default

    def count(self, call: str) -> int:
        return sum(name == call for name, _ in self.calls)

    def SCardEstablishContext(self, scope):
        self.open_contexts += 1
        return self._result("establish", (0, 7), scope)

    def SCardReleaseContext(self, context):
        self.open_contexts -= 1
        return 0

    def SCardListReaders(self, context, groups):
        return self._result("list", (0, [self.name]))

    def SCardGetStatusChange(self, context, milliseconds, states):
        return self._result("status", (0, [(self.name, self.state, self.atr)]), milliseconds)

    def SCardConnect(self, context, reader, mode, protocols):
        return self._result("connect", (0, 9, 2), mode, protocols)

    def SCardReconnect(self, card, mode, protocols, initialization):
        return self._result("reconnect", (0, 2), initialization)

    def SCardDisconnect(self, card, disposition):
        return self._result("disconnect", 0, disposition)

    def SCardStatus(self, card):
        return self._result("card status", (0, self.name, 0, 2, self.atr))

    def SCardTransmit(self, card, protocol, command):
        return self._result("transmit", (0, [0x90, 0x00]), bytes(command))

    def SCardControl(self, card, code, data):
        if code == self.SCARD_CTL_CODE(3400):
            return (0, list(self.features)) if self.features else (codes.INVALID_PARAMETER, [1, 2, 3])
        return self._result("control", (0, [0x90, 0x00]), code, bytes(data))

    def SCardBeginTransaction(self, card):
        return self._result("begin", 0)

    def SCardEndTransaction(self, card, disposition):
        return self._result("end", 0, disposition)

    def SCARD_CTL_CODE(self, function):
        return 0x42000000 + function
