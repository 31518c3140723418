"""DER as a tree that can be changed and written again, so that a mutant is broken in one place only.

Knows nothing of the readers that it tests. Takes definite lengths alone; what it cannot read stays a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_OCTETS, _BITS = 0x04, 0x03
MAX_DEPTH = 24


@dataclass(eq=False)
class Node:
    """One element. ``children`` is None for a leaf; a string that wraps DER has children, and a prefix.

    length  octets to write in place of the length, None for the right ones
    """

    tag: bytes
    value: bytes = b""
    children: list[Node] | None = None
    prefix: bytes = b""
    length: bytes | None = None
    end: bytes = b""
    layers: int = field(default=0)

    def encode(self) -> bytes:
        inside = self.value
        if self.children is not None:
            inside = self.prefix + b"".join(child.encode() for child in self.children)
        length = octets(len(inside)) if self.length is None else self.length
        out = self.tag + length + inside + self.end
        for _ in range(self.layers):
            out = b"\x30" + octets(len(out)) + out
        return out

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children or ():
            yield from child.walk()


def octets(size: int) -> bytes:
    """Length octets in DER."""
    if size < 0x80:
        return bytes((size,))
    number = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(number),)) + number


def parse(data: bytes) -> Node:
    """Read one element that is all of ``data``. Raises ValueError."""
    nodes = _sequence(data, 0)
    if len(nodes) != 1:
        raise ValueError("not one element")
    return nodes[0]


def _sequence(data: bytes, depth: int) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        tag, value, at = _element(data, at)
        nodes.append(_node(tag, value, depth))
    return nodes


def _element(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    start = at
    first = data[at]
    at += 1
    while first & 0x1F == 0x1F and at < len(data) and data[at] & 0x80:
        at += 1
    at += first & 0x1F == 0x1F
    tag = data[start:at]
    if at >= len(data):
        raise ValueError("no length")
    size = data[at]
    at += 1
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length that is not definite")
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    if at + size > len(data):
        raise ValueError("too long")
    return tag, data[at : at + size], at + size


def _node(tag: bytes, value: bytes, depth: int) -> Node:
    if depth >= MAX_DEPTH:
        return Node(tag, value)
    prefix = value[:1] if tag[0] == _BITS else b""
    wraps = tag[0] in {_OCTETS, _BITS} and value[len(prefix) : len(prefix) + 1] in {b"\x30", b"\x31"}
    if not tag[0] & 0x20 and not wraps:
        return Node(tag, value)
    try:
        return Node(tag, value, _sequence(value[len(prefix) :], depth + 1), prefix)
    except ValueError:
        return Node(tag, value)
