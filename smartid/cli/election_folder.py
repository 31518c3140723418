"""What the commands of elections share: the folder, whose cards are believed, the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.judge import store_for
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from smartid.services.voting.folder import ElectionFolder
    from smartid.trust.policy import Policy

F = TypeVar("F", bound=Callable[..., object])

folder_argument = click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
trust_option = click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Trust anchors and revocation lists for the cards; default: restricted/trust in the folder of the "
    "election, else the configured store.",
)


def opened(path: Path) -> ElectionFolder:
    """The election in a folder. Raises Refused (not_open) when there is none."""
    from smartid.services.voting.folder import ElectionFolder  # noqa: PLC0415

    found = ElectionFolder(path)
    found.election()
    return found


def require_archive(path: Path) -> None:
    """Refuse a folder that is no election's, or in which several archives lie. Raises WrongUsage."""
    from smartid.services.voting.folder import ElectionFolder, Phase  # noqa: PLC0415

    if not path.is_dir():
        return
    found = ElectionFolder(path)
    count = len(found.archives())
    if count > 1:
        raise WrongUsage(f"{path} holds {count} archives.", remedy="Name one of them.")
    if found.phase is Phase.NOTHING:
        raise WrongUsage(
            f"{path} holds no archive (*.bel).", remedy="Name an archive, or the folder of an election."
        )


def policy_for(folder: ElectionFolder, trust: Path | None) -> Policy:
    """Whom the organisers believe: as they say now, else as the folder says.

    Raises WrongUsage for a copy without the organisers' part, EncodingError.
    """
    from smartid.trust.policy import Policy  # noqa: PLC0415

    if not folder.restricted.is_dir():
        raise WrongUsage(
            f"{folder.path} has no folder “restricted”: it is a copy for the public.",
            remedy=f"Anybody can verify it, though: smartid election verify {folder.path}",
        )
    kept = folder.trust if folder.trust.is_dir() else None
    return Policy(anchors=store_for(trust or kept))


def read_number(text: str) -> str:
    """A national number as somebody typed it, in its ten digits. Raises WrongUsage."""
    from smartid.identity.national_numbers import national_number  # noqa: PLC0415

    try:
        return national_number(text)
    except EncodingError as error:
        raise WrongUsage(error.message) from error


def now() -> datetime:
    """The time of this machine, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
