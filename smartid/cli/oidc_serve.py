"""``smartid oidc serve``: a provider, until interrupted."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.oidc import FOLDER, configuration_of, in_plain_words
from smartid.cli.output import note, print_json, print_table
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import ExtraMissing

if TYPE_CHECKING:
    from smartid.oidc.config import Configuration

_LOGGERS = ("_granian", "smartid")
_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {name: {"handlers": ["stderr"], "level": "INFO", "propagate": False} for name in _LOGGERS},
}
"""Everything goes to standard error: standard output belongs to the answer of the command."""


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@settings_options
@with_settings
def command(settings: Settings, folder: Path) -> None:
    """Run the provider of DIR until interrupted. Ctrl-C and SIGTERM end it; SIGHUP reads DIR again."""
    from smartid.oidc.assemble import make_provider  # noqa: PLC0415

    configuration = configuration_of(folder)
    _require_tls(configuration)
    with in_plain_words(str(folder)):  # now, and not in the log of a worker
        provider = make_provider(configuration)
    if not provider.context.login.policy.anchors.anchors:
        note("No trust anchor is known: nobody can log in. Put some into the folder that trust names.")
    _require_address(configuration.host.strip("[]"), configuration.port)
    server = _server(configuration)
    _announce(settings, configuration)
    server.serve(target_loader=partial(application, str(folder)), wrap_loader=False)


def application(folder: str) -> Any:
    """Make the application of ASGI, in the process that answers requests."""
    from smartid.oidc.assemble import make_provider  # noqa: PLC0415
    from smartid.web.asgi import asgi_app  # noqa: PLC0415

    return asgi_app(make_provider(configuration_of(Path(folder))).handle)


def _require_tls(configuration: Configuration) -> None:
    for name in ("server.pem", "server.key") if configuration.tls else ():
        path = (configuration.tls or Path()) / name
        if not path.is_file():
            remedy = f"To try it on this computer: smartid mock tls {configuration.tls}"
            raise WrongUsage(f"There is no {path}.", remedy=remedy)


def _require_address(host: str, port: int) -> None:
    """Listen for a moment where the server will, whose own word for a taken port is none for people."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            remedy = "Stop the program that listens there, or change listen in oidc.toml."
            raise WrongUsage(f"{host}:{port}: {error.strerror or error}.", remedy=remedy) from error


def _server(configuration: Configuration) -> Any:
    try:
        from granian import Granian  # noqa: PLC0415
        from granian.constants import Interfaces  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("oidc", "Serving an OpenID provider") from error
    tls = configuration.tls
    return Granian(
        "smartid",
        address=configuration.host.strip("[]"),
        port=configuration.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_dictconfig=_LOGGING,
        ssl_cert=tls / "server.pem" if tls else None,
        ssl_key=tls / "server.key" if tls else None,
    )


def _announce(settings: Settings, configuration: Configuration) -> None:
    facts = {
        "issuer": configuration.issuer,
        "listen": f"{configuration.host}:{configuration.port}",
        "discovery": f"{configuration.issuer}/.well-known/openid-configuration",
    }
    if settings.as_json:
        print_json({**facts, "clients": list(configuration.clients)})
        return
    print_table([*facts.items(), ("clients", ", ".join(configuration.clients))])
    note("Ctrl-C ends it.")
