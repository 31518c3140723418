"""Master lists that were checked once, and need not be checked again as long as nothing changed.

The cache is a file of two lines::

    SHA-256 of the second line, in hexadecimal
    {"format", "binding", "digest", "signer", "anchor", "begin", "until", "skipped", "origin", "anchors"}

``binding`` is a SHA-256 over everything the check depended on: the bytes of the list, the anchors, revocation
lists and strength of algorithms of the policy, and the pins. Another list or other anchors make another
binding, and the list is checked anew. So it is for a time outside ``begin`` to ``until``.

What it protects: damage is noticed by the digest, and a file that others may write to is not read at all. Who
can write as this user can also change the trust anchors themselves; against them no cache helps.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from smartid.errors import EncodingError
from smartid.files import write_whole
from smartid.trust.certificate_record import MEMBERS, from_record, to_record
from smartid.trust.master_list import (
    MAX_ENTRIES,
    MAX_LENGTH,
    MasterList,
    SkippedEntry,
    fingerprints,
    read_master_list,
)
from smartid.trust.policy import Policy
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore

FORMAT = "smartid master list cache 1"
MAX_CACHE_LENGTH = 4 * MAX_LENGTH


def load_master_list(
    path: Path | str,
    policy: Policy,
    *,
    at: datetime | None = None,
    pinned: Collection[str] = (),
    cache: Path | str | None = None,
) -> MasterList:
    """Read a signed master list from a file as ``read_master_list`` does; the second time, from the cache.

    cache  its file, made and replaced as needed (0600); None always checks the list itself. One that cannot
           be written is no error: the next call takes longer.

    Raises EncodingError (also for a file that cannot be read), NotTrusted.
    """
    file = Path(path)
    data = _read(file)
    if cache is None:
        return read_master_list(data, policy, at=at, pinned=pinned, origin=str(file))
    binding = _binding(file, data, policy, pinned)
    known = _recall(Path(cache), binding, at or policy.clock())
    if known:
        return known
    checked = read_master_list(data, policy, at=at, pinned=pinned, origin=str(file))
    _remember(Path(cache), binding, checked)
    return checked


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_LENGTH + 1)
    except OSError as error:
        raise EncodingError(
            str(file), offset=0, expected=f"a file that can be read ({error.strerror})"
        ) from error
    if len(data) > MAX_LENGTH:
        raise EncodingError(str(file), offset=MAX_LENGTH, expected=f"at most {MAX_LENGTH} bytes")
    return data


def _binding(file: Path, data: bytes, policy: Policy, pinned: Collection[str]) -> str:
    """Digest all that the answer depends on; each part is hashed first, so that none runs into another."""
    rules = policy.algorithms
    parts: list[bytes] = [
        "\n".join((FORMAT, *MEMBERS, str(file))).encode(),
        data,
        *sorted(
            anchor.certificate.der + anchor.purpose.value.encode() + bytes((anchor.unsigned,))
            for anchor in policy.anchors.anchors
        ),
        b"intermediates",
        *sorted(certificate.der for certificate in policy.anchors.intermediates),
        b"crls",
        *sorted(policy.anchors.crls),
        repr((sorted(rules.hashes), rules.min_rsa_bits, sorted(rules.curves))).encode(),
        repr((policy.revocation, policy.freshness, sorted(policy.certificate_policies))).encode(),
        repr(sorted(fingerprints(pinned))).encode(),
    ]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _remember(cache: Path, binding: str, checked: MasterList) -> None:
    anchors = checked.store.anchors
    document = {
        "format": FORMAT,
        "binding": binding,
        "digest": checked.digest,
        "signer": checked.signer,
        "anchor": checked.anchor,
        "begin": checked.begin and checked.begin.isoformat(),
        "until": checked.until and checked.until.isoformat(),
        "skipped": [[entry.position, entry.why] for entry in checked.skipped],
        "origin": anchors[0].origin if anchors else "",
        "anchors": [to_record(anchor.certificate) for anchor in anchors],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        write_whole(cache, hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    except OSError:
        return


def _recall(cache: Path, binding: str, at: datetime) -> MasterList | None:
    """Give what the cache holds; None when it is absent, damaged, of another list or out of its time."""
    text = _own_file(cache)
    if text is None:
        return None
    digest, _, body = text.partition(b"\n")
    if digest != hashlib.sha256(body).hexdigest().encode():
        return None
    try:
        return _restored(json.loads(body), binding, at)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, EncodingError):
        return None  # a file of another program, or of another version


def _own_file(cache: Path) -> bytes | None:
    """Read the file if it is this user's and nobody else may write to it."""
    try:
        handle = os.open(cache, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o022:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as stream:
        return stream.read(MAX_CACHE_LENGTH)


def _restored(document: dict[str, object], binding: str, at: datetime) -> MasterList | None:
    if document["format"] != FORMAT or document["binding"] != binding:
        return None
    begin, until = (datetime.fromisoformat(str(document[name])) for name in ("begin", "until"))
    if not begin <= at <= until:
        return None
    records, skipped = document["anchors"], document["skipped"]
    if not isinstance(records, list) or not isinstance(skipped, list) or len(records) > MAX_ENTRIES:
        return None
    purpose, origin = AnchorPurpose.DOCUMENT_SIGNING, str(document["origin"])
    anchors = tuple(
        Anchor(certificate=from_record(record), purpose=purpose, origin=origin) for record in records
    )
    return MasterList(
        store=TrustStore(anchors=anchors),
        skipped=tuple(SkippedEntry(int(position), str(why)) for position, why in skipped),
        digest=str(document["digest"]),
        signer=str(document["signer"]),
        anchor=str(document["anchor"]),
        begin=begin,
        until=until,
    )
