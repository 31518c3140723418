"""PINs: counted by the card, guarded by us, dropped at the end."""

import hashlib

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import smartid
from smartid.mockcard.faults import Removal
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.card.conftest import PINS

AUTHENTICATION, SIGNATURE = smartid.Purpose.AUTHENTICATION, smartid.Purpose.SIGNATURE
ORIGIN, NONCE = "https://example.ir", "bm9uY2U" * 7
CHALLENGE = smartid.Challenge(ORIGIN, NONCE)


def tries(card, name="identity"):
    return card.image.pins[name].tries_left


def test_status_spends_nothing(issue):
    card = issue()
    with smartid.connect(transport=card.insert()) as live:
        for _ in range(5):
            status = live.pin_status("identity")
    assert (status.tries_left, status.max_tries, status.presented, status.blocked) == (3, 3, False, False)
    assert tries(card) == 3


def test_a_wrong_pin_counts_down_and_the_last_try_is_refused(issue, counting):
    card = issue()
    pipe = counting(card.insert())
    with smartid.connect(transport=pipe) as live:
        for left in (2, 1):
            with pytest.raises(smartid.WrongPIN) as error:
                live.verify_pin("identity", smartid.PIN("0000"))
            assert error.value.tries_left == left
        pipe.commands.clear()
        with pytest.raises(smartid.LastTryRefused):
            live.verify_pin("identity", smartid.PIN(PINS["identity"]))
        assert all(len(c) <= 5 for c in pipe.commands if c[1] == 0x20), "a PIN was sent"
        assert tries(card) == 1
        live.verify_pin("identity", smartid.PIN(PINS["identity"], last_try=True))
    assert tries(card) == 3


def test_a_blocked_pin_says_who_unblocks_it(issue):
    card = issue()
    card.image.pins["identity"].tries_left = 1
    with smartid.connect(transport=card.insert()) as live:
        with pytest.raises(smartid.PINBlocked) as error:
            live.verify_pin("identity", smartid.PIN("0000", last_try=True))
        assert error.value.unblocked_by == "puk"
        with pytest.raises(smartid.PINBlocked):
            live.verify_pin("identity", smartid.PIN(PINS["identity"], last_try=True))
        live.unblock_pin("identity", smartid.PIN(PINS["puk"]), smartid.PIN("8642"))
        live.verify_pin("identity", smartid.PIN("8642"))
    assert tries(card) == 3


def test_a_wrong_puk_costs_a_try_of_the_puk(issue):
    card = issue()
    with smartid.connect(transport=card.insert()) as live:
        with pytest.raises(smartid.WrongPIN, match="PUK") as error:
            live.unblock_pin("identity", smartid.PIN("00000000"), smartid.PIN("8642"))
        assert error.value.tries_left == 9
    assert (tries(card), tries(card, "puk")) == (3, 9)


def test_a_pin_is_changed(issue):
    card = issue()
    with smartid.connect(transport=card.insert()) as live:
        live.change_pin("identity", smartid.PIN(PINS["identity"]), smartid.PIN("۸۶۴۲"))
        live.verify_pin("identity", smartid.PIN("8642"))
        with pytest.raises(smartid.WrongPIN):
            live.change_pin("identity", smartid.PIN(PINS["identity"]), smartid.PIN("1111"))


@pytest.mark.parametrize("digits", ["123", "123456789", "12a4", "", "۱۲۳", "1" * 100, "12 4"])
def test_a_pin_the_card_could_never_accept_is_not_sent(issue, counting, digits):
    pipe = counting(issue().insert())
    with smartid.connect(transport=pipe) as live:
        pipe.commands.clear()
        with pytest.raises(smartid.PINFormatError):
            live.verify_pin("identity", smartid.PIN(digits))
    assert all(len(command) <= 5 for command in pipe.commands if command[1] == 0x20)


def test_the_security_status_is_dropped_with_the_block(issue):
    card = issue()
    with smartid.connect(transport=card.insert()) as live:
        with live.unlock(smartid.PIN(PINS["identity"]), purpose=AUTHENTICATION) as unlocked:
            assert live.pin_status("identity").presented
        assert not live.pin_status("identity").presented
        with pytest.raises(smartid.CardError, match="locked again"):
            unlocked.authenticate(CHALLENGE)
        with (
            pytest.raises(ZeroDivisionError),
            live.unlock(smartid.PIN(PINS["identity"]), purpose=AUTHENTICATION),
        ):
            raise ZeroDivisionError
        assert not live.pin_status("identity").presented


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda p: p.name)
def test_a_challenge_is_answered_with_the_authentication_key(issue, profile):
    with (
        smartid.connect(transport=issue(profile=profile).insert()) as live,
        live.unlock(smartid.PIN(PINS["identity"]), purpose=AUTHENTICATION) as unlocked,
    ):
        token = unlocked.authenticate(CHALLENGE)
    assert token.format == "web-eid:1.0"
    algorithm = smartid.SignatureAlgorithm(token.algorithm)
    origin, nonce = (hashlib.new(algorithm.hash_name, text.encode()).digest() for text in (ORIGIN, NONCE))
    check(token.certificate, in_x509_form(token.signature, algorithm), origin + nonce, algorithm)


def in_x509_form(signature, algorithm):
    """A token has r and s side by side."""
    if algorithm.key_type != "EC":
        return signature
    half = len(signature) // 2
    assert half * 8 == {"ES256": 256, "ES384": 384}[algorithm]
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return encode_dss_signature(r, s)


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda p: p.name)
def test_every_algorithm_of_the_signature_key_makes_a_signature_that_others_verify(issue, profile):
    with smartid.connect(transport=issue(profile=profile).insert()) as live:
        for algorithm in live.profile.key(SIGNATURE)[1].algorithms:
            with live.unlock(smartid.PIN(PINS["signature"]), purpose=SIGNATURE) as unlocked:
                signer = unlocked.signer
                digest = hashlib.new(algorithm.hash_name, b"a contract").digest()
                signature = signer.sign_digest(digest, algorithm)
                check(signer.certificate, signature, b"a contract", algorithm)


def check(certificate, signature, message, algorithm):
    """Verified by pyca, which knows nothing of cards."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    hash_ = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[
        algorithm.hash_name
    ]
    how = (ec.ECDSA(hash_),) if algorithm.key_type == "EC" else (padding.PKCS1v15(), hash_)
    key.verify(signature, message, *how)
    with pytest.raises(InvalidSignature):
        key.verify(signature, message + b"!", *how)


def test_the_signature_key_wants_its_pin_for_each_signature(issue):
    digest = bytes(48)
    with smartid.connect(transport=issue().insert()) as live:
        with live.unlock(smartid.PIN(PINS["signature"]), purpose=SIGNATURE) as unlocked:
            unlocked.sign_digest(digest, smartid.SignatureAlgorithm.ES384)
            with pytest.raises(smartid.CardError, match="before each use"):
                unlocked.sign_digest(digest, smartid.SignatureAlgorithm.ES384)
        with live.unlock(smartid.PIN(PINS["signature"], repeat=True), purpose=SIGNATURE) as unlocked:
            for _ in range(3):
                unlocked.sign_digest(digest, smartid.SignatureAlgorithm.ES384)


def test_keys_are_not_mixed_up(issue):
    with smartid.connect(transport=issue().insert()) as live:
        with live.unlock(smartid.PIN(PINS["identity"]), purpose=AUTHENTICATION) as unlocked:
            with pytest.raises(smartid.UnsupportedFeature):
                unlocked.signer  # noqa: B018
            with pytest.raises(smartid.UnsupportedFeature):
                unlocked.decipher(b"")
        with live.unlock(smartid.PIN(PINS["signature"]), purpose=SIGNATURE) as unlocked:
            with pytest.raises(smartid.UnsupportedFeature):
                unlocked.authenticate(CHALLENGE)
            with pytest.raises(smartid.UnsupportedFeature, match="RS256"):
                unlocked.sign_digest(bytes(32), smartid.SignatureAlgorithm.RS256)
            with pytest.raises(ValueError, match="48 bytes"):
                unlocked.sign_digest(bytes(32), smartid.SignatureAlgorithm.ES384)


def test_the_decipherment_key_agrees_on_a_secret_with_pyca(issue):
    card = issue()
    with smartid.connect(transport=card.insert()) as live:
        der = next(c.der for c in live.certificates() if c.purpose == "key management")
        public = x509.load_der_x509_certificate(der).public_key()
        mine = ec.generate_private_key(ec.SECP384R1())
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        point = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        with live.unlock(smartid.PIN(PINS["identity"]), purpose=smartid.Purpose.KEY_MANAGEMENT) as unlocked:
            assert unlocked.decipher(point) == mine.exchange(ec.ECDH(), public)


def test_the_rsa_decipherment_key_opens_what_pyca_sealed(issue):
    card = issue(profile=NATIONAL_REFERENCE_RSA)
    with smartid.connect(transport=card.insert()) as live:
        der = next(c.der for c in live.certificates() if c.purpose == "key management")
        sealed = x509.load_der_x509_certificate(der).public_key().encrypt(b"session key", padding.PKCS1v15())
        with live.unlock(smartid.PIN(PINS["identity"]), purpose=smartid.Purpose.KEY_MANAGEMENT) as unlocked:
            assert unlocked.decipher(sealed) == b"session key"


def test_no_pin_shows_anywhere(issue, caplog):
    card = issue()
    secret = PINS["identity"]
    pin = smartid.PIN(secret)
    shown = [repr(pin), str(pin), repr(card), repr(card.image), repr(card.image.pins)]
    with smartid.connect(transport=card.insert()) as live:
        with live.unlock(pin, purpose=AUTHENTICATION) as unlocked:
            shown += [repr(live), repr(unlocked), repr(vars(unlocked))]
        with pytest.raises(smartid.WrongPIN) as error:
            live.verify_pin("identity", smartid.PIN("9999"))
        shown += [str(error.value), repr(error.value.__dict__), repr(error.value.args)]
    shown += [str(turn) for turn in card.log] + [caplog.text]
    everything = "\n".join(shown)
    for digits in (secret, "9999"):
        assert digits not in everything
        assert digits.encode().hex() not in everything.lower()


# -- the card is pulled


def read_all(live):
    live.read_identity(fields=frozenset(smartid.Field))


def verify_pin(live):
    live.verify_pin("identity", smartid.PIN(PINS["identity"]))


def wrong_pin(live):
    with pytest.raises(smartid.WrongPIN):
        live.verify_pin("identity", smartid.PIN("0000"))


def sign(live):
    with live.unlock(smartid.PIN(PINS["signature"]), purpose=SIGNATURE) as unlocked:
        unlocked.sign_digest(bytes(48), smartid.SignatureAlgorithm.ES384)


def verify_commands(card):
    """How many VERIFY commands with a wrong PIN the card has really answered or begun."""
    return [turn for turn in card.log if turn.command_name == "VERIFY"]


@pytest.mark.parametrize("job", [read_all, verify_pin, sign])
def test_a_card_pulled_at_any_command_gives_the_typed_error_and_costs_no_try(issue, job):
    at, finished = 0, False
    while not finished:
        at += 1
        assert at < 200, "the job never finishes"
        card = issue()
        pipe = card.insert(faults=[Removal(at)])
        try:
            with smartid.connect(transport=pipe) as live:
                job(live)
                finished = True
        except smartid.CardRemoved:
            pass
        assert {name: p.tries_left for name, p in card.image.pins.items()} == {
            "identity": 3,
            "signature": 3,
            "puk": 10,
        }
        with smartid.connect(transport=card.insert()) as again:
            job(again)
    assert at > 4


def test_a_wrong_pin_interrupted_by_removal_never_costs_more_than_it_spent(issue):
    for at in range(1, 30):
        card = issue()
        try:
            with smartid.connect(transport=card.insert(faults=[Removal(at)])) as live:
                wrong_pin(live)
        except smartid.CardRemoved:
            assert tries(card) in (2, 3)
        else:
            assert tries(card) == 2
            break
    else:
        pytest.fail("the job never finishes")
