from __future__ import annotations

import subprocess
import sys

LIGHT = "model evidence dates persian national_numbers mrz lds lds_face lds_details portrait"


def test_values_load_no_heavy_package() -> None:
    """A light command reads identities without paying for ASN.1, cryptography or calendars."""
    modules = ", ".join(f"smartid.identity.{name}" for name in LIGHT.split())
    program = (
        f"import sys, {modules}, smartid.crypto.signature, smartid.crypto.iso9796\n"
        "print(*{'cryptography', 'asn1crypto', 'persiantools', 'smartcard'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
