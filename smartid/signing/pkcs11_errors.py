"""What a PKCS#11 module answers, in the words of this library (PKCS #11, version 3.1 (2023), 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pkcs11 import exceptions
from pkcs11.exceptions import PKCS11Error

from smartid.errors import (
    CardError,
    CardRemoved,
    PINBlocked,
    PINEntryCancelled,
    PINFormatError,
    ReferenceNotFound,
    SecurityStatusNotSatisfied,
    SmartIDError,
    TransportError,
    UnsupportedFeature,
    WrongPIN,
)

_MEANINGS: tuple[tuple[tuple[type[PKCS11Error], ...], Callable[[str, str], SmartIDError]], ...] = (
    (
        (exceptions.PinIncorrect, exceptions.PinInvalid),
        lambda token, _: WrongPIN(f"{token}: the PIN was wrong.", tries_left=None),
    ),
    (
        (exceptions.PinLocked,),
        lambda token, _: PINBlocked(f"{token}: the PIN is blocked.", unblocked_by=None),
    ),
    (
        (exceptions.PinLenRange,),
        lambda token, _: PINFormatError(f"{token}: a PIN of this length is not accepted."),
    ),
    (
        (exceptions.FunctionCancelled, exceptions.FunctionRejected),
        lambda token, _: PINEntryCancelled(f"{token}: the operation was cancelled."),
    ),
    (
        (exceptions.DeviceRemoved, exceptions.TokenNotPresent, exceptions.SlotIDInvalid),
        lambda token, _: CardRemoved(f"{token} was removed."),
    ),
    (
        (exceptions.SessionHandleInvalid, exceptions.SessionClosed),
        lambda token, _: CardRemoved(f"{token} was removed or reset."),
    ),
    (
        (exceptions.UserNotLoggedIn,),
        lambda token, _: SecurityStatusNotSatisfied(f"{token} wants its PIN first."),
    ),
    (
        (exceptions.KeyHandleInvalid, exceptions.ObjectHandleInvalid),
        lambda token, _: ReferenceNotFound(f"{token} does not hold this key."),
    ),
    (
        (exceptions.MechanismInvalid, exceptions.MechanismParamInvalid, exceptions.FunctionNotSupported),
        lambda token, name: UnsupportedFeature(
            profile=token, feature="this signature", why=f"Its module says {name}."
        ),
    ),
    (
        (exceptions.DeviceError, exceptions.FunctionFailed, exceptions.GeneralError),
        lambda token, name: TransportError(f"{token} failed: its module says {name}."),
    ),
)
"""Return values of a module and what each of them means; the first that fits."""


@contextmanager
def module_answers(token: str) -> Iterator[None]:
    """Turn what python-pkcs11 raises into errors of this library. No PIN is in their messages.

    token  label of the token, for people
    """
    try:
        yield
    except PKCS11Error as error:
        raise translated(error, token) from error


def translated(error: PKCS11Error, token: str) -> SmartIDError:
    """Give the error of this library for a return value of the module."""
    name = type(error).__name__
    for kinds, make in _MEANINGS:
        if isinstance(error, kinds):
            return make(token, name)
    return CardError(f"{token} refused: its module says {name}.")
