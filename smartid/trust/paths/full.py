"""RFC 5280 in full: constraints on names and policies, and CRLs whose signer is found by a path of its own.

The paths are found, and their signatures checked, by ``path_search``: what is asked here is one known chain
at a time. Import this module lazily, as ``certvalidator`` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from asn1crypto import crl, ocsp, x509
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers, derive_quals_from_cert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import InsufficientRevinfoError, PathValidationError, RevokedError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from smartid.errors import EncodingError
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.paths.certvalidator import REFUSALS, STRAY, RawValidator, load_readable, quieten, run
from smartid.trust.paths.constraints import Problem, culprit, label
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.status.crl import RevocationList
from smartid.trust.status.crl_shelf import SHELF
from smartid.trust.status.pointers import read_pointers
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import readable_certificate

MAX_ENCLOSED = 32
"""Most lists, and most certificates, that the engine is given out of what a document brings along."""

_ANY_POLICY = "any_policy"
_NAME_CONSTRAINTS = "2.5.29.30"
_LEAF_ONLY = RevocationCheckingPolicy(
    RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK
)
_INTERMEDIATE = re.compile(r"intermediate certificate (\d+)")
_GENERAL = "The path does not satisfy RFC 5280, 6.1."


def full_problem(
    chain: Sequence[Certificate], usage: CertificateUsage, policy: Policy, at: datetime
) -> Problem | None:
    """Process names and policies along a path; give the first problem, None when there is none.

    chain  leaf first, anchor last, every link signed
    """
    try:
        _validate(chain, policy, at, CertRevTrustPolicy(NO_REVOCATION), NO_DATA)
    except PathValidationError as error:
        return _problem(chain, usage, error)
    except REFUSALS:
        return Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, _GENERAL, culprit(chain[0], usage))
    except STRAY:
        detail = "A certificate of the path is malformed."
        return Problem(SubIndication.FORMAT_FAILURE, detail, culprit(chain[0], usage))
    return None


def full_status(
    chain: Sequence[Certificate],
    policy: Policy,
    at: datetime,
    data: ValidationData,
    *,
    otherwise: RevocationStatus,
) -> RevocationStatus:
    """Say whether the first certificate of a path was revoked, with lists of any scope and signer.

    chain      from the certificate that is asked about up to the anchor
    data       what came along
    otherwise  the answer when nothing more is found out here
    """
    asked = _Relevant(chain, policy, data).data()
    trust = CertRevTrustPolicy(_LEAF_ONLY, retroactive_revinfo=True)
    known = replace(otherwise, failure=None, evidence=asked, from_policy=not data, exotic=False)
    try:
        _validate(chain, policy, at, trust, asked)
    except RevokedError as error:
        if error.is_side_validation:
            return otherwise
        return replace(
            known,
            state=RevocationState.REVOKED,
            revoked_at=error.revocation_dt,
            reason=str(error.reason.native),
            failure=SubIndication.REVOKED,
            detail=f"It was revoked on {error.revocation_dt:%Y-%m-%d %H:%M} UTC.",
        )
    except InsufficientRevinfoError:
        return otherwise
    except (*REFUSALS, *STRAY):
        return otherwise
    lists = [SHELF.take(der) for der in asked.crls]
    ends = [item.next_update for item in lists if item.next_update is not None and item.next_update >= at]
    return replace(
        known,
        state=RevocationState.GOOD,
        source=", ".join(item.label for item in lists),
        issued_at=min((item.this_update for item in lists), default=None),
        until=min(ends, default=at),
        detail="It was not revoked.",
    )


class _Relevant:
    """What bears on one certificate: lists of the names that may issue them, and who may have signed those.

    The engine tries everything that it is given with everything else.
    """

    def __init__(self, chain: Sequence[Certificate], policy: Policy, data: ValidationData) -> None:
        self._chain = chain
        self._policy = policy
        self._data = data

    def data(self) -> ValidationData:
        """Pick what bears on the first certificate of the chain."""
        names = {item.issuer.key for item in self._chain} | self._list_issuers()
        ours, store = self._policy.anchors.crls, self._policy.anchors.intermediates
        beside = self._lists(names, (der for der in self._data.crls if der not in ours))
        lists = [*self._lists(names, ours), *islice(beside, MAX_ENCLOSED)]
        wanted = names | {item.issuer.key for item in lists}
        readable = filter(None, map(readable_certificate, self._data.certificates))
        signers = islice((item for item in readable if item.subject.key in wanted), MAX_ENCLOSED)
        certificates = [item.der for item in (*store, *signers) if item.subject.key in wanted]
        return ValidationData(
            certificates=tuple(dict.fromkeys(certificates)),
            crls=tuple(dict.fromkeys(item.der for item in lists)),
            ocsp=self._data.ocsp,
        )

    def _list_issuers(self) -> frozenset[str]:
        """Give the names of those who issue lists about the certificate in the place of its issuer."""
        try:
            points = read_pointers(self._chain[0]).crl_points
        except EncodingError:
            return frozenset()
        return frozenset().union(*(point.crl_issuers for point in points))

    def _lists(self, names: frozenset[str] | set[str], ders: Iterable[bytes]) -> Iterator[RevocationList]:
        """Give the lists of these names that can be read and do not come from the future."""
        present, skew = self._policy.clock(), self._policy.freshness.skew
        for der in ders:
            try:
                found = SHELF.take(der)
            except EncodingError:
                continue  # the answer for which this one is asked says so
            if found.issuer.key in names and found.this_update - present <= skew:
                yield found


def _problem(chain: Sequence[Certificate], usage: CertificateUsage, error: PathValidationError) -> Problem:
    """Say in our words what the engine says; which certificate it means stands in its sentence only."""
    found = _INTERMEDIATE.search(error.failure_msg)
    place = len(chain) - 1 - int(found[1]) if found else 0
    blamed = chain[place]
    called = label(blamed, usage)
    if "polic" in error.failure_msg:
        detail = f"{called}: no certificate policy is left here that the path may be used for."
    elif "name" in error.failure_msg:
        detail = f"{called} bears a name that an authority above it may not give."
    else:
        detail = _GENERAL
    return Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, detail, culprit(blamed, usage))


def _validate(
    chain: Sequence[Certificate],
    policy: Policy,
    at: datetime,
    trust: CertRevTrustPolicy,
    data: ValidationData,
) -> None:
    quieten()
    certificates = [x509.Certificate.load(certificate.der) for certificate in chain]
    path = ValidationPath(_anchor(chain[-1]), certificates[-2:0:-1], certificates[0])
    whole = {item.public_key.dump(): own.spki for item, own in zip(certificates, chain, strict=True)}
    context = ValidationContext(
        trust_roots=[certificates[-1]],
        other_certs=load_readable(x509.Certificate, data.certificates),
        crls=load_readable(crl.CertificateList, data.crls),
        ocsps=load_readable(ocsp.OCSPResponse, data.ocsp),
        moment=at,
        allow_fetching=False,
        revinfo_policy=trust,
        time_tolerance=policy.freshness.skew,
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=RawValidator(policy.algorithms, whole),
    )
    run(lambda: async_validate_path(context, path, parameters=_parameters(policy)))


def _anchor(anchor: Certificate) -> CertTrustAnchor:
    """Hold an anchor to the constraints on names that it states; its policies bind nobody (RFC 5937, 3.2)."""
    certificate = x509.Certificate.load(anchor.der)
    if _NAME_CONSTRAINTS not in anchor.constraints:
        return CertTrustAnchor(certificate)
    derived = derive_quals_from_cert(certificate).standard_parameters
    parameters = derived and replace(
        derived, user_initial_policy_set=frozenset({_ANY_POLICY}), initial_explicit_policy=False
    )
    return CertTrustAnchor(certificate, TrustQualifiers(standard_parameters=parameters))


def _parameters(policy: Policy) -> PKIXValidationParams:
    constraints = policy.path_constraints
    return PKIXValidationParams(
        user_initial_policy_set=policy.certificate_policies or frozenset({_ANY_POLICY}),
        initial_explicit_policy=policy.requires_certificate_policy,
        initial_policy_mapping_inhibit=constraints.inhibit_policy_mapping,
        initial_any_policy_inhibit=constraints.inhibit_any_policy,
    )
