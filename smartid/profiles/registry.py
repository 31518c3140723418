"""The profiles that the project ships, and which of them an ATR makes a candidate."""

from __future__ import annotations

from collections.abc import Iterable

from smartid.profiles.base import CardProfile
from smartid.profiles.iran_nid import IRAN_NID, IRAN_NID_OMID, IRAN_NID_PARDIS
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

PROFILES: tuple[CardProfile, ...] = (
    NATIONAL_REFERENCE,
    NATIONAL_REFERENCE_RSA,
    IRAN_NID,
    IRAN_NID_PARDIS,
    IRAN_NID_OMID,
)


def candidates(atr: bytes, profiles: Iterable[CardProfile] = PROFILES) -> tuple[CardProfile, ...]:
    """Profiles with a pattern that matches ``atr``, in their order. A SELECT decides between them."""
    return tuple(p for p in profiles if any(pattern.matches(atr) for pattern in p.atrs))
