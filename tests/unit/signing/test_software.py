"""The signer in software; ``verify_raw`` and the openssl program read what it writes."""

from __future__ import annotations

import copy
import hashlib
import pickle
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.signer import Signer
from smartid.signing.software import SoftwareSigner
from smartid.trust.raw import verify_raw
from tests.unit.trust.country import Party, issue, name

MESSAGE = b"Hello world!"


def party(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Party:
    return issue(name(COMMON_NAME="signer"), key=key, usage=("digital_signature",))


@pytest.fixture(
    scope="module",
    params=[
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-256", "P-384", "P-521", "RSA-2048"],
)
def owner(request: pytest.FixtureRequest) -> Party:
    return party(request.param)


def test_every_algorithm_that_it_offers_verifies(owner: Party) -> None:
    signer: Signer = SoftwareSigner(owner.key, owner.der)
    assert isinstance(signer, Signer)
    assert signer.certificate == owner.der
    assert signer.algorithms
    for algorithm in signer.algorithms:
        digest = hashlib.new(algorithm.hash_name, MESSAGE).digest()
        signature = signer.sign_digest(digest, algorithm)
        verify_raw(owner.spki, algorithm, signature, message=MESSAGE)


def test_openssl_reads_the_best_one(owner: Party, tmp_path: Path) -> None:
    signer = SoftwareSigner(owner.key, owner.der)
    algorithm = signer.algorithms[0]
    digest = hashlib.new(algorithm.hash_name, MESSAGE).digest()
    (tmp_path / "signature").write_bytes(signer.sign_digest(digest, algorithm))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "key.der").write_bytes(owner.spki)
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm.is_pss else []
    command = ["openssl", "dgst", f"-{algorithm.hash_name}", "-keyform", "DER", "-verify", "key.der"]
    command += [*pss, "-signature", "signature", "message"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0


def test_what_it_does_not_offer_is_refused() -> None:
    owner = party(ec.generate_private_key(ec.SECP256R1()))
    signer = SoftwareSigner(owner.key, owner.der)
    assert signer.algorithms == (SignatureAlgorithm.ES256,)
    for digest, algorithm in (
        (bytes(48), SignatureAlgorithm.ES384),
        (bytes(32), SignatureAlgorithm.RS256),
        (bytes(31), SignatureAlgorithm.ES256),
    ):
        with pytest.raises(ValueError, match="does not sign"):
            signer.sign_digest(digest, algorithm)


def test_the_key_is_mute(owner: Party) -> None:
    signer = SoftwareSigner(owner.key, owner.der)
    assert repr(signer) == str(signer) == "SoftwareSigner(•••)"
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            write(signer)


def test_a_certificate_of_another_key_is_refused(owner: Party) -> None:
    other = party(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ValueError, match="not that of the key"):
        SoftwareSigner(owner.key, other.der)
    brainpool = party(ec.generate_private_key(ec.BrainpoolP256R1()))
    with pytest.raises(ValueError, match="brainpoolP256r1"):
        SoftwareSigner(brainpool.key, brainpool.der)
