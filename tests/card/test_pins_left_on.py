"""A PIN that was presented is forgotten, whatever goes wrong on the way, and no try is spent unasked."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

import smartid
from smartid.card import present
from smartid.errors import CardRemoved, TransportError
from smartid.iso7816.apdu import ResponseAPDU
from smartid.mockcard.security import encode_pin
from smartid.mockcard.vpcd import plug
from smartid.profiles.national_reference import LDS, MASTER_FILE, NATIONAL_REFERENCE, PKCS15
from smartid.transport import pcsc
from tests.card.conftest import PATIENCE, PINS, wait_until_empty

AUTHENTICATION, SIGNATURE = smartid.Purpose.AUTHENTICATION, smartid.Purpose.SIGNATURE
KEY_MANAGEMENT = smartid.Purpose.KEY_MANAGEMENT
CHALLENGE = smartid.Challenge("https://example.ir", "n" * 44)
REFERENCES = {"identity": 1, "signature": 2, "puk": 3}


def presented(card, name="identity"):
    """Whether the chip would let the next program use this PIN, asked behind everybody's back."""
    return card.transmit(bytes((0x00, 0x20, 0x00, REFERENCES[name]))) == b"\x90\x00"


class Wire:
    """A transport whose answers a test may change; ``meddle`` gets a command and the card's answer."""

    def __init__(self, card, meddle=lambda command, answer: answer):
        self.card, self.meddle = card, meddle
        self.atr, self.depth, self.closed = card.atr, 0, False
        self.commands = []

    def transmit(self, command):
        if self.closed:
            raise TransportError("This connection is closed.")
        self.commands.append(command)
        return self.meddle(command, self.card.transmit(command))

    @contextmanager
    def transaction(self):
        self.depth += 1
        try:
            yield self
        finally:
            self.depth -= 1

    def close(self):
        """Like PC/SC: the card stays as it is."""
        self.closed = True


class Resettable(Wire):
    resets = 0

    def reset(self):
        self.resets += 1
        self.card.reset()


def carries_pin(command):
    return command[1] in (0x20, 0x24, 0x2C) and len(command) > 5


def cut_short(command, answer):
    """The card did it and the answer never comes to us: a full disk under a recording, for example."""
    if carries_pin(command):
        raise TransportError("The trace could not be written.")
    return answer


def unlock(live, name="identity"):
    purpose = AUTHENTICATION if name == "identity" else SIGNATURE
    return live.unlock(smartid.PIN(PINS[name]), purpose=purpose)


def test_a_changed_pin_is_forgotten(issue):
    card = issue()
    with smartid.connect(transport=Wire(card)) as live:
        live.change_pin("identity", smartid.PIN(PINS["identity"]), smartid.PIN("8642"))
        assert not presented(card)


def test_an_unblocked_pin_is_forgotten(issue):
    card = issue()

    def generous(command, answer):
        """A card that takes the new PIN as presented."""
        if command[1] == 0x2C:
            card.transmit(bytes.fromhex("0020000108") + b"8642".ljust(8, b"\xff"))
        return answer

    with smartid.connect(transport=Wire(card, generous)) as live:
        live.unblock_pin("identity", smartid.PIN(PINS["puk"]), smartid.PIN("8642"))
        assert not presented(card)


def verify(live):
    live.verify_pin("identity", smartid.PIN(PINS["identity"]))


def change(live):
    live.change_pin("identity", smartid.PIN(PINS["identity"]), smartid.PIN("8642"))


def enter(live):
    with unlock(live):
        pytest.fail("never unlocked")


@pytest.mark.parametrize("job", [verify, change, enter])
@pytest.mark.parametrize("garbled", [b"", b"\x90", b"\x90\x10"])
def test_a_pin_whose_answer_was_lost_or_garbled_is_forgotten(issue, job, garbled):
    card = issue()

    def meddle(command, answer):
        return garbled if carries_pin(command) else answer

    with smartid.connect(transport=Wire(card, meddle if garbled else cut_short)) as live:
        with pytest.raises(smartid.SmartIDError):
            job(live)
        assert not presented(card)


class Pad(Wire):
    """A reader with keys, on which the holder types the PINs that ``typed`` holds."""

    has_pin_pad = True

    def __init__(self, card, *typed):
        super().__init__(card)
        self.typed, self.depths = typed, []

    def enter_pin(self, request):
        self.depths.append(self.depth)
        specs = {pin.name: pin for pin in self.card.image.profile.application("master file").pins}
        data = b"".join(encode_pin(specs[name], digits) for name, digits in self.typed)
        assert len(data) == len(request.command.data)
        head = bytes((0x00, request.command.ins, 0x00, request.command.p2, len(data)))
        return ResponseAPDU.parse(self.card.transmit(head + data))


def test_pins_typed_on_the_reader_are_typed_while_others_are_kept_off(issue):
    card = issue()
    pad = smartid.PIN.on_reader
    with smartid.connect(transport=Pad(card, ("identity", PINS["identity"]), ("identity", "8642"))) as live:
        live.change_pin("identity", pad(), pad())
        assert live._transport.depths == [1]
        assert not presented(card)
    with smartid.connect(transport=Pad(card, ("puk", PINS["puk"]), ("identity", "1357"))) as live:
        live.unblock_pin("identity", pad(), pad())
        assert live._transport.depths == [1]
    assert card.image.pins["identity"].value == "1357"


@pytest.mark.parametrize("procedure", ["present", "change", "unblock"])
def test_a_pin_goes_to_its_own_application_also_when_tries_cannot_be_asked(procedure):
    """Another program may have selected an application whose PIN has the same reference."""
    spec = present.PINSpec(
        name="pin",
        title="PIN",
        title_fa="رمز",
        reference=1,
        min_length=4,
        max_length=8,
        block_size=8,
        status_query=False,
    )
    block = bytearray(8)
    exchange = {
        "present": lambda: present.present(PKCS15, spec, block, last_try=False),
        "change": lambda: present.change(PKCS15, spec, block, block, last_try=False),
        "unblock": lambda: present.unblock(PKCS15, spec, spec, block, block, last_try=False),
    }[procedure]()
    assert next(exchange).ins == 0xA4
    assert exchange.send(ResponseAPDU(b"", 0x9000)).carries_secret


def test_a_card_that_takes_the_logout_for_a_question_is_reset(issue):
    card = issue()

    def old_card(command, answer):
        if command[:3] != b"\x00\x20\xff":
            return answer
        card.transmit(bytes.fromhex("0020000108") + PINS["identity"].encode().ljust(8, b"\xff"))
        return b"\x90\x00"

    pipe = Resettable(card, old_card)
    with smartid.connect(transport=pipe) as live:
        verify(live)
        assert not presented(card)
    assert pipe.resets == 1


LOCAL_PINS = replace(
    NATIONAL_REFERENCE,
    applications=(LDS, replace(PKCS15, pins=MASTER_FILE.pins), replace(MASTER_FILE, pins=())),
)
"""PINs that belong to an application: it is selected before each is asked for or forgotten."""


@pytest.mark.parametrize("failing", [0xA4, 0x20], ids=["SELECT", "VERIFY"])
@pytest.mark.parametrize("answer", [b"\x6a\x86", b"\x6f"], ids=["refused", "garbled"])
def test_a_card_that_cannot_be_told_to_forget_is_reset(issue, failing, answer):
    card = issue()
    done = []

    def meddle(command, given):
        if carries_pin(command):
            done.append(command)
            return given
        return answer if done and command[1] == failing else given

    pipe = Resettable(card, meddle)
    with smartid.connect(transport=pipe, profiles=[LOCAL_PINS]) as live:
        verify(live)
        assert pipe.resets == 1
        assert not presented(card)


def test_a_reset_card_is_not_reset_again(issue):
    card = issue()
    done = []

    def meddle(command, answer):
        if carries_pin(command):
            done.append(command)
        elif done:
            raise CardRemoved("Another program reset the card.")
        return answer

    pipe = Resettable(card, meddle)
    with smartid.connect(transport=pipe) as live:
        verify(live)
    assert pipe.resets == 0


def test_closing_the_card_inside_the_block_drops_the_pin(issue):
    card = issue()
    live = smartid.connect(transport=Wire(card))
    with unlock(live) as unlocked:
        live.close()
        assert not presented(card)
        with pytest.raises(smartid.SmartIDError):
            unlocked.authenticate(CHALLENGE)
    with pytest.raises(smartid.SmartIDError):
        live.read_identity()


def test_a_block_inside_a_block_leaves_the_outer_one_its_pin(issue):
    card = issue()
    with smartid.connect(transport=Wire(card)) as live, unlock(live) as outer:
        with live.unlock(smartid.PIN(PINS["identity"]), purpose=KEY_MANAGEMENT) as inner:
            outer.authenticate(CHALLENGE)
        with unlock(live, "signature") as signing:
            signing.sign_digest(bytes(48), smartid.SignatureAlgorithm.ES384)
        assert not presented(card, "signature")
        with pytest.raises(smartid.CardError, match="locked again"):
            inner.decipher(b"")
        verify(live)
        outer.authenticate(CHALLENGE)
    with smartid.connect(transport=Wire(card)):
        assert not presented(card)


def test_digits_that_were_wrong_are_never_sent_again(issue):
    card = issue()
    pin, old, puk = smartid.PIN("0000"), smartid.PIN("1111"), smartid.PIN("00000000")
    new = smartid.PIN("8642")
    with smartid.connect(transport=Wire(card)) as live:
        jobs = (
            lambda: live.unlock(pin, purpose=AUTHENTICATION).__enter__(),
            lambda: live.change_pin("identity", old, new),
            lambda: live.unblock_pin("identity", puk, new),
        )
        for job in jobs:
            with pytest.raises(smartid.WrongPIN):
                job()
            with pytest.raises(smartid.SmartIDError):
                job()
    assert {name: state.tries_left for name, state in card.image.pins.items()} == {
        "identity": 1,
        "signature": 3,
        "puk": 9,
    }


def test_a_holder_who_was_wrong_is_asked_again(issue, monkeypatch):
    card = issue()
    answers = iter(["0000", PINS["identity"]])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    pin = smartid.PIN.ask("PIN")
    with smartid.connect(transport=Wire(card)) as live:
        with pytest.raises(smartid.WrongPIN):
            live.verify_pin("identity", pin)
        live.verify_pin("identity", pin)
    assert card.image.pins["identity"].tries_left == 3


def test_others_may_use_the_card_while_the_holder_types_on_the_keyboard(issue, monkeypatch):
    card = issue()
    pipe = Wire(card)
    depths, answers = (
        [],
        iter([PINS["identity"], PINS["identity"], PINS["identity"], "8642", PINS["puk"], "1357"]),
    )

    def typed(prompt):
        depths.append(pipe.depth)
        return next(answers)

    monkeypatch.setattr("getpass.getpass", typed)
    ask = smartid.PIN.ask
    with smartid.connect(transport=pipe) as live:
        live.verify_pin("identity", ask("PIN"))
        with live.unlock(ask("PIN"), purpose=AUTHENTICATION):
            assert pipe.depth == 1
        live.change_pin("identity", ask("PIN"), ask("new PIN"))
        live.unblock_pin("identity", ask("PUK"), ask("new PIN"))
    assert depths == [0] * 6
    assert card.image.pins["identity"].value == "1357"


class BeforeTheLogout:
    """A card that knows no VERIFY with P1 = FF, for the virtual reader."""

    def __init__(self, card):
        self._card = card
        self.atr, self.close = card.atr, card.close
        self.resets = 0

    def transmit(self, command):
        return b"\x6a\x86" if command[:3] == b"\x00\x20\xff" else self._card.transmit(command)

    def reset(self):
        self.resets += 1
        self._card.reset()


@pytest.mark.parametrize("closing", [False, True], ids=["end of block", "closed in block"])
def test_through_pcsc_an_old_card_is_reset_inside_the_transaction(issue, private_pcsc, closing):
    card = issue()
    old = BeforeTheLogout(card)
    with plug(old, port=private_pcsc.ports[0]):
        name = pcsc.wait_for_card(private_pcsc.reader_names[0], PATIENCE).name
        with smartid.connect(name) as live:
            before = old.resets
            with unlock(live) as unlocked:
                unlocked.authenticate(CHALLENGE)
                if closing:
                    live.close()
            assert old.resets == before + 1
            assert not presented(card)
            if not closing:
                verify(live)
    wait_until_empty()
