"""RFC 5280 in full, by pyhanko-certvalidator: constraints on names and policies, CRLs of every scope.

The paths are found, and their signatures checked, by ``path_search``: what is asked here is one known chain
at a time. Import it lazily: it pulls in asyncio and a network client that is never used.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import algos, crl, keys, ocsp, x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers, derive_quals_from_cert
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    AlgorithmNotSupported,
    CRLValidationError,
    InsufficientRevinfoError,
    OCSPValidationError,
    PathError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)
from pyhanko_certvalidator.validate import async_validate_path

from smartid.crypto.der import decoding
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.constraints import Problem, culprit, label
from smartid.trust.policy import Policy
from smartid.trust.raw import verify_raw
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.schemes import scheme_of
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

_REFUSALS = (ValidationError, PathError, CRLValidationError, OCSPValidationError)
"""What the engine raises on purpose."""
_STRAY = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    UnsupportedAlgorithm,
)
"""What it lets through when bytes are broken; RuntimeError covers recursion and what it left unwritten."""

_ANY_POLICY = "any_policy"
_NAME_CONSTRAINTS = "2.5.29.30"
_LEAF_ONLY = RevocationCheckingPolicy(
    RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK
)
_INTERMEDIATE = re.compile(r"intermediate certificate (\d+)")
_LOGGER = "pyhanko_certvalidator"

Result = TypeVar("Result")


def full_problem(
    chain: Sequence[Certificate], usage: CertificateUsage, policy: Policy, at: datetime
) -> Problem | None:
    """Process names and policies along a path; give the first problem, None when there is none.

    chain  leaf first, anchor last, every link signed
    """
    try:
        _validate(chain, policy, at, CertRevTrustPolicy(NO_REVOCATION), ValidationData())
    except PathValidationError as error:
        return _problem(chain, usage, error)
    except _REFUSALS:
        return Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, _GENERAL, culprit(chain[0], usage))
    except _STRAY:
        return Problem(SubIndication.FORMAT_FAILURE, "A certificate of the path is malformed.")
    return None


def full_status(
    chain: Sequence[Certificate], policy: Policy, at: datetime, data: ValidationData
) -> RevocationStatus:
    """Say whether the first certificate of a path was revoked, with CRLs and OCSP answers of any scope.

    chain  from the certificate that is asked about up to the anchor
    data   CRLs, OCSP answers, and the certificates of those who signed them
    """
    trust = CertRevTrustPolicy(_LEAF_ONLY, retroactive_revinfo=True)
    try:
        _validate(chain, policy, at, trust, data)
    except RevokedError as error:
        if error.is_side_validation:
            return _unknown(SubIndication.TRY_LATER, "Who signed its CRL or OCSP answer was revoked.")
        return RevocationStatus(
            state=RevocationState.REVOKED,
            revoked_at=error.revocation_dt,
            reason=str(error.reason.native),
            failure=SubIndication.REVOKED,
            detail=f"It was revoked on {error.revocation_dt:%Y-%m-%d %H:%M} UTC.",
        )
    except InsufficientRevinfoError:
        return _unknown(SubIndication.TRY_LATER, "No fresh CRL or OCSP answer covers it.")
    except _REFUSALS:
        return _unknown(SubIndication.TRY_LATER, "No CRL or OCSP answer about it can be trusted.")
    except _STRAY:
        return _unknown(SubIndication.FORMAT_FAILURE, "The CRLs or OCSP answers about it are malformed.")
    return RevocationStatus(state=RevocationState.GOOD, source="CRL or OCSP answer")


_GENERAL = "The path does not satisfy RFC 5280, 6.1."


def _unknown(failure: SubIndication, detail: str) -> RevocationStatus:
    return RevocationStatus(state=RevocationState.UNKNOWN, failure=failure, detail=detail)


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
    _quieten()
    certificates = [x509.Certificate.load(certificate.der) for certificate in chain]
    path = ValidationPath(_anchor(chain[-1]), certificates[-2:0:-1], certificates[0])
    known = [certificate.der for certificate in policy.anchors.intermediates]
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(anchor.certificate.der) for anchor in policy.anchors.anchors],
        other_certs=_loaded(x509.Certificate, (*data.certificates, *known)),
        crls=_loaded(crl.CertificateList, data.crls),
        ocsps=_loaded(ocsp.OCSPResponse, data.ocsp),
        moment=at,
        allow_fetching=False,
        revinfo_policy=trust,
        time_tolerance=policy.freshness.skew,
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=_Validator(policy.algorithms, chain),
    )
    _run(lambda: async_validate_path(context, path, parameters=_parameters(policy)))


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


def _loaded(kind: Any, ders: Iterable[bytes]) -> list[Any]:
    """Load what can be loaded; the rest is as if it were not there."""
    found = []
    for der in dict.fromkeys(ders):
        try:
            with decoding("validation data", "RFC 5280 (2008)"):
                found.append(kind.load(der, strict=True))
        except EncodingError:
            continue
    return found


class _Validator(SignatureValidator):
    """Brings every signature to ``verify_raw``, under the algorithms of the policy."""

    def __init__(self, algorithms: AlgorithmPolicy, chain: Sequence[Certificate]) -> None:
        self._algorithms = algorithms
        self._whole = {x509.Certificate.load(item.der).public_key.dump(): item.spki for item in chain}

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        spki = public_key_info.dump()
        try:
            scheme = scheme_of(signature_algorithm, hash_name=context.contextual_md_algorithm)
            key = self._whole.get(spki, spki)
            verify_raw(key, scheme, signature, message=signed_data, algorithms=self._algorithms)
        except (SignatureInvalid, AlgorithmRefused, EncodingError) as error:
            raise AlgorithmNotSupported(error.message) from error


def _run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run on an event loop of its own; beside a running one, in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(work)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_run_here, work).result()


def _run_here(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _quieten() -> None:
    """Keep "no" from being logged with a traceback, unless somebody asked the engine to log."""
    logger = logging.getLogger(_LOGGER)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
