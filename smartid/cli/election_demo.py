"""``smartid election demo``: a whole small election with mock cards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.election_show import show_result
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.interrupt import orderly_end
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.progress import steps_bar
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.identity.persian import to_persian_digits
from smartid.services.voting.groups.named import NAMES

if TYPE_CHECKING:
    from smartid.services.demo.election import Outcome

VOTERS, MANY, MOST = 20, 100, 100_000
ROWS = {
    "voters": ("In the register", "در فهرست واجدان"),
    "registered": ("Registered with their cards", "نام‌نوشته با کارت"),
    "ballots": ("Ballots on the board", "برگه‌های روی تابلو"),
    "revotes": ("Cast again by the same voter", "رأی دوبارهٔ همان رأی‌دهنده"),
    "audited": ("Opened and thrown away", "بازشده و دورانداخته"),
    "paper": ("Voted on paper", "رأی کاغذی"),
    "counted": ("Counted", "شمرده‌شده"),
}


class Narration:
    """Tells on the terminal what happens; with --json it only shows bars."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent

    def tell(self, persian: str, english: str) -> None:
        """Say it in both languages."""
        if not self._silent:
            tell(to_persian_digits(persian))
            tell(english)

    def bar(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Draw a bar on standard error."""
        return steps_bar(title, total)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--voters", type=click.IntRange(0, MOST), default=VOTERS, show_default=True, metavar="N", help="How many."
)
@click.option(
    "--group", type=click.Choice(NAMES), default=NAMES[0], show_default=True, help="Where the numbers live."
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 63) - 1),
    metavar="S",
    help="Repeat names, choices and their order; keys and ballots are new each time.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=None,
    help="Processes to verify with; default: as it pays.",
)
@settings_options
@with_settings
def command(
    settings: Settings, folder: Path, *, voters: int, group: str, seed: int | None, workers: int | None
) -> int:
    """Hold a whole small election in DIR, a new or empty folder, and leave its archive there.

    Cards, trustees and the acceptance log are mock ones and processes of this machine. Exit status 0 when
    the archive verifies and says what the voters chose; else 1.
    """
    _require_empty(folder)
    from smartid.services.voting.groups.named import named  # noqa: PLC0415

    named(group)  # whether its library is here shows before anything is made
    from smartid.services.demo.election import Demo  # noqa: PLC0415

    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    watch = Narration(silent=settings.as_json)
    with orderly_end():
        demo = Demo(
            folder, voters=voters, group=group, seed=chosen, watch=watch, workers=workers or _workers(voters)
        )
        outcome = demo.hold()
    foreign = _ask_the_tool(folder) if group == NAMES[0] else None
    if settings.as_json:
        print_json({**outcome.as_dict(), "belenios_tool": foreign})
    else:
        _show(outcome, foreign, folder, chosen)
    return 0 if outcome.verified else NO


def _workers(voters: int) -> int:
    """One process for few ballots: others take longer to start than to verify them."""
    return (os.cpu_count() or 1) if voters >= MANY else 1


def _require_empty(folder: Path) -> None:
    """Nothing is ever deleted. Raises WrongUsage."""
    if folder.exists() and any(folder.iterdir()):
        raise WrongUsage(f"{folder} is not empty.", remedy="Name a new folder.")


def _ask_the_tool(folder: Path) -> dict[str, Any] | None:
    from smartid.services.demo.election_tool import ask_the_tool  # noqa: PLC0415

    return ask_the_tool(folder)


def _show(outcome: Outcome, foreign: dict[str, Any] | None, folder: Path, seed: int) -> None:
    from smartid.services.demo.election_plan import QUESTIONS  # noqa: PLC0415

    counts = outcome.as_dict()
    print_table(
        [
            (english, f"{counts[key]:,}", to_persian_digits(str(counts[key])), persian)
            for key, (english, persian) in ROWS.items()
        ]
    )
    show_result(QUESTIONS, outcome.result)
    if not outcome.verified:
        tell("نتیجه با رأی‌ها نمی‌خواند.", fg="red", bold=True)
        tell(f"The result is not what the voters chose. Repeat it with --seed {seed}.", fg="red", bold=True)
        return
    tell("نتیجه همان است که رأی‌دهندگان خواستند، و هر کس می‌تواند آن را وارسی کند.", fg="green", bold=True)
    tell("The result is what the voters chose, and anybody can verify it:", fg="green", bold=True)
    tell(f"  smartid election verify {outcome.archive}")
    if foreign:
        tell(f"  belenios-tool {foreign['version']}: {foreign['said']}")
    else:
        tell(f"  belenios-tool election verify --dir {folder}")
