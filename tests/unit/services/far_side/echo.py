"""A far side for tests: it counts in a file what it was told, and answers with the count and the message."""

from __future__ import annotations

from pathlib import Path

from smartid.services.far_side.frame import Arguments, Handler, Switchboard, start


def make(arguments: Arguments, faults: Switchboard) -> Handler:
    book = Path(arguments.database)

    def answer(message: bytes) -> bytes | None:
        if message == b"silence":
            return None
        if message == b"trouble":
            raise ZeroDivisionError
        with book.open("ab") as file:
            file.write(message + b"\n")
        code = faults.decline().encode()
        return (
            message[:4] + b":" + str(book.read_bytes().count(b"\n")).encode() + (b"!" + code if code else b"")
        )

    return answer


if __name__ == "__main__":
    start(make)
