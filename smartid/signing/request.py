"""What has to be known to sign a document, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.signer import Signer
from smartid.trust.policy import Policy


@runtime_checkable
class TimeStamper(Protocol):
    """Anything that gives time-stamp tokens (RFC 3161)."""

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        """Give a token over a digest: ContentInfo, DER, already checked to answer this request.

        Raises FetchFailed when the authority gives none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A visible signature in a PDF.

    page   counted from 1, from the end when negative
    box    left, bottom, right, top in points from the lower left corner; None picks a place
    font   TrueType or OpenType file with Arabic letters; None looks for one on this system
    """

    page: int = -1
    box: tuple[float, float, float, float] | None = None
    font: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """One signature to be made. ``sign`` fills it in; each format takes it.

    name          file name of the content, for containers
    algorithm     one that the signer offers
    detached      the content stays outside (CAdES, JWS); other formats decide for themselves
    chain         certificates of authorities to enclose, DER
    time_stamper  needed from level T on
    policy        where validation data comes from, needed from level LT on
    existing      a signature of this format on this content, to which this one is added; None without one
    """

    content: Content
    name: str
    signer: Signer
    algorithm: SignatureAlgorithm
    form: SignatureForm
    detached: bool = False
    signed_at: datetime
    chain: tuple[bytes, ...] = ()
    time_stamper: TimeStamper | None = None
    policy: Policy | None = None
    appearance: Appearance | None = None
    progress: Callable[[str], None] | None = None
    existing: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignedDocument:
    """A signed document, or a signature that travels beside its document.

    name     file name that fits: that of the content with the format's suffix
    data     the bytes
    content  what is signed, when it is not inside ``data``; None when it is
    """

    form: SignatureForm
    name: str
    data: bytes
    content: Content | None = None

    def write(self, path: Path) -> None:
        """Write the bytes to a file, in one step: whole, or not at all. Raises OSError."""
        from smartid.files import write_whole  # noqa: PLC0415 - not needed to verify

        write_whole(path, self.data)

    def __repr__(self) -> str:
        return f"SignedDocument({self.form.name}, {len(self.data)} bytes)"
