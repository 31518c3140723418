"""``smartid election check``: a voter looks for a ballot on a board, or opens one that was not cast."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from smartid.cli import election_choices
from smartid.cli.election_folder import require_archive
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.output import print_json, tell
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import EncodingError

MAX_OPENED = 1 << 22
_TRACKER = re.compile("[A-Za-z0-9+/]{43}")
"""Base64 of SHA-256, without padding."""


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="PATH")
@click.argument("tracker", required=False, metavar="[TRACKER]")
@click.option(
    "--opened",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A ballot that was opened instead of cast: show what it says.",
)
@settings_options
@with_settings
def command(settings: Settings, path: Path, tracker: str | None, *, opened: Path | None) -> int:
    """Look for the ballot with TRACKER on the board of PATH, an archive or a folder.

    Exit status 0 when it is there, 1 when it is not. The board itself is verified by smartid election verify.
    """
    require_archive(path)
    if (tracker is None) == (opened is None):
        raise WrongUsage("Give a tracker, or --opened FILE.")
    if opened is not None:
        return _show_opened(settings, path, opened)
    if not _TRACKER.fullmatch(str(tracker)):
        raise WrongUsage(f"{tracker} is no tracker.", remedy="A tracker has 43 letters, digits, + and /.")
    return _find(settings, path, str(tracker))


def _find(settings: Settings, path: Path, tracker: str) -> int:
    from smartid.services.voting.checking import find_ballot  # noqa: PLC0415

    found = find_ballot(path, tracker)
    if settings.as_json:
        print_json({"found": found is not None, **(found.as_dict() if found else {})})
    elif found is None:
        tell("این برگه روی تابلو نیست.")
        tell("This ballot is not on the board. Ask the collector, and keep the receipt: it is a proof.")
    elif found.revoked:
        tell("برگه روی تابلو است، ولی صاحبش روی کاغذ رأی داده است و این برگه شمرده نمی‌شود.")
        tell(f"On the board, number {found.height}; its owner voted on paper, so it does not count.")
    elif found.superseded_by is None:
        tell("برگه روی تابلو است و جای آن را برگهٔ دیگری نگرفته است.")
        tell(f"On the board, number {found.height}, and no later one replaced it.")
    else:
        tell("برگه روی تابلو است؛ برگهٔ تازه‌تری جای آن را گرفته است.")
        tell(f"On the board, number {found.height}, and replaced by number {found.superseded_by}.")
    return 0 if found else NO


def _show_opened(settings: Settings, path: Path, opened: Path) -> int:
    from smartid.services.voting.ballot import Ballot, Opening, check_opening  # noqa: PLC0415
    from smartid.services.voting.checking import archive_in  # noqa: PLC0415
    from smartid.services.voting.compact import compact  # noqa: PLC0415
    from smartid.services.voting.folder import election_of  # noqa: PLC0415
    from smartid.services.voting.groups.named import named  # noqa: PLC0415

    election = election_of(archive_in(path))
    group = named(election.group)
    found = _load(opened)
    opening = Opening.parse(compact(found["opening"]), group)
    if opening.election_hash != election.fingerprint:
        raise WrongUsage(f"The ballot in {opened} is one of another election.")
    ballot = Ballot.parse(found["ballot"].encode(), election, group)
    choices = check_opening(ballot, opening, election)
    if settings.as_json:
        print_json({"tracker": ballot.tracker, "choices": [list(row) for row in choices]})
        return 0
    tell(f"کد رهگیری / Tracker: {ballot.tracker}", bold=True)
    election_choices.show(election.questions, choices)
    tell("این برگه همین را می‌گوید. اگر جز این خواسته بودید، به آن دستگاه اعتماد نکنید.")
    tell("That is what the ballot says. If you chose something else, do not trust that device.")
    return 0


def _load(path: Path) -> dict[str, Any]:
    """Read ``{"ballot": text, "opening": {…}}``. Raises EncodingError, OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_OPENED)
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.keys() != {"ballot", "opening"}
        or not isinstance(found["ballot"], str)
    ):
        raise EncodingError(
            path.name, offset=0, expected="a ballot and its opening", standard="smartid opened ballot 1"
        )
    return found
