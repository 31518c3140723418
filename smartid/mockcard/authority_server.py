"""The services of the throw-away PKI over HTTP, for this computer only.

=======================  ==============================================================
``POST /tsa``            time stamps (RFC 3161 (2001), 3.4)
``POST /ocsp``           state of certificates (RFC 6960 (2013), appendix A)
``GET /ocsp/BASE64``     the same
``GET /crl/SLUG.crl``    revocation list of national-root, citizen-ca or csca
``GET /master-list.ml``  signed master list
=======================  ==============================================================

Revocations made by other programs count at once: the PKI is looked up anew for each request.
"""

from __future__ import annotations

import binascii
import threading
from base64 import b64decode
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from smartid.mockcard.authority import MAX_REQUEST
from smartid.mockcard.pki import ThrowAwayPKI

HOST = "127.0.0.1"
CRL_SLUGS = ("national-root", "citizen-ca", "csca")
_TIME_STAMP = "application/timestamp-{}"
_OCSP = "application/ocsp-{}"
_CRL = "application/pkix-crl"
_MASTER_LIST = "application/octet-stream"
_PATIENCE = 10.0
"""Seconds that a client may take for its request."""


class AuthorityServer:
    """The server as a ``with`` block: it answers from its making on, and its port is free again behind.

    pki   gives the PKI for each request
    port  0 takes a free one

    Raises OSError when the port is taken.
    """

    def __init__(self, pki: Callable[[], ThrowAwayPKI], *, port: int = 0) -> None:
        self._server = _Server(port, pki)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each service by its name."""
        base = f"http://{HOST}:{self.port}"
        return {
            "tsa": f"{base}/tsa",
            "ocsp": f"{base}/ocsp",
            **{f"crl {slug}": f"{base}/crl/{slug}.crl" for slug in CRL_SLUGS},
            "master list": f"{base}/master-list.ml",
        }


class _Server(ThreadingHTTPServer):
    """Bound to the loopback interface alone; a thread for each connection, which ends with the server."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, pki: Callable[[], ThrowAwayPKI]) -> None:
        self.pki = pki
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep a client that hung up from writing a traceback on the screen."""


class _Handler(BaseHTTPRequestHandler):
    """One request; the connection is closed behind it."""

    server: _Server
    timeout = _PATIENCE
    server_version = "smartid-mock-authority"
    sys_version = ""

    def do_GET(self) -> None:
        """Give a list, or an OCSP answer to a request in the path."""
        slug = self.path.removeprefix("/crl/").removesuffix(".crl")
        if slug in CRL_SLUGS and self.path == f"/crl/{slug}.crl":
            self._answer(_CRL, self.server.pki().named_crls()[slug])
        elif self.path == "/master-list.ml":
            self._answer(_MASTER_LIST, self.server.pki().master_list())
        elif self.path.startswith("/ocsp/"):
            self._answer_ocsp(_request_in(self.path.removeprefix("/ocsp/")))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Answer a time-stamp or OCSP request in the body."""
        if self.path not in {"/tsa", "/ocsp"}:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body = self._body()
        if body is None:
            return
        if self.path == "/ocsp":
            self._answer_ocsp(body)
        else:
            self._answer(_TIME_STAMP.format("reply"), self.server.pki().time_stamp_response(body))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
        """Stay silent: standard output belongs to the command."""

    def _body(self) -> bytes | None:
        """Read the body; None after an error was sent."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        if len(length) > 9 or int(length) > MAX_REQUEST:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def _answer_ocsp(self, request: bytes) -> None:
        self._answer(_OCSP.format("response"), self.server.pki().ocsp_response(request))

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _request_in(path: str) -> bytes:
    """Decode the request of a GET; an empty one, which is answered as malformed, when it is no Base64."""
    try:
        return b64decode(unquote(path), validate=True)
    except (binascii.Error, ValueError):
        return b""
