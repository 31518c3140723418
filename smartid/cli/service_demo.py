"""``smartid service demo``: a service against its far side, and what was left of the money."""

from __future__ import annotations

import re
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.interrupt import orderly_end
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.progress import steps_bar
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.identity.persian import to_persian_digits

if TYPE_CHECKING:
    from smartid.services.demo.frame import Outcome

NAMES = ("purse", "purchase", "atm", "fuel")
ROWS = {
    "operations": ("Operations", "عملیات"),
    "torn": ("Cards pulled out in the middle", "کارت کشیده‌شده در میانهٔ کار"),
    "replayed": ("Sent again", "فرستادن دوباره"),
    "killed": ("Service killed (SIGKILL)", "کشتن سرویس"),
    "detected": ("Frauds reported", "تقلب گزارش‌شده"),
    "value_created": ("Value created, {unit}", "ارزش پدیدآمده از هیچ، {unit}"),
    "value_lost": ("Value lost, {unit}", "ارزش گم‌شده، {unit}"),
}
UNITS = {"fuel": ("millilitres", "میلی‌لیتر")}
RIALS = ("rials", "ریال")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--operations", type=click.IntRange(1, 10_000_000), metavar="N", help="How many.")
@click.option(
    "--faults", is_flag=True, help="Tear cards, lose replies, commit frauds, kill the service at its seams."
)
@click.option("--seed", type=click.IntRange(0, (1 << 63) - 1), metavar="S", help="Repeat a run exactly.")
@click.option(
    "--database", metavar="URL", help="Keep the book there: sqlite:///FILE or postgresql://… (new and empty)."
)
@settings_options
@with_settings
def command(
    settings: Settings,
    name: str,
    *,
    operations: int | None,
    faults: bool,
    seed: int | None,
    database: str | None,
) -> int:
    """Run a service against its far side, a process of its own, and compare all books at the end.

    Exit status 0 when nothing was created or lost, every book adds up and every fraud was reported; else 1.
    """
    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    if database is not None:
        _require_new(database)
    with orderly_end(), tempfile.TemporaryDirectory(prefix="smartid-demo-") as folder:
        outcome = _run(name, Path(folder), chosen, database, faults=faults, operations=operations)
    if settings.as_json:
        print_json(outcome.tally.as_dict())
    else:
        _show(name, outcome, chosen)
    return 0 if outcome.passed else 1


def _require_new(url: str) -> None:
    """What others have written cannot be told apart from what the demo writes. Raises WrongUsage."""
    from smartid.services.ledger import open_book  # noqa: PLC0415

    try:
        book = open_book(url)
    except ValueError as error:
        raise WrongUsage(f"{error}.") from error
    with book:
        if book.head().height or next(book.balances(), None) is not None:
            raise WrongUsage("There is a ledger in this database already.", remedy="Name a new one.")


def _run(
    name: str, folder: Path, seed: int, database: str | None, *, faults: bool, operations: int | None
) -> Outcome:
    from smartid.services.demo.frame import World  # noqa: PLC0415
    from smartid.services.demo.run import operations_of  # noqa: PLC0415
    from smartid.services.demo.runner import run_demo  # noqa: PLC0415

    world = World(
        database=database or f"sqlite:///{folder / 'service.db'}", folder=folder, seed=seed, faults=faults
    )
    wanted = operations or operations_of(name)
    with steps_bar("Operations", wanted) as progress:
        return run_demo(name, world, wanted, progress=progress)


def _show(name: str, outcome: Outcome, seed: int) -> None:
    for persian, english in outcome.story:
        tell(_persian(persian))
        tell(english)
    counts = outcome.tally.as_dict()
    unit, unit_fa = UNITS.get(name, RIALS)
    shown = {key: (f"{counts[key]:,}",) * 2 for key in ROWS}
    shown["detected"] = (
        f"{outcome.tally.detected} of {outcome.injected}",
        f"{outcome.tally.detected} از {outcome.injected}",
    )
    rows = [
        (english.format(unit=unit), shown[key][0], _persian(shown[key][1]), persian.format(unit=unit_fa))
        for key, (english, persian) in ROWS.items()
    ]
    print_table(rows)
    if outcome.passed:
        tell("دفترها تراز است؛ هیچ ارزشی پدید نیامد و هیچ ارزشی گم نشد.")
        tell("The books balance; no value was created and none was lost.")
        return
    tell("حساب‌ها نمی‌خواند.")
    tell(f"It does not add up. Repeat it with --seed {seed}.")


def _persian(text: str) -> str:
    """Write numbers as Persian readers expect them: digits, and what stands between them."""
    grouped = re.sub(r"(?<=[0-9]),(?=[0-9])", "٬", text)
    return to_persian_digits(re.sub(r"(?<=[0-9])\.(?=[0-9])", "٫", grouped))
