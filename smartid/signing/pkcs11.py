"""A signer behind a PKCS#11 module: cards of other makers, hardware security modules (extra ``pkcs11``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from smartid.crypto.signature import SignatureAlgorithm, digest_info, ecdsa_raw_to_der
from smartid.errors import (
    ExtraMissing,
    LastTryRefused,
    NoCard,
    NoService,
    PINBlocked,
    PINFormatError,
    ReferenceNotFound,
    UnsupportedFeature,
    WrongPIN,
)
from smartid.signing.offers import EC_ALGORITHMS, PKCS1_ALGORITHMS, PSS_ALGORITHMS
from smartid.trust.keys import ECKey, RSAKey, parse_public_key
from smartid.trust.x509 import parse_certificate

MAX_CERTIFICATES = 64
"""Most certificates of a token that are looked at."""


class PKCS11Signer:
    """A ``Signer`` over one key of a token. Close it, or use it in a ``with`` block.

    module   path of the module, a shared library
    pin      the PIN, or something that asks for it when it is needed; None when it is typed on the reader
    token    label or serial number of the token; None takes the only one
    key_id   CKA_ID of key and certificate
    label    CKA_LABEL of the certificate
    last_try spend even the last try of the PIN; without it the last one is refused

    The PIN is presented at the first signature, and again before each one when the key wants that
    (CKA_ALWAYS_AUTHENTICATE).

    Raises ExtraMissing; NoService when the module does not load; NoCard; ReferenceNotFound unless exactly one
    certificate fits; EncodingError for a malformed certificate; UnsupportedFeature for a key that does not
    sign here.
    """

    def __init__(
        self,
        module: str,
        pin: str | Callable[[], str] | None,
        *,
        token: str | None = None,
        key_id: bytes | None = None,
        label: str | None = None,
        last_try: bool = False,
    ) -> None:
        self._slot = _slot(_load(module), token)
        self._name, self._pin, self._last_try = self._slot.get_token().label, pin, last_try
        self._session: Any = None
        self._wrong = False
        self._key_id, self._certificate = self._find(key_id, label)
        self._public_key = parse_public_key(parse_certificate(self._certificate).spki)
        self._algorithms = self._offers()

    @property
    def certificate(self) -> bytes:
        """X.509 certificate of the key, DER."""
        return self._certificate

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What key and token can do, best first."""
        return self._algorithms

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest; X.509 form.

        Raises ValueError for an algorithm not offered, or a digest of another length; WrongPIN, PINBlocked,
        LastTryRefused, PINFormatError, PINEntryCancelled, CardRemoved, UnsupportedFeature, ReferenceNotFound.
        """
        if algorithm not in self._algorithms or len(digest) != algorithm.digest_size:
            raise ValueError(f"this key does not sign {len(digest)} bytes with {algorithm}")
        from smartid.signing.pkcs11_errors import module_answers  # noqa: PLC0415 - the extra is there by now

        try:
            with module_answers(self._name):
                raw = self._sign(digest, algorithm)
        except WrongPIN as error:
            self._wrong = not callable(self._pin)
            raise self._counted(error) from error
        return ecdsa_raw_to_der(raw) if algorithm.key_type == "EC" else raw

    def close(self) -> None:
        """Log out. The signer cannot be used after it without the PIN."""
        from pkcs11.exceptions import PKCS11Error  # noqa: PLC0415

        session, self._session = self._session, None
        if session is not None:
            with suppress(PKCS11Error):  # a token that is gone has logged out already
                session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PKCS11Signer({self._name!r})"

    def _find(self, key_id: bytes | None, label: str | None) -> tuple[bytes, bytes]:
        """Give CKA_ID and the certificate of the key that is meant."""
        from pkcs11 import Attribute, ObjectClass  # noqa: PLC0415

        from smartid.signing.pkcs11_errors import module_answers  # noqa: PLC0415

        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key_id, Attribute.LABEL: label}
        template = {name: value for name, value in wanted.items() if value is not None}
        with module_answers(self._name), self._slot.get_token().open() as session:
            found = [
                (item[Attribute.ID], item[Attribute.VALUE])
                for _, item in zip(range(MAX_CERTIFICATES), session.get_objects(template), strict=False)
            ]
        of_holder = [one for one in found if not parse_certificate(one[1]).is_ca]
        if len(of_holder) != 1:
            raise ReferenceNotFound(
                f"{self._name} holds {len(of_holder)} certificates that fit.",
                remedy="Name one by its key_id or label.",
            )
        return bytes(of_holder[0][0]), bytes(of_holder[0][1])

    def _offers(self) -> tuple[SignatureAlgorithm, ...]:
        from pkcs11 import Mechanism  # noqa: PLC0415

        able = self._slot.get_mechanisms()
        offers: tuple[SignatureAlgorithm, ...] = ()
        if isinstance(self._public_key, ECKey) and Mechanism.ECDSA in able:
            offers = EC_ALGORITHMS.get(self._public_key.curve, ())
        elif isinstance(self._public_key, RSAKey):
            offers += PSS_ALGORITHMS if Mechanism.RSA_PKCS_PSS in able else ()
            offers += PKCS1_ALGORITHMS if Mechanism.RSA_PKCS in able else ()
        if not offers:
            raise UnsupportedFeature(
                profile=self._name, feature="signing", why="Neither ECDSA nor RSA is offered for this key."
            )
        return offers

    def _sign(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        presented = None
        if self._session is None:
            self._guard_last_try()
            presented = self._ask()
            self._session = self._log_in(presented)
        key = self._private_key()
        again = (presented or self._ask_again()) if _wants_pin_again(key) else None
        return bytes(key.sign(_input(digest, algorithm), pin=again, **_mechanism(algorithm)))

    def _private_key(self) -> Any:
        from pkcs11 import Attribute, ObjectClass  # noqa: PLC0415

        template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: self._key_id}
        keys = list(self._session.get_objects(template))
        if len(keys) != 1:
            raise ReferenceNotFound(f"{self._name} holds {len(keys)} private keys for this certificate.")
        return keys[0]

    def _log_in(self, pin: str | None) -> Any:
        from pkcs11 import PROTECTED_AUTH  # noqa: PLC0415

        return self._slot.get_token().open(user_pin=PROTECTED_AUTH if pin is None else pin)

    def _ask(self) -> str | None:
        """Give the PIN. One that was called wrong never costs a second try."""
        if self._wrong:
            raise PINFormatError("This PIN was wrong.", remedy="Ask for it again. Nothing was sent.")
        return self._pin() if callable(self._pin) else self._pin

    def _ask_again(self) -> str:
        self._guard_last_try()
        pin = self._ask()
        if pin is None:
            raise UnsupportedFeature(
                profile=self._name,
                feature="a PIN typed on the reader before each signature",
                why="This way of asking is not offered through PKCS#11 here.",
            )
        return pin

    def _guard_last_try(self) -> None:
        """Look at the token's flags before a PIN is sent. Raises PINBlocked, LastTryRefused."""
        from pkcs11 import TokenFlag  # noqa: PLC0415

        flags = self._slot.get_token().flags
        if flags & TokenFlag.USER_PIN_LOCKED:
            raise PINBlocked(f"{self._name}: the PIN is blocked.", unblocked_by=None)
        if flags & TokenFlag.USER_PIN_FINAL_TRY and not self._last_try:
            raise LastTryRefused(f"{self._name}: one try is left for the PIN. Nothing was sent.")

    def _counted(self, error: WrongPIN) -> WrongPIN | PINBlocked:
        """Say what the token's flags tell of the tries that are left; only the last one is told apart."""
        from pkcs11 import TokenFlag  # noqa: PLC0415

        from smartid.signing.pkcs11_errors import module_answers  # noqa: PLC0415

        with module_answers(self._name):
            flags = self._slot.get_token().flags
        if flags & TokenFlag.USER_PIN_LOCKED:
            return PINBlocked(f"{self._name}: the PIN was wrong and is blocked now.", unblocked_by=None)
        last = bool(flags & TokenFlag.USER_PIN_FINAL_TRY)
        return WrongPIN(error.message, tries_left=1 if last else None)


def _load(module: str) -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing("pkcs11", "Signing through a PKCS#11 module") from error
    try:
        return pkcs11.lib(module)
    except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as error:
        raise NoService(
            f"The PKCS#11 module {module} does not load.", remedy="Check its path and that it is installed."
        ) from error


def _slot(library: Any, wanted: str | None) -> Any:
    """Find the slot of a token by label or serial number. Raises NoCard."""
    from smartid.signing.pkcs11_errors import module_answers  # noqa: PLC0415

    with module_answers(wanted or "token"):
        slots = library.get_slots(token_present=True)
        named = [(slot, slot.get_token()) for slot in slots]
    fitting = [slot for slot, token in named if _is_meant(token, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    labels = ", ".join(repr(token.label) for _, token in named if _is_meant(token, None))
    if not labels:
        raise NoCard("The PKCS#11 module sees no token.", remedy="Put the card or token in, and try again.")
    raise NoCard(
        f"{len(fitting)} tokens fit. Present: {labels}.", remedy="Name one by its label or serial number."
    )


def _is_meant(token: Any, wanted: str | None) -> bool:
    from pkcs11 import TokenFlag  # noqa: PLC0415

    if not token.flags & TokenFlag.TOKEN_INITIALIZED:
        return False
    return wanted is None or wanted in {token.label, token.serial.decode("ascii", errors="replace").strip()}


def _wants_pin_again(key: Any) -> bool:
    from pkcs11 import Attribute  # noqa: PLC0415
    from pkcs11.exceptions import AttributeTypeInvalid  # noqa: PLC0415

    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except AttributeTypeInvalid:  # modules before version 2.20 do not know it
        return False


def _input(digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """Give what the token signs: CKM_RSA_PKCS wants the DigestInfo, the others the bare digest."""
    if algorithm.key_type == "RSA" and not algorithm.is_pss:
        return digest_info(algorithm.hash_name, digest)
    return digest


def _mechanism(algorithm: SignatureAlgorithm) -> dict[str, Any]:
    from pkcs11 import MGF, Mechanism  # noqa: PLC0415

    if algorithm.key_type == "EC":
        return {"mechanism": Mechanism.ECDSA}
    if not algorithm.is_pss:
        return {"mechanism": Mechanism.RSA_PKCS}
    name = algorithm.hash_name.upper()
    return {
        "mechanism": Mechanism.RSA_PKCS_PSS,
        "mechanism_param": (Mechanism[name], MGF[name], algorithm.digest_size),
    }
