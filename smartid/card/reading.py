"""Reading a holder from a card: one conversation for the bytes, then decoding without the card."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import CardError, FileNotFound, ReferenceNotFound, SecurityStatusNotSatisfied
from smartid.identity.evidence import ActiveAuthentication, Evidence
from smartid.identity.model import CertificateClaim, Field, Identity, Portrait, Purpose, Reading
from smartid.iso7816.exchange import Exchange, Progress
from smartid.profiles import procedures
from smartid.profiles.base import (
    Application,
    CardProfile,
    Condition,
    Content,
    DataObjectSpec,
    FileSpec,
    KeySpec,
)
from smartid.profiles.decoders import decode

PROOFS = frozenset({Content.EF_SOD, Content.DG14, Content.DG15})
"""Files that say nothing about the holder and prove what the others say."""
CHALLENGE_SIZE = 8
"""RND.IFD of Active Authentication, in bytes (ICAO Doc 9303-11:2021, 6.1)."""


@dataclass(slots=True, kw_only=True)
class RawReading:
    """Bytes as they came from the card, by the names of the profile."""

    files: dict[str, tuple[Content, bytes]] = field(default_factory=dict)
    certificates: dict[str, bytes] = field(default_factory=dict)
    locked: set[Field] = field(default_factory=set)
    active_authentication: ActiveAuthentication | None = None


def read_raw(
    profile: CardProfile,
    wanted: Collection[Field],
    *,
    presented: Collection[str] = (),
    challenge: bytes = b"",
    progress: Progress | None = None,
) -> Exchange[RawReading]:
    """Everything that the wanted fields need, and the proofs for it, in as few commands as the card allows.

    presented  names of PINs that were presented
    challenge  8 random bytes for Active Authentication; empty skips it
    progress   called while the portrait is read, the one file that takes seconds

    Files that this card does not have are left out; files behind a PIN that was not presented are named in
    ``locked`` and not asked for.
    """
    raw = RawReading()
    for application in profile.applications:
        todo = _needed(application, wanted)
        open_items = [item for item in todo if _is_open(item.read, presented)]
        raw.locked.update(*(item.fields for item in todo if item not in open_items))
        if open_items:
            yield from _read_application(application, open_items, raw, challenge, progress)
    return raw


def _needed(application: Application, wanted: Collection[Field]) -> list[FileSpec | DataObjectSpec]:
    items: list[FileSpec | DataObjectSpec] = [*application.files, *application.data_objects]
    chosen = [item for item in items if not item.fields.isdisjoint(wanted)]
    if not chosen:
        return []
    return [item for item in items if item in chosen or item.content in PROOFS]


def _is_open(condition: Condition, presented: Collection[str]) -> bool:
    return condition.allowed and (condition.pin is None or condition.pin in presented)


def _read_application(
    application: Application,
    items: list[FileSpec | DataObjectSpec],
    raw: RawReading,
    challenge: bytes,
    progress: Progress | None,
) -> Exchange[None]:
    try:
        yield from procedures.select(application)
    except FileNotFound:
        return
    for item in items:
        yield from _read_item(application, item, raw, progress)
    chip = next((key for key in application.keys if key.purpose is Purpose.CARD_AUTHENTICATION), None)
    if challenge and chip and any(content is Content.DG15 for content, _ in raw.files.values()):
        with suppress(CardError):  # a chip without the key; that nothing was proved is the verdict's business
            answer = yield from procedures.active_authentication(challenge)
            raw.active_authentication = ActiveAuthentication(challenge=challenge, response=answer)


def _read_item(
    application: Application, item: FileSpec | DataObjectSpec, raw: RawReading, progress: Progress | None
) -> Exchange[None]:
    try:
        if isinstance(item, DataObjectSpec):
            data = yield from procedures.get_data_object(item)
        else:
            shown = progress if Field.PORTRAIT in item.fields else None
            data = yield from procedures.read_file(item, progress=shown)
    except (FileNotFound, ReferenceNotFound):
        return
    except SecurityStatusNotSatisfied:
        raw.locked.update(item.fields)
        return
    if isinstance(item, FileSpec) and item.key is not None:
        raw.certificates[_key(application, item.key).purpose] = data
    else:
        raw.files[item.name] = (item.content, data)


def _key(application: Application, name: str) -> KeySpec:
    return {key.name: key for key in application.keys}[name]


def interpret(raw: RawReading, profile: CardProfile, *, reader: str, atr: bytes, now: datetime) -> Reading:
    """What the bytes claim. A later file of the profile says it better than an earlier one.

    Raises EncodingError.
    """
    claims: dict[Field, object] = _from_certificates(raw.certificates)
    for content, data in raw.files.values():
        claims.update(decode(content, data, today=now.date()))
    portrait = claims.pop(Field.PORTRAIT, None)
    return Reading(
        profile=profile.name,
        reader=reader,
        atr=atr,
        identity=Identity(**{name.value: value for name, value in claims.items()}),  # type: ignore[arg-type]
        portrait=portrait if isinstance(portrait, Portrait) else None,
        certificates=tuple(CertificateClaim(purpose=p, der=der) for p, der in raw.certificates.items()),
        locked=frozenset(raw.locked),
        evidence=Evidence(
            profile=profile.name,
            atr=atr,
            read_at=now.astimezone(UTC),
            files={name: data for name, (_, data) in raw.files.items()},
            certificates=dict(raw.certificates),
            active_authentication=raw.active_authentication,
        ),
    )


def _from_certificates(certificates: dict[str, bytes]) -> dict[Field, object]:
    """Names and national number as the certificates write them, for cards that keep them nowhere else."""
    claims: dict[Field, object] = {}
    for der in certificates.values():
        subject = _subject(der)
        claims.setdefault(Field.GIVEN_NAMES, subject.get("given_name"))
        claims.setdefault(Field.FAMILY_NAME, subject.get("surname"))
        number = subject.get("serial_number", "")
        if number.startswith("PNOIR-"):
            claims.setdefault(Field.NATIONAL_NUMBER, number.removeprefix("PNOIR-"))
        claims = {name: value for name, value in claims.items() if value}
    return claims


def _subject(der: bytes) -> dict[str, str]:
    from asn1crypto import x509  # noqa: PLC0415

    require_short_arcs(der, "certificate")
    with decoding("certificate", "RFC 5280"):
        native = x509.Certificate.load(der, strict=True).subject.native
        return {name: value for name, value in native.items() if isinstance(value, str)}
