"""A site that asks visitors for a certificate, or that reads it from the header of a proxy."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from smartid.auth.certificate_login import certificate_in_header, certificate_login
from smartid.errors import BadToken, EncodingError
from smartid.trust.policy import Policy
from tests.peers.wallet import Wallet

Identify = Callable[[http.server.BaseHTTPRequestHandler], bytes]


class Site(http.server.ThreadingHTTPServer):
    """One connection, one thread; a handshake that fails is the client's business."""

    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        try:
            with self.tls.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
                secure.unwrap()  # what the client still says is read, or its system drops our answer
        except (ssl.SSLError, OSError) as error:
            self.failures.append(str(error))

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        self.failures: list[str] = []
        self.visitors: list[str | None] = []
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def port(self) -> int:
        return self.server_address[1]


@contextmanager
def site(policy: Policy, identify: Identify, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that tells visitors who they are."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document: dict[str, object]
            try:
                person = certificate_login(identify(self), policy)
                document = {"national_number": person.identity.national_number}
                server.visitors.append(person.identity.national_number)
                status = 200
            except (BadToken, EncodingError) as error:
                document, status = {"reason": getattr(error, "reason", "encoding")}, 403
            if isinstance(self.connection, ssl.SSLSocket):
                document["version"] = self.connection.version()
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = Site(Page)
    server.tls = tls
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def of_connection(request: http.server.BaseHTTPRequestHandler) -> bytes:
    assert isinstance(request.connection, ssl.SSLSocket)
    der = request.connection.getpeercert(binary_form=True)
    assert der is not None
    return der


def of_header(request: http.server.BaseHTTPRequestHandler) -> bytes:
    return certificate_in_header(request.headers.get("X-Client-Certificate", ""))


def context(wallet: Wallet) -> ssl.SSLContext:
    """What a server has to say to want client certificates, with revocation lists of every authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(wallet.folder / "server.pem", wallet.folder / "server.key")
    made.load_verify_locations(wallet.authorities)
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    return made
