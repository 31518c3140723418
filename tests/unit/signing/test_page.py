"""The page to print: complete in each case, and nothing in it that a stranger wrote is markup."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from smartid.signing.batch import Failure
from smartid.signing.form import Level, SignatureFamily
from smartid.signing.page import page
from smartid.signing.process.words import explained
from smartid.signing.verdicts import SignatureVerdict, VerificationReport
from smartid.trust.verdict import Check, CheckStatus, Indication, SubIndication, Verdict

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&\u202e"
VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Every element that was opened, and whether each was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs}.isdisjoint({"src", "onload", "onclick"})
        assert all((value or "").startswith("#file") for name, value in attrs if name == "href")
        self.opened.append(tag)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def _verdict(indication: Indication, reason: SubIndication | None = None) -> SignatureVerdict:
    verdict = Verdict(
        indication=indication,
        sub_indication=reason,
        anchor=HOSTILE,
        time=NOW,
        checks=(Check("signature", CheckStatus.PASSED, HOSTILE), Check(HOSTILE, CheckStatus.FAILED, "x")),
        throw_away=True,
    )
    made = SignatureVerdict(
        family=SignatureFamily.PADES,
        verdict=verdict,
        level=Level.T,
        level_missing=Level.LT,
        missing_why=HOSTILE,
        signer=HOSTILE,
        signed_at=NOW,
        best_time=NOW,
        proof=HOSTILE,
        scope=HOSTILE,
        culprit=HOSTILE,
    )
    return explained(made)


@pytest.mark.parametrize(
    ("indication", "reason", "persian"),
    [
        (Indication.TOTAL_PASSED, None, "معتبر است"),
        (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE, "قطعی نیست"),
        (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE, "معتبر نیست"),
    ],
)
def test_each_answer_is_shown_and_strangers_write_no_markup(indication, reason, persian) -> None:
    report = VerificationReport(name="x", sha256="ab" * 32, signatures=(_verdict(indication, reason),))
    text = page([(Path(HOSTILE.replace("/", "")), report)])
    assert "script" not in Outline(text).opened
    assert "<script" not in text
    assert "\u202e" not in text
    for expected in (persian, indication.value, "ab" * 32, "THROW-AWAY PKI", "۱۱ بهمن ۱۴۰۴", "PAdES T"):
        assert expected in text


def test_a_file_without_a_verdict_and_one_without_signatures_have_their_place() -> None:
    failure = Failure(kind="EncodingError", message=HOSTILE)
    text = page([(Path("a"), failure), (Path("b"), VerificationReport(name="b"))])
    assert "script" not in Outline(text).opened
    assert "وارسی نشد" in text
    assert "این سند امضایی ندارد." in text


def test_evidence_of_a_card_has_its_verdict() -> None:
    verdict = Verdict(indication=Indication.TOTAL_FAILED, sub_indication=SubIndication.REVOKED, time=NOW)
    text = page([(Path("e.json"), VerificationReport(name="e", identity=verdict))])
    assert "TOTAL-FAILED / REVOKED" in text


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = page([])
    Outline(text)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text


def test_many_files_are_listed_first_with_their_answers() -> None:
    signed = VerificationReport(name="a", signatures=(_verdict(Indication.TOTAL_PASSED),))
    lost = Failure(kind="EncodingError", message="broken", remedy="")
    text = page([(Path("x/a.p7m"), signed), (Path("y/b.p7m"), lost)])
    listed = text[text.index('overview">') : text.index('id="file1"')]
    assert listed.index("x/a.p7m") < listed.index("معتبر است") < listed.index("y/b.p7m")
    assert "Not verified" in listed
    assert 'class="overview"' not in page([(Path("x/a.p7m"), signed)])
