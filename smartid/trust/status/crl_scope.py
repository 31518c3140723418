"""Which certificates and which reasons a list is about (RFC 5280 (2008), 5.2.5 and 6.3.3 (b))."""

from __future__ import annotations

from smartid.trust.certificate import Certificate
from smartid.trust.status.crl import RevocationList, Scope
from smartid.trust.status.pointers import DistributionPoint, Pointers

_NOTHING = frozenset[str]()


def covered_reasons(crl: RevocationList, certificate: Certificate, pointers: Pointers) -> frozenset[str]:
    """Give the reasons for which a list can tell of a certificate; none when it is not about it."""
    scope = crl.scope
    excluded = scope.users_only if certificate.is_ca else scope.authorities_only
    if scope.attributes or excluded:
        return _NOTHING
    points = [*pointers.crl_points, *_unnamed_point(crl, certificate)]
    return _NOTHING.union(
        *(point.reasons & scope.reasons for point in points if _is_list_of(crl, point, certificate))
    )


def _unnamed_point(crl: RevocationList, certificate: Certificate) -> tuple[DistributionPoint, ...]:
    """Give the point that every issuer has without naming it: its own name."""
    if crl.issuer.key != certificate.issuer.key:
        return ()
    return (DistributionPoint(names=frozenset({("directory_name", certificate.issuer.key)})),)


def _is_list_of(crl: RevocationList, point: DistributionPoint, certificate: Certificate) -> bool:
    if point.crl_issuers:
        if crl.issuer.key not in point.crl_issuers or not crl.scope.indirect:
            return False
    elif crl.issuer.key != certificate.issuer.key:
        return False
    return _names_fit(crl.scope, point)


def _names_fit(scope: Scope, point: DistributionPoint) -> bool:
    if not scope.names:
        return True
    names = point.names or frozenset(("directory_name", key) for key in point.crl_issuers)
    return bool(names & scope.names)
