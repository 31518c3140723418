"""The citizens' certificates: whose name stands in them, and how they lie in their files."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from smartid.identity.model import Purpose
from smartid.iso7816 import tlv
from smartid.mockcard.certificates import ORGANISATION, NameParts
from smartid.mockcard.draft import Draft
from smartid.profiles.base import FileSpec, KeySpec

LONGEST_COMMON_NAME = 64
IRAN_FILE_SIZE = 0x0800
"""Certificates of the Iranian card lie in larger files; zero bytes follow them."""


def is_iranian(draft: Draft) -> bool:
    """Whether the card imitates a generation of the Iranian national card."""
    return draft.profile.name.startswith("iran_nid")


def certificate_file(draft: Draft, file: FileSpec) -> bytes:
    """Issue the certificate of the file's key; valid from the card's first day to its last."""
    key = next(key for app in draft.profile.applications for key in app.keys if key.name == file.key)
    der = draft.pki.issue(
        draft.keys[key.name].public_key(),
        purpose=key.purpose,
        subject=iranian_subject(draft, key) if is_iranian(draft) else subject(draft),
        not_before=draft.issue_date,
        not_after=draft.expiry_date,
    )
    return der.ljust(IRAN_FILE_SIZE, b"\x00") if is_iranian(draft) else der


def subject(draft: Draft) -> NameParts:
    """Names of a natural person (ETSI EN 319 412-2 V2.3.1), the number as EN 319 412-1 writes it."""
    given, family = draft.text("given_names"), draft.text("family_name")
    return (
        (NameOID.COUNTRY_NAME, "IR"),
        (NameOID.COMMON_NAME, _common_name(f"{given} {family}")),
        (NameOID.SURNAME, family),
        (NameOID.GIVEN_NAME, given),
        (NameOID.SERIAL_NUMBER, _semantic_number(draft)),
    )


def iranian_subject(draft: Draft, key: KeySpec) -> NameParts:
    """The layout that is public of the Iranian card; what stands in it is synthetic.

    The signature certificate has the given name third, the family name fourth, and the registration number as
    its common name. The authentication certificate has a serial number and no name; what that number is, is
    not public, and the registration number stands in for it.
    """
    head: NameParts = ((NameOID.COUNTRY_NAME, "IR"), (NameOID.ORGANIZATION_NAME, ORGANISATION))
    if key.purpose is not Purpose.SIGNATURE:
        return (*head, (NameOID.SERIAL_NUMBER, draft.text("registration_number")))
    return (
        *head,
        (NameOID.GIVEN_NAME, draft.text("given_names")),
        (NameOID.SURNAME, draft.text("family_name")),
        (NameOID.COMMON_NAME, draft.text("registration_number")),
    )


def serial_number(file: bytes) -> int:
    """Serial number of the certificate at the start of a file."""
    _, header, length = tlv.read_header(file)
    return x509.load_der_x509_certificate(file[: header + length]).serial_number


def _common_name(name: str) -> str:
    """As many words of a name as fit into 64 bytes of UTF-8, which X.509 libraries take at most."""
    words = name.split()
    while len(words) > 1 and len(" ".join(words).encode()) > LONGEST_COMMON_NAME:
        words.pop()
    return " ".join(words)


def _semantic_number(draft: Draft) -> str:
    return f"PNOIR-{draft.text('national_number')}"
