"""Who the holder is, from data groups alone whose digests the issuer signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import date
from functools import partial

from smartid.errors import EncodingError
from smartid.identity.lds import parse_dg1
from smartid.identity.lds_details import parse_dg11, parse_dg12, parse_dg13
from smartid.identity.model import Identity
from smartid.trust.findings import Finding, failed
from smartid.trust.passive import PassiveResult
from smartid.trust.verdict import SubIndication


def proved_identity(passive: PassiveResult, today: date) -> tuple[Identity, tuple[Finding, ...]]:
    """Read the identity out of the data groups that are as they were signed.

    today  settles the century of two-digit years

    National characters of DG11 are taken over the Latin ones of DG1, and its birth date over the two-digit
    one. A data group of another structure than is known here becomes a finding, "format_DGn". DG13 belongs to
    the issuer: one of a foreign structure is passed over.
    """
    readers: dict[int, Callable[[bytes], Identity]] = {
        1: partial(_from_dg1, today=today),
        12: _from_dg12,
        13: _from_dg13,
        11: _from_dg11,
    }
    identities, faults = [], []
    for number, read in readers.items():
        file = passive.proved(number)
        try:
            identities.append(read(file) if file is not None else Identity())
        except EncodingError as error:
            if number != 13:
                faults.append(failed(f"format_DG{number}", SubIndication.FORMAT_FAILURE, error.message))
    return _merged(identities), tuple(faults)


def _from_dg1(file: bytes, *, today: date) -> Identity:
    return parse_dg1(file).identity(today=today)


def _from_dg11(file: bytes) -> Identity:
    details = parse_dg11(file)
    return Identity(
        national_number=details.personal_number,
        family_name=details.family_name,
        given_names=details.given_names,
        birth_date=details.birth_date,
        birth_place=details.birth_place,
        address=details.address,
    )


def _from_dg12(file: bytes) -> Identity:
    details = parse_dg12(file)
    return Identity(
        issuing_authority=details.issuing_authority,
        issue_date=details.issue_date.full if details.issue_date else None,
    )


def _from_dg13(file: bytes) -> Identity:
    details = parse_dg13(file)
    return Identity(
        postal_code=details.postal_code,
        address=details.address,
        registration_number=details.registration_number,
        card_serial_number=details.card_serial_number,
    )


def _merged(identities: Iterable[Identity]) -> Identity:
    merged = Identity()
    for identity in identities:
        known = {field.name: getattr(identity, field.name) for field in fields(identity)}
        merged = replace(merged, **{name: value for name, value in known.items() if value is not None})
    return merged
