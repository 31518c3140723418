"""``smartid auth certificate``: may this certificate log in, for servers that verified its key themselves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from smartid.cli.errors import NO, WrongUsage
from smartid.cli.judge import print_verdict
from smartid.cli.judging import judging_options
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.person import identity_rows
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.verify import policy_for
from smartid.errors import BadToken, EncodingError
from smartid.identity.model import VerifiedIdentity


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@judging_options
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    file: Path,
    trust: Path | None,
    rules: Path | None,
    at: datetime | None,
    online: bool,
) -> int:
    """Tell whether the certificate in FILE may log in, and whom it names.

    For servers that had the key proved to them: TLS, EAP-TLS. The first certificate in FILE is judged. The
    exit status is 0 when it may, 1 when it may not, 2 when FILE cannot be used.
    """
    from smartid.auth.certificate_files import read_certificates  # noqa: PLC0415
    from smartid.auth.certificate_login import certificate_login  # noqa: PLC0415

    policy = policy_for(trust, rules, online=online)
    try:
        certificate = read_certificates(file)[0]
    except EncodingError as error:
        raise WrongUsage(f"{file}: {error.message}") from error
    try:
        person = certificate_login(certificate, policy, at=at)
    except BadToken as error:
        return _refused(settings, error)
    return _accepted(settings, person)


def _accepted(settings: Settings, person: VerifiedIdentity) -> int:
    if settings.as_json:
        document = {"accepted": True, "reason": None, "identity": person.identity.as_dict()}
        print_json(document | {"verdict": person.verdict.as_dict()})
    else:
        print_table(identity_rows(person.identity))
        print_verdict(person.verdict)
    return 0


def _refused(settings: Settings, error: BadToken) -> int:
    if settings.as_json:
        print_json({"accepted": False, "reason": error.reason, "message": error.message, "identity": None})
    else:
        tell(f"{error.reason}: {error.message}", fg="red", bold=True)
        tell(error.remedy)
    return NO
