"""The checks of ``smartid doctor`` on the trust store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from smartid.cli.finding import Finding, State
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from smartid.trust.status.crl import RevocationList
    from smartid.trust.store import TrustStore

_ANCHORS, _LISTS = "trust store", "revocation lists"
_NAMED = 3
"""Most names in one sentence."""


def trust_store(now: datetime) -> Iterator[Finding]:
    """Whether anchors are configured and worth anything, and whether the lists beside them still count."""
    from smartid.trust.store import TrustStore  # noqa: PLC0415

    try:
        store = TrustStore.configured()
    except EncodingError as error:
        yield Finding(_ANCHORS, State.PROBLEM, error.message, "Mend or remove that file.")
        return
    yield _anchors(store, now)
    if store.crls:
        yield _lists(store, now)


def _anchors(store: TrustStore, now: datetime) -> Finding:
    if not store:
        remedy = "Put the issuer's certificates there, or name a folder: export SMARTID_TRUST=DIR"
        return Finding(_ANCHORS, State.NOTE, f"There is no trust anchor in {store.folder}.", remedy)
    count = f"{_number(len(store.anchors), 'anchor')} in {store.folder}"
    authorities = (*(anchor.certificate for anchor in store.anchors), *store.intermediates)
    if old := [str(one.subject) for one in authorities if one.not_after < now]:
        remedy = "Ask the issuer for the certificates that follow them."
        return Finding(_ANCHORS, State.NOTE, f"{count}. Expired: {_names(old)}.", remedy)
    if any(anchor.certificate.is_throw_away for anchor in store.anchors):
        return Finding(_ANCHORS, State.NOTE, f"{count}, of the throw-away PKI among them: for tests only.")
    return Finding(_ANCHORS, State.WELL, f"{count}.")


def _lists(store: TrustStore, now: datetime) -> Finding:
    from smartid.trust.status.crl import parse_crl  # noqa: PLC0415

    try:
        lists = [parse_crl(der) for der in store.crls]
    except EncodingError as error:
        return Finding(_LISTS, State.PROBLEM, error.message, f"Mend or remove that file in {store.folder}.")
    count = _number(len(lists), "revocation list")
    if old := [item.label for item in lists if _is_over(item, now)]:
        remedy = "Fetch fresh ones from the issuer and put them in their place, or verify with --online."
        return Finding(_LISTS, State.NOTE, f"{count}. Out of date: {_names(old)}.", remedy)
    return Finding(_LISTS, State.WELL, f"{count}, up to date.")


def _is_over(item: RevocationList, now: datetime) -> bool:
    return item.next_update is not None and item.next_update < now


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more
