"""A card whose PIN has been presented: what the PIN permits, for as long as the block runs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from smartid import __version__
from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw, ecdsa_raw_to_der
from smartid.errors import UnsupportedFeature
from smartid.identity.auth_token import AuthToken, Challenge
from smartid.identity.model import ESSENTIAL, Field, Purpose, Reading
from smartid.identity.transaction import Authorization, Transaction
from smartid.iso7816.exchange import Exchange, Progress
from smartid.profiles import procedures
from smartid.profiles.base import Application, CardProfile, FileSpec, KeySpec, KeyType

T = TypeVar("T")

EC_SIZE = {KeyType.P256: 32, KeyType.P384: 48}
"""Length of one coordinate in bytes."""

APP_VERSION = f"https://smartid.invalid/{__version__}"
"""Names the program in tokens; the address leads nowhere."""


class Session(Protocol):
    """The stay in an unlocked card, lent by the card."""

    def run(self, exchange: Exchange[T]) -> T:
        """Run a conversation while the PIN is presented."""
        ...

    def read(self, fields: Collection[Field], progress: Progress | None) -> Reading:
        """Read with the rights of the PIN."""
        ...

    def present_again(self) -> None:
        """Present the PIN once more, for keys that want it before each use."""
        ...


class UnlockedCard:
    """A card whose PIN has been presented. Lives only inside ``Card.unlock``."""

    def __init__(
        self, profile: CardProfile, application: Application, key: KeySpec, session: Session
    ) -> None:
        self.profile = profile
        self._application = application
        self._key = key
        self._session = session
        self._uses = 0
        self._certificate: bytes | None = None

    @property
    def certificate(self) -> bytes:
        """The certificate of the key, DER. Raises FileNotFound, UnsupportedFeature."""
        if self._certificate is None:
            found = self.profile.certificate_of(self._key.name)
            if found is None:
                raise self._cannot("naming its certificate", "The profile does not say where it is.")
            self._certificate = self._session.run(selected_file(*found))
        return self._certificate

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""
        return tuple(self._key.algorithms)

    @property
    def key_type(self) -> KeyType:
        """What kind of key was unlocked."""
        return self._key.type

    @property
    def signer(self) -> CardSigner:
        """The signature key as a ``Signer``. Raises UnsupportedFeature unless unlocked for SIGNATURE."""
        if self._key.purpose is not Purpose.SIGNATURE:
            raise self._cannot("signing documents", "It was unlocked for another purpose than SIGNATURE.")
        return CardSigner(self)

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest of ``algorithm.digest_size`` bytes with the key that was unlocked.

        Returns the signature in X.509 form: DER for ECDSA, big-endian octets for RSA.
        Raises UnsupportedFeature, SecurityStatusNotSatisfied, CardRemoved.
        """
        if algorithm not in self._key.algorithms:
            able = ", ".join(self._key.algorithms) or "none"
            raise self._cannot(f"{algorithm} with the {self._key.name} key", f"It can do: {able}.")
        if len(digest) != algorithm.digest_size:
            raise ValueError(
                f"{algorithm} signs a digest of {algorithm.digest_size} bytes, not {len(digest)}"
            )
        self._use()
        return self._x509_form(self._session.run(_signature(self._application, self._key, algorithm, digest)))

    def authenticate(self, challenge: Challenge) -> AuthToken:
        """Answer a site's challenge with the authentication key, never with the signature key.

        Gives a token of the format ``web-eid:1.0``. Raises UnsupportedFeature unless unlocked for
        AUTHENTICATION, or when the key has no algorithm that such tokens know.
        """
        if self._key.purpose is not Purpose.AUTHENTICATION:
            raise self._cannot("authentication", "It was unlocked for another purpose than AUTHENTICATION.")
        algorithm = self._token_algorithm()
        digest = hashlib.new(algorithm.hash_name, challenge.message(algorithm)).digest()
        signature, size = self.sign_digest(digest, algorithm), EC_SIZE.get(self._key.type)
        return AuthToken(
            certificate=self.certificate,
            algorithm=algorithm.value,
            signature=ecdsa_der_to_raw(signature, size) if size else signature,
            app_version=APP_VERSION,
        )

    def authorize(self, transaction: Transaction) -> Authorization:
        """Agree to a transaction with the transaction key, never with another one.

        Whoever calls has shown the holder the sentence whose hash stands in ``transaction.display``, before
        the PIN was asked for: the card cannot see what a screen shows.

        Raises UnsupportedFeature unless unlocked for TRANSACTION, FileNotFound, SecurityStatusNotSatisfied,
        CardRemoved.
        """
        if self._key.purpose is not Purpose.TRANSACTION:
            raise self._cannot("transactions", "It was unlocked for another purpose than TRANSACTION.")
        algorithm = self.algorithms[0]
        return Authorization(
            transaction=transaction,
            certificate=self.certificate,
            algorithm=algorithm,
            signature=self.sign_digest(transaction.digest(algorithm), algorithm),
        )

    def _token_algorithm(self) -> SignatureAlgorithm:
        """Give the best algorithm of the key; RFC 7518, 3.4, binds each of ECDSA to one curve."""
        size = EC_SIZE.get(self._key.type)
        for algorithm in self.algorithms:
            if size is None or algorithm.digest_size == size:
                return algorithm
        raise self._cannot("authentication", "Its key has no algorithm that login tokens know.")

    def decipher(self, cryptogram: bytes) -> bytes:
        """Decipher with the key management key: the RSA message, or the ECDH shared secret with a point.

        Raises UnsupportedFeature unless unlocked for KEY_MANAGEMENT.
        """
        if self._key.decipher_ref is None:
            raise self._cannot("deciphering", "It was unlocked for another purpose than KEY_MANAGEMENT.")
        self._use()
        return self._session.run(_deciphered(self._application, self._key, cryptogram))

    def read_identity(
        self, *, fields: Collection[Field] = ESSENTIAL, progress: Progress | None = None
    ) -> Reading:
        """Read like ``Card.read_identity``, with what the PIN opens."""
        return self._session.read(fields, progress)

    def _use(self) -> None:
        if self._key.pin_each_use and self._uses:
            self._session.present_again()
        self._uses += 1

    def _x509_form(self, answer: bytes) -> bytes:
        size = EC_SIZE.get(self._key.type)
        if size is None or len(answer) != 2 * size:
            return answer
        return ecdsa_raw_to_der(answer)

    def _cannot(self, feature: str, why: str) -> UnsupportedFeature:
        return UnsupportedFeature(profile=self.profile.name, feature=feature, why=why)


class CardSigner:
    """The signature key of an unlocked card; each use may want the PIN again if the card does."""

    def __init__(self, unlocked: UnlockedCard) -> None:
        self._unlocked = unlocked

    @property
    def certificate(self) -> bytes:
        """The certificate of the key, DER."""
        return self._unlocked.certificate

    @property
    def on_national_card(self) -> bool:
        """True: every card that is known here is a national one. Visible signatures say so."""
        return True

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""
        return self._unlocked.algorithms

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest; X.509 form. Raises as ``UnlockedCard.sign_digest``."""
        return self._unlocked.sign_digest(digest, algorithm)


def selected_file(application: Application, file: FileSpec) -> Exchange[bytes]:
    """Select an application and read one of its files."""
    yield from procedures.select(application)
    return (yield from procedures.read_file(file))


def _signature(
    application: Application, key: KeySpec, algorithm: SignatureAlgorithm, digest: bytes
) -> Exchange[bytes]:
    yield from procedures.select(application)
    return (yield from procedures.sign_digest(key, algorithm, digest))


def _deciphered(application: Application, key: KeySpec, cryptogram: bytes) -> Exchange[bytes]:
    yield from procedures.select(application)
    return (yield from procedures.decipher(key, cryptogram))
