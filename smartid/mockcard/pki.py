"""A national PKI to throw away: every user makes an own one, and its keys protect nothing.

::

    national root (P-384) ── citizen CA (P-384) ── authentication, signature, decipherment certificates
    country signing CA (P-384) ── document signer (P-384) ── EF.SOD

No authority bears the name of a real one, and every certificate carries the policy THROW_AWAY_POLICY_OID.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import serialization

from smartid.identity.model import Purpose
from smartid.mockcard import certificates, pki_state
from smartid.mockcard.certificates import Authority, NameParts, PublicKey
from smartid.mockcard.pki_state import MAX_REVOKED, State
from smartid.mockcard.trust_folder import write_trust


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
            state = pki_state.load(path)
            if state is None:
                state = _new_state()
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
            _enter(self._state, serial, moment)
            pki_state.save(self._path, self._state)

    def crls(self, *, now: datetime | None = None) -> list[bytes]:
        """The revocation lists of national root, citizen CA and country signing CA, in DER."""
        return list(self.named_crls(now=now).values())

    def named_crls(self, *, now: datetime | None = None) -> dict[str, bytes]:
        """The revocation lists by the slug of their issuer, valid for 366 days from ``now``."""
        moment = (now or datetime.now(UTC)).astimezone(UTC)
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

    def __repr__(self) -> str:
        return f"ThrowAwayPKI({self._path or 'in memory'})"


def _new_state() -> State:
    root = certificates.new_authority("national-root", "smartid throw-away national root", path_length=1)
    citizen_ca = certificates.new_authority(
        "citizen-ca", "smartid throw-away citizen CA", issuer=root, path_length=0
    )
    csca = certificates.new_csca("smartid throw-away country signing CA")
    signer = certificates.new_document_signer("smartid throw-away document signer", csca)
    return State({item.slug: item for item in (root, citizen_ca, csca, signer)}, {})


def _enter(state: State, serial: int, moment: datetime) -> None:
    state.revoked.setdefault(serial, moment)
    while len(state.revoked) > MAX_REVOKED:
        del state.revoked[min(state.revoked, key=state.revoked.__getitem__)]
