"""RFC 7515 (May 2015), appendices A.3 (ES256, P-256) and A.4 (ES512, P-521): keys and tokens as printed."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import SignatureInvalid
from smartid.signing.jws.parse import parse_jws
from smartid.trust.raw import ECDSAForm, verify_raw

A3 = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
    b"Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
A3_KEY = (
    ec.SECP256R1(),
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
)
A4 = (
    b"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB"
    b"34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
)
A4_KEY = (
    ec.SECP521R1(),
    "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
)


def spki(curve: ec.EllipticCurve, x: str, y: str) -> bytes:
    numbers = (int.from_bytes(base64.urlsafe_b64decode(item + "=="), "big") for item in (x, y))
    key = ec.EllipticCurvePublicNumbers(*numbers, curve).public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("token", "key", "algorithm"),
    [(A3, A3_KEY, SignatureAlgorithm.ES256), (A4, A4_KEY, SignatureAlgorithm.ES512)],
)
def test_the_example_of_the_standard(
    token: bytes, key: tuple[ec.EllipticCurve, str, str], algorithm: SignatureAlgorithm
) -> None:
    payload, (signature,) = parse_jws(token)
    assert payload is not None
    assert signature.header == {"alg": algorithm.value}
    message = signature.message(payload)
    verify_raw(spki(*key), algorithm, signature.value, message=message, form=ECDSAForm.PLAIN)
    with pytest.raises(SignatureInvalid):
        verify_raw(spki(*key), algorithm, signature.value, message=message + b"A", form=ECDSAForm.PLAIN)
