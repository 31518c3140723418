"""Authorities whose paths were validated, so that the next certificate of one costs one signature.

Only the part of a path from the issuer up is kept, never a leaf, and only what rests on the policy's own
revocation data: what a document brings along is judged each time. Of document signers, who sign the files of
thousands of cards, it is also kept which key signed their certificate.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from smartid.trust.certificate import Certificate
from smartid.trust.revocation import RevocationStatus
from smartid.trust.store import Anchor, AnchorPurpose

MAX_ENTRIES = 256
MAX_KEPT_LENGTH = 16 << 10
"""Longest certificate that is kept, in bytes."""


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
        self._links: OrderedDict[tuple[bytes, bytes], None] = OrderedDict()

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
        with self._lock:
            return (certificate.der, issuer.spki) in self._links

    def keep_link(self, certificate: Certificate, issuer: Certificate) -> None:
        """Remember that the key of ``issuer`` signed the certificate of an office, never of a person."""
        if len(certificate.der) > MAX_KEPT_LENGTH:
            return
        with self._lock:
            self._links[certificate.der, issuer.spki] = None
            while len(self._links) > MAX_ENTRIES:
                self._links.popitem(last=False)

    def _forget_oldest(self) -> None:
        key, entry = self._paths.popitem(last=False)
        name = (entry.chain[0].subject.key, key[1])
        rest = tuple(other for other in self._by_name[name] if other != key)
        if rest:
            self._by_name[name] = rest
        else:
            del self._by_name[name]
