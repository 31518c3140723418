"""A handler of requests as a site: HTTPS on the loopback interface, in threads of the test."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from smartid.web.http import Handler, Request, Response


@contextlib.contextmanager
def https_site(make: Callable[[str], Handler], tls: Path) -> Iterator[str]:
    """Serve what ``make`` gives for the site's origin; ``tls`` is a folder of ``smartid mock tls``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.pem", tls / "server.key")
    server = _Server(("127.0.0.1", 0), _Conversation)
    # Each connection's own thread shakes hands, so that a browser's spare connection keeps nobody waiting.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    origin = f"https://localhost:{server.server_port}"
    server.handler = make(origin)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    handler: Handler

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def _converse(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            method=self.command, path=path, query=query, headers=headers, body=body, client="127.0.0.1"
        )
        self._answer(self.server.handler(request))

    do_GET = do_POST = do_OPTIONS = _converse  # noqa: N815 - names of http.server

    def _answer(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, *args: object) -> None:
        """Tests look at answers, not at a log."""
