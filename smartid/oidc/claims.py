"""What a site can ask for, and what of it a card's certificate answers.

OpenID Connect Core 1.0, 5.1 and 5.4. Claims of our own have the names of ``smartid.Identity``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartid.identity.model import Identity
    from smartid.web.sessions import SignedIn

ACR_CARD = "urn:smartid:acr:card-and-pin"
"""A national card answered after its PIN, under an anchor of the policy."""
ACR_TEST = "urn:smartid:acr:test-card"
"""A mock card answered: worth nothing outside a test."""
ACRS = (ACR_CARD, ACR_TEST)

SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "openid": (),
        "profile": ("name", "given_name", "family_name"),
        "birthdate": ("birthdate",),
        "gender": ("gender",),
        "nationality": ("nationality",),
        "national_number": ("national_number",),
    }
)
"""Scopes, and the claims that each stands for. ``openid`` alone gives nothing but the pairwise ``sub``."""

CLAIMS = tuple(claim for claims in SCOPES.values() for claim in claims)

_GENDERS = {"F": "female", "M": "male"}


def claims_of(identity: Identity, scopes: Iterable[str]) -> dict[str, str]:
    """Give the claims that the scopes stand for and the identity has; what it has not is left out."""
    known = _known(identity)
    wanted = [claim for scope in SCOPES if scope in frozenset(scopes) for claim in SCOPES[scope]]
    return {claim: known[claim] for claim in wanted if known[claim]}


def _known(identity: Identity) -> dict[str, str]:
    members = identity.as_dict()
    given, family = members.get("given_names", ""), members.get("family_name", "")
    return {
        "name": " ".join(filter(None, (given, family))),
        "given_name": given,
        "family_name": family,
        "birthdate": members.get("birth_date", ""),
        "gender": _GENDERS.get(members.get("sex", ""), ""),
        "nationality": members.get("nationality", ""),
        "national_number": members.get("national_number", ""),
    }


def acr_of(person: SignedIn) -> str:
    """Name the way in which the person logged in."""
    return ACR_TEST if person.throw_away else ACR_CARD


def amr_of(person: SignedIn) -> list[str]:
    """Name the means of the login in the words of RFC 8176 (2017): smart card, PIN, kind of key."""
    return ["sc", "pin", "swk" if person.throw_away else "hwk"]
