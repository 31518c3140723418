"""The fetcher against a server on this machine that behaves badly, in one way at a time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from smartid.errors import FetchFailed
from smartid.trust.fetch import Fetcher, HTTPFetcher

Behaviour = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each connection with a function; give the address, and the requests as they came."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            requests.append(head)
            with suppress(OSError):  # the other end hung up, as it should
                behave(connection, head)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=handle, args=(connection,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/list.crl", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for thread in threads:
            thread.join()


def says(*parts: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(b"".join(parts))


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def drip(connection: socket.socket, _: bytes) -> None:
    gone = threading.Event()
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not gone.wait(0.05):
        connection.sendall(b"x")


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(bytes(1 << 16))


def fetch(url: str, **changes: object) -> bytes:
    values = {"private": True, "timeout": 20.0, "max_length": 1 << 20} | changes
    return HTTPFetcher(**values).fetch(url)


def test_it_is_a_fetcher_and_fetches() -> None:
    assert isinstance(HTTPFetcher(), Fetcher)
    with serving(says(ok(b"content"))) as (url, requests):
        assert fetch(url) == b"content"
    (request,) = requests
    assert request.startswith(b"GET /list.crl HTTP/1.1\r\n")
    assert b"User-Agent: smartid/" in request
    assert b"Accept-Encoding: identity" in request


def test_a_body_is_posted_with_its_type() -> None:
    with serving(says(ok(b"answer"))) as (url, requests):
        found = HTTPFetcher(private=True).fetch(
            url, body=b"question", content_type="application/ocsp-request"
        )
    assert found == b"answer"
    assert requests[0].startswith(b"POST ")
    assert b"Content-Type: application/ocsp-request\r\nContent-Length: 8\r\n" in requests[0]


def test_chunks_are_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(says(chunked)) as (url, _):
        assert fetch(url) == b"abcde"


@pytest.mark.parametrize(
    ("behave", "changes", "words"),
    [
        (drip, {"timeout": 0.5}, "took too long"),
        (endless, {}, "longer than 1048576 bytes"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), {}, "longer than 1048576 bytes"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), {}, "ends too early"),
        (says(b"HTTP/1.1 404 Not Found\r\n\r\n"), {}, "status 404"),
        (says(b"HTTP/1.1 204 No Content\r\n\r\n"), {}, "status 204"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: /list.crl\r\n\r\n"), {}, "more than 3 redirects"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"), {}, "another scheme"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/\r\n\r\n"), {}, "another scheme"),
        (says(b"HTTP/1.1 302 Found\r\n\r\n"), {}, "more than 3 redirects"),
        (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), {}, "100 headers"),
        (says(b"no HTTP at all\r\n\r\n"), {}, "no HTTP at all"),
        (says(b""), {}, "no usable answer"),
    ],
)
def test_a_bad_server_is_a_failed_fetch(behave: Behaviour, changes: dict[str, object], words: str) -> None:
    with serving(behave) as (url, requests), pytest.raises(FetchFailed) as caught:
        fetch(url, **changes)
    assert words in str(caught.value)
    assert caught.value.url == url
    assert 1 <= len(requests) <= 4


def test_what_a_server_sends_in_place_of_http_stands_in_no_log_as_it_came() -> None:
    line = b"FORGED \x1b]0;title\x07\x85 2027-01-01 smartid: shop was told " + b"x" * 4000
    with serving(says(line + b"\r\n\r\n")) as (url, _), pytest.raises(FetchFailed) as caught:
        fetch(url)
    assert caught.value.why.isprintable()
    assert 20 < len(caught.value.why) <= 200


def test_a_question_is_not_turned_into_another_one_by_a_redirect() -> None:
    with serving(says(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")) as (url, requests):
        with pytest.raises(FetchFailed, match="does not repeat"):
            HTTPFetcher(private=True).fetch(url, body=b"question")
    assert len(requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/list.crl",
        "ldap://example.org/",
        "http://",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://[::1/",
        "http://127.0.0.1/" + "a" * 3000,
        "http://\u06f1\u06f2\u06f7.example/",
        "",
    ],
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[fec0::1]",
    ],
)
def test_strangers_do_not_reach_this_machine_and_its_network(host: str) -> None:
    with pytest.raises(FetchFailed, match="private network"):
        HTTPFetcher(timeout=5).fetch(f"http://{host}/list.crl")


def test_a_name_is_resolved_once_and_that_address_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that first leads outside and then inside (DNS rebinding) gets no second question."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    with pytest.raises(FetchFailed, match="private network"):
        HTTPFetcher().fetch("http://public.example/list.crl")
    assert asked == ["public.example"]
    with serving(says(ok(b"content"))) as (url, requests):
        port = url.rpartition(":")[2].partition("/")[0]
        assert fetch(f"http://public.example:{port}/x") == b"content"
    assert asked == ["public.example"] * 2
    assert f"Host: public.example:{port}".encode() in requests[0]
