"""``smartid auth certificate``: may this certificate log in, for servers that verified its key themselves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.judging import judging_options
from smartid.cli.login_answer import tell_login
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.verify import policy_for
from smartid.errors import EncodingError


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
    """Say whether the certificate in FILE may log in, and whom it names.

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
    return tell_login(settings, lambda: certificate_login(certificate, policy, at=at))
