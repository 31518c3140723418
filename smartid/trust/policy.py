"""What somebody wants to see before they believe a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.store import TrustStore


def utc_now() -> datetime:
    """Give the time of this machine's clock."""
    return datetime.now(UTC)


class Requirement(Enum):
    """What has to pass besides passive authentication, without which no identity is ever believed.

    CHIP_AUTHENTICATION  the chip proved that it is the one the issuer made, and no copy of its files
    CERTIFICATES         each citizen certificate that was read leads to an anchor, is valid, fits its
                         purpose, and names the holder
    """

    CHIP_AUTHENTICATION = "chip authentication"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Anchors, strength of algorithms, the clock, and what must pass. ``Policy()`` trusts nobody.

    anchors     the trust store; empty, every verdict is INDETERMINATE at best
    algorithms  hashes, key sizes and curves that are strong enough
    clock       gives the present time, an aware datetime
    require     what must pass; signs of forgery (a wrong signature or digest, broken bytes) always count
    """

    anchors: TrustStore = field(default_factory=TrustStore)
    algorithms: AlgorithmPolicy = STRICT
    clock: Callable[[], datetime] = utc_now
    require: frozenset[Requirement] = frozenset(Requirement)
