"""Damaged PDFs: facts or EncodingError, never another exception; never a sound signature over other bytes.

300 mutants, or what ``SMARTID_EXAMPLES`` says.
"""

from __future__ import annotations

import os
import re
import zlib
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError
from smartid.identity.bidi import plain, visual_runs
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.pades.read import read_pades
from smartid.signing.pades.sign import sign_pades
from smartid.signing.request import Appearance, SigningRequest
from smartid.trust.policy import Policy
from tests.unit.signing.pdfs import make_pdf
from tests.unit.signing.people import signer_of
from tests.unit.trust.country import Country

EXAMPLES = int(os.environ.get("SMARTID_EXAMPLES", "300"))
LOOSE = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pytestmark = pytest.mark.timeout(1800)


def request(pdf: bytes) -> SigningRequest:
    country = Country()
    return SigningRequest(
        content=Content(pdf),
        name="contract.pdf",
        signer=signer_of(country),
        algorithm=SignatureAlgorithm.ES256,
        form=SignatureForm.PADES_B,
        signed_at=datetime(2027, 3, 1, tzinfo=UTC),
        chain=(country.citizen_ca.der,),
        appearance=Appearance(),
    )


@cache
def signed() -> bytes:
    """Two revisions of ours, so that there is something to compare."""
    return sign_pades(request(sign_pades(request(make_pdf())).data)).data


@cache
def weak_places() -> list[int]:
    """Offsets of what a PDF reader decides by: keywords, numbers and names outside of streams."""
    bare = re.sub(rb"stream\r?\n.*?endstream", lambda found: b" " * len(found[0]), signed(), flags=re.DOTALL)
    return [found.start() for found in re.finditer(rb"[A-Za-z0-9/<>\[\]]", bare)]


def examine(data: bytes) -> bool:
    """Read it; say whether a signature still counts as sound over the whole file."""
    try:
        facts = read_pades(data, Policy())
    except EncodingError:
        return False
    last = [item for item in facts if item.scope == "the whole file"]
    return any(not [finding for finding in item.findings if finding.reason] for item in last)


def test_the_original_is_sound() -> None:
    assert examine(signed())


@LOOSE
@given(st.data())
def test_flipped_bits(data: st.DataObject) -> None:
    mutant = bytearray(signed())
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(mutant) - 1))
        else:
            place = data.draw(st.sampled_from(weak_places()))
        mutant[place] ^= 1 << data.draw(st.integers(0, 7))
    ranges = [
        [int(part) for part in found.split()] for found in re.findall(rb"/ByteRange \[([0-9 ]+)\]", signed())
    ]
    _, first, start, _ = ranges[-1]
    changed = [place for place, pair in enumerate(zip(signed(), mutant, strict=True)) if pair[0] != pair[1]]
    sound = examine(bytes(mutant))
    if any(not first <= place < start for place in changed):
        assert not sound


@LOOSE
@given(st.data())
def test_cut_doubled_and_swapped_parts(data: st.DataObject) -> None:
    whole = signed()
    first, second, third = sorted(data.draw(st.tuples(*(st.integers(0, len(whole)) for _ in range(3)))))
    kind = data.draw(st.sampled_from(("cut", "doubled", "swapped", "short", "numbers")))
    mutants = {
        "cut": whole[:first] + whole[second:],
        "doubled": whole[:second] + whole[first:second] + whole[second:],
        "swapped": whole[:first] + whole[second:third] + whole[first:second] + whole[third:],
        "short": whole[:second],
        "numbers": re.sub(
            rb"[0-9]+", data.draw(st.sampled_from((b"0", b"-1", b"9" * 30))), whole[first:second]
        ).join((whole[:first], whole[second:])),
    }
    mutant = mutants[kind]
    assert examine(mutant) == (mutant == whole)


@LOOSE
@given(st.binary(max_size=400))
def test_any_object_in_place_of_the_catalog(item: bytes) -> None:
    examine(make_pdf().replace(b"<< /Type /Catalog /Pages 2 0 R >>", item))


@pytest.mark.parametrize("opening", [b"[", b"<<", b"<< /A ", b"[ [ /A "])
def test_deep_nesting_ends(opening: bytes) -> None:
    deep = b"<< /Type /Catalog /Pages 2 0 R /AcroForm " + opening * 20_000 + b" >>"
    with pytest.raises(EncodingError):
        read_pades(make_pdf().replace(b"<< /Type /Catalog /Pages 2 0 R >>", deep), Policy())


def test_a_form_whose_fields_contain_each_other_ends() -> None:
    form = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [1 0 R] >> /Kids [1 0 R] /T (x) >>"
    examine(make_pdf().replace(b"<< /Type /Catalog /Pages 2 0 R >>", form))


def test_an_object_stream_that_unpacks_without_end_is_refused() -> None:
    bomb = zlib.compress(zlib.compress(bytes(100_000_000), 9), 9)
    content = b"<< /Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode] /Length %d >>" % len(bomb)
    examine(make_pdf() + b"9 0 obj\n" + content + b"\nstream\n" + bomb + b"\nendstream\nendobj\n")


@LOOSE
@given(st.text(max_size=60))
def test_every_name_is_drawn_whole_and_once(text: str) -> None:
    line = plain(text)
    assert sorted("".join(run for run, _ in visual_runs(line))) == sorted(line)
