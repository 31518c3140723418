"""Persian words for every answer, and modules that stay light."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest

from smartid.trust import sentences
from smartid.trust.findings import decisive, failed, not_checked, passed
from smartid.trust.verdict import CheckStatus, Indication, SubIndication
from smartid.trust.verifier import Verifier
from tests.unit.trust.country import Card


def persian(text: str) -> bool:
    return any("ARABIC" in unicodedata.name(char, "") for char in text) and not any(
        char.isascii() and char.isalpha() for char in text
    )


def test_every_word_has_a_persian_one() -> None:
    assert set(sentences.INDICATIONS) == set(Indication)
    assert set(sentences.SUB_INDICATIONS) == set(SubIndication)
    assert set(sentences.STATUSES) == set(CheckStatus)
    for table in (sentences.INDICATIONS, sentences.SUB_INDICATIONS, sentences.STATUSES):
        assert all(map(persian, table.values()))


def test_every_check_has_a_persian_name(verifier: Verifier, card: Card) -> None:
    names = {check.name for check in verifier.assess(card.evidence()).checks}
    names |= {
        "throw_away_pki",
        "recording",
        "trust_anchors",
        "master_list",
        "master_list_signer",
        "hash_algorithm",
        "format_DG11",
    }
    names |= {"certificate_card_authentication"}
    assert all(persian(sentences.check_name(name)) for name in names)
    assert sentences.check_name("hash_DG11").endswith("۱۱")
    assert sentences.check_name("something else") == "something else"


def test_an_answer_as_a_sentence() -> None:
    assert sentences.verdict_sentence(Indication.TOTAL_PASSED, None) == "این مدرک معتبر است."
    both = sentences.verdict_sentence(Indication.TOTAL_FAILED, SubIndication.EXPIRED)
    assert both == "این مدرک معتبر نیست. مدت اعتبار گذشته است."


@pytest.mark.parametrize(
    ("reason", "indication"),
    [
        (SubIndication.HASH_FAILURE, Indication.TOTAL_FAILED),
        (SubIndication.EXPIRED, Indication.TOTAL_FAILED),
        (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, Indication.INDETERMINATE),
        (SubIndication.CHAIN_CONSTRAINTS_FAILURE, Indication.INDETERMINATE),
    ],
)
def test_reasons_belong_to_answers(reason: SubIndication, indication: Indication) -> None:
    """ETSI EN 319 102-1 V1.4.1 (2024-06), table 5."""
    assert reason.indication is indication


def test_a_definite_reason_decides_before_an_earlier_doubt() -> None:
    doubt = not_checked("a", "", SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    forged = failed("b", SubIndication.HASH_FAILURE, "")
    assert decisive([passed("x", ""), doubt, forged]) is forged
    assert decisive([passed("x", ""), doubt]) is doubt
    assert decisive([passed("x", ""), not_checked("y", "")]) is None
    assert forged.optional() is forged
    assert doubt.optional().reason is None


@pytest.mark.parametrize(
    "module",
    [
        "smartid.trust",
        "smartid.trust.verdict",
        "smartid.trust.policy",
        "smartid.trust.store",
        "smartid.trust.sentences",
        "smartid.signing.signer",
    ],
)
def test_light_modules_load_no_cryptography(module: str) -> None:
    program = f"import sys, {module}; print({{'cryptography', 'asn1crypto'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
