"""What no token may do, beyond the published cases."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.validate import validate_token
from smartid.auth.web_eid import parse_token
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import BadToken, FetchFailed
from smartid.identity.auth_token import AuthToken, Challenge, SigningCertificate, SupportedAlgorithm
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.curves import CURVES
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.auth.site import (
    CHALLENGE,
    DAY,
    NONCE,
    ORIGIN,
    SERVER,
    Site,
    in_raw_form,
    key_of,
    policy_with,
    sign,
    text_of,
)
from tests.unit.trust.country import CA_USAGE, HOLDER, NOW, Party, issue, name
from tests.unit.trust.revocation_pki import answer, crl, distribution_point, entry, responder_address

LAX = LoginRules(require_client_authentication=False)
LOGON = ObjectIdentifier("1.3.6.1.4.1.311.20.2.2")
ANY_USAGE = ObjectIdentifier("2.5.29.37.0")


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


class TestSignatures:
    @pytest.mark.parametrize("at", [0, 47, 48, 95], ids=["first", "end of r", "begin of s", "last"])
    @pytest.mark.parametrize("bit", [1, 128])
    def test_a_tampered_one_is_wrong(self, site: Site, at: int, bit: int) -> None:
        signature = bytearray(base64.b64decode(site.members()["signature"]))
        signature[at] ^= bit
        site.refuses(LoginReason.SIGNATURE_INVALID, site.token(signature=text_of(bytes(signature))))

    @pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "PS256"])
    def test_one_of_another_length_is_wrong(self, site: Site, algorithm: str) -> None:
        signature = base64.b64decode(site.members(algorithm)["signature"])
        for bad in (
            signature[:-1],
            signature + b"\0",
            b"\0" + signature,
            signature[1:],
            signature * 2,
            b"\0",
            bytes(len(signature)),
        ):
            site.refuses(LoginReason.SIGNATURE_INVALID, site.token(algorithm, signature=text_of(bad)))

    @pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512"])
    def test_der_in_the_place_of_r_and_s_is_wrong(self, site: Site, algorithm: str) -> None:
        holder = site.holder(algorithm)
        der = sign(holder.key, algorithm, raw=False)
        site.refuses(LoginReason.SIGNATURE_INVALID, site.token(algorithm, holder, signature=text_of(der)))

    def test_numbers_that_are_no_signature_are_wrong(self, site: Site) -> None:
        order = CURVES["secp384r1"].n
        r, s = (
            int.from_bytes(half, "big") for half in _halves(base64.b64decode(site.members()["signature"]))
        )
        for pair in ((0, 0), (0, s), (r, 0), (order, s), (r, order), (r, (1 << 384) - 1), (1, 1)):
            raw = b"".join(number.to_bytes(48, "big") for number in pair)
            site.refuses(LoginReason.SIGNATURE_INVALID, site.token(signature=text_of(raw)))

    def test_another_padding_or_salt_is_wrong(self, site: Site) -> None:
        holder = site.holder("PS256")
        for signed, said, salt in (("RS256", "PS256", -1), ("PS256", "RS256", -1), ("PS256", "PS256", 0)):
            text = site.token(said, holder, signature=text_of(sign(holder.key, signed, salt=salt)))
            site.refuses(LoginReason.SIGNATURE_INVALID, text)

    def test_a_signature_over_the_text_itself_is_no_answer(self, site: Site) -> None:
        """Only the digests, joined: a document of the form origin + nonce never passes for a login."""
        holder = site.holder()
        for message in (
            (CHALLENGE.origin + CHALLENGE.nonce).encode(),
            CHALLENGE.nonce.encode(),
            CHALLENGE.message(SignatureAlgorithm.ES256),
        ):
            der = holder.key.sign(message, ec.ECDSA(hashes.SHA384()))
            raw = b"".join(number.to_bytes(48, "big") for number in decode_dss_signature(der))
            site.refuses(LoginReason.SIGNATURE_INVALID, site.token(signature=text_of(raw)))


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    return raw[: len(raw) // 2], raw[len(raw) // 2 :]


class TestAlgorithms:
    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ("ES256", "P-384"),
            ("ES384", "P-256"),
            ("ES384", "P-521"),
            ("ES512", "P-384"),
            ("RS256", "P-384"),
            ("PS384", "P-256"),
            ("ES256", "RSA-2048"),
            ("ES384", "RSA-2048"),
        ],
    )
    def test_the_name_belongs_to_the_kind_and_the_curve_of_the_key(
        self, site: Site, said: str, kind: str
    ) -> None:
        holder = site.holder(key=key_of(kind))
        family = "RS" if kind == "RSA-2048" else "ES"
        signs = f"{family}{said[2:]}"
        signature = text_of(sign(holder.key, signs))
        site.refuses(LoginReason.KEY_MISMATCH, site.token(said, holder, signature=signature))

    def test_the_rules_name_what_is_taken(self, site: Site) -> None:
        rules = LoginRules(algorithms=frozenset({SignatureAlgorithm.ES256}))
        site.refuses(LoginReason.ALGORITHM_UNSUPPORTED, site.token(), CHALLENGE, site.policy, rules)
        assert site.judge(site.token("ES256"), CHALLENGE, site.policy, rules).verdict.passed

    def test_the_policy_on_strength_counts(self, site: Site) -> None:
        certificates = (site.country.root.der, site.country.citizen_ca.der)
        for algorithms, name_ in (
            (AlgorithmPolicy(curves=frozenset({"secp256r1"})), "ES384"),
            (AlgorithmPolicy(min_rsa_bits=3072), "RS256"),
            (AlgorithmPolicy(hashes=frozenset({"sha256"})), "ES384"),
        ):
            policy = site.trusting(*certificates, algorithms=algorithms)
            site.refuses(LoginReason.ALGORITHM_UNSUPPORTED, site.token(name_), CHALLENGE, policy)


class TestPurpose:
    @pytest.mark.parametrize("rules", [LoginRules(), LAX], ids=["strict", "lax"])
    @pytest.mark.parametrize(
        "usage",
        [("content_commitment",), ("key_agreement",), ("data_encipherment",), ("key_encipherment",), ()],
    )
    @pytest.mark.parametrize("extended", [(), (ExtendedKeyUsageOID.CLIENT_AUTH,)], ids=["none", "client"])
    def test_a_signature_key_never_logs_anyone_in(
        self, site: Site, usage: tuple[str, ...], rules: LoginRules, extended: tuple[ObjectIdentifier, ...]
    ) -> None:
        """Or "please sign this document" would be a login elsewhere. No rule changes it."""
        holder = site.holder(purpose="signature", usage=usage, extended=extended)
        site.refuses(
            LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder), CHALLENGE, site.policy, rules
        )

    @pytest.mark.parametrize("rules", [LoginRules(), LAX], ids=["strict", "lax"])
    @pytest.mark.parametrize("extended", [(SERVER,), (LOGON,), (ANY_USAGE,), (SERVER, LOGON)])
    def test_other_extended_usages_are_not_for_logins(
        self, site: Site, extended: tuple[ObjectIdentifier, ...], rules: LoginRules
    ) -> None:
        holder = site.holder(extended=extended)
        site.refuses(
            LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder), CHALLENGE, site.policy, rules
        )

    @pytest.mark.parametrize("rules", [LoginRules(), LAX], ids=["strict", "lax"])
    def test_an_authority_never_logs_in(self, site: Site, rules: LoginRules) -> None:
        holder = site.holder(ca=True, usage=("digital_signature", *CA_USAGE))
        site.refuses(
            LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder), CHALLENGE, site.policy, rules
        )

    def test_a_key_for_both_is_taken_only_by_a_rule(self, site: Site) -> None:
        """Some cards have one key for logins and signatures; the certificate names both."""
        token = site.token(holder=site.holder(usage=("digital_signature", "content_commitment")))
        both = LoginRules(separate_keys=False)
        assert site.judge(token, CHALLENGE, site.policy, both).verdict.passed
        site.refuses(LoginReason.CERTIFICATE_PURPOSE, token)

    def test_a_digest_that_was_signed_for_one_site_logs_in_at_no_other(self, site: Site) -> None:
        """A site asks for the signature of a "document" whose digest is a login elsewhere."""
        holder = site.holder(usage=("digital_signature", "content_commitment"))
        digest = hashlib.sha384(CHALLENGE.message(SignatureAlgorithm.ES384)).digest()
        signed = holder.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384())))
        token = site.token(holder=holder, signature=text_of(in_raw_form(signed, 48)))
        site.refuses(LoginReason.CERTIFICATE_PURPOSE, token)


class Network:
    """A fetcher in this process; whatever is asked is written down."""

    def __init__(self, serve: Callable[[str], bytes]) -> None:
        self.asked: list[str] = []
        self._serve = serve

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        self.asked.append(url)
        return self._serve(url)


class TestRevocation:
    def online(self, site: Site, network: Network, **changes: Any) -> Policy:
        country = site.country
        known = TrustStore.from_certificates(
            country.root.der, country.citizen_ca.der, crls=(crl(country.root),)
        )
        values = {"revocation": RevocationRule.WHEN_DECLARED, "fetcher": network, **changes}
        return site.trusting(anchors=known, **values)

    def holder(self, site: Site) -> Party:
        return site.holder(extra=(responder_address(), distribution_point()))

    def test_an_answer_of_a_responder_counts(self, site: Site) -> None:
        holder, authority = self.holder(site), site.country.citizen_ca
        responder = issue(
            name(COMMON_NAME="Responder"),
            authority,
            usage=("digital_signature",),
            extended=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        )
        good, bad = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
        told = {
            good: answer(holder, authority, responder, good, enclosed=[responder]),
            bad: answer(holder, authority, responder, bad, revoked_at=NOW - DAY, enclosed=[responder]),
        }
        network = Network(lambda _: told[good])
        person = site.judge(site.token(holder=holder), CHALLENGE, self.online(site, network))
        assert network.asked == ["http://ocsp.example/"]
        assert "OCSP" in person.verdict.checks[3].detail
        network = Network(lambda _: told[bad])
        text = site.token(holder=holder)
        site.refuses(LoginReason.CERTIFICATE_REVOKED, text, CHALLENGE, self.online(site, network))

    def test_a_list_from_the_network_counts(self, site: Site) -> None:
        holder, authority = self.holder(site), site.country.citizen_ca
        lists = {True: crl(authority, [entry(holder, NOW - DAY)]), False: crl(authority)}
        for revoked, data in lists.items():
            network = Network(lambda url, data=data: data if url.endswith(".crl") else _failed(url))
            policy, text = self.online(site, network), site.token(holder=holder)
            if revoked:
                site.refuses(LoginReason.CERTIFICATE_REVOKED, text, CHALLENGE, policy)
            else:
                assert site.judge(text, CHALLENGE, policy).verdict.passed

    def test_a_silent_network_is_an_unknown_answer(self, site: Site) -> None:
        holder = self.holder(site)
        network = Network(_failed)
        text = site.token(holder=holder)
        site.refuses(LoginReason.REVOCATION_UNKNOWN, text, CHALLENGE, self.online(site, network))
        assert network.asked
        lenient = self.online(site, Network(_failed), revocation=RevocationRule.IF_KNOWN)
        assert site.judge(text, CHALLENGE, lenient).verdict.passed

    def test_garbage_from_the_network_is_an_unknown_answer(self, site: Site) -> None:
        network = Network(lambda _: b"<html>sign in to the free wireless</html>")
        text = site.token(holder=self.holder(site))
        site.refuses(LoginReason.REVOCATION_UNKNOWN, text, CHALLENGE, self.online(site, network))

    @pytest.mark.parametrize("why", ["signature", "nonce", "purpose", "dates", "curve", "policy"])
    def test_nothing_is_asked_before_the_signature_is_right(self, site: Site, why: str) -> None:
        """Certificates are public: whoever has a copy must not make a server call a responder."""
        places = (responder_address(), distribution_point())
        holders = {
            "purpose": {"usage": ("content_commitment",)},
            "dates": {"end": NOW - DAY},
            "policy": {"extra": (*places, policy_with("1.3.6.1.4.1.10015.1.3"))},
        }
        holder = site.holder(**{"extra": places, **holders.get(why, {})})
        changes = {"signature": {"signature": text_of(bytes(96))}, "curve": {"algorithm": "ES256"}}
        challenge = Challenge(ORIGIN, NONCE[::-1]) if why == "nonce" else CHALLENGE
        network = Network(_failed)
        with pytest.raises(BadToken):
            text = json.dumps(site.members("ES384", holder) | changes.get(why, {}))
            site.judge(text, challenge, self.online(site, network))
        assert network.asked == []

    def test_one_that_no_anchor_vouches_for_is_not_asked_about(self, site: Site) -> None:
        network = Network(_failed)
        stranger = Site()
        text = stranger.token(holder=self.holder(stranger))
        site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, text, CHALLENGE, self.online(site, network))
        assert network.asked == []


def _failed(url: str) -> bytes:
    raise FetchFailed(url, "nobody answers")


class TestTime:
    def test_the_clock_of_the_policy_is_asked_once_and_at_goes_before_it(self, site: Site) -> None:
        asked = []

        def clock() -> datetime:
            asked.append(1)
            return NOW

        policy = site.trusting(site.country.root.der, site.country.citizen_ca.der, clock=clock)
        person = site.judge(site.token(), CHALLENGE, policy)
        assert (person.verdict.time, len(asked)) == (NOW, 1)
        person = site.judge(site.token(), CHALLENGE, policy, at=NOW + DAY)
        assert (person.verdict.time, len(asked)) == (NOW + DAY, 1)

    def test_a_time_without_a_zone_is_a_mistake_of_the_caller(self, site: Site) -> None:
        with pytest.raises(ValueError, match="time zone"):
            site.judge(site.token(), at=datetime(2027, 3, 1))

    def test_a_certificate_serves_until_its_last_second(self, site: Site) -> None:
        holder = site.holder(end=NOW)
        assert site.judge(site.token(holder=holder)).verdict.passed
        site.refuses(
            LoginReason.CERTIFICATE_EXPIRED, site.token(holder=holder), at=NOW + timedelta(seconds=1)
        )


class TestSigningCertificates:
    """Format 1.1: what travels along must belong to the same holder, and be good for signatures."""

    def token(self, site: Site, *signing: Party) -> str:
        entries = [
            SigningCertificate(
                certificate=party.der, algorithms=(SupportedAlgorithm.of(SignatureAlgorithm.ES384),)
            ).as_dict()
            for party in signing
        ]
        return site.token(format="web-eid:1.1", unverifiedSigningCertificates=entries)

    def test_good_ones_are_accepted(self, site: Site) -> None:
        good = site.holder(purpose="signature")
        assert site.judge(self.token(site, good, good)).verdict.passed

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": name(**{**HOLDER, "SERIAL_NUMBER": "PNOIR-0499370899"})},
            {"usage": ("digital_signature",)},
            {"usage": ()},
            {"key_ids": False},
            {"end": NOW - DAY},
            {"begin": NOW + DAY},
            {"ca": True, "usage": ("content_commitment", *CA_USAGE)},
        ],
        ids=["another holder", "for logins", "no usage", "no key id", "expired", "not yet", "authority"],
    )
    def test_others_are_refused_wherever_they_stand(self, site: Site, changes: dict[str, Any]) -> None:
        good, bad = site.holder(purpose="signature"), site.holder(purpose="signature", **changes)
        for order in ((bad,), (good, bad), (bad, good)):
            site.refuses(LoginReason.SIGNING_CERTIFICATE, self.token(site, *order))

    def test_another_authority_is_refused(self, site: Site) -> None:
        """Also one of the same name, with another key."""
        country = site.country
        twin = issue(
            country.citizen_ca.certificate.subject, country.root, ca=True, path_length=0, usage=CA_USAGE
        )
        policy = site.trusting(country.root.der, country.citizen_ca.der, twin.der)
        bad = site.holder(purpose="signature", issuer=twin)
        site.refuses(LoginReason.SIGNING_CERTIFICATE, self.token(site, bad), CHALLENGE, policy)

    def test_without_key_identifiers_nobody_says_that_it_was_the_same_authority(self, site: Site) -> None:
        holder, beside = site.holder(key_ids=False), site.holder(purpose="signature", key_ids=False)
        assert site.judge(site.token(holder=holder)).verdict.passed
        members = json.loads(self.token(site, beside)) | site.members(holder=holder, format="web-eid:1.1")
        site.refuses(LoginReason.SIGNING_CERTIFICATE, json.dumps(members))

    def test_one_that_the_authority_did_not_sign_is_refused(self, site: Site) -> None:
        forged = site.holder(purpose="signature", sign_with=key_of("P-256"))
        site.refuses(LoginReason.SIGNING_CERTIFICATE, self.token(site, forged))

    def test_what_is_no_certificate_is_refused(self, site: Site) -> None:
        members = json.loads(self.token(site, site.holder(purpose="signature")))
        members["unverifiedSigningCertificates"][0]["certificate"] = text_of(b"no certificate at all")
        site.refuses(LoginReason.SIGNING_CERTIFICATE, json.dumps(members))

    def test_a_revoked_one_is_refused(self, site: Site) -> None:
        bad, country = site.holder(purpose="signature"), site.country
        lists = (crl(country.citizen_ca, [entry(bad, NOW - DAY)]), crl(country.root))
        known = TrustStore.from_certificates(country.root.der, country.citizen_ca.der, crls=lists)
        policy = site.trusting(anchors=known)
        site.refuses(LoginReason.SIGNING_CERTIFICATE, self.token(site, bad), CHALLENGE, policy)
        assert site.judge(site.token(), CHALLENGE, policy).verdict.passed

    def test_a_value_that_was_not_parsed_keeps_the_rule_too(self, site: Site) -> None:
        token = parse_token(self.token(site, site.holder(purpose="signature")))
        for changes in ({"format": "web-eid:1.0"}, {"signing_certificates": ()}):
            values = {field: getattr(token, field) for field in AuthToken.__dataclass_fields__} | changes
            with pytest.raises(BadToken) as caught:
                validate_token(AuthToken(**values), CHALLENGE, site.policy)
            assert caught.value.reason == LoginReason.SIGNING_CERTIFICATE


class TestIntermediateCertificates:
    """Format 1.1: authorities that travel along are steps to an anchor, and never anchors."""

    def token(self, site: Site, *intermediates: bytes, beside: Party | None = None) -> str:
        certificates = list(map(text_of, intermediates))
        members: dict[str, Any] = {"unverifiedIntermediateCertificates": certificates or None}
        if beside:
            entry = SigningCertificate(
                certificate=beside.der,
                algorithms=(SupportedAlgorithm.of(SignatureAlgorithm.ES384),),
                intermediates=intermediates,
            )
            members["unverifiedSigningCertificates"] = [entry.as_dict()]
        return site.token(format="web-eid:1.1", **members)

    def test_they_lead_to_the_anchor(self, site: Site) -> None:
        country, beside = site.country, site.holder(purpose="signature")
        policy = site.trusting(country.root.der)
        text = self.token(site, country.citizen_ca.der, beside=beside)
        assert site.judge(text, CHALLENGE, policy).verdict.passed
        assert site.judge(self.token(site, country.citizen_ca.der), CHALLENGE, policy).verdict.passed
        site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, site.token(), CHALLENGE, policy)

    def test_those_of_the_login_do_not_serve_the_signing_certificate(self, site: Site) -> None:
        policy, authority = site.trusting(site.country.root.der), site.country.citizen_ca.der
        members = json.loads(self.token(site, authority, beside=site.holder(purpose="signature")))
        del members["unverifiedSigningCertificates"][0]["intermediateCertificates"]
        site.refuses(LoginReason.SIGNING_CERTIFICATE, json.dumps(members), CHALLENGE, policy)

    def test_they_are_no_anchors(self, site: Site) -> None:
        stranger = Site()
        policy = stranger.policy
        own = self.token(site, site.country.citizen_ca.der, site.country.root.der)
        stranger.refuses(LoginReason.CERTIFICATE_UNTRUSTED, own, CHALLENGE, policy)

    def test_a_holder_is_no_authority(self, site: Site) -> None:
        holder = site.holder()
        forged = site.holder(issuer=holder, sign_with=holder.key)
        members = json.loads(self.token(site, holder.der)) | site.members(holder=forged, format="web-eid:1.1")
        site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, json.dumps(members))

    def test_a_revoked_one_is_no_step(self, site: Site) -> None:
        country = site.country
        lists = (crl(country.citizen_ca), crl(country.root, [entry(country.citizen_ca, NOW - DAY)]))
        policy = site.trusting(anchors=TrustStore.from_certificates(country.root.der, crls=lists))
        text = self.token(site, country.citizen_ca.der)
        site.refuses(LoginReason.CERTIFICATE_REVOKED, text, CHALLENGE, policy)

    def test_each_is_a_certificate(self, site: Site) -> None:
        ca, junk = site.country.citizen_ca.der, b"no certificate at all"
        site.refuses(LoginReason.CERTIFICATE_MALFORMED, self.token(site, ca, junk))
        members = json.loads(self.token(site, ca, beside=site.holder(purpose="signature")))
        members["unverifiedSigningCertificates"][0]["intermediateCertificates"] = [text_of(junk)]
        site.refuses(LoginReason.SIGNING_CERTIFICATE, json.dumps(members))

    def test_a_value_that_was_not_parsed_keeps_the_rule_too(self, site: Site) -> None:
        token = parse_token(self.token(site, site.country.citizen_ca.der))
        values = {field: getattr(token, field) for field in AuthToken.__dataclass_fields__}
        with pytest.raises(BadToken) as caught:
            validate_token(AuthToken(**values | {"format": "web-eid:1.0"}), CHALLENGE, site.policy)
        assert caught.value.reason == LoginReason.CERTIFICATE_MALFORMED


class TestValues:
    """A token that somebody built is checked like one that was read."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"format": "web-eid:10.0"}, LoginReason.FORMAT_UNSUPPORTED),
            ({"algorithm": ""}, LoginReason.ALGORITHM_UNSUPPORTED),
            ({"certificate": b""}, LoginReason.CERTIFICATE_MALFORMED),
            ({"certificate": b"\x30" * 70_000}, LoginReason.CERTIFICATE_MALFORMED),
            ({"signature": b""}, LoginReason.SIGNATURE_INVALID),
        ],
    )
    def test_it_is_refused(self, site: Site, changes: dict[str, Any], reason: LoginReason) -> None:
        token = parse_token(site.token())
        values = {field: getattr(token, field) for field in AuthToken.__dataclass_fields__} | changes
        with pytest.raises(BadToken) as caught:
            validate_token(AuthToken(**values), CHALLENGE, site.policy)
        assert caught.value.reason == reason

    def test_the_certificate_that_answered_comes_along(self, site: Site) -> None:
        holder = site.holder()
        assert site.judge(site.token(holder=holder)).certificate == holder.der

    def test_trailing_bytes_of_a_certificate_are_refused(self, site: Site) -> None:
        text = site.token(unverifiedCertificate=text_of(site.holder().der + b"\0"))
        site.refuses(LoginReason.CERTIFICATE_MALFORMED, text)

    def test_no_refusal_names_the_holder(self, site: Site) -> None:
        texts = (
            (LoginReason.CERTIFICATE_EXPIRED, site.token(holder=site.holder(end=NOW - DAY))),
            (LoginReason.CERTIFICATE_PURPOSE, site.token(holder=site.holder(extended=(SERVER,)))),
            (LoginReason.SIGNATURE_INVALID, site.token(signature=text_of(bytes(96)))),
        )
        for reason, text in texts:
            error = site.refuses(reason, text)
            assert not any(part in str(error) for part in ("0012345679", "زهرا", "كريمي"))
        error = site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, site.token(), CHALLENGE, Site().policy)
        assert not any(part in str(error) for part in ("0012345679", "زهرا", "كريمي"))
