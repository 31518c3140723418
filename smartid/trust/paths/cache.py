"""Authorities whose paths were validated, so that the next certificate of one costs one signature.

Only the part of a path from the issuer up is kept, never a leaf, and only what rests on the policy's own
revocation data: what a document brings along is judged each time. Of leaves nothing is kept but digests that
say which key signed which certificate: that never changes, and is the dearest step of all.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from smartid.trust.certificate import Certificate
from smartid.trust.revocation import RevocationStatus
from smartid.trust.store import Anchor, AnchorPurpose

MAX_ENTRIES = 256
MAX_LINKS = 16_384
"""Most signatures over certificates that are remembered, 32 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedAuthority:
    """The path of an authority, validated.

    chain       the authority first, its anchor last
    revocation  of each certificate of the chain but the anchor
    first, last the control times for which this holds, both included
    """

    chain: tuple[Certificate, ...]
    anchor: Anchor
    revocation: tuple[RevocationStatus, ...]
    first: datetime
    last: datetime


class PathCache:
    """A bounded store, least recently used out first. Threads may share it; pickling empties it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._paths: OrderedDict[tuple[bytes, AnchorPurpose], ValidatedAuthority] = OrderedDict()
        self._by_name: dict[tuple[str, AnchorPurpose], tuple[tuple[bytes, AnchorPurpose], ...]] = {}
        self._links: OrderedDict[bytes, None] = OrderedDict()

    def __reduce__(self) -> tuple[type[PathCache], tuple[()]]:
        return PathCache, ()

    def __len__(self) -> int:
        return len(self._paths)

    def issuers(self, name: str, purpose: AnchorPurpose, at: datetime) -> Sequence[ValidatedAuthority]:
        """Give the authorities of this name (``DistinguishedName.key``) that were valid at this time."""
        with self._lock:
            keys = self._by_name.get((name, purpose), ())
            found = []
            for key in keys:
                self._paths.move_to_end(key)
                found.append(self._paths[key])
        return [entry for entry in found if entry.first <= at <= entry.last]

    def keep(self, entry: ValidatedAuthority, purpose: AnchorPurpose) -> None:
        """Add an authority, or put it in the place of what was known of it."""
        key = (entry.chain[0].der, purpose)
        with self._lock:
            if key not in self._paths:
                name = (entry.chain[0].subject.key, purpose)
                self._by_name[name] = (*self._by_name.get(name, ()), key)
            self._paths[key] = entry
            self._paths.move_to_end(key)
            while len(self._paths) > MAX_ENTRIES:
                self._forget_oldest()

    def knows_link(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Tell whether the key of ``issuer`` is known to have signed ``certificate``."""
        link = _link(certificate, issuer)
        with self._lock:
            known = link in self._links
            if known:
                self._links.move_to_end(link)
            return known

    def keep_link(self, certificate: Certificate, issuer: Certificate) -> None:
        """Remember that the key of ``issuer`` signed this certificate."""
        with self._lock:
            self._links[_link(certificate, issuer)] = None
            while len(self._links) > MAX_LINKS:
                self._links.popitem(last=False)

    def _forget_oldest(self) -> None:
        key, entry = self._paths.popitem(last=False)
        name = (entry.chain[0].subject.key, key[1])
        rest = tuple(other for other in self._by_name[name] if other != key)
        if rest:
            self._by_name[name] = rest
        else:
            del self._by_name[name]


def _link(certificate: Certificate, issuer: Certificate) -> bytes:
    """Name a pair by a digest; the length keeps the two apart."""
    length = len(certificate.der).to_bytes(4, "big")
    return hashlib.sha256(length + certificate.der + issuer.spki).digest()
