"""joserfc, which nobody here wrote, reads our JWS, and we read its."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.jws.read import read_jws
from smartid.signing.jws.sign import sign_jades, sign_jws
from tests.unit.signing.signed_samples import POLICY, citizen, reasons, request

jws = pytest.importorskip("joserfc.jws", reason="joserfc is not installed (pip install joserfc)")
from joserfc import jwk  # noqa: E402 - after the skip
from joserfc.errors import BadSignatureError  # noqa: E402

ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "PS256")
PAYLOAD = "سلام، دنیا".encode()


class LongHeaders(jws.JWSRegistry):
    """A registry that lets certificates into the header."""

    max_header_length = 1 << 16


REGISTRY = LongHeaders(algorithms=list(ALGORITHMS), strict_check_header=False)


def key(algorithm: str) -> jwk.Key:
    party = citizen("RS256" if algorithm[0] in "RP" else algorithm)
    return jwk.import_key(party.key_pem, "EC" if algorithm[0] == "E" else "RSA")


def x5c(algorithm: str) -> list[str]:
    party = citizen("RS256" if algorithm[0] in "RP" else algorithm)
    return [base64.b64encode(party.der).decode()]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_reads_our_compact_one(algorithm: str) -> None:
    token = sign_jws(request(PAYLOAD, "a.txt", SignatureForm.JWS, algorithm=algorithm)).data
    read = jws.deserialize_compact(token, key(algorithm), registry=REGISTRY)
    assert read.payload == PAYLOAD
    assert read.headers()["alg"] == algorithm


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_reads_our_detached_one(algorithm: str) -> None:
    token = sign_jws(request(PAYLOAD, "a.txt", SignatureForm.JWS, algorithm=algorithm, detached=True)).data
    assert b".." in token
    read = jws.deserialize_compact(token, key(algorithm), payload=PAYLOAD, registry=REGISTRY)
    assert read.payload == PAYLOAD
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(token, key(algorithm), payload=b"x", registry=REGISTRY)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_reads_our_jades(algorithm: str) -> None:
    data = sign_jades(request(PAYLOAD, "a.txt", SignatureForm.JADES_B, algorithm=algorithm)).data
    assert jws.deserialize_json(json.loads(data), key(algorithm), registry=REGISTRY).payload == PAYLOAD


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_read_a_compact_one_of_joserfc(algorithm: str) -> None:
    header = {"alg": algorithm, "x5c": x5c(algorithm)}
    token = jws.serialize_compact(header, PAYLOAD, key(algorithm), registry=REGISTRY).encode()
    (facts,) = read_jws(token, Content(PAYLOAD), POLICY)
    assert reasons(facts) == {}
    detached = jws.detach_content(token.decode()).encode()
    assert reasons(*read_jws(detached, Content(PAYLOAD), POLICY)) == {}
    assert "signature" in reasons(*read_jws(detached, Content(b"x"), POLICY))


def test_we_read_a_general_one_of_joserfc() -> None:
    members = [{"protected": {"alg": "ES256", "x5c": x5c("ES256")}}] * 2
    data = json.dumps(jws.serialize_json(members, PAYLOAD, key("ES256"), registry=REGISTRY)).encode()
    facts = read_jws(data, None, POLICY)
    assert len(facts) == 2
    assert reasons(*facts) == {}


def test_we_read_an_unencoded_payload_of_joserfc() -> None:
    """RFC 7797, 4: b64 false, with the digest of the certificate beside it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(citizen("ES256").der).digest()).rstrip(b"=").decode()
    header = {"alg": "ES256", "x5c": x5c("ES256"), "x5t#S256": digest, "b64": False, "crit": ["b64"]}
    token = jws.serialize_compact(header, b"$02", key("ES256"), registry=REGISTRY).encode()
    assert reasons(*read_jws(token, Content(b"$02"), POLICY)) == {}
