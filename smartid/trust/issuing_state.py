"""Whether the state that a document names is the one whose authority signed it.

In a store with the authorities of many states each vouches for its own documents only: a document signer
bears the country of its CSCA (ICAO Doc 9303-12, 8th edition (2021), 7.1), and the machine readable zone that
of both. Letter case does not count: some states write their code in lower case.
"""

from __future__ import annotations

from smartid.errors import EncodingError
from smartid.identity.countries import ALPHA_2
from smartid.identity.lds import parse_dg1
from smartid.trust.certificate import DistinguishedName
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.passive import PassiveResult
from smartid.trust.verdict import SubIndication

ISSUING_STATE = "issuing_state"

_COUNTRY = "2.5.4.6"
_REASON = SubIndication.CHAIN_CONSTRAINTS_FAILURE


def match_issuing_state(passive: PassiveResult) -> tuple[Finding, ...]:
    """Compare the country of the document signer, of its CSCA, and of data group 1.

    Nothing is found where the signer leads to no anchor, or where data group 1 is not there or not proved:
    other checks say so.
    """
    if passive.path is None or passive.path.failure is not None:
        return ()
    signer, anchor = passive.path.chain[0], passive.path.chain[-1]
    countries = {_country(signer.subject), _country(signer.issuer), _country(anchor.subject)}
    if countries == {""}:
        detail = "Neither the document signer nor its authority names a country."
        return (not_checked(ISSUING_STATE, detail),)
    if len(countries) > 1:
        shown = ", ".join(sorted(country or "none" for country in countries))
        detail = f"The document signer and its authority name different countries: {shown}."
        return (failed(ISSUING_STATE, _REASON, detail),)
    return _against_zone(passive.proved(1), countries.pop())


def _against_zone(dg1: bytes | None, country: str) -> tuple[Finding, ...]:
    if dg1 is None:
        return ()
    try:
        state = parse_dg1(dg1).issuing_state
    except EncodingError:
        return ()  # "format_DG1" says so
    expected = ALPHA_2.get(state)
    if expected is None:
        detail = f"The issuing state {state or '<<<'} is unknown here and cannot be compared with {country}."
        return (not_checked(ISSUING_STATE, detail, _REASON),)
    if expected != country:
        detail = f"The document says that {state} issued it, but an authority of {country} vouches for it."
        return (failed(ISSUING_STATE, _REASON, detail),)
    return (passed(ISSUING_STATE, f"Issued by {state}, and an authority of {country} vouches for it."),)


def _country(name: DistinguishedName) -> str:
    return (name.get(_COUNTRY) or "").strip().upper()
