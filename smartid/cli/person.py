"""A reading as a document for programs and as a table for people."""

from __future__ import annotations

from datetime import date

from smartid.cli.certificates import describe
from smartid.cli.labels import LABELS, PURPOSES
from smartid.cli.output import Composed, Row, isolated, print_table, say, shown
from smartid.errors import EncodingError
from smartid.identity.dates import PartialDate, to_jalali_long
from smartid.identity.model import Field, Identity, Portrait, Reading


def document_of(reading: Reading) -> dict[str, object]:
    """The JSON form of what was read; the verdict is added by who has one."""
    document: dict[str, object] = {
        "profile": reading.profile,
        "reader": reading.reader,
        "atr": reading.atr.hex().upper(),
        "identity": reading.identity.as_dict(),
        "certificates": [describe(claim) for claim in reading.certificates],
    }
    if reading.portrait:
        document["portrait"] = _portrait(reading.portrait)
    if reading.locked:
        document["locked"] = sorted(reading.locked)
    return document


def _portrait(portrait: Portrait) -> dict[str, object]:
    size = {"width": portrait.width, "height": portrait.height, "bytes": len(portrait.data)}
    return {"media_type": portrait.media_type} | {name: n for name, n in size.items() if n is not None}


def print_person(reading: Reading) -> None:
    """Print what was read as a table: Persian label, English label, value."""
    rows = _identity_rows(reading.identity)
    if reading.portrait:
        rows.append(_row(Field.PORTRAIT, _portrait_text(reading.portrait)))
    if reading.locked:
        names = ", ".join(LABELS[field][0].lower() for field in sorted(reading.locked))
        rows.append(("پشت رمز", "Behind a PIN", f"{names} (--ask-pin, --pin-fd or --pin-pad)"))
    say(f"{shown(reading.reader)}: {reading.profile}")
    print_table(rows)
    if reading.certificates:
        print_certificates([describe(claim) for claim in reading.certificates])


def print_identity(identity: Identity) -> None:
    """Print who somebody is as a table: Persian label, English label, value."""
    print_table(_identity_rows(identity))


def print_certificates(certificates: list[dict[str, str]]) -> None:
    """Print certificates, one a row."""
    rows = [
        (
            PURPOSES.get(found["purpose"], ""),
            found["purpose"],
            found["not_after"][:10],
            _wrappable(found["subject"]),
        )
        for found in certificates
    ]
    print_table(rows, ("گواهی", "Certificate", "Valid until", "Subject (not checked)"))


def _wrappable(name: str) -> str:
    """A distinguished name with places to break the line."""
    return name.replace(",", ", ")


def _identity_rows(identity: Identity) -> list[Row]:
    rows = []
    for field in LABELS:
        value = getattr(identity, field.value, None)
        if value is not None:
            rows.append(_row(field, _text(value)))
    return rows


def _row(field: Field, value: str) -> Row:
    english, persian = LABELS[field]
    return persian, english, value


def _text(value: object) -> str:
    day = value.full if isinstance(value, PartialDate) else value
    if not isinstance(day, date):
        return str(value)
    try:
        return Composed(f"{day.isoformat()}  {isolated(to_jalali_long(day))}")
    except EncodingError:
        return day.isoformat()


def _portrait_text(portrait: Portrait) -> str:
    size = f"{portrait.width}x{portrait.height}, " if portrait.width else ""
    return f"{portrait.media_type}, {size}{len(portrait.data):,} bytes"
