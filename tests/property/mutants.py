"""Edits of bytes, shared by the tests that feed broken input."""

from __future__ import annotations

from hypothesis import strategies as st

from smartid.crypto.elements import read_element


@st.composite
def mutations(draw: st.DrawFn, length: int = 4096) -> list[tuple[int, str, bytes]]:
    """A few edits: where, what, and with which bytes."""
    edit = st.tuples(
        st.integers(0, length),
        st.sampled_from(["flip", "put", "cut", "insert", "truncate"]),
        st.binary(max_size=8),
    )
    return draw(st.lists(edit, min_size=1, max_size=4))


def mutate(data: bytes, edits: list[tuple[int, str, bytes]]) -> bytes:
    for where, what, new in edits:
        at = where % (len(data) + 1)
        if what == "flip" and at < len(data):
            data = data[:at] + bytes((data[at] ^ (1 << where % 8),)) + data[at + 1 :]
        elif what == "put":
            data = data[:at] + new + data[at + len(new) :]
        elif what == "cut":
            data = data[:at] + data[at + len(new) + 1 :]
        elif what == "insert":
            data = data[:at] + new + data[at:]
        elif what == "truncate":
            data = data[:at]
    return data


def to_indefinite(der: bytes, choices: list[bool]) -> bytes:
    """Write some of the constructed elements with indefinite lengths; what is signed stays as it is.

    choices  one for each element on the way down, over and over
    """
    turn = iter(range(1 << 20))

    def write(data: bytes, depth: int) -> bytes:
        element = read_element(data)
        if not element.tag & 0x20 or depth > 4:
            return data
        inside = b"".join(write(child.raw, depth + 1) for child in element.children())
        if choices[next(turn) % len(choices)] and depth < 4:
            return bytes((element.tag, 0x80)) + inside + b"\0\0"
        return _definite(element.tag, inside)

    return write(der, 0)


def _definite(tag: int, value: bytes) -> bytes:
    size = len(value)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    length = bytes((size,)) if size < 0x80 else bytes((0x80 | len(octets),)) + octets
    return bytes((tag,)) + length + value
