"""A purse scheme for tests: the demo's, with the bank in this process; all that lasts is in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from smartid.errors import GatewayUnavailable
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.services.demo.crash import Crashes
from smartid.services.demo.frame import World
from smartid.services.demo.purse_cards import PurseCard
from smartid.services.demo.purse_world import Citizen, Scheme
from smartid.services.far_side.bank import Bank
from smartid.services.far_side.faults import Switchboard
from smartid.services.ledger import open_book
from smartid.services.messages.bank import BALANCE, SCHEME, BankRequest
from smartid.services.purse.adapter import LOAD, LoadRequest
from smartid.services.purse.upload import Acknowledgement
from smartid.services.spine.values import Authorized, Receipt

ACCOUNT = "IR062960000000100324200001"


@cache
def authority() -> ThrowAwayPKI:
    return ThrowAwayPKI.fresh()


@cache
def citizen() -> Citizen:
    return Citizen(authority())


class Gate(Crashes):
    """Seams that count from the moment when it is opened: what is made ready before is not killed."""

    def __init__(self, crashes: Crashes) -> None:
        super().__init__()
        self._behind = crashes
        self.open = False

    def reach(self, seam: str) -> None:
        if self.open:
            self._behind.reach(seam)


class BankHere:
    """The bank in this process; ``lose`` says what happens to the next messages."""

    port = 0

    def __init__(self, folder: Path) -> None:
        self.book = open_book(f"sqlite:///{folder}/bank.db")
        self.faults = Switchboard()
        self.bank = Bank(self.book, self.faults)
        self.lose: list[str] = []

    def request(self, message: bytes, timeout: float = 2.0) -> bytes:
        del timeout
        fault = self.lose.pop(0) if self.lose else ""
        if fault == "request":
            raise GatewayUnavailable("No answer.", retry_after=1)
        answer = self.bank.answer(message)
        if fault == "twice":
            assert json.loads(self.bank.answer(message))["replayed"]
        if fault == "reply":
            raise GatewayUnavailable("No answer.", retry_after=1)
        return answer

    def start(self) -> None:
        pass

    def stop(self) -> None:
        self.book.close()

    def close(self) -> None:
        pass


class Shop(Scheme):
    """A scheme on a folder. It may be opened again on the same folder, as after a crash."""

    def __init__(self, folder: Path, *, crashes: Crashes | None = None, database: str = "") -> None:
        self.bank_here = BankHere(folder)
        world = World(
            database=database or f"sqlite:///{folder}/book.db",
            folder=folder,
            seed=1,
            faults=False,
            crashes=crashes or Crashes(),
        )
        super().__init__(world, pki=authority(), citizen=citizen(), bank=self.bank_here, link=self.bank_here)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def issue(self, number: int = 0) -> PurseCard:
        PurseCard.issue(self.folder / f"purse-{number}.card", self.pki)
        return self.card(number)

    def agreed(self, card: PurseCard, amount: int, verb: str = LOAD) -> Authorized:
        desk = self.loads.desk
        request = LoadRequest(card_id=card.state().card_id, amount=amount, account=ACCOUNT, verb=verb)
        prepared = desk.prepare(request, self.holder)
        return desk.authorize(prepared, self.citizen.agree(prepared.transaction))

    def load(self, card: PurseCard, amount: int, *, key: str = "key", verb: str = LOAD) -> Receipt:
        return self.loads.carry_out(card, self.agreed(card, amount, verb), self.now, key=key)

    def hand_in(self, terminal: int = 0) -> Acknowledgement:
        message = self.terminals[terminal].batch()
        assert message is not None
        answer = self.office.take(message, self.now)
        self.terminals[terminal].acknowledge(answer)
        return answer

    def at_bank(self) -> int:
        """What the scheme's account really holds."""
        return self.ask(BankRequest(verb=BALANCE, key="test", account=SCHEME)).amount


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[Shop]:
    with Shop(folder, **more) as opened:
        yield opened
