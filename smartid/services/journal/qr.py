"""The QR code of a receipt (ISO/IEC 18004:2015), drawn by segno."""

from __future__ import annotations

import io

from smartid.errors import ExtraMissing

BORDER = 4
"""Modules of quiet zone that the standard asks for."""


def svg(text: str, *, scale: int = 4) -> str:
    """Draw a text as an SVG picture, dark on white, error correction level M. Raises ExtraMissing."""
    try:
        import segno  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ExtraMissing("services", "Drawing a QR code") from error
    out = io.BytesIO()
    code = segno.make_qr(text, error="m", boost_error=False)
    code.save(out, kind="svg", scale=scale, border=BORDER, light="#ffffff", xmldecl=False, encoding="utf-8")
    return out.getvalue().decode()
