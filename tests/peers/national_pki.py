"""A throw-away national PKI that certomancer runs in this process: authorities, responders, lists, a TSA.

Nothing here touches a network: ``Network`` is a fetcher that hands each address to its certomancer service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import algos, core, ocsp, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture, ServiceLabel
from certomancer.services import RevocationInfoInterface
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.errors import FetchFailed
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.validation_data import ValidationData
from tests.unit.trust.country import Party

SIGNED = datetime(2026, 6, 1, 12, tzinfo=UTC)
REVOKED_BEFORE = datetime(2026, 3, 1, tzinfo=UTC)
REVOKED_AFTER = datetime(2026, 12, 1, tzinfo=UTC)
EXPIRED = datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=60)

KEYS = (
    "root",
    "citizen-ca",
    "other-ca",
    "responder",
    "rogue",
    "unappointed",
    "foreign-responder",
    "tsa",
    "careless-tsa",
    "citizen",
)

CONFIGURATION = """
external-url-prefix: http://pki.example
keysets:
  nation:
    keys: {keys}
pki-architectures:
  nation:
    keyset: nation
    entity-defaults: {{country-name: IR, organization-name: Invented Nation}}
    entities:
      root: {{common-name: Invented Root}}
      citizen-ca: {{common-name: Invented Citizen CA}}
      other-ca: {{common-name: Invented Other CA}}
      responder: {{common-name: Invented Responder}}
      unappointed: {{common-name: Invented Server}}
      foreign-responder: {{common-name: Responder of the Other CA}}
      tsa: {{common-name: Invented Time Stamps}}
      careless-tsa: {{common-name: Invented Server That Stamps}}
      citizen: {{common-name: Invented Citizen}}
    certs:
      root:
        subject: root
        issuer: root
        validity: &long {{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}}
        extensions: &authority
          - {{id: basic_constraints, critical: true, value: {{ca: true}}}}
          - id: key_usage
            critical: true
            smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}
      citizen-ca: {{subject: citizen-ca, issuer: root, validity: *long, extensions: *authority}}
      other-ca: {{subject: other-ca, issuer: root, validity: *long, extensions: *authority}}
      responder:
        subject: responder
        issuer: citizen-ca
        validity: *long
        extensions: &responds
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, value: [ocsp_signing]}}
          - {{id: ocsp_no_check}}
      foreign-responder:
        {{subject: foreign-responder, issuer: other-ca, validity: *long, extensions: *responds}}
      unappointed:
        subject: unappointed
        issuer: citizen-ca
        validity: *long
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, value: [server_auth]}}
      tsa:
        subject: tsa
        issuer: root
        validity: *long
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, critical: true, value: [time_stamping]}}
      careless-tsa:
        subject: careless-tsa
        issuer: root
        validity: *long
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, critical: true, value: [server_auth]}}
{citizens}
    services:
      ocsp:
        good: {{for-issuer: citizen-ca, responder-cert: responder}}
        stale: {{for-issuer: citizen-ca, responder-cert: responder}}
        replayed: {{for-issuer: citizen-ca, responder-cert: responder}}
        ignorant: {{for-issuer: citizen-ca, responder-cert: responder}}
        bare: {{for-issuer: citizen-ca, responder-cert: responder}}
        forged: {{for-issuer: citizen-ca, responder-cert: responder, signing-key: rogue}}
        unappointed: {{for-issuer: citizen-ca, responder-cert: unappointed}}
        foreign: {{for-issuer: citizen-ca, responder-cert: foreign-responder}}
        elsewhere: {{for-issuer: other-ca, responder-cert: foreign-responder}}
      crl-repo:
        citizens: {{for-issuer: citizen-ca, simulated-update-schedule: P30D}}
      time-stamping:
        tsa: {{signing-cert: tsa}}
        careless: {{signing-cert: careless-tsa}}
"""

CITIZEN = """
      {label}:
        subject: citizen
        issuer: {issuer}
        validity: {{valid-from: "2025-01-01T00:00:00+0000", valid-to: "{end}"}}
        {revocation}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [{usage}]}}}}
          - {where}
          {extra}
"""

LISTS = (
    "- {id: crl_distribution_points,"
    " smart-value: {schema: crl-dist-url, params: {crl-repo-names: [citizens]}}}"
)
RESPONDER = (
    "{id: authority_information_access,"
    " smart-value: {schema: aia-urls, params: {ocsp-responder-names: [%s]}}}"
)


def _at(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _citizen(
    label: str,
    *,
    asks: str = "good",
    usage: str = "non_repudiation",
    end: datetime = datetime(2030, 1, 1, tzinfo=UTC),
    revoked: datetime | None = None,
    extra: str = "",
    issuer: str = "citizen-ca",
) -> str:
    """Describe a certificate. ``asks`` names its OCSP responder; "lists" gives it a distribution point."""
    extra = LISTS if asks == "both" else extra
    asks = "good" if asks == "both" else asks
    place = LISTS.removeprefix("- ") if asks == "lists" else RESPONDER % asks
    return CITIZEN.format(
        label=label,
        issuer=issuer,
        end=_at(end),
        usage=usage,
        where=place,
        extra=extra,
        revocation=f'revocation: {{revoked-since: "{_at(revoked)}", reason: key_compromise}}'
        if revoked
        else "",
    )


RESPONDERS = (
    "good",
    "stale",
    "replayed",
    "ignorant",
    "bare",
    "forged",
    "unappointed",
    "foreign",
    "elsewhere",
)
CITIZENS = (
    *(_citizen(f"asks-{name}", asks=name) for name in RESPONDERS),
    *(_citizen(f"expired-{way}", asks=way, end=EXPIRED) for way in ("good", "lists")),
    *(_citizen(f"revoked-before-{way}", asks=way, revoked=REVOKED_BEFORE) for way in ("good", "lists")),
    *(_citizen(f"revoked-after-{way}", asks=way, revoked=REVOKED_AFTER) for way in ("good", "lists", "both")),
    _citizen("asks-lists", asks="lists"),
    _citizen("for-agreement", usage="key_agreement"),
    _citizen("critical", extra="- {id: 1.2.3.4.5.6, critical: true, value: !!binary BQA=}"),
)


@dataclass
class Nation:
    """The PKI: its certificates as parties, its services behind addresses."""

    folder: Path
    pki: PKIArchitecture = field(init=False)

    def __post_init__(self) -> None:
        for label in KEYS:
            key = ec.generate_private_key(ec.SECP256R1())
            (self.folder / f"{label}.pem").write_bytes(Party(key, None).key_pem)  # type: ignore[arg-type]
        keys = "{" + ", ".join(f"{label}: {{path: {label}.pem}}" for label in KEYS) + "}"
        text = CONFIGURATION.format(keys=keys, citizens="".join(CITIZENS))
        config = CertomancerConfig.from_yaml(text, key_search_dir=str(self.folder))
        self.pki = config.get_pki_arch(ArchLabel("nation"))

    def party(self, label: str) -> Party:
        certificate = x509.load_der_x509_certificate(self.der(label))
        spec = self.pki.get_cert_spec(CertLabel(label))
        pem = (self.folder / f"{spec.subject_key}.pem").read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Party(key, certificate)

    def der(self, label: str) -> bytes:
        return bytes(self.pki.get_cert(CertLabel(label)).dump())

    def crl(self, at: datetime = NOW) -> bytes:
        return bytes(self.pki.service_registry.get_crl(ServiceLabel("citizens"), at_time=at).dump())

    def token(self, data: bytes, time: datetime = SIGNED, service: str = "tsa") -> bytes:
        """Stamp data, without an address: the document that holds it needs no network."""
        return self.stamper(time, service).stamp(core_digest(data), "sha256")

    def stamper(self, time: datetime = SIGNED, service: str = "tsa") -> Stamper:
        return Stamper(self, time, service)

    def policy(self, *crls: bytes, **changes: object) -> Policy:
        """Trust the root; know these lists; offline unless a fetcher is given."""
        store = TrustStore.from_certificates(self.der("root"), self.der("citizen-ca"), self.der("other-ca"))
        anchors = TrustStore(anchors=store.anchors, intermediates=store.intermediates, crls=crls)
        return Policy(**{"anchors": anchors, "clock": lambda: NOW, **changes})  # type: ignore[arg-type]

    def answer(self, label: str, at: datetime = NOW, nonce: bytes | None = None) -> bytes:
        """Ask the responder that a certificate names, as another program would."""
        certificate, issuer = (self.pki.get_cert(CertLabel(name)) for name in (label, "citizen-ca"))
        request = {
            "req_cert": {
                "hash_algorithm": {"algorithm": "sha1"},
                "issuer_name_hash": issuer.subject.sha1,
                "issuer_key_hash": issuer.public_key.sha1,
                "serial_number": certificate.serial_number,
            }
        }
        question = ocsp.OCSPRequest({"tbs_request": {"request_list": [request]}})
        (url,) = certificate.ocsp_urls
        return Network(self, at).fetch(url, body=question.dump())

    def answers(self, label: str, at: datetime = NOW) -> ValidationData:
        return ValidationData(ocsp=(self.answer(label, at),))


def core_digest(data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(data).digest()


@dataclass(frozen=True)
class Stamper:
    """The time-stamping authority, at a time."""

    nation: Nation
    time: datetime
    service: str

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        imprint = tsp.MessageImprint(
            {"hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_name}), "hashed_message": digest}
        )
        request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True})
        authority = self.nation.pki.service_registry.summon_timestamper(
            ServiceLabel(self.service), at_time=self.time
        )
        return bytes(authority.request_tsa_response(request)["time_stamp_token"].dump())


class Ignorant(RevocationInfoInterface):
    """A responder's register in which nobody stands."""

    def __init__(self, register: RevocationInfoInterface) -> None:
        self.register = register

    def get_issuer_cert(self) -> object:
        return self.register.get_issuer_cert()

    def check_revocation_status(self, cid: ocsp.CertId, at_time: datetime) -> object:
        return ocsp.CertStatus("unknown"), []


@dataclass
class Network:
    """A fetcher: every address is a service of the PKI, at a time."""

    nation: Nation
    time: datetime = NOW
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        self.asked.append(url)
        kind, label = url.removeprefix("http://pki.example/nation/").split("/")[:2]
        if kind == "crls" and url.endswith("/latest.crl"):
            return self.nation.crl(self.time)
        if kind == "ocsp" and body:
            return self._answer(label, ocsp.OCSPRequest.load(body))
        raise FetchFailed(url, "nobody is there")

    def _answer(self, label: str, request: ocsp.OCSPRequest) -> bytes:
        time = LONG_AGO if label == "stale" else self.time
        responder = self.nation.pki.service_registry.summon_responder(ServiceLabel(label), at_time=time)
        if label == "ignorant":
            responder.revinfo_interface = Ignorant(responder.revinfo_interface)
        if label == "replayed":
            _put_nonce(request, bytes(32))
        response = responder.build_ocsp_response(request)
        return bytes(_TRICKS.get(label, ocsp.OCSPResponse.dump)(response))


def _put_nonce(request: ocsp.OCSPRequest, nonce: bytes) -> None:
    extension = {"extn_id": "nonce", "extn_value": core.OctetString(nonce)}
    request["tbs_request"]["request_extensions"] = [extension]


def _without_certificates(response: ocsp.OCSPResponse) -> bytes:
    basic = response["response_bytes"]["response"].parsed
    bare = ocsp.BasicOCSPResponse({name: basic[name] for name in list(basic)[:3]})
    response_bytes = {"response_type": "basic_ocsp_response", "response": bare}
    return bytes(
        ocsp.OCSPResponse({"response_status": "successful", "response_bytes": response_bytes}).dump()
    )


_TRICKS: dict[str, Callable[[ocsp.OCSPResponse], bytes]] = {"bare": _without_certificates}
