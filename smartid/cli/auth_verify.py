"""``smartid auth verify``: whether a token answers a challenge, and who its holder is."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.at_time import at_option
from smartid.cli.challenges import challenge_options
from smartid.cli.errors import NO
from smartid.cli.output import Composed, print_json, say, tell
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.verify import policy_for
from smartid.errors import BadToken
from smartid.identity.auth_token import Challenge

if TYPE_CHECKING:
    from smartid.identity.model import VerifiedIdentity
    from smartid.trust.policy import Policy

_MOST = 64 << 10
"""Bytes of a file that are read; a token has fewer."""


@click.command()
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="TOKENFILE",
)
@challenge_options
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of trust anchors and revocation lists; default: the configured store.",
)
@at_option
@click.option("--online", is_flag=True, help="Ask for revocation data on the network.")
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    file: Path,
    challenge: Challenge,
    trust: Path | None,
    at: datetime | None,
    online: bool,
) -> int:
    """Say whether the token in TOKENFILE (- for standard input) answers a challenge, and who its holder is.

    Origin and nonce are not in a token: they are what the site knows. Whether the nonce was used before only
    the site knows, too. A malformed token is refused like any other: exit status 1.
    """
    policy = policy_for(trust, None, online=online)
    try:
        person = _judged(_read(file), challenge, policy, at)
    except BadToken as error:
        _tell_refusal(settings, error)
        return NO
    if settings.as_json:
        print_json({"accepted": True, "reason": None, "identity": person.identity.as_dict()})
    else:
        _tell_person(person)
    return 0


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(_MOST)
    with file.open("rb") as stream:
        return stream.read(_MOST)


def _judged(data: bytes, challenge: Challenge, policy: Policy, at: datetime | None) -> VerifiedIdentity:
    from smartid.auth.validate import validate_token  # noqa: PLC0415 - reaches cryptography
    from smartid.auth.web_eid import parse_token  # noqa: PLC0415

    return validate_token(parse_token(data), challenge, policy, at=at)


def _tell_person(person: VerifiedIdentity) -> None:
    from smartid.cli.judge import print_verdict  # noqa: PLC0415
    from smartid.cli.person import print_identity  # noqa: PLC0415

    tell("Accepted. این ورود پذیرفته است.", fg="green", bold=True)
    print_identity(person.identity)
    print_verdict(person.verdict)


def _tell_refusal(settings: Settings, error: BadToken) -> None:
    from smartid.auth.words import remedy, sentence  # noqa: PLC0415

    if settings.as_json:
        print_json({"accepted": False, "reason": error.reason, "identity": None})
        return
    tell(f"Refused: {error.reason}", fg="red", bold=True)
    tell(error.message)
    tell(remedy(error.reason)[1])
    say()
    tell(Composed(f"{sentence(error.reason)[0]} {remedy(error.reason)[0]}"))
