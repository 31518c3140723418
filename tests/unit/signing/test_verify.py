"""The entrance: which reader gets which bytes, and what comes back. The readers themselves are stand-ins."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from smartid.errors import EncodingError
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import SignatureFamily, SignatureForm
from smartid.signing.request import SignedDocument
from smartid.signing.verdicts import SignatureVerdict
from smartid.signing.verify import verify
from smartid.trust.findings import not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.verdict import Indication, SubIndication, Verdict

NOW = datetime(2026, 1, 31, tzinfo=UTC)
POLICY = Policy(clock=lambda: NOW)
CMS = b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80"
ASIC = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.etsi.asic-e+zip"
XML = b'<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
JWS = b"eyJh.eyJh.eyJh"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Put stand-ins in the places of the readers and of the judge; what they are called with is listed."""
    made: list[tuple[object, ...]] = []

    def module(name: str, **functions: object) -> None:
        fake = ModuleType(name)
        vars(fake).update(functions)
        monkeypatch.setitem(sys.modules, f"smartid.signing.{name}", fake)

    def reader(name: str, family: SignatureFamily):
        def read(data: bytes, *rest: object) -> tuple[SignatureFacts, ...]:
            made.append((name, data, *rest[:-1]))
            lacking = name == "cades" and rest[0] is None and data != CMS + b"attached"
            finding = (
                not_checked("signed_content", "It is not here.", SubIndication.SIGNED_DATA_NOT_FOUND)
                if lacking
                else passed("signed_content", "It is the one that was signed.")
            )
            return (SignatureFacts(family=family, findings=(finding,), certificate=None, scope="its own"),)

        return read

    def judge(facts: SignatureFacts, policy: Policy, at: datetime) -> SignatureVerdict:
        made.append(("judge", facts.family, at))
        verdict = Verdict(indication=Indication.TOTAL_PASSED, time=at)
        return SignatureVerdict(family=facts.family, verdict=verdict, best_time=at, scope=facts.scope)

    module("cades.read", read_cades=reader("cades", SignatureFamily.CADES))
    module("pades.read", read_pades=reader("pades", SignatureFamily.PADES))
    module("xades.read", read_xades=reader("xades", SignatureFamily.XADES))
    module("asice.container", read_asice=reader("asice", SignatureFamily.ASICE))
    module("jws.read", read_jws=reader("jws", SignatureFamily.JWS))
    module("process.judge", judge=judge)
    return made


@pytest.mark.parametrize(
    ("data", "call"),
    [
        (CMS, ("cades", CMS, None)),
        (b"%PDF-1.7", ("pades", b"%PDF-1.7")),
        (XML, ("xades", XML, None)),
        (ASIC, ("asice", ASIC)),
        (JWS, ("jws", JWS, None)),
    ],
    ids=["cades", "pades", "xades", "asice", "jws"],
)
def test_each_format_goes_to_its_reader_and_then_to_the_judge(calls, data: bytes, call: tuple) -> None:
    report = verify(data, POLICY, name="letter")
    assert calls[0] == call
    assert calls[1] == ("judge", SignatureFamily(call[0]), NOW)
    assert report.passed
    assert report.name == "letter"
    assert report.sha256 == hashlib.sha256(data).hexdigest()


def test_the_time_that_is_asked_about_reaches_the_judge_in_utc(calls) -> None:
    verify(CMS, POLICY, at=datetime.fromisoformat("2026-01-01T03:30:00+03:30"))
    assert calls[1][2] == datetime(2026, 1, 1, tzinfo=UTC)
    assert calls[1][2].tzinfo is UTC


def test_a_time_without_a_zone_is_refused(calls) -> None:
    with pytest.raises(ValueError, match="zone"):
        verify(CMS, POLICY, at=datetime(2026, 1, 1))


def test_content_that_is_given_is_handed_over(calls, tmp_path: Path) -> None:
    verify(CMS, POLICY, content=b"text")
    assert calls[0][2] == Content(b"text")
    path = tmp_path / "letter"
    path.write_bytes(b"text")
    verify(JWS, POLICY, content=path)
    assert calls[2] == ("jws", JWS, Content(path))


@pytest.mark.parametrize("data", [b"%PDF-1.7", ASIC, b'{"format": "smartid-evidence-1"}'])
def test_content_for_a_document_that_holds_its_own_is_refused(calls, data: bytes) -> None:
    with pytest.raises(EncodingError, match="detached"):
        verify(data, POLICY, content=b"text")
    assert calls == []


def test_the_content_of_a_detached_p7s_is_the_file_of_that_name_beside_it(calls, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes(b"text")
    (tmp_path / "letter.txt.p7s").write_bytes(CMS)
    report = verify(tmp_path / "letter.txt.p7s", POLICY)
    assert report.signatures[0].scope == "the file letter.txt, found beside the signature"
    assert calls[1][2] == Content(tmp_path / "letter.txt")


def test_an_attached_p7s_is_about_what_it_holds(calls, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes(b"another text")
    (tmp_path / "letter.txt.p7s").write_bytes(CMS + b"attached")
    assert verify(tmp_path / "letter.txt.p7s", POLICY).signatures[0].scope == "its own"


@pytest.mark.parametrize("name", ["letter.txt.sig", "letter.p7s", "other.txt.p7s"])
def test_nothing_else_is_looked_for(calls, tmp_path: Path, name: str) -> None:
    (tmp_path / "letter.txt").write_bytes(b"text")
    (tmp_path / name).write_bytes(CMS)
    assert verify(tmp_path / name, POLICY).signatures[0].scope == "its own"
    assert [call[0] for call in calls] == ["cades", "judge"]


def test_content_that_is_given_wins_over_the_file_beside(calls, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes(b"text")
    (tmp_path / "letter.txt.p7s").write_bytes(CMS)
    report = verify(tmp_path / "letter.txt.p7s", POLICY, content=b"other")
    assert report.signatures[0].scope == "its own"


def test_what_sign_gave_is_taken_with_its_content(calls) -> None:
    signed = SignedDocument(form=SignatureForm.CADES_B, name="letter.p7s", data=CMS, content=Content(b"text"))
    report = verify(signed, POLICY)
    assert report.name == "letter.p7s"
    assert calls[0] == ("cades", CMS, Content(b"text"))


def test_xml_without_a_signature_holds_none(calls) -> None:
    report = verify(b"<a/>", POLICY)
    assert report.signatures == ()
    assert not report.passed
    assert calls == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none", POLICY)


def test_bytes_of_no_known_format() -> None:
    with pytest.raises(EncodingError, match="document is malformed"):
        verify(b"plain", POLICY, name="letter")


def test_without_a_policy_the_configured_store_is_asked(calls, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SMARTID_TRUST", str(tmp_path / "missing"))
    with pytest.raises(EncodingError, match="missing"):
        verify(CMS)


def test_evidence_gets_the_verdict_on_the_card(test_policy, mock_card) -> None:
    import smartid

    with smartid.connect(transport=mock_card("sara").insert()) as card:
        text = card.read_identity().evidence.to_json()
    report = verify(text.encode(), test_policy)
    assert report.identity
    assert report.passed
    assert report.as_dict()["identity"]["indication"] == "TOTAL-PASSED"
    assert not verify(text.replace('"DG1": "YV', '"DG1": "YW').encode(), test_policy).passed
    with pytest.raises(EncodingError, match="UTF-8"):
        verify(text.encode() + b"\xff", test_policy)


def test_the_entrance_is_light() -> None:
    code = (
        "import sys, smartid.signing.verify; "
        "heavy = ('pyhanko', 'pyhanko_certvalidator', 'asyncio', 'aiohttp', "
        "'lxml', 'signxml', 'multiprocessing', 'asn1crypto', 'distributed', 'concurrent.futures'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
