"""Trust anchors: the certificates on whose word a verdict rests. Nobody is trusted who is not in here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from smartid.errors import EncodingError
from smartid.trust.certificate import Certificate, DistinguishedName
from smartid.trust.pem import certificates_in_pem, crls_in_pem, is_pem

MAX_FILE_LENGTH = 1 << 20
"""Longest certificate file that is read, in bytes."""
MAX_CRL_FILE_LENGTH = 64 << 20
"""Longest file of a revocation list that is read, in bytes."""
MAX_FILES = 2048
"""Most files with certificates and revocation lists in one folder."""
MAX_CERTIFICATES_PER_FILE = 1024

FOLDER_VARIABLE = "SMARTID_TRUST"
"""Environment variable that names the folder of trust anchors."""

_SUFFIXES = {".pem", ".crt", ".cer", ".der"}
_CRL_SUFFIX = ".crl"
_DER_SEQUENCE = b"\x30"


class AnchorPurpose(Enum):
    """What an anchor may vouch for."""

    ANY = "any"
    CITIZEN_CERTIFICATES = "citizen certificates"
    DOCUMENT_SIGNING = "document signing (CSCA of ICAO Doc 9303-12)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A certificate that is trusted because somebody put it there.

    origin    where it came from, for people: a file name
    added     when it was put there (UTC), None when unknown
    unsigned  it came out of a list of many that nobody signed; every verdict that rests on it says so
    """

    certificate: Certificate
    purpose: AnchorPurpose = AnchorPurpose.ANY
    origin: str = ""
    added: datetime | None = None
    unsigned: bool = False

    def serves(self, purpose: AnchorPurpose) -> bool:
        """Tell whether it may vouch for this."""
        return self.purpose in {AnchorPurpose.ANY, purpose}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """Anchors, and authorities below them that help to find a path. Two stores add up with ``+``.

    crls    revocation lists that lay beside the certificates, in DER; each is checked when it is used
    folder  where the anchors were looked for, for the sentence that says what is missing
    """

    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()
    folder: str = field(default="", compare=False)
    _by_subject: dict[str, tuple[Anchor, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __bool__(self) -> bool:
        return bool(self.anchors)

    def __add__(self, other: TrustStore) -> TrustStore:
        return TrustStore(
            anchors=self.anchors + other.anchors,
            intermediates=self.intermediates + other.intermediates,
            crls=self.crls + other.crls,
            folder=self.folder or other.folder,
        )

    def anchors_for(
        self, purpose: AnchorPurpose, subject: DistinguishedName | None = None
    ) -> tuple[Anchor, ...]:
        """Give the anchors that may vouch for this.

        subject  only those whose name matches this one; found by an index, however many anchors there are
        """
        named = self.anchors if subject is None else self._index().get(subject.key, ())
        return tuple(anchor for anchor in named if anchor.serves(purpose))

    def _index(self) -> dict[str, tuple[Anchor, ...]]:
        """Give the anchors by the key of their subject; made when it is first asked for."""
        if self.anchors and not self._by_subject:
            index: dict[str, list[Anchor]] = {}
            for anchor in self.anchors:
                index.setdefault(anchor.certificate.subject.key, []).append(anchor)
            self._by_subject.update((key, tuple(found)) for key, found in index.items())
        return self._by_subject

    @classmethod
    def from_certificates(
        cls,
        *certificates: bytes,
        crls: Iterable[bytes] = (),
        purpose: AnchorPurpose = AnchorPurpose.ANY,
        origin: str = "",
    ) -> TrustStore:
        """Sort certificates in DER: self-signed authorities become anchors, other authorities intermediates.

        crls  revocation lists in DER

        Raises EncodingError for a certificate that is malformed or belongs to no authority, and for what is
        no list.
        """
        lists = tuple(der for item in crls for der in _crls(item))
        return _sorted([(der, origin, None) for der in certificates], purpose) + cls(crls=lists)

    @classmethod
    def from_folder(cls, path: Path | str, *, purpose: AnchorPurpose = AnchorPurpose.ANY) -> TrustStore:
        """Read the files ``*.pem``, ``*.crt``, ``*.cer`` and ``*.der`` of a folder, PEM or DER alike.

        Files ``*.crl`` are revocation lists. They are looked at here only so far as to tell that they are
        lists; whether they are signed by whom they have to be is found out when they are needed.

        Raises EncodingError naming the file that is malformed, too large or holds a certificate of no
        authority, or the folder when it is missing or holds too many files.
        """
        folder = Path(path)
        found = [_from_file(file, purpose) for file in _certificate_files(folder)]
        return TrustStore(
            anchors=tuple(anchor for store in found for anchor in store.anchors),
            intermediates=tuple(one for store in found for one in store.intermediates),
            crls=tuple(crl for store in found for crl in store.crls),
            folder=str(folder),
        )

    @classmethod
    def configured(cls) -> TrustStore:
        """Read the folder that ``$SMARTID_TRUST`` names, else ``smartid/trust`` where XDG keeps settings.

        A missing configuration folder is an empty store; a missing ``$SMARTID_TRUST`` is an error.
        Raises EncodingError.
        """
        named = os.environ.get(FOLDER_VARIABLE)
        if named:
            return cls.from_folder(named)
        base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder = Path(base) / "smartid" / "trust"
        return cls.from_folder(folder) if folder.is_dir() else cls(folder=str(folder))


def _certificate_files(folder: Path) -> list[Path]:
    try:
        files = sorted(
            item
            for item in folder.iterdir()
            if item.suffix.lower() in {*_SUFFIXES, _CRL_SUFFIX} and item.is_file()
        )
    except OSError as error:
        raise _broken(str(folder), f"a folder that can be read ({error.strerror})") from error
    if len(files) > MAX_FILES:
        raise _broken(str(folder), f"at most {MAX_FILES} files of certificates and revocation lists")
    return files


def _from_file(file: Path, purpose: AnchorPurpose) -> TrustStore:
    is_crl = file.suffix.lower() == _CRL_SUFFIX
    data, added = _read(file, MAX_CRL_FILE_LENGTH if is_crl else MAX_FILE_LENGTH)
    try:
        if is_crl:
            return TrustStore(crls=_crls(data))
        return _sorted([(der, str(file), added) for der in _ders(data)], purpose)
    except EncodingError as error:
        raise EncodingError(str(file), offset=error.offset, expected=error.expected) from error


def _read(file: Path, limit: int) -> tuple[bytes, datetime]:
    try:
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
            added = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
    except OSError as error:
        raise _broken(str(file), f"a file that can be read ({error.strerror})") from error
    if len(data) > limit:
        raise _broken(str(file), f"at most {limit} bytes")
    return data, added


def _crls(data: bytes) -> tuple[bytes, ...]:
    """Take the revocation lists out of PEM, or the whole file as DER."""
    from smartid.trust.status.crl import require_crl_frame  # noqa: PLC0415 - on the way to light commands

    found = tuple(crls_in_pem(data)) if is_pem(data[:64]) else (data,)
    if not found:
        raise _broken("PEM", "a revocation list")
    for der in found:
        require_crl_frame(der)
    return found


def _ders(data: bytes) -> list[bytes]:
    """Take the certificates out of PEM, or the whole file as DER."""
    if not is_pem(data):
        if not data.startswith(_DER_SEQUENCE):
            raise _broken("certificate", "a certificate in PEM or DER")
        return [data]
    found = list(certificates_in_pem(data))
    if not found or len(found) > MAX_CERTIFICATES_PER_FILE:
        raise _broken("PEM", f"1 to {MAX_CERTIFICATES_PER_FILE} certificates")
    return found


def _sorted(ders: list[tuple[bytes, str, datetime | None]], purpose: AnchorPurpose) -> TrustStore:
    from smartid.trust.paths.links import is_self_signed  # noqa: PLC0415 - reaches cryptography
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415

    anchors: list[Anchor] = []
    intermediates: list[Certificate] = []
    for der, origin, added in ders:
        certificate = parse_certificate(der)
        if not certificate.is_ca:
            raise _broken(origin or "certificate", "the certificate of an authority (basicConstraints CA)")
        if is_self_signed(certificate):
            anchors.append(Anchor(certificate=certificate, purpose=purpose, origin=origin, added=added))
        else:
            intermediates.append(certificate)
    return TrustStore(anchors=tuple(anchors), intermediates=tuple(intermediates))


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected)
