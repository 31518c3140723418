"""Read national smart cards, prove that card and holder are genuine, sign and verify.

>>> import smartid
>>> with smartid.connect() as card:                        # doctest: +SKIP
...     reading = card.read_identity()
...     person = smartid.Verifier(policy).identity(reading)

Names are loaded when they are first used (PEP 562): ``import smartid`` brings in no PC/SC, no cryptography.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = (
    False  # type checkers take it for true; importing ``typing`` would double the cost of this file
)

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smartid.auth.memory_store import MemoryStore as MemoryStore
    from smartid.auth.reasons import LoginReason as LoginReason
    from smartid.auth.redis_store import RedisStore as RedisStore
    from smartid.auth.relying_party import RelyingParty as RelyingParty
    from smartid.auth.rules import LoginRules as LoginRules
    from smartid.auth.sql_store import SQLStore as SQLStore
    from smartid.auth.store import ExpiringStore as ExpiringStore
    from smartid.auth.validate import validate_token as validate_token
    from smartid.auth.web_eid import parse_token as parse_token
    from smartid.card.card import Card as Card
    from smartid.card.connect import connect as connect
    from smartid.card.connect import readers as readers
    from smartid.card.pin import PIN as PIN
    from smartid.card.pin import PINStatus as PINStatus
    from smartid.card.unlocked import UnlockedCard as UnlockedCard
    from smartid.crypto.signature import SignatureAlgorithm as SignatureAlgorithm
    from smartid.errors import AlgorithmRefused as AlgorithmRefused
    from smartid.errors import APDUTooLong as APDUTooLong
    from smartid.errors import AuthenticationError as AuthenticationError
    from smartid.errors import BadToken as BadToken
    from smartid.errors import CardError as CardError
    from smartid.errors import CardRemoved as CardRemoved
    from smartid.errors import ChallengeExpired as ChallengeExpired
    from smartid.errors import CommandNotSupported as CommandNotSupported
    from smartid.errors import ConditionsNotSatisfied as ConditionsNotSatisfied
    from smartid.errors import Duplicate as Duplicate
    from smartid.errors import ElectionInvalid as ElectionInvalid
    from smartid.errors import EncodingError as EncodingError
    from smartid.errors import ExtraMissing as ExtraMissing
    from smartid.errors import FetchFailed as FetchFailed
    from smartid.errors import FileNotFound as FileNotFound
    from smartid.errors import FontMissing as FontMissing
    from smartid.errors import GatewayUnavailable as GatewayUnavailable
    from smartid.errors import LastTryRefused as LastTryRefused
    from smartid.errors import LedgerBroken as LedgerBroken
    from smartid.errors import LevelNotReached as LevelNotReached
    from smartid.errors import NoCard as NoCard
    from smartid.errors import NoReader as NoReader
    from smartid.errors import NoService as NoService
    from smartid.errors import NotTrusted as NotTrusted
    from smartid.errors import OriginMismatch as OriginMismatch
    from smartid.errors import PINBlocked as PINBlocked
    from smartid.errors import PINEntryCancelled as PINEntryCancelled
    from smartid.errors import PINFormatError as PINFormatError
    from smartid.errors import ReaderBusy as ReaderBusy
    from smartid.errors import ReferenceNotFound as ReferenceNotFound
    from smartid.errors import Refused as Refused
    from smartid.errors import SecureMessagingError as SecureMessagingError
    from smartid.errors import SecurityStatusNotSatisfied as SecurityStatusNotSatisfied
    from smartid.errors import ServiceError as ServiceError
    from smartid.errors import SignatureInvalid as SignatureInvalid
    from smartid.errors import SmartIDError as SmartIDError
    from smartid.errors import StoreUnavailable as StoreUnavailable
    from smartid.errors import TraceMismatch as TraceMismatch
    from smartid.errors import TransportError as TransportError
    from smartid.errors import UnsupportedCard as UnsupportedCard
    from smartid.errors import UnsupportedFeature as UnsupportedFeature
    from smartid.errors import WrongPIN as WrongPIN
    from smartid.identity.auth_token import AuthToken as AuthToken
    from smartid.identity.auth_token import Challenge as Challenge
    from smartid.identity.evidence import Evidence as Evidence
    from smartid.identity.model import Field as Field
    from smartid.identity.model import Identity as Identity
    from smartid.identity.model import Purpose as Purpose
    from smartid.identity.model import Reading as Reading
    from smartid.identity.model import VerifiedIdentity as VerifiedIdentity
    from smartid.identity.transaction import Authorization as Authorization
    from smartid.identity.transaction import Transaction as Transaction
    from smartid.mockcard.card import MockCard as MockCard
    from smartid.profiles.base import CardProfile as CardProfile
    from smartid.profiles.registry import PROFILES as PROFILES
    from smartid.secure_messaging.channel import CAN as CAN
    from smartid.secure_messaging.channel import MRZ as MRZ
    from smartid.signing.batch import BatchResult as BatchResult
    from smartid.signing.batch import verify_many as verify_many
    from smartid.signing.cades.extend import extend as extend
    from smartid.signing.form import Level as Level
    from smartid.signing.form import SignatureForm as SignatureForm
    from smartid.signing.pkcs11 import PKCS11Signer as PKCS11Signer
    from smartid.signing.request import Appearance as Appearance
    from smartid.signing.request import SignedDocument as SignedDocument
    from smartid.signing.sign import sign as sign
    from smartid.signing.signer import Signer as Signer
    from smartid.signing.software import SoftwareSigner as SoftwareSigner
    from smartid.signing.time_stamper import HTTPTimeStamper as HTTPTimeStamper
    from smartid.signing.verdicts import SignatureVerdict as SignatureVerdict
    from smartid.signing.verdicts import VerificationReport as VerificationReport
    from smartid.signing.verify import verify as verify
    from smartid.trust.policy import Policy as Policy
    from smartid.trust.store import TrustStore as TrustStore
    from smartid.trust.verdict import Indication as Indication
    from smartid.trust.verdict import SubIndication as SubIndication
    from smartid.trust.verdict import Verdict as Verdict
    from smartid.trust.verifier import Verifier as Verifier

_HOMES = {
    "smartid.auth.memory_store": ("MemoryStore",),
    "smartid.auth.reasons": ("LoginReason",),
    "smartid.auth.redis_store": ("RedisStore",),
    "smartid.auth.relying_party": ("RelyingParty",),
    "smartid.auth.rules": ("LoginRules",),
    "smartid.auth.sql_store": ("SQLStore",),
    "smartid.auth.store": ("ExpiringStore",),
    "smartid.auth.validate": ("validate_token",),
    "smartid.auth.web_eid": ("parse_token",),
    "smartid.card.card": ("Card",),
    "smartid.card.connect": ("connect", "readers"),
    "smartid.card.pin": ("PIN", "PINStatus"),
    "smartid.card.unlocked": ("UnlockedCard",),
    "smartid.crypto.signature": ("SignatureAlgorithm",),
    "smartid.errors": (
        "APDUTooLong",
        "AlgorithmRefused",
        "AuthenticationError",
        "BadToken",
        "CardError",
        "CardRemoved",
        "ChallengeExpired",
        "CommandNotSupported",
        "ConditionsNotSatisfied",
        "Duplicate",
        "ElectionInvalid",
        "EncodingError",
        "ExtraMissing",
        "FetchFailed",
        "FileNotFound",
        "FontMissing",
        "GatewayUnavailable",
        "LastTryRefused",
        "LedgerBroken",
        "LevelNotReached",
        "NoCard",
        "NoReader",
        "NoService",
        "NotTrusted",
        "OriginMismatch",
        "PINBlocked",
        "PINEntryCancelled",
        "PINFormatError",
        "ReaderBusy",
        "ReferenceNotFound",
        "Refused",
        "SecureMessagingError",
        "SecurityStatusNotSatisfied",
        "ServiceError",
        "SignatureInvalid",
        "SmartIDError",
        "StoreUnavailable",
        "TraceMismatch",
        "TransportError",
        "UnsupportedCard",
        "UnsupportedFeature",
        "WrongPIN",
    ),
    "smartid.identity.auth_token": ("AuthToken", "Challenge"),
    "smartid.identity.evidence": ("Evidence",),
    "smartid.identity.model": ("Field", "Identity", "Purpose", "Reading", "VerifiedIdentity"),
    "smartid.identity.transaction": ("Authorization", "Transaction"),
    "smartid.mockcard.card": ("MockCard",),
    "smartid.profiles.base": ("CardProfile",),
    "smartid.profiles.registry": ("PROFILES",),
    "smartid.secure_messaging.channel": ("CAN", "MRZ"),
    "smartid.signing.batch": ("BatchResult", "verify_many"),
    "smartid.signing.cades.extend": ("extend",),
    "smartid.signing.form": ("Level", "SignatureForm"),
    "smartid.signing.pkcs11": ("PKCS11Signer",),
    "smartid.signing.request": ("Appearance", "SignedDocument"),
    "smartid.signing.sign": ("sign",),
    "smartid.signing.signer": ("Signer",),
    "smartid.signing.software": ("SoftwareSigner",),
    "smartid.signing.time_stamper": ("HTTPTimeStamper",),
    "smartid.signing.verdicts": ("SignatureVerdict", "VerificationReport"),
    "smartid.signing.verify": ("verify",),
    "smartid.trust.policy": ("Policy",),
    "smartid.trust.store": ("TrustStore",),
    "smartid.trust.verdict": ("Indication", "SubIndication", "Verdict"),
    "smartid.trust.verifier": ("Verifier",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605 - one list of names, not two


def __getattr__(name: str) -> object:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module 'smartid' has no attribute {name!r}")
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
