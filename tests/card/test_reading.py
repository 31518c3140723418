"""The public API reads what was personalised, and says what it could not read."""

import math
from contextlib import nullcontext
from typing import ClassVar

import pytest

import smartid
from smartid.identity.model import ESSENTIAL
from smartid.iso7816.exchange import Link
from smartid.mockcard.trust_folder import write_trust
from smartid.profiles.iran_nid import IRAN_NID, IRAN_NID_OMID, IRAN_NID_PARDIS
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.card.conftest import PINS

BEHIND_THE_PIN = {"address", "postal_code", "registration_number"}


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda p: p.name)
def test_a_reading_is_the_holder_as_issued(issue, profile):
    card = issue(profile=profile)
    with smartid.connect(transport=card.insert()) as live:
        assert live.profile is profile
        reading = live.read_identity()
    issued = {k: v for k, v in card.image.holder.items() if k not in BEHIND_THE_PIN}
    for name in ("given_names_latin", "family_name_latin"):
        issued[name] = issued[name].upper()  # a machine readable zone has no small letters
    read = reading.identity.as_dict()
    assert {name: read.get(name) for name in issued} == issued
    assert reading.locked == {smartid.Field(name) for name in BEHIND_THE_PIN}
    assert [c.purpose for c in reading.certificates] == [
        "authentication",
        "signature",
        "key management",
        "transaction",
    ]
    assert reading.portrait is None
    assert reading.evidence.active_authentication is not None


def test_the_portrait_is_read_when_asked_for_with_progress(issue):
    card, seen = issue(), []
    with smartid.connect(transport=card.insert()) as live:
        reading = live.read_identity(
            fields={smartid.Field.PORTRAIT}, progress=lambda done, total: seen.append((done, total))
        )
    assert reading.portrait.media_type == "image/jpeg"
    assert reading.portrait.data in card.image.files["DG2"]
    assert seen[-1][0] == seen[-1][1] == len(card.image.files["DG2"])


def test_the_pin_opens_the_address(issue):
    card = issue()
    with (
        smartid.connect(transport=card.insert()) as live,
        live.unlock(smartid.PIN(PINS["identity"]), purpose=smartid.Purpose.AUTHENTICATION) as unlocked,
    ):
        reading = unlocked.read_identity()
    assert reading.identity.address == card.image.holder["address"]
    assert not reading.locked


def test_one_field_costs_only_its_own_file_and_the_proofs(issue, counting):
    pipe = counting(issue().insert())
    with smartid.connect(transport=pipe) as live:
        pipe.commands.clear()
        reading = live.read_identity(fields={smartid.Field.NATIONAL_NUMBER})
    assert set(reading.evidence.files) == {"DG11", "EF.SOD", "DG14", "DG15"}
    assert len(pipe.commands) == 1 + 4 + 1


@pytest.mark.parametrize("largest_le", [256, 65536])
def test_a_full_read_spends_no_more_commands_than_promised(issue, counting, largest_le):
    card = issue()
    pipe = counting(card.insert())
    with smartid.connect(transport=pipe) as live:
        live._link = Link(max_data=255, max_response=largest_le)
        pipe.commands.clear()
        reading = live.read_identity(fields=frozenset(smartid.Field))
    sizes = [len(data) for data in reading.evidence.files.values()]
    sizes += [len(data) for data in reading.evidence.certificates.values()]
    promised = 1.1 * sum(math.ceil(size / largest_le) + 1 for size in sizes)
    assert len(pipe.commands) <= promised


def test_the_iranian_card_gives_what_is_public(issue):
    card = issue(profile=IRAN_NID)
    with smartid.connect(transport=card.insert()) as live:
        assert live.profile is IRAN_NID
        assert live.profile.experimental
        reading = live.read_identity()
        status = live.pin_status("identity")
    assert {c.purpose for c in reading.certificates} == {"authentication", "signature"}
    identity = reading.identity
    assert len(identity.registration_number) == 10
    assert identity.registration_number.isdigit()
    assert identity.issue_date < identity.expiry_date
    assert identity.card_serial_number
    assert identity.given_names == card.image.holder["given_names"]
    assert status.tries_left == 3
    for claim in reading.certificates:
        stored = card.image.files[f"{claim.purpose} certificate"]
        assert stored.startswith(claim.der)
        assert len(stored) > len(claim.der), "the file has filling after the certificate"


@pytest.mark.parametrize(
    ("ask", "feature"),
    [
        (lambda live: live.read_identity(fields={smartid.Field.PORTRAIT}), "portrait"),
        (lambda live: live.read_identity(fields={smartid.Field.NATIONAL_NUMBER}), "national_number"),
        (lambda live: live.change_pin("identity", smartid.PIN("1234"), smartid.PIN("4321")), "PIN change"),
        (lambda live: live.unblock_pin("identity", smartid.PIN("1234"), smartid.PIN("4321")), "PIN unblock"),
        (
            lambda live: live.unlock(smartid.PIN("1234"), purpose=smartid.Purpose.SIGNATURE).__enter__(),
            "signing",
        ),
        (
            lambda live: live.unlock(smartid.PIN("1234"), purpose=smartid.Purpose.AUTHENTICATION).__enter__(),
            "authentication",
        ),
    ],
)
def test_what_is_not_public_is_refused_with_the_reason_and_without_a_command(issue, counting, ask, feature):
    pipe = counting(issue(profile=IRAN_NID).insert())
    with smartid.connect(transport=pipe) as live:
        pipe.commands.clear()
        with pytest.raises(smartid.UnsupportedFeature, match=feature) as error:
            ask(live)
    assert "public" in error.value.why
    assert pipe.commands == []


@pytest.mark.parametrize("profile", [IRAN_NID_PARDIS, IRAN_NID_OMID], ids=lambda p: p.name)
def test_the_other_iranian_families_are_told_apart_by_their_applications(issue, profile):
    card = issue(profile=profile)
    with smartid.connect(transport=card.insert()) as live:
        assert live.profile is profile
        if profile is IRAN_NID_PARDIS:
            assert [c.purpose for c in live.certificates()] == ["signature"]
        else:
            with pytest.raises(smartid.UnsupportedFeature, match="certificates"):
                live.certificates()
        with pytest.raises(smartid.UnsupportedFeature):
            live.pin_status("identity")


def test_another_card_with_the_same_atr_is_not_taken_for_the_iranian_one(issue):
    class Stranger:
        """A bank card with an ATR that the Iranian card shares; it knows no application."""

        atr = bytes.fromhex("3B781800000073C84013009000")
        sent: ClassVar[list[bytes]] = []

        def transmit(self, command):
            self.sent.append(command)
            return b"\x6a\x82"

    from smartid.transport.inprocess import InProcessTransport

    stranger = Stranger()
    with pytest.raises(smartid.UnsupportedCard, match="other cards"):
        smartid.connect(transport=InProcessTransport(stranger))
    assert {command[1] for command in stranger.sent} == {0xA4}, "nothing but SELECT may be sent"


def test_an_unknown_atr_is_named_and_nothing_is_sent():
    from smartid.transport.inprocess import InProcessTransport

    class Mute:
        atr = bytes.fromhex("3B00")

        def transmit(self, command):
            raise AssertionError("nothing may be sent")

    with pytest.raises(smartid.UnsupportedCard) as error:
        smartid.connect(transport=InProcessTransport(Mute()))
    assert error.value.atr == b"\x3b\x00"


def test_essential_fields_leave_the_portrait_out():
    assert smartid.Field.PORTRAIT not in ESSENTIAL


def test_over_the_air_the_card_wants_pace_and_that_is_said_without_spending_anything(issue):
    card = issue()
    with smartid.connect(transport=card.insert(contactless=True)) as live:
        assert live.profile is NATIONAL_REFERENCE
        for access in (None, smartid.CAN("123456")):
            with pytest.raises(smartid.UnsupportedFeature, match="PACE or BAC"):
                live.read_identity(access=access)
        assert live.pin_status("identity").tries_left == 3
        assert len(live.certificates()) == 4
    with smartid.connect(transport=card.insert()) as live:
        assert live.read_identity().identity.national_number


@pytest.mark.parametrize("status", [0x6D00, 0x6982, 0x6985, 0x6A88, 0x6F00])
def test_a_chip_that_refuses_to_prove_itself_is_read_all_the_same(issue, pki, tmp_path, status):
    """A copy without the key: what it says is read, and the verdict finds that the chip proved nothing."""
    card = issue()

    class Copy:
        atr, transaction, close = card.atr, staticmethod(nullcontext), staticmethod(card.close)

        def transmit(self, command):
            return status.to_bytes(2, "big") if command[1] == 0x88 else card.transmit(command)

    with smartid.connect(transport=Copy()) as live:
        reading = live.read_identity()
    assert reading.identity.national_number == card.image.holder["national_number"]
    assert len(reading.certificates) == 4
    assert reading.evidence.active_authentication is None
    write_trust(pki, tmp_path)
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(tmp_path))
    verdict = smartid.Verifier(policy).assess(reading)
    assert verdict.indication.value == "INDETERMINATE"
    open_checks = {check.name for check in verdict.checks if check.status.value == "NOT_CHECKED"}
    assert "chip_authentication" in open_checks
