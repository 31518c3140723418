"""ZXing reads the QR code of a receipt as a phone does."""

from __future__ import annotations

import io

import pytest

from smartid.services.journal.receipt import verify_receipt
from tests.unit.services.journal.test_journal import KEY, RECEIPT

zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")
segno = pytest.importorskip("segno", reason="segno is not installed")


def test_zxing_reads_the_whole_proof() -> None:
    from PIL import Image

    png = io.BytesIO()
    segno.make_qr(RECEIPT.qr, error="m", boost_error=False).save(png, kind="png", scale=3, border=4)
    codes = zxingcpp.read_barcodes(Image.open(png).convert("L"))
    assert [code.text for code in codes] == [RECEIPT.qr]
    assert verify_receipt(codes[0].text, KEY.public_key()).body == RECEIPT.body
