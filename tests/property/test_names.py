"""Names of plain text are read a short way, others by asn1crypto: both must read alike."""

from __future__ import annotations

from asn1crypto import core, x509
from hypothesis import given
from hypothesis import strategies as st

from smartid.crypto.elements import read_element
from smartid.errors import EncodingError
from smartid.trust.x509_names import _plain_name, read_name
from tests.unit.trust.country import tlv

DIRECTORY = ["2.5.4.3", "2.5.4.6", "2.5.4.42", "2.5.4.97"]
OTHERS = ["2.5.4.20", "2.5.4.45", "2.5.4.99", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.999.1"]
TAGS = st.sampled_from(["0C", "13", "16", "1E", "14", "04", "1C"])
PAIRS = st.tuples(st.sampled_from(DIRECTORY + OTHERS), TAGS, st.text(max_size=12))
NAMES = st.lists(st.lists(PAIRS, max_size=3), max_size=4)


@given(NAMES)
def test_a_name_that_is_read_the_short_way_reads_alike(
    parts: list[list[tuple[str, str, str]]],
) -> None:
    encodings = {"0C": "utf-8", "1E": "utf-16-be", "1C": "utf-32-be"}

    def pair(oid: str, tag: str, text: str) -> bytes:
        value = text.encode(encodings.get(tag, "latin-1"), "replace")
        return tlv("30", core.ObjectIdentifier(oid).dump(), tlv(tag, value))

    der = tlv("30", *(tlv("31", *(pair(*one) for one in rdn)) for rdn in parts))
    short = _plain_name(read_element(der))
    try:
        long = read_name(x509.Name.load(der, strict=True))
    except EncodingError:
        assert short is None
        return
    assert short is None or (short.attributes, short.key) == (long.attributes, long.key)
    plain = (
        oid in DIRECTORY and (tag == "0C" or (tag == "13" and text.isascii()))
        for rdn in parts
        for oid, tag, text in rdn
    )
    assert short is not None or not all(plain)
