"""The checks of ``smartid doctor``, one function each."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from smartid.cli.checkup_agent import agent
from smartid.cli.checkup_trust import trust_store
from smartid.cli.finding import Finding, State
from smartid.cli.readers import explained, wanted_readers
from smartid.cli.settings import Settings
from smartid.cli.source import is_file
from smartid.errors import NoService, SmartIDError

if TYPE_CHECKING:
    from smartid.transport.base import Reader

BUILT = date(2026, 1, 1)
"""A clock that shows an earlier day is wrong: this program did not exist then."""
_LAST_YEAR = 2100
_INSTALL_SERVICE = "sudo apt install pcscd && sudo systemctl enable --now pcscd.socket"


def check_up(settings: Settings) -> Iterator[Finding]:
    """Every check, the ones that others rest on first."""
    yield from _wire(settings)
    yield clock(datetime.now(UTC).date())
    yield from trust_store(datetime.now(UTC))
    yield terminal(getattr(sys.stdout, "encoding", None) or "")
    yield virtual_reader()
    yield agent()


def _wire(settings: Settings) -> Iterator[Finding]:
    if not is_file(settings.reader):
        found = pyscard()
        yield found
        if found.state is State.PROBLEM:
            return
    try:
        readers = wanted_readers(settings)
    except NoService as error:
        yield _service_problem(error)
        return
    except SmartIDError as error:
        if not is_file(settings.reader):
            yield Finding("service", State.WELL, "The PC/SC service answers.")
        yield Finding("reader", State.PROBLEM, error.message, error.remedy, absence=True)
        return
    if not is_file(settings.reader):
        yield Finding("service", State.WELL, "The PC/SC service answers.")
    yield Finding("reader", State.WELL, ", ".join(reader.name for reader in readers))
    yield from _cards(settings, readers)


def pyscard() -> Finding:
    """Whether pyscard is there, and whether another project sits in its place."""
    if importlib.util.find_spec("smartcard") is None:
        return Finding(
            "pyscard",
            State.PROBLEM,
            "pyscard is not installed.",
            "sudo apt install gcc libpcsclite-dev && pip install pyscard",
            absence=True,
        )
    if not _has_scard():
        return Finding(
            "pyscard",
            State.PROBLEM,
            "Another project named 'smartcard' sits where pyscard belongs.",
            "pip uninstall -y smartcard && pip install --force-reinstall pyscard",
            absence=True,
        )
    return Finding("pyscard", State.WELL, "pyscard is installed.")


def _has_scard() -> bool:
    try:
        return importlib.util.find_spec("smartcard.scard") is not None
    except ImportError:
        return False


def _service_problem(error: NoService) -> Finding:
    remedy = error.remedy if shutil.which("pcscd") else _INSTALL_SERVICE
    return Finding("service", State.PROBLEM, error.message, remedy, absence=True)


def _cards(settings: Settings, readers: list[Reader]) -> Iterator[Finding]:
    facts = [explained(settings, reader) for reader in readers]
    inside = [fact for fact in facts if fact["state"] != "empty"]
    if not inside:
        remedy = "Put a card in, chip first; or try a mock card: smartid mock new sara"
        yield Finding("card", State.PROBLEM, "No reader holds a card.", remedy, absence=True)
    for fact in inside:
        yield _card(fact)


def _card(fact: dict[str, object]) -> Finding:
    name = str(fact["name"])
    if fact["state"] == "mute":
        detail = f"{name}: the card does not answer."
        return Finding(
            "card", State.PROBLEM, detail, "Clean its contacts and put it in, chip first.", absence=True
        )
    if fact["state"] == "busy":
        detail = f"{name}: another program holds the card."
        return Finding(
            "card", State.NOTE, detail, "Close the browser, gpg-agent or signing program that uses it."
        )
    if fact.get("profile"):
        return Finding("card", State.WELL, f"{name}: {fact['profile']}. {fact['why']}")
    return Finding("card", State.NOTE, f"{name}: {fact.get('why')}", "smartid readers --json shows its ATR.")


def clock(today: date) -> Finding:
    """Whether the clock can be right: verdicts depend on it."""
    if BUILT <= today <= date(_LAST_YEAR, 1, 1):
        return Finding("clock", State.WELL, f"Today is {today.isoformat()} (UTC).")
    detail = f"The clock says {today.isoformat()}; certificates cannot be judged with it."
    return Finding("clock", State.PROBLEM, detail, "sudo timedatectl set-ntp true")


def terminal(encoding: str) -> Finding:
    """Whether the output can carry Persian."""
    if encoding.lower().replace("-", "") == "utf8":
        return Finding("terminal", State.WELL, "The output is UTF-8: سلام")
    detail = f"The output is {encoding or 'of unknown encoding'}; Persian is shown as escapes."
    return Finding("terminal", State.NOTE, detail, "export LC_ALL=C.UTF-8")


def virtual_reader() -> Finding:
    """Whether ``mock serve`` and ``demo`` can start a virtual reader."""
    from smartid.mockcard.bench import require_installed  # noqa: PLC0415

    try:
        require_installed()
    except NoService as error:
        return Finding("virtual reader", State.NOTE, error.message, error.remedy)
    return Finding("virtual reader", State.WELL, "pcscd and vpcd are installed: mock serve and demo can run.")
