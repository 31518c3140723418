"""A ceremony by mail: every message is a file, and each trustee drops what came into one folder.

::

    NAME.mandatory.json      public key of a trustee who has to help
    N.certificate.json       of member N of the group, N from 1
    N.polynomial.json
    N.key.json
    trustees.json            the record, put together of all of them

A share is a file of two lines, the share and {"owner": n, "payload": SHA-256}: belenios-tool takes it as it
is (``archive add-event --type=PartialDecryption``). NAME.binding beside it is its second proof.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import Refused
from smartid.files import write_whole
from smartid.services.reasons import Reason
from smartid.services.voting.board.records import OwnedShare
from smartid.services.voting.compact import broken, compact, sha256_hex
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees.partial import MAX_SHARE, OwnShare
from smartid.services.voting.trustees.pedersen import assemble
from smartid.services.voting.trustees.published import Context, PublicKey
from smartid.services.voting.trustees.record import Item, Single, Trustees

WHAT = "message of a ceremony"
MAX_MESSAGE = 4 << 20
RECORD = "trustees.json"


class Kind(StrEnum):
    """What a file holds."""

    MANDATORY = "mandatory"
    CERTIFICATE = "certificate"
    POLYNOMIAL = "polynomial"
    KEY = "key"


def put(folder: Path, sender: str, kind: Kind, message: dict[str, Any]) -> Path:
    """Write a message into the folder. Raises OSError."""
    path = folder / f"{sender}.{kind}.json"
    write_whole(path, compact(message), mode=0o644)
    return path


def gather(folder: Path, kind: Kind, size: int) -> list[dict[str, Any]]:
    """Read a message of every member. Raises Refused (whose is missing), EncodingError, OSError."""
    paths = [folder / f"{number}.{kind}.json" for number in range(1, size + 1)]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise Refused(
            f"These are not in {folder} yet: {', '.join(missing)}.",
            reason=Reason.WRONG_STATE,
            remedy="Wait for what the other trustees send, and put it there.",
        )
    return [_read(path) for path in paths]


def put_together(folder: Path, *, group: str = "") -> Trustees:
    """Make the record of all messages, check it, and write it. Mandatory trustees come first, by name.

    group  name of the election's group, where there are mandatory trustees only
    Raises Refused (whose message does not hold, or is missing), EncodingError, ElectionInvalid, OSError.
    """
    certificate = folder / f"1.{Kind.CERTIFICATE}.json"
    context = _context(_read(certificate)) if certificate.is_file() else None
    found = named(context.group if context else group)
    items: list[Item] = [
        Single(PublicKey.from_dict(_read(path), found))
        for path in sorted(folder.glob(f"*.{Kind.MANDATORY}.json"))
    ]
    if context is not None:
        rounds = (gather(folder, kind, context.size) for kind in tuple(Kind)[1:])
        items.append(assemble(found, context.threshold, *rounds))
    if not items:
        raise Refused(f"There is no message of a trustee in {folder}.", reason=Reason.WRONG_STATE)
    record = Trustees.make(items, found)
    write_whole(folder / RECORD, record.raw, mode=0o644)
    return record


def write_share(path: Path, made: OwnShare) -> None:
    """Write a share with its owner, and beside it what binds it to its tally. Raises OSError."""
    owned = OwnedShare(owner=made.owner, payload=sha256_hex(made.raw))
    write_whole(binding_of(path), made.binding + b"\n", mode=0o644)
    write_whole(path, made.raw + b"\n" + owned.encode() + b"\n", mode=0o644)


def binding_of(share: Path) -> Path:
    """Where the second proof of a share in a file lies."""
    return share.with_name(f"{share.name}.binding")


def read_share(path: Path) -> tuple[int, bytes]:
    """Read a share with its owner; the board's verification checks it. Raises EncodingError, OSError."""
    with path.open("rb") as file:
        share, _, rest = file.read(MAX_SHARE).partition(b"\n")
    owned = OwnedShare.parse(rest.removesuffix(b"\n"))
    if owned.payload != sha256_hex(share):
        raise broken("share", "a share and, on the next line, its SHA-256 and owner")
    return owned.owner, share


def read_record(path: Path, group: Group) -> Trustees:
    """Read the record of the trustees. Raises EncodingError, ElectionInvalid, OSError."""
    return Trustees.parse(path.read_bytes(), group)


def _context(certificate: dict[str, Any]) -> Context:
    text = certificate.get("message")
    content = strict_json.parse_object(text.encode() if isinstance(text, str) else b"", WHAT)
    context = content.get("context")
    if not isinstance(context, dict) or set(context) != {"group", "size", "threshold", "index"}:
        raise broken(WHAT, "a certificate that says which seat it is for")
    return Context(**context)


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return strict_json.parse_object(file.read(MAX_MESSAGE).removesuffix(b"\n"), WHAT)
