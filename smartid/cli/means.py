"""What signatures of higher levels need: time stamps, trust anchors, the network; and words meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from smartid.cli.judge import store_for
from smartid.cli.output import note
from smartid.errors import LevelNotReached
from smartid.signing.form import Level

if TYPE_CHECKING:
    from smartid.signing.request import TimeStamper
    from smartid.trust.policy import Policy

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the user gave for a level above B.

    tsa     address of a time-stamping authority
    trust   folder of trust anchors; None takes the configured store
    online  revocation data may be asked for on the network
    """

    tsa: str | None = None
    trust: Path | None = None
    online: bool = False

    def require(self, level: Level, *, stamped: bool = False) -> None:
        """Refuse what cannot be reached before anything is done. Raises LevelNotReached.

        stamped  there may be a time stamp already
        """
        if level.rank >= Level.T.rank and not self.tsa and not stamped:
            raise LevelNotReached(
                level, "no time-stamping authority was named.", remedy="Name one with --tsa URL."
            )
        if level.rank >= Level.LT.rank and not store_for(self.trust):
            raise LevelNotReached(level, "there are no trust anchors.", remedy="Give them with --trust DIR.")

    def time_stamper(self) -> TimeStamper | None:
        """The authority that was named."""
        if not self.tsa:
            return None
        from smartid.signing.time_stamper import HTTPTimeStamper  # noqa: PLC0415 - only when asked

        return HTTPTimeStamper(self.tsa)

    def policy(self, level: Level) -> Policy | None:
        """Where validation data comes from; None for a level that needs none."""
        if level.rank < Level.LT.rank:
            return None
        from smartid.cli.verify import policy_for  # noqa: PLC0415 - for two levels only

        return policy_for(self.trust, None, online=self.online)

    def chain(self, certificate: bytes) -> tuple[bytes, ...]:
        """The authorities above a certificate that the store knows, without the anchor: to be enclosed.

        Whoever verifies may have the root and no more. Raises EncodingError for a broken trust store.
        """
        from smartid.trust.x509 import parse_certificate  # noqa: PLC0415 - reaches asn1crypto

        known, found = list(store_for(self.trust).intermediates), []
        current = parse_certificate(certificate)
        while above := [one for one in known if one.subject.key == current.issuer.key]:
            current = above[0]
            known.remove(current)
            found.append(current.der)
        return tuple(found)


def means_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options for higher levels; it takes them as ``means``."""

    @wraps(command)
    def with_means(*args: object, tsa: str | None, trust: Path | None, online: bool, **options: object) -> R:
        return command(*args, means=Means(tsa=tsa, trust=trust, online=online), **options)

    for option in _OPTIONS:
        with_means = option(with_means)
    return with_means


def progress(step: str) -> None:
    """Tell who watches what is done now; a script needs no such words."""
    if sys.stderr.isatty():
        note(f"… {step}")


_OPTIONS = (
    click.option("--online", is_flag=True, help="Ask for revocation data on the network."),
    click.option(
        "--trust",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of trust anchors, authorities and revocation lists; default: the configured store.",
    ),
    click.option("--tsa", metavar="URL", help="Time-stamping authority (RFC 3161), for level T and above."),
)
