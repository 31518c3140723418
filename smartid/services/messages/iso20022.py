"""ISO 20022 messages that carry money to a bank: pain.001.001.09 and pacs.008.001.08.

pain.001  a customer asks a bank to pay many from one account (a service pays its merchants)
pacs.008  a bank passes payments of its customers on to another bank

They are written with the standard library; numbers of payments and control sums are counted here. Money is
whole units of the currency. Identifiers are given by the caller and made from a batch, so that the same batch
always gives the same message and a bank can tell the second copy.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from smartid.errors import EncodingError
from smartid.services.messages.iban import check_iban

STANDARD = "ISO 20022-1:2013"
PAIN_001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
PACS_008 = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
MAX_PAYMENTS = 100_000
MAX_AMOUNT = 10**18 - 1
"""18 digits (ActiveCurrencyAndAmount)."""
_REFERENCE = re.compile("[A-Za-z0-9+?/:().,' -]{1,35}")
_BIC = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who pays or is paid. Raises EncodingError.

    name  up to 140 characters
    iban  checked (``check_iban``)
    bic   of the bank that keeps the account (ISO 9362:2022); empty when it follows from the number
    """

    name: str
    iban: str
    bic: str = ""

    def __post_init__(self) -> None:
        require_text("name", self.name, 140)
        object.__setattr__(self, "iban", check_iban(self.iban))
        if self.bic:
            require_bic(self.bic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One credit transfer. Raises EncodingError.

    id      end-to-end reference, up to 35 characters of the SWIFT alphabet; comes back in every answer
    text    what for, up to 140 characters; may be empty
    debtor  needed in pacs.008 only, where every payment has its own
    """

    id: str
    creditor: Party
    amount: int
    text: str = ""
    debtor: Party | None = None

    def __post_init__(self) -> None:
        require_reference(self.id)
        if self.text:
            require_text("text", self.text, 140)
        if not 0 < self.amount <= MAX_AMOUNT:
            raise _broken("amount", "1 to 18 digits, more than zero")


def reference(*parts: str) -> str:
    """Give 32 hexadecimal digits that always stand for the same parts: an identifier for a message."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode()).digest())
    return total.hexdigest()[:32]


def pain_001(
    *,
    message_id: str,
    created: datetime,
    debtor: Party,
    execution: date,
    payments: Sequence[Payment],
    currency: str = "IRR",
) -> bytes:
    """Ask the debtor's bank to pay all of these on a day. Raises EncodingError."""
    total = _require_payments(message_id, payments, currency)
    document, root = _document(PAIN_001, "CstmrCdtTrfInitn")
    header = SubElement(root, "GrpHdr")
    _texts(header, MsgId=message_id, CreDtTm=_moment(created), NbOfTxs=str(len(payments)), CtrlSum=str(total))
    _texts(SubElement(header, "InitgPty"), Nm=debtor.name)
    block = SubElement(root, "PmtInf")
    _texts(block, PmtInfId=message_id, PmtMtd="TRF", NbOfTxs=str(len(payments)), CtrlSum=str(total))
    _texts(SubElement(block, "ReqdExctnDt"), Dt=execution.isoformat())
    _party(block, "Dbtr", debtor)
    _account(block, "DbtrAcct", debtor)
    _agent(block, "DbtrAgt", debtor.bic)
    _texts(block, ChrgBr="SHAR")
    for payment in payments:
        _initiate(SubElement(block, "CdtTrfTxInf"), payment, currency)
    return _written(document)


def pacs_008(
    *,
    message_id: str,
    created: datetime,
    settlement: date,
    sender: str,
    receiver: str,
    payments: Sequence[Payment],
    currency: str = "IRR",
) -> bytes:
    """Pass payments from one bank to another, named by BIC, settled by the clearing system on a day.

    Raises EncodingError, also for a payment without its debtor.
    """
    total = _require_payments(message_id, payments, currency)
    document, root = _document(PACS_008, "FIToFICstmrCdtTrf")
    header = SubElement(root, "GrpHdr")
    _texts(header, MsgId=message_id, CreDtTm=_moment(created), NbOfTxs=str(len(payments)), CtrlSum=str(total))
    _amount(header, "TtlIntrBkSttlmAmt", total, currency)
    _texts(header, IntrBkSttlmDt=settlement.isoformat())
    _texts(SubElement(header, "SttlmInf"), SttlmMtd="CLRG")
    _agent(header, "InstgAgt", require_bic(sender))
    _agent(header, "InstdAgt", require_bic(receiver))
    for payment in payments:
        _pass_on(SubElement(root, "CdtTrfTxInf"), payment, currency)
    return _written(document)


def require_text(what: str, text: str, most: int) -> str:
    """Refuse what a text element cannot carry. Raises EncodingError."""
    if not 0 < len(text) <= most or _UNSEEN.search(text) or not unicodedata.is_normalized("NFC", text):
        raise _broken(what, f"1 to {most} characters in normal form C, without controls")
    return text


def require_reference(text: str) -> str:
    """Refuse an identifier that some bank on the way would change. Raises EncodingError."""
    if not _REFERENCE.fullmatch(text) or "//" in text or text[0] in "/ " or text[-1] in "/ ":
        raise _broken("reference", "1 to 35 characters of the SWIFT alphabet, no slash at an end, none twice")
    return text


def require_bic(text: str) -> str:
    """Refuse what is no business identifier code. Raises EncodingError."""
    if not _BIC.fullmatch(text):
        raise EncodingError("BIC", offset=0, expected="8 or 11 letters and digits", standard="ISO 9362:2022")
    return text


def _require_payments(message_id: str, payments: Sequence[Payment], currency: str) -> int:
    require_reference(message_id)
    if not re.fullmatch("[A-Z]{3}", currency):
        raise EncodingError("currency", offset=0, expected="three letters", standard="ISO 4217:2015")
    if not 0 < len(payments) <= MAX_PAYMENTS:
        raise _broken("payments", f"1 to {MAX_PAYMENTS} payments")
    if len({payment.id for payment in payments}) != len(payments):
        raise _broken("payments", "a reference of its own for each")
    total = sum(payment.amount for payment in payments)
    if total > MAX_AMOUNT:
        raise _broken("control sum", "at most 18 digits")
    return total


def _initiate(parent: Element, payment: Payment, currency: str) -> None:
    _texts(SubElement(parent, "PmtId"), EndToEndId=payment.id)
    _amount(SubElement(parent, "Amt"), "InstdAmt", payment.amount, currency)
    if payment.creditor.bic:
        _agent(parent, "CdtrAgt", payment.creditor.bic)
    _credit(parent, payment)


def _pass_on(parent: Element, payment: Payment, currency: str) -> None:
    if payment.debtor is None:
        raise _broken("payment", "a debtor")
    _texts(SubElement(parent, "PmtId"), EndToEndId=payment.id, TxId=payment.id)
    _amount(parent, "IntrBkSttlmAmt", payment.amount, currency)
    _texts(parent, ChrgBr="SHAR")
    _party(parent, "Dbtr", payment.debtor)
    _account(parent, "DbtrAcct", payment.debtor)
    _agent(parent, "DbtrAgt", payment.debtor.bic)
    _agent(parent, "CdtrAgt", payment.creditor.bic)
    _credit(parent, payment)


def _credit(parent: Element, payment: Payment) -> None:
    _party(parent, "Cdtr", payment.creditor)
    _account(parent, "CdtrAcct", payment.creditor)
    if payment.text:
        _texts(SubElement(parent, "RmtInf"), Ustrd=payment.text)


def _party(parent: Element, name: str, party: Party) -> None:
    _texts(SubElement(parent, name), Nm=party.name)


def _account(parent: Element, name: str, party: Party) -> None:
    _texts(SubElement(SubElement(parent, name), "Id"), IBAN=party.iban)


def _agent(parent: Element, name: str, bic: str) -> None:
    agent = SubElement(SubElement(parent, name), "FinInstnId")
    if bic:
        _texts(agent, BICFI=bic)
    else:
        _texts(SubElement(agent, "Othr"), Id="NOTPROVIDED")


def _amount(parent: Element, name: str, amount: int, currency: str) -> None:
    SubElement(parent, name, Ccy=currency).text = str(amount)


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _document(namespace: str, name: str) -> tuple[Element, Element]:
    document = Element("Document", xmlns=namespace)
    return document, SubElement(document, name)


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(document: Element) -> bytes:
    data: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return data


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(f"ISO 20022 {what}", offset=0, expected=expected, standard=STANDARD)
