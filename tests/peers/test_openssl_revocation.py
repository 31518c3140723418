"""Lists and OCSP answers made by the program openssl, read here; its verdict on the same list agrees."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, RevocationStatus, revocation_status
from smartid.trust.status.ocsp import ocsp_request
from smartid.trust.store import TrustStore
from smartid.trust.validation_data import ValidationData
from tests.unit.trust.country import CA_USAGE, Party, issue, name
from tests.unit.trust.revocation_pki import read

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is absent")
CONFIG = """
[ca]
default_ca = here
[here]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 1
"""


def openssl(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=check, capture_output=True, text=True)


class Office:
    """An authority whose books openssl keeps."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        self.folder = folder
        dates = {"begin": now - timedelta(days=9), "end": now + timedelta(days=9)}
        self.ca = issue(name(COMMON_NAME="CA"), ca=True, usage=CA_USAGE, **dates)
        people = [issue(name(COMMON_NAME=who), self.ca, **dates) for who in ("Good", "Gone")]
        self.good, self.gone = people
        (folder / "ca.pem").write_bytes(self.ca.pem)
        (folder / "ca.key").write_bytes(self.ca.key_pem)
        (folder / "ca.cnf").write_text(CONFIG)
        (folder / "index.txt").write_text("")
        (folder / "crlnumber").write_text("1000\n")
        for who, party in (("good", self.good), ("gone", self.gone)):
            (folder / f"{who}.pem").write_bytes(party.pem)
            self.ca_command("-valid", f"{who}.pem")
        self.ca_command("-revoke", "gone.pem", "-crl_reason", "keyCompromise")

    def ca_command(self, *arguments: str) -> None:
        openssl(self.folder, "ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", *arguments)

    def status(self, party: Party, store: TrustStore, *answers: bytes) -> RevocationStatus:
        data = ValidationData(ocsp=answers)
        now = datetime.now(UTC)
        return revocation_status(read(party), read(self.ca), Policy(anchors=store), now, data=data)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_list_of_openssl_is_read_as_openssl_reads_it(office: Office, tmp_path: Path, form: str) -> None:
    office.ca_command("-gencrl", "-out", "list.pem")
    convert = ("crl", "-in", "list.pem", "-outform", form, "-out", str(tmp_path / "list.crl"))
    openssl(office.folder, *convert)
    (tmp_path / "ca.pem").write_bytes(office.ca.pem)
    store = TrustStore.from_folder(tmp_path)
    assert office.status(office.good, store).state is RevocationState.GOOD
    gone = office.status(office.gone, store)
    assert (gone.state, gone.reason) == (RevocationState.REVOKED, "keyCompromise")
    check = ("verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "list.pem")
    assert "good.pem: OK" in openssl(office.folder, *check, "good.pem").stdout
    assert "certificate revoked" in openssl(office.folder, *check, "gone.pem", check=False).stderr


@pytest.mark.parametrize(
    ("who", "state"), [("good", RevocationState.GOOD), ("gone", RevocationState.REVOKED)]
)
def test_openssl_answers_our_question(office: Office, who: str, state: RevocationState) -> None:
    party = getattr(office, who)
    (office.folder / "question").write_bytes(ocsp_request(read(party), read(office.ca), bytes(32)))
    answer = ("-rsigner", "ca.pem", "-rkey", "ca.key", "-CA", "ca.pem", "-ndays", "1")
    files = ("-index", "index.txt", "-reqin", "question", "-respout", "answer")
    openssl(office.folder, "ocsp", *files, *answer)
    status = office.status(party, TrustStore(), (office.folder / "answer").read_bytes())
    assert status.state is state
    assert status.source.startswith("OCSP answer of CN=CA of")
