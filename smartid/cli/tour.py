"""The steps of ``smartid demo``: real cards, a real service, real verdicts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from smartid.auth.relying_party import RelyingParty
from smartid.auth.words import sentence
from smartid.card.card import Card
from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.cli.narrator import Narrator
from smartid.cli.story import CAUGHT_FA, SENTENCE
from smartid.errors import AuthenticationError, SmartIDError, WrongPIN
from smartid.identity.model import Field, Purpose, Reading
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.signing.form import SignatureForm
from smartid.signing.process.words import title
from smartid.signing.request import SignedDocument
from smartid.signing.sign import sign
from smartid.signing.verdicts import VerificationReport
from smartid.signing.verify import verify
from smartid.trust.policy import Policy
from smartid.trust.sentences import verdict_sentence
from smartid.trust.store import TrustStore
from smartid.trust.verdict import CheckStatus, Indication, Verdict
from smartid.trust.verifier import Verifier

_PATIENCE = timedelta(seconds=10)
"""How long a card may take to be noticed."""
HOLDER, FORGER = "sara", "kaveh"
_SITE, _SESSION = "https://login.smartid.invalid", "the session of one browser"


class UnexpectedOutcome(SmartIDError):
    """A step of the tour ended in another way than it must."""


class PCSCDesk:
    """The virtual reader of a private PC/SC service."""

    def __init__(self, port: int) -> None:
        self._port = port

    @contextmanager
    def holding(self, card: MockCard) -> Iterator[Card]:
        """Plug the card in, and wait until the service has seen it come and go."""
        from smartid.transport import pcsc  # noqa: PLC0415

        with card.serve(self._port), connect(wait=_PATIENCE) as found:
            yield found
        events = pcsc.watch(timeout=_PATIENCE.total_seconds())
        while any(reader.atr for reader in pcsc.readers()):
            next(events, None)


class InProcessDesk:
    """No reader at all: the mock card is called."""

    @contextmanager
    def holding(self, card: MockCard) -> Iterator[Card]:
        """Insert the card and lend it."""
        with connect(transport=card.insert()) as found:
            yield found


Desk = PCSCDesk | InProcessDesk


def tour(narrator: Narrator, folder: Path, *, in_process: bool) -> None:
    """Take every step. Raises NoService when pcscd or the virtual reader is not installed."""
    with ExitStack() as stay:
        with narrator.step("cards"):
            images, policy = _make_cards(narrator, folder)
        holder = stay.enter_context(MockCard.open(folder / f"{HOLDER}.card"))
        forger = stay.enter_context(MockCard.open(folder / f"{FORGER}.card"))
        with ExitStack() as first:
            with narrator.step("reader"):
                desk = stay.enter_context(_service(in_process=in_process))
                card = first.enter_context(desk.holding(holder))
                _introduce(narrator, card)
            pins = {name: state.value for name, state in images[HOLDER].pins.items()}
            _with_the_holder(narrator, card, pins, policy)
            with narrator.step("pay"):
                _pay(narrator, card, pins["identity"], policy, folder)
        with narrator.step("clone"):
            _catch_the_clone(narrator, desk, forger, Verifier(policy))


@contextmanager
def _service(*, in_process: bool) -> Iterator[Desk]:
    if in_process:
        yield InProcessDesk()
        return
    with PrivatePCSC(readers=1) as bench:
        os.environ.update(bench.environment)  # pcsc-lite reads it once, at the first call of this process
        yield PCSCDesk(bench.ports[0])


def _make_cards(narrator: Narrator, folder: Path) -> tuple[dict[str, CardImage], Policy]:
    pki = ThrowAwayPKI.fresh()
    images = {name: issue_citizen(CITIZENS[name], NATIONAL_REFERENCE, pki) for name in (HOLDER, FORGER)}
    for name, image in images.items():
        image.save(folder / f"{name}.card")
        citizen = CITIZENS[name]
        narrator.result(name, f"{name}.card", citizen.story_fa if narrator.persian else citizen.story)
    trust = folder / "trust"
    pki.write_trust(trust)
    store = TrustStore.from_folder(trust)
    narrator.result(
        "anchors", "trust anchors", ", ".join(Path(anchor.origin).name for anchor in store.anchors)
    )
    return images, Policy(anchors=store)


def _introduce(narrator: Narrator, card: Card) -> None:
    reader = card.reader or "none, the card is in this process"
    narrator.result("reader", "reader", reader, fa="" if card.reader else "هیچ؛ کارت درون همین برنامه است")
    narrator.result("atr", "ATR", card.atr.raw.hex().upper())
    name = card.profile.name
    narrator.result("profile", "profile", f"{name}, decided by SELECT", fa=f"{name}، با SELECT شناخته شد")


def _with_the_holder(narrator: Narrator, card: Card, pins: dict[str, str], policy: Policy) -> None:
    with narrator.step("read"):
        _read(narrator, card, Verifier(policy))
    with narrator.step("login"):
        _log_in(narrator, card, pins["identity"], policy)
    with narrator.step("sign"):
        signed = _sign(narrator, card, pins["signature"])
    with narrator.step("verify"):
        _verify(narrator, signed, policy)
    with narrator.step("wrong_pin"):
        _wrong_pin(narrator, card, pins["identity"])


def _read(narrator: Narrator, card: Card, verifier: Verifier) -> None:
    reading = card.read_identity(fields=frozenset(Field))
    identity, portrait = reading.identity, reading.portrait
    narrator.result("name", "name", f"{identity.given_names} {identity.family_name}")
    narrator.result("national_number", "national number", identity.national_number or "")
    size = len(portrait.data) if portrait else 0
    narrator.result("portrait", "portrait", f"{size:,} bytes", fa=_bytes_fa(size))
    _expect(_judge(narrator, reading, verifier), Indication.TOTAL_PASSED)


def _judge(narrator: Narrator, reading: Reading, verifier: Verifier) -> Verdict:
    verdict = verifier.assess(reading)
    reason = f" / {verdict.sub_indication.value}" if verdict.sub_indication else ""
    narrator.result("verdict", "verdict", f"{verdict.indication.value}{reason}", good=verdict.passed)
    if narrator.persian:
        narrator.result(
            "verdict_fa",
            "نتیجه",
            verdict_sentence(verdict.indication, verdict.sub_indication),
            good=verdict.passed,
        )
    if verdict.throw_away:
        warning = "it rests on the throw-away PKI, worth nothing outside a test"
        warning_fa = "با زیرساخت کلید دورریختنی؛ بیرون از آزمایش بی‌ارزش است"
        narrator.result("throw_away", "beware", warning, good=None, fa=warning_fa)
    return verdict


def _bytes_fa(size: int) -> str:
    return f"{size:,} بایت".replace(",", "٬")


def _log_in(narrator: Narrator, card: Card, pin: str, policy: Policy) -> None:
    site = RelyingParty(_SITE, policy)
    challenge = site.begin(_SESSION)
    narrator.result("challenge", "challenge", f"{challenge.nonce[:32]}…")
    with card.unlock(PIN(pin), purpose=Purpose.AUTHENTICATION) as unlocked:
        token = unlocked.authenticate(challenge)
    size = len(token.signature)
    narrator.result("algorithm", "answer", f"{token.algorithm}, {size} bytes", fa=_bytes_fa(size))
    person = site.complete(_SESSION, token.to_json())
    known = f"{person.identity.given_names} {person.identity.family_name}, {person.identity.national_number}"
    narrator.result("holder", "the site knows", known, good=person.verdict.passed)
    try:
        site.complete(_SESSION, token.to_json())
    except AuthenticationError as error:
        narrator.result("replayed", "sent again", error.message, good=False, fa=sentence(error.reason)[0])
    else:
        raise UnexpectedOutcome("A token was good for two logins.")


def _sign(narrator: Narrator, card: Card, pin: str) -> SignedDocument:
    with card.unlock(PIN(pin), purpose=Purpose.SIGNATURE) as unlocked:
        signed = sign(SENTENCE.encode(), unlocked.signer, form=SignatureForm.CADES_B, detached=True)
    narrator.result("sentence", "sentence", SENTENCE)
    size = len(signed.data)
    told_fa = f"CAdES B، {_bytes_fa(size)}، جدا از متن"
    narrator.result("signature", "signature", f"CAdES B, {size} bytes, beside the text", fa=told_fa)
    return signed


def _verify(narrator: Narrator, signed: SignedDocument, policy: Policy) -> None:
    _tell(narrator, "document", "the document", verify(signed, policy), Indication.TOTAL_PASSED)
    changed = SENTENCE.replace("۳", "۹", 1).encode()
    narrator.result("changed", "one digit changed", changed.decode(), good=None)
    found = verify(signed, policy, content=changed)
    _tell(narrator, "changed_document", "the changed one", found, Indication.TOTAL_FAILED)


def _pay(narrator: Narrator, card: Card, pin: str, policy: Policy, folder: Path) -> None:
    from smartid.cli.tour_payment import pay  # noqa: PLC0415 - services load much

    if not pay(narrator, card, pin, policy, folder):
        raise UnexpectedOutcome("A changed amount was taken, or a payment was made twice.")


def _tell(narrator: Narrator, key: str, label: str, report: VerificationReport, expected: Indication) -> None:
    """Tell the verdict on the only signature of a document."""
    (found,) = report.signatures
    words_fa = verdict_sentence(found.verdict.indication, found.verdict.sub_indication)
    narrator.result(key, label, title(found.verdict), good=found.passed, fa=words_fa)
    _expect(found.verdict, expected)


def _wrong_pin(narrator: Narrator, card: Card, pin: str) -> None:
    wrong = f"{(int(pin) + 1) % 10 ** len(pin):0{len(pin)}d}"
    try:
        card.verify_pin("identity", PIN(wrong))
    except WrongPIN as error:
        told_fa = f"رمز هویت نادرست است؛ {error.tries_left} فرصت مانده است"
        narrator.result("wrong", "card", error.message, good=False, fa=told_fa)
    else:
        raise UnexpectedOutcome("The card took a wrong PIN.")
    card.verify_pin("identity", PIN(pin))
    left = card.pin_status("identity").tries_left
    narrator.result(
        "tries_left", "after the right one", f"{left} tries are left", fa=f"{left} فرصت مانده است"
    )


def _catch_the_clone(narrator: Narrator, desk: Desk, mock: MockCard, verifier: Verifier) -> None:
    with desk.holding(mock) as card:
        reading = card.read_identity()
    identity = reading.identity
    narrator.result("name", "the card says", f"{identity.given_names} {identity.family_name}")
    verdict = _judge(narrator, reading, verifier)
    for check in verdict.checks:
        if check.status is CheckStatus.FAILED:
            told_fa = CAUGHT_FA.get(check.name, "")
            narrator.result(check.name, check.name, check.detail, good=False, fa=told_fa)
    _expect(verdict, Indication.TOTAL_FAILED)


def _expect(verdict: Verdict, indication: Indication) -> None:
    if verdict.indication is not indication:
        raise UnexpectedOutcome(f"The verdict is {verdict.indication.value}; it must be {indication.value}.")
