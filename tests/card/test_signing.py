"""Documents signed by a card: one signature command each, and the PIN by the card's rules."""

import subprocess

import pytest

import smartid
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.card.conftest import PINS

CONTENT = "قرارداد اجاره\n".encode()
SIGN, VERIFY = 0x2A, 0x20


def sent(pipe, instruction):
    """The commands of this instruction that carry data: a VERIFY without data only asks."""
    return [command for command in pipe.commands if command[1] == instruction and len(command) > 5]


def verifies(data, folder, pki, content=None):
    (folder / "signed").write_bytes(data)
    (folder / "root.pem").write_bytes(pem(pki.root))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signed"]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "out"]
    if content:
        (folder / "content").write_bytes(content)
        command += ["-content", "content"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def pem(authority):
    from asn1crypto.pem import armor

    return armor("CERTIFICATE", authority.der)


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda p: p.name)
def test_one_signature_command_for_a_document(issue, counting, pki, tmp_path, profile, detached):
    path = tmp_path / "contract.txt"
    path.write_bytes(CONTENT)
    pipe = counting(issue(profile=profile).insert())
    with smartid.connect(transport=pipe) as card:
        pin = smartid.PIN(PINS["signature"])
        with card.unlock(pin, purpose=smartid.Purpose.SIGNATURE) as unlocked:
            signed = smartid.sign(path, unlocked.signer, detached=detached, chain=(pki.citizen_ca.der,))
    assert len(sent(pipe, SIGN)) == 1
    assert len(sent(pipe, VERIFY)) == 1
    assert signed.name == ("contract.txt.p7s" if detached else "contract.txt.p7m")
    assert verifies(signed.data, tmp_path, pki, CONTENT if detached else None)


def test_a_pin_for_each_signature_is_presented_for_each(issue, counting, pki, tmp_path):
    """The signature key of the reference card wants its PIN before each use."""
    pipe = counting(issue().insert())
    with smartid.connect(transport=pipe) as card:
        once = smartid.PIN(PINS["signature"])
        with card.unlock(once, purpose=smartid.Purpose.SIGNATURE) as unlocked:
            assert smartid.sign(CONTENT, unlocked.signer).data
            with pytest.raises(smartid.SmartIDError):
                smartid.sign(CONTENT, unlocked.signer)
        pipe.commands.clear()
        again = smartid.PIN(PINS["signature"], repeat=True)
        with card.unlock(again, purpose=smartid.Purpose.SIGNATURE) as unlocked:
            first = smartid.sign(CONTENT, unlocked.signer, chain=(pki.citizen_ca.der,))
            second = smartid.sign(first, unlocked.signer)
    assert (len(sent(pipe, SIGN)), len(sent(pipe, VERIFY))) == (2, 2)
    assert verifies(second.data, tmp_path, pki)


def test_a_level_that_cannot_be_reached_costs_no_signature(issue, counting):
    pipe = counting(issue().insert())
    with smartid.connect(transport=pipe) as card:
        pin = smartid.PIN(PINS["signature"])
        with card.unlock(pin, purpose=smartid.Purpose.SIGNATURE) as unlocked:
            for form in (smartid.SignatureForm.CADES_T, smartid.SignatureForm.CADES_LTA):
                with pytest.raises(smartid.LevelNotReached):
                    smartid.sign(CONTENT, unlocked.signer, form=form)
    assert sent(pipe, SIGN) == []
