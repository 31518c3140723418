"""How samples are broken. Each mutator takes bytes and a source of chance, and gives other bytes."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.der_tree import Node, octets, parse

Mutator = Callable[[bytes, Random], bytes]
TOKEN = re.compile(rb"<[^<>]*>|[0-9]+|[A-Za-z_:/.-]+|\s+|.", re.DOTALL)
WILD_LENGTHS = (
    b"\x80",
    b"\x81\x00",
    b"\x82\x00\x05",
    b"\x84\xff\xff\xff\xff",
    b"\x88" + b"\x7f" * 8,
    b"\xfe" + b"\xff" * 126,
    b"\xff",
    b"\x00",
)
TAGS = (0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x24, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0xA3, 0x1F)
WILD_VALUES: tuple[object, ...] = (None, True, -1, 1e300, 2**70, "", "\u0000", "\u202e", [], {}, [[]], "AAAA")


def flip(data: bytes, chance: Random) -> bytes:
    """Turn one to four bits."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def truncate(data: bytes, chance: Random) -> bytes:
    return data[: chance.randrange(len(data))]


def cut(data: bytes, chance: Random) -> bytes:
    start, end = _part(data, chance)
    return data[:start] + data[end:]


def repeat(data: bytes, chance: Random) -> bytes:
    start, end = _part(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 1, 3)) + data[end:]


def swap(data: bytes, chance: Random) -> bytes:
    first, second, third = sorted(chance.randrange(len(data) + 1) for _ in range(3))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def overwrite(data: bytes, chance: Random) -> bytes:
    start, end = _part(data, chance)
    return data[:start] + chance.randbytes(end - start) + data[end:]


def insert(data: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    new = chance.choice((b"\x30\x80", b"\x84\xff\xff\xff\xff", b"\x00\x00", chance.randbytes(4)))
    return data[:at] + new + data[at:]


def _part(data: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.choice((1, 2, 8, 40, 400)))


RAW: tuple[Mutator, ...] = (flip, flip, flip, truncate, cut, repeat, swap, overwrite, insert)


def raw(data: bytes, chance: Random) -> bytes:
    """Break bytes without regard to what they mean."""
    return chance.choice(RAW)(data, chance) if data else b"\x30"


def der(data: bytes, chance: Random) -> bytes:
    """Break one element, or two, and write all lengths around it as they have to be."""
    try:
        root = parse(data)
    except (ValueError, IndexError):
        return raw(data, chance)
    for _ in range(chance.choice((1, 1, 1, 2))):
        nodes = list(root.walk())
        chance.choice(_ELEMENT)(chance.choice(nodes), nodes, chance)
    return root.encode()


def _reorder(node: Node, nodes: list[Node], chance: Random) -> None:
    groups = [item for item in nodes if item.children and len(item.children) > 1]
    if groups:
        children = chance.choice(groups).children
        assert children is not None
        chance.shuffle(children)


def _drop(node: Node, nodes: list[Node], chance: Random) -> None:
    groups = [item for item in nodes if item.children]
    if groups:
        children = chance.choice(groups).children
        assert children is not None
        del children[chance.randrange(len(children))]


def _double(node: Node, nodes: list[Node], chance: Random) -> None:
    groups = [item for item in nodes if item.children]
    if groups:
        children = chance.choice(groups).children
        assert children is not None
        children.insert(
            chance.randrange(len(children) + 1), Node(b"", children[chance.randrange(len(children))].encode())
        )
        _as_written(children)


def _as_written(children: list[Node]) -> None:
    """Give elements that are kept as octets a tag and a length of their own."""
    for at, child in enumerate(children):
        if not child.tag:
            children[at] = parse(child.value) if _is_one(child.value) else Node(b"\x04", child.value)


def _is_one(data: bytes) -> bool:
    try:
        parse(data)
    except (ValueError, IndexError):
        return False
    return True


def _splice(node: Node, nodes: list[Node], chance: Random) -> None:
    """Put another element of the same sample here, unless it is around this one."""
    other = chance.choice(nodes)
    if node not in other.walk():
        node.tag, node.value, node.prefix = other.tag, other.value, other.prefix
        node.children = None if other.children is None else [Node(b"\x05")]
        if other.children is not None:
            node.value, node.children = other.prefix + b"".join(c.encode() for c in other.children), None


def _retag(node: Node, nodes: list[Node], chance: Random) -> None:
    node.tag = bytes((chance.choice(TAGS),))


def _wild_length(node: Node, nodes: list[Node], chance: Random) -> None:
    node.length = chance.choice(WILD_LENGTHS)


def _long_length(node: Node, nodes: list[Node], chance: Random) -> None:
    """The right length in more octets than it needs: BER, and no DER."""
    inside = len(node.encode()) - len(node.tag) - len(octets(len(node.value)))
    node.length = b"\x84" + max(inside, 0).to_bytes(4, "big")


def _indefinite(node: Node, nodes: list[Node], chance: Random) -> None:
    groups = [item for item in nodes if item.tag and item.tag[0] & 0x20]
    for group in chance.sample(groups, min(len(groups), chance.choice((1, 1, 3, 50)))):
        group.length, group.end = b"\x80", chance.choice((b"\x00\x00", b"\x00\x00", b"\x00", b""))


def _in_pieces(node: Node, nodes: list[Node], chance: Random) -> None:
    """A string in constructed form."""
    strings = [item for item in nodes if item.tag == b"\x04"]
    if strings:
        string = chance.choice(strings)
        whole = string.encode()[1 + len(octets(len(string.value))) :]
        at = chance.randrange(len(whole) + 1)
        string.tag = b"\x24"
        string.children = [Node(b"\x04", whole[:at]), Node(b"\x04", whole[at:])]


def _nest(node: Node, nodes: list[Node], chance: Random) -> None:
    node.layers = chance.choice((1, 2, 40, 400))


def _empty(node: Node, nodes: list[Node], chance: Random) -> None:
    node.value, node.children, node.prefix = b"", None, b""


def _value(node: Node, nodes: list[Node], chance: Random) -> None:
    """Other octets in a leaf: broken text, other identifiers, wild numbers and times."""
    leaves = [item for item in nodes if item.children is None and item.value]
    if leaves:
        leaf = chance.choice(leaves)
        leaf.value = chance.choice((raw(leaf.value, chance), raw(leaf.value, chance), b"\xff" * 40, b"\x80"))


_ELEMENT: tuple[Callable[[Node, list[Node], Random], None], ...] = (
    _reorder,
    _drop,
    _double,
    _splice,
    _retag,
    _wild_length,
    _long_length,
    _indefinite,
    _in_pieces,
    _nest,
    _empty,
    _value,
    _value,
    _value,
)


def tokens(data: bytes, chance: Random) -> bytes:
    """Break text by its words: lost, repeated, exchanged, numbers that are wild."""
    words = TOKEN.findall(data)
    if len(words) < 2:
        return raw(data, chance)
    for _ in range(chance.choice((1, 1, 2))):
        at, other = chance.randrange(len(words)), chance.randrange(len(words))
        match chance.randrange(6):
            case 0:
                words[at] = b""
            case 1:
                words[at] *= 2
            case 2:
                words[at], words[other] = words[other], words[at]
            case 3:
                words[at] = words[other]
            case 4:
                numbers = [place for place, word in enumerate(words) if word.isdigit()] or [at]
                words[chance.choice(numbers)] = chance.choice((b"0", b"-1", b"9" * 30, b"1.5", b"00"))
            case _:
                words[at:other] = []
    return b"".join(words)


def jose(data: bytes, chance: Random) -> bytes:
    """Break the values inside a JWS: in its members, and in the header that is wrapped in Base64url."""
    if data.lstrip().startswith(b"{"):
        return _json(data, chance)
    parts = data.split(b".")
    if len(parts) != 3 or chance.randrange(4) == 0:
        return raw(data, chance)
    at = chance.randrange(3)
    inside = base64.urlsafe_b64decode(parts[at] + b"=" * (-len(parts[at]) % 4))
    inside = _json(inside, chance) if at == 0 else raw(inside, chance)
    parts[at] = base64.urlsafe_b64encode(inside).rstrip(b"=")
    return b".".join(parts)


def _json(data: bytes, chance: Random) -> bytes:
    try:
        whole = json.loads(data)
    except ValueError:
        return raw(data, chance)
    if not isinstance(whole, dict) or not whole or chance.randrange(4) == 0:
        return tokens(data, chance)
    holder: Any = whole
    while True:
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inside = holder[key]
        if not isinstance(inside, dict | list) or not inside or chance.randrange(2):
            break
        holder = inside
    if chance.randrange(3) == 0:
        del holder[key]
    else:
        holder[key] = chance.choice(WILD_VALUES)
    return json.dumps(whole, ensure_ascii=chance.randrange(2) == 0).encode("utf-8", "surrogatepass")
