"""Our PIN blocks and TDES DUKPT against two programs that nobody here wrote: psec and pydukpt."""

from __future__ import annotations

import random

import pytest

from smartid.services.messages import dukpt_tdes
from smartid.services.messages.pin_blocks import Format, decrypt_pin, encrypt_pin

psec_pinblock = pytest.importorskip("psec.pinblock", reason="psec is not installed")
psec_des = pytest.importorskip("psec.des", reason="psec is not installed")
pydukpt = pytest.importorskip("pydukpt", reason="pydukpt is not installed")

DICE = random.Random(9564)


def _digits(count: int) -> str:
    return "".join(DICE.choice("0123456789") for _ in range(count))


@pytest.mark.filterwarnings("ignore:.*TripleDES")
@pytest.mark.parametrize("_round", range(40))
def test_blocks_open_in_psec_and_psecs_open_here(_round):
    pin, pan, key = _digits(DICE.randint(4, 12)), _digits(DICE.randint(13, 19)), DICE.randbytes(16)
    block = encrypt_pin(Format.ISO_4, key, pin, pan)
    assert psec_pinblock.decipher_pinblock_iso_4(key, block, pan) == pin
    assert decrypt_pin(Format.ISO_4, key, psec_pinblock.encipher_pinblock_iso_4(key, pin, pan), pan) == pin
    for format_, decode in (
        (Format.ISO_0, psec_pinblock.decode_pinblock_iso_0),
        (Format.ISO_3, psec_pinblock.decode_pinblock_iso_3),
    ):
        clear = psec_des.decrypt_tdes_ecb(key, encrypt_pin(format_, key, pin, pan))
        assert decode(clear, pan) == pin


def test_the_tdes_keys_of_many_counters_equal_pydukpts():
    bdk = DICE.randbytes(16)
    ksn = DICE.randbytes(7) + b"\xe0\x00\x01"
    for _ in range(300):
        ours = dukpt_tdes.initial_key(bdk, ksn)
        assert ours == pydukpt.derive_ipek(bdk, ksn)
        key = pydukpt.derive_key(ours, ksn)
        assert dukpt_tdes.transaction_key(ours, ksn) == key
        assert dukpt_tdes.working_key(ours, ksn, dukpt_tdes.Variant.PIN) == pydukpt.pin_key(key)
        assert dukpt_tdes.working_key(ours, ksn, dukpt_tdes.Variant.DATA_REQUEST) == pydukpt.data_request_key(
            key
        )
        ksn = _later(pydukpt.next_ksn(ksn))


def _later(ksn: bytes) -> bytes:
    """Jump ahead, so that counters with many bits are met too."""
    counter = pydukpt.ksn_counter(ksn)
    jump = DICE.getrandbits(21) if DICE.random() < 0.5 else counter
    return pydukpt.ksn_with_counter(ksn, jump) if 0 < jump.bit_count() <= 10 else ksn
