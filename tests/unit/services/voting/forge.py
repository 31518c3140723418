"""Boards written as a forger would: every hash and height fits, and something else may not.

Nothing here uses what it helps to test: the file is written anew from the description of the format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event and what belongs to it.

    records  without the ones that only tie others together: election, trustees, credentials; ballot; tally;
             share; result
    numbers  num_tallied and total_weight of a tally; owner of a share
    tied     the records are all there already
    event    members of the event to be written otherwise than they should be
    """

    type: str
    records: tuple[bytes, ...] = ()
    numbers: tuple[int, ...] = ()
    event: tuple[tuple[str, Any], ...] = ()
    tied: bool = False


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tar_member(name: str, content: bytes, timestamp: int) -> bytes:
    head = bytearray(512)
    head[0 : len(name)] = name.encode()
    head[100:124] = b"0000644\0" + b"0000000\0" + b"0000000\0"
    head[124:148] = f"{len(content):011o}\0{timestamp:011o}\0".encode()
    head[148:157] = b" " * 8 + b"0"
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    return bytes(head) + content + bytes(-len(content) % 512)


def written(steps: Iterable[Step], timestamp: int = 1_795_364_068) -> bytes:
    """Write a board whose chain holds."""
    first = compact({"version": 1, "timestamp": str(timestamp)})
    pieces, parent = [tar_member("BELENIOS", first, timestamp)], ""
    for height, step in enumerate(steps):
        records = stored(step)
        event: dict[str, Any] = {"parent": parent} if parent else {}
        event |= {"height": height, "type": step.type}
        if records:
            event["payload"] = sha(records[-1])
        content = compact(event | dict(step.event))
        pieces += [tar_member(f"{sha(record)}.data.json", record, timestamp) for record in records]
        pieces.append(tar_member(f"{sha(content)}.event.json", content, timestamp))
        parent = sha(content)
    return b"".join(pieces)


def stored(step: Step) -> list[bytes]:
    """All records before an event; the last one is the one that it names."""
    return [*step.records, *(() if step.tied else _ties(step))]


def _ties(step: Step) -> list[bytes]:
    match step.type, step.records:
        case "Setup", (election, trustees, credentials):
            names = {"election": sha(election), "trustees": sha(trustees), "credentials": sha(credentials)}
            return [compact(names)]
        case "EncryptedTally", (tally,):
            number, weight = step.numbers
            sizes = {"num_tallied": number, "total_weight": weight, "encrypted_tally": sha(tally)}
            return [compact(sizes)]
        case "PartialDecryption", (share,):
            return [compact({"owner": step.numbers[0], "payload": sha(share)})]
    return []


def steps_of(archive: bytes) -> tuple[Step, ...]:
    """Read a board back, without a look at whether it is a good one."""
    found: list[Step] = []
    records: list[bytes] = []
    at = 0
    while at < len(archive):
        name = archive[at : at + 100].rstrip(b"\0")
        size = int(archive[at + 124 : at + 135], 8)
        content = archive[at + 512 : at + 512 + size]
        at += 512 + size + -size % 512
        if name.endswith(b".data.json"):
            records.append(content)
        elif name.endswith(b".event.json"):
            found.append(_step(json.loads(content)["type"], records))
            records = []
    return tuple(found)


def _step(type_: str, records: list[bytes]) -> Step:
    match type_:
        case "Setup":
            return Step(type=type_, records=tuple(records[:3]))
        case "EncryptedTally":
            sizes = json.loads(records[1])
            numbers = (sizes["num_tallied"], sizes["total_weight"])
            return Step(type=type_, records=(records[0],), numbers=numbers)
        case "PartialDecryption":
            return Step(type=type_, records=(records[0],), numbers=(json.loads(records[1])["owner"],))
    return Step(type=type_, records=tuple(records))


def places(steps: Sequence[Step], type_: str) -> list[int]:
    return [place for place, step in enumerate(steps) if step.type == type_]


def changed(
    steps: Sequence[Step], place: int, change: Callable[[Any], Any], record: int = 0
) -> tuple[Step, ...]:
    """Change a record as JSON; ``change`` gives a new value, or None when it changed the old one."""
    value = json.loads(steps[place].records[record])
    found = change(value)
    return with_record(steps, place, compact(value if found is None else found), record)


def with_record(steps: Sequence[Step], place: int, content: bytes, record: int = 0) -> tuple[Step, ...]:
    records = list(steps[place].records)
    records[record] = content
    return replaced(steps, place, records=tuple(records))


def replaced(steps: Sequence[Step], place: int, **fields: Any) -> tuple[Step, ...]:
    return (*steps[:place], replace(steps[place], **fields), *steps[place + 1 :])


def without(steps: Sequence[Step], *which: int) -> tuple[Step, ...]:
    return tuple(step for place, step in enumerate(steps) if place not in which)


def inserted(steps: Sequence[Step], place: int, *more: Step) -> tuple[Step, ...]:
    return (*steps[:place], *more, *steps[place:])
