"""``smartid mock authority``: the services of the throw-away PKI, for as long as nobody says stop."""

from __future__ import annotations

import threading

from smartid.cli.errors import WrongUsage
from smartid.cli.interrupt import orderly_end
from smartid.cli.output import note, print_json, print_table
from smartid.cli.settings import Settings
from smartid.mockcard.authority_server import AuthorityServer
from smartid.mockcard.pki import ThrowAwayPKI


def answer_until_interrupted(settings: Settings, port: int) -> int:
    """Serve on the loopback interface, print the addresses, and wait; the exit status.

    Raises WrongUsage when the port is taken, EncodingError when the PKI's file is broken.
    """
    ThrowAwayPKI.load_or_create()  # a broken file is an error now, and not at the first request
    try:
        with orderly_end(), _listening(port) as server:
            _announce(settings, server)
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    return 0


def _listening(port: int) -> AuthorityServer:
    try:
        return AuthorityServer(ThrowAwayPKI.load_or_create, port=port)
    except OSError as error:
        raise WrongUsage(
            f"Port {port} cannot be used: {error.strerror}.", remedy="Leave --port out."
        ) from error


def _announce(settings: Settings, server: AuthorityServer) -> None:
    if settings.as_json:
        print_json({"addresses": server.addresses})
        return
    print_table(sorted(server.addresses.items()), ("Service", "Address"))
    note("These services vouch for nothing outside a test. Ctrl-C ends them.")
