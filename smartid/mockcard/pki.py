"""A national PKI to throw away: every user makes an own one, and its keys protect nothing.

::

    national root ─┬─ citizen CA ─┬─ authentication, signature, decipherment certificates
                   │              └─ OCSP responder ── whether one of those was revoked
                   └─ time-stamp authority ── time stamps
    country signing CA ─┬─ document signer ── EF.SOD
                        └─ master list signer ── master list

All of these keys are on P-384.
No authority bears the name of a real one, and every certificate carries the policy THROW_AWAY_POLICY_OID.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.identity.model import Purpose
from smartid.mockcard import authority, certificates, pki_state
from smartid.mockcard.certificates import Authority, NameParts, PublicKey
from smartid.mockcard.pki_state import MAX_REVOKED, State
from smartid.mockcard.trust_folder import write_trust
from smartid.stored_value.keys import KEY_SIZE, KeyPurpose, SoftwareVault, key_name
from smartid.stored_value.model import Kind


class ThrowAwayPKI:
    """The authorities that issue mock cards.

    >>> pki = ThrowAwayPKI.load_or_create()
    >>> pki.write_trust(Path("trust"))
    """

    def __init__(self, state: State, path: Path | None = None) -> None:
        self._state = state
        self._path = path

    @classmethod
    def fresh(cls) -> Self:
        """A new PKI that lives in memory only."""
        return cls(_new_state())

    @classmethod
    def load_or_create(cls, path: Path | None = None) -> Self:
        """The user's PKI, made at the first call; two programs that call at once get the same one.

        path  its file; without it ``mock-pki.json`` in ``$SMARTID_HOME`` or the user's data folder

        Raises EncodingError when the file is broken, OSError when it cannot be read or written.
        """
        path = path or pki_state.default_path()
        with pki_state.locked(path):
            state = pki_state.load(path) or _new_state()
            if not path.exists() or _complete(state):
                pki_state.save(path, state)
        return cls(state, path)

    @property
    def root(self) -> Authority:
        """Anchor of the citizens' certificates."""
        return self._state.authorities["national-root"]

    @property
    def citizen_ca(self) -> Authority:
        """Issuer of the citizens' certificates."""
        return self._state.authorities["citizen-ca"]

    @property
    def csca(self) -> Authority:
        """Country signing CA, anchor of the document signer."""
        return self._state.authorities["csca"]

    @property
    def document_signer(self) -> Authority:
        """Signer of EF.SOD."""
        return self._state.authorities["document-signer"]

    @property
    def time_stamp_authority(self) -> Authority:
        """Signer of time stamps, below the national root."""
        return self._state.authorities["time-stamp-authority"]

    @property
    def ocsp_responder(self) -> Authority:
        """Who tells the state of citizens' certificates, in the name of the citizen CA."""
        return self._state.authorities["ocsp-responder"]

    @property
    def master_list_signer(self) -> Authority:
        """Signer of the master list, below the country signing CA."""
        return self._state.authorities["master-list-signer"]

    def time_stamp_response(self, request: bytes, *, now: datetime | None = None) -> bytes:
        """Answer a TimeStampReq of RFC 3161 (2001) in DER; a request that cannot be met is answered too."""
        return authority.time_stamp_response(request, self.time_stamp_authority, now=_moment(now))

    def ocsp_response(self, request: bytes, *, now: datetime | None = None) -> bytes:
        """Answer an OCSPRequest of RFC 6960 (2013) in DER; a request that cannot be met is answered too."""
        issuers = [
            (self.citizen_ca, self.ocsp_responder, self._state.revoked),
            (self.root, self.root, {}),
            (self.csca, self.csca, {}),
        ]
        return authority.ocsp_response(request, issuers, now=_moment(now))

    def master_list(self) -> bytes:
        """The signed list of this PKI's one country signing CA (ICAO Doc 9303-12:2021, 9)."""
        return authority.master_list([self.csca], self.master_list_signer, self.csca)

    def issue(
        self,
        public_key: PublicKey,
        *,
        purpose: Purpose,
        subject: NameParts,
        not_before: date,
        not_after: date,
    ) -> bytes:
        """Issue a citizen's certificate, valid from 00:00:00 of the first to 23:59:59 UTC of the last day.

        subject  attribute types and values, one RDN each, in this order

        Gives its DER.
        """
        certificate = certificates.holder_certificate(
            self.citizen_ca,
            public_key,
            purpose=purpose,
            subject=subject,
            not_before=not_before,
            not_after=not_after,
        )
        return certificate.public_bytes(serialization.Encoding.DER)

    def revoke(self, serial: int, *, when: datetime | None = None) -> None:
        """Put a citizen's certificate on the revocation list, for ever; again is the same as once.

        when  the moment of revocation, now when None

        Raises OSError when the file cannot be written. The oldest entry makes room when the list is full.
        """
        moment = (when or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        if self._path is None:
            _enter(self._state, serial, moment)
            return
        with pki_state.locked(self._path):
            self._state = pki_state.load(self._path) or self._state
            _complete(self._state)
            _enter(self._state, serial, moment)
            pki_state.save(self._path, self._state)

    def crls(self, *, now: datetime | None = None) -> list[bytes]:
        """The revocation lists of national root, citizen CA and country signing CA, in DER."""
        return list(self.named_crls(now=now).values())

    def named_crls(self, *, now: datetime | None = None) -> dict[str, bytes]:
        """The revocation lists by the slug of their issuer, valid for 366 days from ``now``."""
        moment = _moment(now)
        issuers = (self.root, self.citizen_ca, self.csca)
        return {
            issuer.slug: certificates.revocation_list(
                issuer, self._state.revoked if issuer is self.citizen_ca else {}, now=moment
            )
            for issuer in issuers
        }

    def write_trust(self, folder: Path, *, now: datetime | None = None) -> None:
        """Write anchors, intermediate certificate and revocation lists: a folder for ``--trust``.

        Write it again after a revocation.
        """
        write_trust(self, folder, now=now)

    def stored_value_vault(self, kind: Kind, *purposes: KeyPurpose) -> SoftwareVault:
        """Master keys of a stored-value application: of these purposes, of all when none is named.

        A merchant's module gets ``KeyPurpose.DEBIT`` and nothing else.
        """
        names = [key_name(kind, purpose, 1) for purpose in purposes or tuple(KeyPurpose)]
        return SoftwareVault({name: self._state.stored_value[name] for name in names})

    def __repr__(self) -> str:
        return f"ThrowAwayPKI({self._path or 'in memory'})"


def _new_state() -> State:
    root = certificates.new_authority("national-root", "smartid throw-away national root", path_length=1)
    citizen_ca = certificates.new_authority(
        "citizen-ca", "smartid throw-away citizen CA", issuer=root, path_length=0
    )
    csca = certificates.new_csca("smartid throw-away country signing CA")
    signer = certificates.new_document_signer("smartid throw-away document signer", csca)
    state = State({item.slug: item for item in (root, citizen_ca, csca, signer)}, {})
    _complete(state)
    return state


def _complete(state: State) -> bool:
    """Add the authorities and keys that an older file does not have; tells whether there were any."""
    known = state.authorities
    missing = [slug for slug in pki_state.SLUGS if slug not in known]
    for slug in missing:
        known[slug] = _LATER[slug](known)
    unmade = pki_state.MASTER_KEYS - state.stored_value.keys()
    state.stored_value.update((name, secrets.token_bytes(KEY_SIZE)) for name in sorted(unmade))
    return bool(missing or unmade)


def _new_time_stamp_authority(known: Mapping[str, Authority]) -> Authority:
    return certificates.new_responder(
        "time-stamp-authority",
        "smartid throw-away time-stamp authority",
        known["national-root"],
        extended_usage=ExtendedKeyUsageOID.TIME_STAMPING,
        critical=True,
    )


def _new_ocsp_responder(known: Mapping[str, Authority]) -> Authority:
    return certificates.new_responder(
        "ocsp-responder",
        "smartid throw-away OCSP responder",
        known["citizen-ca"],
        extended_usage=ExtendedKeyUsageOID.OCSP_SIGNING,
        extra=[(x509.OCSPNoCheck(), False)],
    )


def _new_master_list_signer(known: Mapping[str, Authority]) -> Authority:
    return certificates.new_responder(
        "master-list-signer",
        "smartid throw-away master list signer",
        known["csca"],
        extended_usage=x509.ObjectIdentifier(authority.MASTER_LIST_SIGNING_OID),
        critical=True,
    )


_LATER = {
    "time-stamp-authority": _new_time_stamp_authority,
    "ocsp-responder": _new_ocsp_responder,
    "master-list-signer": _new_master_list_signer,
}


def _moment(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)


def _enter(state: State, serial: int, moment: datetime) -> None:
    state.revoked.setdefault(serial, moment)
    while len(state.revoked) > MAX_REVOKED:
        del state.revoked[min(state.revoked, key=state.revoked.__getitem__)]
