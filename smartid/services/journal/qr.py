"""The QR code of a receipt (ISO/IEC 18004:2015), drawn by segno."""

from __future__ import annotations

import io
from typing import Any

from smartid.errors import ExtraMissing

BORDER = 4
"""Modules of quiet zone that the standard asks for."""


def svg(text: str, *, scale: int = 4) -> str:
    """Draw a text as an SVG picture, dark on white, error correction level M. Raises ExtraMissing."""
    out = io.BytesIO()
    _code(text).save(
        out, kind="svg", scale=scale, border=BORDER, light="#ffffff", xmldecl=False, encoding="utf-8"
    )
    return out.getvalue().decode()


def blocks(text: str) -> str:
    """Draw a text with the half blocks of a terminal, light on its background. Raises ExtraMissing."""
    out = io.StringIO()
    _code(text).terminal(out, border=BORDER, compact=True)
    return out.getvalue()


def _code(text: str) -> Any:
    try:
        import segno  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ExtraMissing("services", "Drawing a QR code") from error
    return segno.make_qr(text, error="m", boost_error=False)
