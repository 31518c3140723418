"""HTTP with limits, for addresses that stand in certificates: they are strangers' words (RFC 9110 (2022)).

Proxies of the environment are not used: through one, nobody could tell which machine is reached.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection
from typing import Any, NoReturn, cast
from urllib.parse import SplitResult, urljoin, urlsplit

from smartid import __version__
from smartid.errors import FetchFailed

_REDIRECTS = {301, 302, 303, 307, 308}
_REPEATED = {307, 308}
"""Redirects after which a POST is sent again as it was."""
_MAX_URL = 2048
_CHUNK = 64 << 10
_MAX_REASON = 200
_OPEN_IPV6 = ipaddress.ip_network("2000::/3")
_TUNNELS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))
"""6to4 and Teredo: an IPv4 address is inside of those, also a private one. What IPv6 has given to the open
internet (IANA, 2000::/3) leaves NAT64 and the old compatible addresses out."""
_PORTS = {"http": 80, "https": 443}


class Request:
    """One request with all its redirects, under one deadline."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        max_length: int,
        max_redirects: int,
        statuses: Collection[int],
        private: bool,
        headers: Collection[tuple[str, str]] = (),
    ) -> None:
        self._url = url
        self._headers = headers
        self._deadline = time.monotonic() + timeout
        self._max_length = max_length
        self._redirects = max_redirects
        self._statuses = statuses
        self._private = private

    def run(self, body: bytes | None, content_type: str) -> bytes:
        """Give the body of the answer. Raises FetchFailed."""
        url = self._url
        try:
            for _ in range(self._redirects + 1):
                answer = self._ask(url, body, content_type)
                if isinstance(answer, bytes):
                    return answer
                url = answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = "it took too long" if isinstance(error, TimeoutError) else _readable(str(error))
            raise FetchFailed(self._url, reason or "no connection") from error
        raise FetchFailed(self._url, f"more than {self._redirects} redirects")

    def _ask(self, url: str, body: bytes | None, content_type: str) -> bytes | str:
        """Give the body of the answer, or the address that it names instead."""
        parts = self._parts(url)
        with self._connect(parts) as connection:
            connection.sendall(_head(parts, body, content_type, self._headers) + (body or b""))
            timed = cast("socket.socket", _Timed(connection, self._left))
            response = http.client.HTTPResponse(timed, method="GET" if body is None else "POST")
            response.begin()
            with response:
                if response.status in _REDIRECTS:
                    return self._redirected(
                        url, response, repeated=body is None or response.status in _REPEATED
                    )
                if response.status not in self._statuses:
                    self._fail(f"status {response.status}")
                return self._body(response)

    def _redirected(self, url: str, response: http.client.HTTPResponse, *, repeated: bool) -> str:
        target = urljoin(url, response.getheader("Location") or "")
        if not repeated:
            self._fail(f"a redirect (status {response.status}) that does not repeat the question")
        if urlsplit(target).scheme != urlsplit(url).scheme:
            self._fail("a redirect to another scheme")
        return target

    def _parts(self, url: str) -> SplitResult:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            self._fail("only http and https are asked")
        if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
            self._fail("its address is malformed")
        if parts.username is not None:
            self._fail("its address holds a user name")
        return parts

    def _connect(self, parts: SplitResult) -> socket.socket:
        """Resolve the name once, look at the addresses, and connect to one that was looked at."""
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        allowed = [item for item in found if self._private or _is_public(str(item[4][0]))]
        if not allowed:
            self._fail("its address belongs to a private network")
        family, kind, protocol, _, address = allowed[0]
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(self._left())
            connection.connect(address)
            if parts.scheme == "https":
                connection.settimeout(self._left())
                return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise
        return connection

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        if (response.length or 0) > self._max_length:
            self._fail(f"an answer longer than {self._max_length} bytes")
        found = bytearray()
        while piece := response.read(_CHUNK):
            found += piece
            if len(found) > self._max_length:
                self._fail(f"an answer longer than {self._max_length} bytes")
        if response.length:
            self._fail("an answer that ends too early")
        return bytes(found)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _fail(self, why: str) -> NoReturn:
        raise FetchFailed(self._url, why)


def _readable(text: str) -> str:
    """Make a message fit for logs and terminals: http.client quotes what was sent in place of HTTP."""
    return "".join(one if one.isprintable() else "?" for one in text[:_MAX_REASON].strip())


def _is_public(address: str) -> bool:
    """Tell whether an address is one of the open internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return _is_public(str(found.ipv4_mapped))
        if found not in _OPEN_IPV6 or any(found in network for network in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast


def _head(
    parts: SplitResult, body: bytes | None, content_type: str, further: Collection[tuple[str, str]]
) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"User-Agent: smartid/{__version__}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    if body is not None:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in further]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class _Timed(io.RawIOBase):
    """A socket to read from, where every read has only what is left until the deadline."""

    def __init__(self, connection: socket.socket, left: Callable[[], float]) -> None:
        super().__init__()
        self._connection, self._left = connection, left

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Be what HTTPResponse takes for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is."""
        self._connection.settimeout(self._left())
        return self._connection.recv_into(buffer)
