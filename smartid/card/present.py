"""Presenting, changing and unblocking PINs: the guard of the last try, and what the card's answer means."""

from __future__ import annotations

from smartid.card.pin import PINStatus
from smartid.errors import (
    CardError,
    LastTryRefused,
    PINBlocked,
    UnsupportedFeature,
    WrongPIN,
)
from smartid.iso7816 import commands
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.exchange import Exchange, error_of, send
from smartid.profiles import procedures
from smartid.profiles.base import Application, CardProfile, PINEncoding, PINSpec
from smartid.transport.base import PINPadRequest

_REFUSED_FORMAT = (0x6700, 0x6A80, 0x6A87)


def find(profile: CardProfile, name: str) -> tuple[Application, PINSpec]:
    """The PIN of a name with its application. Raises UnsupportedFeature."""
    for application in profile.applications:
        for pin in application.pins:
            if pin.name == name:
                return application, pin
    names = ", ".join(pin.name for app in profile.applications for pin in app.pins) or "none that is public"
    why = profile.unsupported.get("PIN status") or f"Its PINs: {names}."
    raise UnsupportedFeature(profile=profile.name, feature=f"the PIN named {name!r}", why=why)


def status(application: Application, spec: PINSpec) -> Exchange[PINStatus]:
    """State of a PIN, without spending a try."""
    tries, presented = None, False
    if spec.status_query:
        yield from procedures.select(application)
        tries = yield from procedures.pin_status(spec)
        presented = tries is None
    return PINStatus(
        name=spec.name,
        title=spec.title,
        title_fa=spec.title_fa,
        tries_left=tries,
        max_tries=spec.tries,
        presented=presented,
    )


def guard(state: PINStatus, spec: PINSpec, *, last_try: bool) -> None:
    """Refuse a blocked PIN, and the last try unless it was offered.

    Raises PINBlocked, LastTryRefused.
    """
    if state.blocked:
        raise blocked(spec)
    if state.tries_left == 1 and not last_try:
        raise LastTryRefused(
            f"One try is left for the {spec.title}; a wrong PIN would block it.",
            remedy="Nothing was sent. If you are sure, allow it: --last-try, or PIN(…, last_try=True).",
        )


def blocked(spec: PINSpec, command: str = "", sw: int = 0) -> PINBlocked:
    """The error for a PIN without tries, with the way out."""
    way = (
        f"Unblock it with the {spec.unblocked_by.upper()}."
        if spec.unblocked_by
        else "Only the issuer can help."
    )
    return PINBlocked(
        f"The {spec.title} is blocked. {way}", unblocked_by=spec.unblocked_by, command=command, sw=sw
    )


def check(response: ResponseAPDU, command: CommandAPDU, spec: PINSpec) -> None:
    """Turn the answer to a PIN command into an error, or nothing when it was right.

    Raises WrongPIN, PINBlocked, CardError.
    """
    if response.ok:
        return
    name, sw = commands.name(command), response.sw
    tries = response.status.tries_left
    if tries == 0 or sw == 0x6984:
        raise blocked(spec, name, sw)
    if tries is not None:
        left = "1 try is left" if tries == 1 else f"{tries} tries are left"
        raise WrongPIN(f"The {spec.title} is wrong; {left}.", tries_left=tries, command=name, sw=sw)
    if sw == 0x6300:
        raise WrongPIN(f"The {spec.title} is wrong.", tries_left=None, command=name, sw=sw)
    if sw in _REFUSED_FORMAT:
        raise CardError(
            f"The card does not accept a {spec.title} of this form.",
            command=name,
            sw=sw,
            remedy="No try was spent.",
        )
    raise error_of(command, sw)


def present(
    application: Application, spec: PINSpec, block: bytes | bytearray, *, last_try: bool
) -> Exchange[None]:
    """VERIFY a PIN, after asking once more how many tries are left. The application stays current."""
    yield from _guarded(application, spec, last_try=last_try)
    command = commands.verify(spec.reference, block)
    check((yield command), command, spec)


def _guarded(application: Application, spec: PINSpec, *, last_try: bool) -> Exchange[None]:
    """Ask once more how many tries are left; the application is current afterwards."""
    guard((yield from status(application, spec)), spec, last_try=last_try)
    if not spec.status_query:
        yield from procedures.select(application)


def change(
    application: Application, spec: PINSpec, old: bytearray, new: bytearray, *, last_try: bool
) -> Exchange[None]:
    """CHANGE REFERENCE DATA; a wrong old PIN spends a try."""
    yield from _guarded(application, spec, last_try=last_try)
    command = commands.change_reference_data(spec.reference, bytes(old), bytes(new))
    check((yield command), command, spec)


def unblock(
    application: Application, spec: PINSpec, puk: PINSpec, code: bytearray, new: bytearray, *, last_try: bool
) -> Exchange[None]:
    """RESET RETRY COUNTER with the PUK and a new PIN; a wrong PUK spends one of its tries."""
    yield from _guarded(application, puk, last_try=last_try)
    command = commands.reset_retry_counter(spec.reference, bytes(code), bytes(new))
    check((yield command), command, puk)


def forget(spec: PINSpec) -> Exchange[bool]:
    """Drop the security status: VERIFY with P1 = FF (ISO/IEC 7816-4:2020, 11.6.6).

    Returns False when the card does not know that. An old card may take it for the question after the tries,
    so where that question is free it is asked: a PIN that is still presented was not forgotten.
    """
    try:
        yield from send(CommandAPDU(0x00, 0x20, 0xFF, spec.reference))
        return not spec.status_query or (yield from procedures.pin_status(spec)) is not None
    except CardError:
        return False


def pad_request(
    spec: PINSpec, command: CommandAPDU, *, new_pin: bool = False, old_pin: bool = False
) -> PINPadRequest:
    """What the reader needs to take the PIN on its own keys."""
    return PINPadRequest(
        command=command,
        min_digits=spec.min_length,
        max_digits=spec.max_length,
        block_size=spec.block_size,
        encoding="bcd" if spec.encoding is PINEncoding.BCD else "ascii",
        new_pin=new_pin,
        old_pin=old_pin,
    )


def empty_block(spec: PINSpec) -> bytes:
    """A PIN block of padding only, which the reader fills."""
    return bytes((spec.pad,)) * spec.block_size


def require_changeable(profile: CardProfile, spec: PINSpec, feature: str) -> None:
    """Raise UnsupportedFeature when the commands that change this PIN are not public."""
    if not spec.changeable:
        raise UnsupportedFeature(profile=profile.name, feature=feature, why=profile.unsupported[feature])


def require_unblocker(profile: CardProfile, spec: PINSpec) -> PINSpec:
    """The PUK of a PIN. Raises UnsupportedFeature when it has none here."""
    require_changeable(profile, spec, "PIN unblock")
    puk = profile.pin(spec.unblocked_by) if spec.unblocked_by else None
    if puk is None:
        raise UnsupportedFeature(
            profile=profile.name, feature="PIN unblock", why=f"The {spec.title} has no PUK on this card."
        )
    return puk
