"""The services of the throw-away PKI: what they answer, and what no stranger's request can do to them."""

from __future__ import annotations

import http.client
import json
import socket
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.mockcard import pki_state
from smartid.mockcard.authority_server import AuthorityServer
from smartid.mockcard.pki import ThrowAwayPKI

PKI = ThrowAwayPKI.fresh()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = (PKI.time_stamp_authority, PKI.ocsp_responder, PKI.master_list_signer)


def time_stamp_request(**changes: object) -> bytes:
    values = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)},
        "nonce": 77,
        "cert_req": True,
        **changes,
    }
    return tsp.TimeStampReq({name: value for name, value in values.items() if value is not None}).dump()


def ocsp_request(serial: int, issuer: x509.Certificate = PKI.citizen_ca.certificate) -> bytes:
    name_hash = hashes.Hash(hashes.SHA1())
    name_hash.update(issuer.subject.public_bytes())
    key = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name_hash.finalize(), key, serial, hashes.SHA1()
    )
    return builder.add_extension(x509.OCSPNonce(b"nonce"), False).build().public_bytes(Encoding.DER)


@pytest.mark.parametrize("authority", LATER, ids=lambda item: item.slug)
def test_each_has_one_use_and_bears_the_mark(authority) -> None:
    uses = {
        "time-stamp-authority": (ExtendedKeyUsageOID.TIME_STAMPING, True),
        "ocsp-responder": (ExtendedKeyUsageOID.OCSP_SIGNING, False),
        "master-list-signer": (x509.ObjectIdentifier("2.23.136.1.1.3"), True),
    }
    extensions = authority.certificate.extensions
    extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (list(extended.value), extended.critical) == ([uses[authority.slug][0]], uses[authority.slug][1])
    policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == [THROW_AWAY_POLICY_OID]
    present = {extension.oid for extension in extensions}
    assert (x509.OCSPNoCheck.oid in present) is (authority is PKI.ocsp_responder)


def test_a_time_stamp_carries_what_was_asked() -> None:
    answer = tsp.TimeStampResp.load(PKI.time_stamp_response(time_stamp_request(), now=NOON))
    assert answer["status"]["status"].native == "granted"
    data = answer["time_stamp_token"]["content"]
    info = data["encap_content_info"]["content"].parsed
    assert info["gen_time"].native == NOON
    assert info["nonce"].native == 77
    assert info["policy"].native == THROW_AWAY_POLICY_OID
    assert [one.chosen.dump() for one in data["certificates"]] == [PKI.time_stamp_authority.der]
    bare = tsp.TimeStampResp.load(PKI.time_stamp_response(time_stamp_request(cert_req=None, nonce=None)))
    data = bare["time_stamp_token"]["content"]
    assert data["certificates"].native is None
    assert data["encap_content_info"]["content"].parsed["nonce"].native is None


@pytest.mark.parametrize(
    ("request_der", "reason"),
    [
        (b"", "bad_data_format"),
        (b"junk", "bad_data_format"),
        (time_stamp_request()[:-1], "bad_data_format"),
        (bytes(100_000), "bad_request"),
        (time_stamp_request(req_policy="1.2.3"), "unaccepted_policy"),
        (
            time_stamp_request(
                message_imprint={"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
            ),
            "bad_alg",
        ),
        (
            time_stamp_request(
                message_imprint={"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(31)}
            ),
            "bad_alg",
        ),
        (
            time_stamp_request(extensions=[{"extn_id": "1.2.3", "extn_value": b"x"}]),
            "unaccepted_extensions",
        ),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_by_name(request_der: bytes, reason: str) -> None:
    answer = PKI.time_stamp_response(request_der)
    status = tsp.PKIStatusInfo.load(answer[2:], strict=True)
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {reason}


def test_the_responder_tells_revoked_from_good() -> None:
    pki = ThrowAwayPKI.fresh()
    pki.revoke(5, when=NOON)
    issuer = pki.citizen_ca.certificate
    revoked = ocsp.load_der_ocsp_response(pki.ocsp_response(ocsp_request(5, issuer)))
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert revoked.revocation_time_utc == NOON
    assert revoked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"nonce"
    assert revoked.certificates == [pki.ocsp_responder.certificate]
    good = ocsp.load_der_ocsp_response(pki.ocsp_response(ocsp_request(6, issuer), now=NOON))
    assert good.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert good.this_update_utc == NOON
    root = ocsp.load_der_ocsp_response(pki.ocsp_response(ocsp_request(5, pki.root.certificate)))
    assert root.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert root.certificates == [pki.root.certificate]


@pytest.mark.parametrize(
    "request_der",
    [b"", b"junk", ocsp_request(5)[:-1], bytes(100_000)],
    ids=["empty", "junk", "cut short", "too long"],
)
def test_a_malformed_ocsp_request_is_called_so(request_der: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(PKI.ocsp_response(request_der))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_another_issuer_is_not_answered_for() -> None:
    answer = ocsp.load_der_ocsp_response(
        PKI.ocsp_response(ocsp_request(5, ThrowAwayPKI.fresh().citizen_ca.certificate))
    )
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


_SEEDS = (time_stamp_request(), ocsp_request(5))


@given(st.sampled_from(_SEEDS), st.integers(0, 60), st.binary(max_size=6))
def test_every_request_has_an_answer(seed: bytes, at: int, patch: bytes) -> None:
    mutant = seed[:at] + patch + seed[at + len(patch) :]
    assert PKI.time_stamp_response(mutant)[0] == 0x30
    assert ocsp.load_der_ocsp_response(PKI.ocsp_response(mutant)).response_status


def test_an_older_file_gets_the_new_authorities_once(tmp_path: Path) -> None:
    path = tmp_path / "mock-pki.json"
    document = json.loads(pki_state.dump(PKI._state))
    for member in ("keys", "certificates"):
        for authority in LATER:
            del document[member][authority.slug]
    path.write_text(json.dumps(document))
    first = ThrowAwayPKI.load_or_create(path)
    again = ThrowAwayPKI.load_or_create(path)
    assert first.root.der == PKI.root.der
    assert first.time_stamp_authority.der == again.time_stamp_authority.der
    assert set(json.loads(path.read_text())["keys"]) == set(pki_state.SLUGS)
    assert path.stat().st_mode & 0o777 == 0o600


# The server.


@pytest.fixture(scope="module")
def server():
    with AuthorityServer(lambda: PKI) as running:
        yield running


def ask(server: AuthorityServer, method: str, path: str, body: bytes | None = None, **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def test_the_server_answers_on_each_address(server: AuthorityServer) -> None:
    status, kind, body = ask(server, "POST", "/tsa", time_stamp_request())
    assert (status, kind) == (200, "application/timestamp-reply")
    assert tsp.TimeStampResp.load(body)["status"]["status"].native == "granted"
    status, kind, body = ask(server, "POST", "/ocsp", ocsp_request(5))
    assert (status, kind) == (200, "application/ocsp-response")
    status, _, body = ask(server, "GET", "/ocsp/" + quote(b64encode(ocsp_request(5)).decode(), safe=""))
    assert ocsp.load_der_ocsp_response(body).certificate_status is ocsp.OCSPCertStatus.GOOD
    _, kind, body = ask(server, "GET", "/crl/csca.crl")
    assert kind == "application/pkix-crl"
    assert x509.load_der_x509_crl(body).issuer == PKI.csca.certificate.subject
    assert PKI.csca.der in ask(server, "GET", "/master-list.ml")[2]
    assert all(address.startswith("http://127.0.0.1:") for address in server.addresses.values())


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("GET", "/", {}, 404),
        ("GET", "/crl/document-signer.crl", {}, 404),
        ("GET", "/crl/../csca.crl", {}, 404),
        ("GET", "/ocsp/%%%", {}, 200),
        ("POST", "/else", {"Content-Length": "0"}, 404),
        ("POST", "/tsa", {"Content-Length": "65537"}, 413),
        ("POST", "/tsa", {"Content-Length": "9" * 5000}, 413),
        ("POST", "/tsa", {"Content-Length": "-1"}, 411),
        ("POST", "/tsa", {"Transfer-Encoding": "chunked"}, 411),
        ("PUT", "/tsa", {}, 501),
    ],
)
def test_other_requests_are_refused(
    server: AuthorityServer, method: str, path: str, headers: dict[str, str], expected: int
) -> None:
    assert ask(server, method, path, **headers)[0] == expected


def test_it_listens_on_this_computer_alone_and_frees_its_port() -> None:
    with AuthorityServer(lambda: PKI) as running:
        port = running.port
        assert running._server.server_address[0] == "127.0.0.1"
        with pytest.raises(OSError, match="in use"):
            AuthorityServer(lambda: PKI, port=port)
        with socket.create_connection(("127.0.0.1", port)):
            pass  # hangs up without a word
    with AuthorityServer(lambda: PKI, port=port) as again:
        assert ask(again, "GET", "/crl/csca.crl")[0] == 200
