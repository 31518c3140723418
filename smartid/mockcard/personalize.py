"""Issue mock cards: make keys and certificates, write the files, choose PINs.

What a profile calls the content of a file decides how it is made, so that any profile in this vocabulary can
be issued. All of it is synthetic: real cards of the same profile hold other things in the same places.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from smartid.identity import lds_details
from smartid.identity.model import Identity, Portrait
from smartid.mockcard.applets.issue import applet_memory
from smartid.mockcard.certificate_files import serial_number
from smartid.mockcard.citizens import CITIZENS, Citizen, Flaw
from smartid.mockcard.contents import build
from smartid.mockcard.draft import Draft
from smartid.mockcard.image import CardImage
from smartid.mockcard.key_pairs import new_key, pkcs8
from smartid.mockcard.pins import new_pins
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.portrait import draw
from smartid.mockcard.travel_document import DATA_GROUPS
from smartid.profiles.base import CardProfile, Content, DataObjectSpec, FileSpec, KeySpec

YEARS_VALID = 7
IDENTITY_PIN = "identity"
TAMPERED_BIRTH_PLACE = "دبی"
"""What the personal details of a tampered card say."""


def personalize(
    profile: CardProfile,
    *,
    holder: Citizen | Identity,
    pins: Mapping[str, str] | None = None,
    pki: ThrowAwayPKI | None = None,
    contents: Mapping[str, bytes] | None = None,
    now: datetime | None = None,
) -> CardImage:
    """Issue a card of a profile, with nothing wrong about it.

    holder    a sample citizen, or any identity; serial numbers and dates that it lacks are made up
    pins      digits by name of the PIN; the others are random, and stand in the image
    pki       who signs; a fresh one in memory when None
    contents  bytes by name of a file or data object, taken as they are
    now       first day of a card whose holder has no issue date; today when None

    Raises ValueError for a holder who lacks what the profile's files tell, for opaque bytes that are not in
    ``contents``, and for names that the profile does not have; PINFormatError for a PIN that the card cannot
    hold; SmartIDError when a portrait is needed and Pillow is missing.
    """
    given = dict(contents or {})
    names = {file.name for file in _files(profile)} | {item.name for item in _data_objects(profile)}
    if unknown := given.keys() - names:
        raise ValueError(f"{profile.name} has no file {', '.join(sorted(unknown))}")
    identity = holder.identity if isinstance(holder, Citizen) else holder
    complete = _complete(identity, now or datetime.now(UTC))
    keys = {key.name: new_key(key.type) for key in _keys(profile)}
    has_portrait = any(file.content is Content.DG2 and file.name not in given for file in _files(profile))
    draft = Draft(
        profile=profile,
        identity=complete,
        portrait=_portrait(holder, complete) if has_portrait else None,
        pki=pki or ThrowAwayPKI.fresh(),
        keys=keys,
    )
    applet_files, applet_keys = applet_memory(profile, draft.pki.stored_value_vault)
    return CardImage(
        profile=profile,
        citizen=holder.id if isinstance(holder, Citizen) else "",
        holder=complete.as_dict(),
        files={**dict(_build_files(draft, given)), **applet_files},
        data_objects={
            item.name: given[item.name] if item.name in given else build(draft, item)
            for item in _data_objects(profile)
        },
        keys={name: pkcs8(key) for name, key in keys.items()} | applet_keys,
        pins=new_pins(profile, pins),
    )


def issue_citizen(
    citizen: Citizen,
    profile: CardProfile,
    pki: ThrowAwayPKI,
    *,
    pins: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> CardImage:
    """Issue a sample citizen's card with the flaw that belongs to it.

    A flaw needs something to sit on: without an identity PIN nothing is blocked, without certificates
    nothing is revoked, without DG11 nothing is changed, and the card is then an ordinary one.

    Raises what ``personalize`` raises, and OSError when a revocation cannot be written.
    """
    image = personalize(profile, holder=citizen, pins=pins, pki=pki, now=now)
    if citizen.flaw in _FLAWS:
        _FLAWS[citizen.flaw](image, pki)
    return image


def _block_pin(image: CardImage, _pki: ThrowAwayPKI) -> None:
    if IDENTITY_PIN in image.pins:
        image.pins[IDENTITY_PIN].tries_left = 0


def _revoke(image: CardImage, pki: ThrowAwayPKI) -> None:
    for file in _files(image.profile):
        content = image.files[file.name]
        if file.content is Content.CERTIFICATE and isinstance(content, bytes):
            pki.revoke(serial_number(content))


def _replace_keys(image: CardImage, _pki: ThrowAwayPKI) -> None:
    """A forger can copy every file, but not the keys: his chip makes its own."""
    image.keys = {key.name: pkcs8(new_key(key.type)) for key in _keys(image.profile)}
    image.keys |= applet_memory(image.profile, ThrowAwayPKI.fresh().stored_value_vault)[1]


def _tamper(image: CardImage, _pki: ThrowAwayPKI) -> None:
    for file in _files(image.profile):
        content = image.files[file.name]
        if file.content in (Content.DG11, Content.DG11_FATHER) and isinstance(content, bytes):
            changed = replace(lds_details.parse_dg11(content), birth_place=TAMPERED_BIRTH_PLACE)
            image.files[file.name] = lds_details.build_dg11(changed)


_FLAWS: Mapping[Flaw, Callable[[CardImage, ThrowAwayPKI], None]] = {
    Flaw.PIN_BLOCKED: _block_pin,
    Flaw.REVOKED: _revoke,
    Flaw.COPIED: _replace_keys,
    Flaw.TAMPERED: _tamper,
}


def _build_files(draft: Draft, given: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Every file; EF.SOD comes last, because it signs the others."""
    for file in sorted(_files(draft.profile), key=lambda file: file.content is Content.EF_SOD):
        content = given[file.name] if file.name in given else build(draft, file)
        if file.content in DATA_GROUPS:
            draft.data_groups[DATA_GROUPS[file.content]] = content
        yield file.name, content


def _complete(identity: Identity, now: datetime) -> Identity:
    """Fill in what an issuer assigns."""
    issued = identity.issue_date or now.date()
    return replace(
        identity,
        card_serial_number=identity.card_serial_number or f"3640{secrets.randbelow(10**16):016d}",
        registration_number=identity.registration_number or f"90{secrets.randbelow(10**8):08d}",
        issue_date=issued,
        expiry_date=identity.expiry_date or _years_later(issued, YEARS_VALID),
    )


def _years_later(day: date, years: int) -> date:
    """The same day of a later year; 28 February for a leap day."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)


def _portrait(holder: Citizen | Identity, identity: Identity) -> Portrait:
    seed = identity.national_number or ""
    if isinstance(holder, Citizen):
        seed = holder.copied_from if holder.copied_from in CITIZENS else holder.id
    born, issued = identity.birth_date, identity.issue_date
    age = issued.year - born.year if born and issued else 30
    return draw(seed, sex=identity.sex, age=age)


def _files(profile: CardProfile) -> list[FileSpec]:
    return [file for app in profile.applications for file in app.files]


def _data_objects(profile: CardProfile) -> list[DataObjectSpec]:
    return [item for app in profile.applications for item in app.data_objects]


def _keys(profile: CardProfile) -> list[KeySpec]:
    return [key for app in profile.applications for key in app.keys]
