"""``smartid auth ssh-keys``: lines of authorized_keys for the cards that may log in right now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.judge import THROW_AWAY
from smartid.cli.judging import judging_options
from smartid.cli.output import note, print_json, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.verify import policy_for
from smartid.errors import BadToken, EncodingError

if TYPE_CHECKING:
    from smartid.auth.ssh import SSHKey
    from smartid.trust.policy import Policy

_PATH = click.Path(exists=True, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What became of one certificate, or of one file or folder that holds none."""

    file: str
    certificate: bytes = b""
    key: SSHKey | None = None
    reason: str = ""
    detail: str = ""

    def line(self) -> str:
        from smartid.auth.ssh import comment_for  # noqa: PLC0415

        return self.key.line(comment_for(self.certificate)) if self.key else ""

    def as_dict(self) -> dict[str, object]:
        document: dict[str, object] = {"file": self.file, "accepted": self.key is not None}
        if self.key is None:
            return document | {"reason": self.reason, "message": self.detail}
        found = {"fingerprint": self.key.fingerprint, "line": self.line(), "throw_away": self.key.throw_away}
        return document | found


@click.command()
@click.argument("places", nargs=-1, required=True, type=_PATH, metavar="CERTIFICATE_OR_FOLDER...")
@click.option(
    "--user", metavar="NAME", help="Only the certificates of this account: DIR/NAME.pem, DIR/NAME/*."
)
@judging_options
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    places: tuple[Path, ...],
    user: str | None,
    trust: Path | None,
    rules: Path | None,
    at: datetime | None,
    online: bool,
) -> int:
    """Print lines of authorized_keys for the certificates that may log in right now.

    Made for AuthorizedKeysCommand of sshd: asked at each login, it leaves out what is revoked, expired or not
    for logins, and says why on standard error. The exit status is 0 also when nobody may.
    """
    policy = policy_for(trust, rules, online=online)
    answers = [answer for file in _files(places, user) for answer in _judged(file, user, policy, at)]
    answers = list(_once(answers))
    if settings.as_json:
        print_json({"keys": [answer.as_dict() for answer in answers]})
        return 0
    for answer in answers:
        if answer.key:
            say(answer.line())
        else:
            note(shown(f"{answer.file}: {answer.detail}"))
    if any(answer.key and answer.key.throw_away for answer in answers):
        note(THROW_AWAY[0])
    return 0


def _files(places: tuple[Path, ...], user: str | None) -> Iterator[Path | _Answer]:
    from smartid.auth.certificate_files import files_below, files_of_account  # noqa: PLC0415

    for place in places:
        try:
            if user is not None:
                yield from files_of_account(place, user)
            else:
                yield from files_below(place) if place.is_dir() else (place,)
        except EncodingError as error:
            yield _unusable(place, error)


def _judged(file: Path | _Answer, user: str | None, policy: Policy, at: datetime | None) -> Iterator[_Answer]:
    from smartid.auth.certificate_files import read_certificates  # noqa: PLC0415

    if isinstance(file, _Answer):
        yield file
        return
    try:
        found = read_certificates(file, guarded=user is not None)
    except EncodingError as error:
        yield _unusable(file, error)
        return
    for der in found:
        yield _judge(file, der, policy, at)


def _judge(file: Path, der: bytes, policy: Policy, at: datetime | None) -> _Answer:
    from smartid.auth.ssh import ssh_key  # noqa: PLC0415

    try:
        return _Answer(file=str(file), certificate=der, key=ssh_key(der, policy, at=at or policy.clock()))
    except BadToken as error:
        return _Answer(file=str(file), reason=error.reason, detail=error.message)


def _unusable(place: Path, error: EncodingError) -> _Answer:
    from smartid.auth.reasons import LoginReason  # noqa: PLC0415

    return _Answer(file=str(place), reason=LoginReason.CERTIFICATE_MALFORMED.value, detail=error.message)


def _once(answers: list[_Answer]) -> Iterator[_Answer]:
    """Give each key once: a card that was renewed may have two certificates for one."""
    seen: set[bytes] = set()
    for answer in answers:
        if answer.key is None or answer.key.blob not in seen:
            yield answer
        if answer.key:
            seen.add(answer.key.blob)
