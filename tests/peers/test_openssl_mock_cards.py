"""The program openssl on what the throw-away PKI signs: chains, revocation lists, EF.SOD."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from smartid.identity import lds_security
from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.iso7816 import tlv
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.iran_nid import IRAN_NID
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

pytest.importorskip("PIL", reason="Pillow draws the portraits")
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="the program openssl is not here")

MID_2026 = "1780272000"
MID_2024 = "1717200000"


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )


def file_of(image: CardImage, name: str) -> bytes:
    """A file without its filling."""
    value = image.files[name]
    assert isinstance(value, bytes)
    _, header, length = tlv.read_header(value)
    return value[: header + length]


class Bench:
    """One PKI with its trust folder, and certificates as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = ThrowAwayPKI.fresh()

    def trust(self) -> Path:
        self.pki.write_trust(self.folder / "trust")
        return self.folder / "trust"

    def pem(self, image: CardImage, name: str) -> Path:
        der, pem = self.folder / "one.der", self.folder / "one.pem"
        der.write_bytes(file_of(image, name))
        assert openssl("x509", "-inform", "DER", "-in", der, "-out", pem).returncode == 0
        return pem

    def verify(self, pem: Path, *options: str) -> str:
        trust = self.trust()
        lists = self.folder / "lists.pem"
        lists.write_text(
            "".join(openssl("crl", "-inform", "DER", "-in", path).stdout for path in trust.glob("*.crl"))
        )
        answer = openssl(
            "verify",
            *("-CAfile", trust / "national-root.pem", "-untrusted", trust / "citizen-ca.pem"),
            *("-CRLfile", lists, "-crl_check_all", "-x509_strict"),
            *options,
            pem,
        )
        return answer.stdout + answer.stderr


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA, IRAN_NID], ids=lambda p: p.name
)
def test_chains_hold_in_strict_mode_under_the_throw_away_policy_alone(
    bench: Bench, profile: CardProfile
) -> None:
    image = issue_citizen(CITIZENS["sara"], profile, bench.pki)
    for name in (name for name in image.files if name.endswith("certificate")):
        pem = bench.pem(image, name)
        policy = ("-explicit_policy", "-policy_check", "-policy")
        assert bench.verify(pem, *policy, THROW_AWAY_POLICY_OID).rstrip().endswith(": OK")
        assert "no explicit policy" in bench.verify(pem, *policy, "1.2.3.4")


def test_an_authentication_certificate_is_one_for_clients_and_a_signature_certificate_is_not(
    bench: Bench,
) -> None:
    image = issue_citizen(CITIZENS["reza"], NATIONAL_REFERENCE, bench.pki)
    client = ("-purpose", "sslclient")
    assert ": OK" in bench.verify(bench.pem(image, "authentication certificate"), *client)
    assert "unsuitable certificate purpose" in bench.verify(
        bench.pem(image, "signature certificate"), *client
    )


def test_the_lost_card_is_revoked_and_its_neighbour_is_not(bench: Bench) -> None:
    lost = issue_citizen(CITIZENS["leila"], NATIONAL_REFERENCE, bench.pki)
    fine = issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, bench.pki)
    assert "certificate revoked" in bench.verify(bench.pem(lost, "signature certificate"))
    assert ": OK" in bench.verify(bench.pem(fine, "signature certificate"))


def test_the_expired_card_was_valid_once(bench: Bench) -> None:
    old = bench.pem(issue_citizen(CITIZENS["hamid"], NATIONAL_REFERENCE, bench.pki), "signature certificate")
    no_lists = bench.trust()
    chain = ("-CAfile", no_lists / "national-root.pem", "-untrusted", no_lists / "citizen-ca.pem", old)
    assert "certificate has expired" in openssl("verify", "-attime", MID_2026, *chain).stderr
    assert ": OK" in openssl("verify", "-attime", MID_2024, *chain).stdout


@pytest.mark.parametrize("slug", ["national-root", "citizen-ca", "csca"])
def test_revocation_lists_are_signed_by_their_issuers(bench: Bench, slug: str) -> None:
    trust = bench.trust()
    anchor = trust / ("csca.pem" if slug == "csca" else "national-root.pem")
    chain = [] if slug != "citizen-ca" else ["-CAfile", trust / "citizen-ca.pem"]
    answer = openssl(
        "crl", "-inform", "DER", "-in", trust / f"{slug}.crl", "-noout", *(chain or ["-CAfile", anchor])
    )
    assert "verify OK" in answer.stderr


@pytest.mark.parametrize("citizen", ["sara", "bahram"])
def test_ef_sod_is_signed_under_the_csca_and_under_no_other(bench: Bench, citizen: str) -> None:
    image = issue_citizen(CITIZENS[citizen], NATIONAL_REFERENCE, bench.pki)
    signed, content = bench.folder / "sod.cms", bench.folder / "content"
    signed.write_bytes(lds_security.parse_sod(file_of(image, "EF.SOD")))
    check = ("cms", "-verify", "-inform", "DER", "-in", signed, "-purpose", "any", "-out", content)
    answer = openssl(*check, "-CAfile", bench.trust() / "csca.pem")
    assert answer.returncode == 0, answer.stderr
    assert sorted(lds_security.parse_lds_security_object(content.read_bytes()).digests) == [
        *(1, 2),
        *(11, 12, 13, 14, 15),
    ]
    assert openssl(*check, "-CAfile", bench.trust() / "national-root.pem").returncode != 0
