"""What somebody wants to see before they believe a card or a signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.fetch import Fetcher
from smartid.trust.paths.cache import PathCache
from smartid.trust.status.fetched import FetchedData
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


class RevocationRule(Enum):
    """When an unknown revocation status counts against a certificate. A known revocation always does.

    ALWAYS         every certificate below the anchor needs a fresh CRL or OCSP answer
    WHEN_DECLARED  those need one that name a place to ask (CRL distribution point, OCSP responder)
    IF_KNOWN       none needs one; what is known is used
    """

    ALWAYS = "always"
    WHEN_DECLARED = "when declared"
    IF_KNOWN = "if known"

    def demands(self, *, declared: bool) -> bool:
        """Tell whether a certificate needs an answer; ``declared``: it names a place to ask."""
        return self is RevocationRule.ALWAYS or (self is RevocationRule.WHEN_DECLARED and declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old revocation data may be for the time that is asked about.

    crl        how long a CRL serves that names no next update; past a next update none does
    ocsp       how long an OCSP answer serves that names no next update
    skew       how far clocks may differ
    """

    crl: timedelta = timedelta(days=7)
    ocsp: timedelta = timedelta(days=1)
    skew: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathConstraints:
    """How certificate policies are treated: inputs of RFC 5280 (2008), 6.1.1.

    explicit_policy         a path must be valid for a certificate policy; None: when ``Policy`` names some
    inhibit_policy_mapping  no authority may declare policies of others equal to its own
    inhibit_any_policy      anyPolicy stands for nothing
    """

    explicit_policy: bool | None = None
    inhibit_policy_mapping: bool = False
    inhibit_any_policy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Anchors, strength of algorithms, the clock, and what must pass. ``Policy()`` trusts nobody.

    anchors       the trust store, with the revocation lists that lie beside the anchors
    algorithms    hashes, key sizes and curves that are strong enough
    clock         gives the present time, an aware datetime
    require       what must pass; signs of forgery (a wrong signature or digest, broken bytes) always count
    revocation    when an unknown revocation status counts
    freshness     how old revocation data may be
    certificate_policies  object identifiers: a path must be valid for one of them; empty, for any
    path_constraints      how certificate policies are treated
    key_usages    a signer of documents needs one of these in the key usage, when there is one
    fetcher       reaches the network for revocation data; None stays offline
    cache         authorities whose paths were validated; begins empty in each policy
    fetched       revocation data that came over the network; begins empty in each policy
    """

    anchors: TrustStore = field(default_factory=TrustStore)
    algorithms: AlgorithmPolicy = STRICT
    clock: Callable[[], datetime] = utc_now
    require: frozenset[Requirement] = frozenset(Requirement)
    revocation: RevocationRule = RevocationRule.WHEN_DECLARED
    freshness: Freshness = Freshness()
    certificate_policies: frozenset[str] = frozenset()
    path_constraints: PathConstraints = PathConstraints()
    key_usages: frozenset[str] = frozenset({"non_repudiation", "digital_signature"})
    fetcher: Fetcher | None = None
    cache: PathCache = field(init=False, compare=False, repr=False, default_factory=PathCache)
    fetched: FetchedData = field(init=False, compare=False, repr=False, default_factory=FetchedData)

    @property
    def requires_certificate_policy(self) -> bool:
        """Whether a path has to be valid for a certificate policy."""
        explicit = self.path_constraints.explicit_policy
        return bool(self.certificate_policies) if explicit is None else explicit
