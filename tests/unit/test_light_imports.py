"""What the library must not load before somebody asks for it, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from smartid.signing.sign import sign
from tests.unit.signing.people import crl, key_of, signer_of
from tests.unit.trust.country import Country

HEAVY = frozenset(
    [
        "pyhanko",
        "pyhanko_certvalidator",
        "aiohttp",
        "lxml",
        "signxml",
        "asyncio",
        "distributed",
        "click",
        "rich",
        "requests",
        "jinja2",
        "authlib",
        "joserfc",
        "redis",
        "psycopg",
        "starlette",
        "flask",
        "django",
        "tkinter",
    ]
)
"""Packages for PDF, XML, exotic paths, clusters, terminals, web sites and their stores."""

VERIFY = """
import sys
from pathlib import Path
import smartid
folder = Path(sys.argv[1])
policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(folder / "trust"))
report = smartid.verify(folder / "contract.p7s", policy)
assert report.passed, report.signatures[0].why
assert any("CRL of" in check.detail for check in report.signatures[0].verdict.checks)
"""
SIGN = """
import sys
from pathlib import Path
import smartid
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from smartid.signing.software import SoftwareSigner
folder = Path(sys.argv[1])
key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
signer = SoftwareSigner(key, (folder / "certificate.der").read_bytes())
assert smartid.sign(b"a contract", signer).data
"""
LOG_IN = """
import sys
from pathlib import Path
import smartid
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from smartid.auth.make import make_token
folder = Path(sys.argv[1])
policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(folder / "trust"))
site = smartid.RelyingParty("https://example.ir", policy)
key = load_pem_private_key((folder / "login.pem").read_bytes(), None)
signer = smartid.SoftwareSigner(key, (folder / "login.der").read_bytes())
token = make_token(signer, site.begin("session"))
assert site.complete("session", token.to_json()).verdict.passed
"""
PROGRAMS = {
    "import smartid": "import smartid",
    "import of verify": "import smartid.signing.verify, smartid.signing.batch, smartid.signing.page",
    "every public name": "import smartid; [getattr(smartid, name) for name in smartid.__all__]",
    "verify a CMS signature": VERIFY,
    "sign at level B": SIGN,
    "import of a site": "import smartid.auth.relying_party",
    "log in": LOG_IN,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signature, and a trust folder with an anchor, an authority below it, and their lists."""
    place, country = tmp_path_factory.mktemp("light"), Country()
    trust = place / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes(country.root.pem)
    (trust / "authority.der").write_bytes(country.citizen_ca.der)
    for name, issuer in (("root", country.root), ("authority", country.citizen_ca)):
        (trust / f"{name}.crl").write_bytes(crl(issuer))
    signer = signer_of(country)
    (place / "contract.p7s").write_bytes(sign(b"a contract", signer).data)
    (place / "certificate.der").write_bytes(signer.certificate)
    key = key_of("P-256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (place / "key.pem").write_bytes(key)
    holder = country.citizen()
    (place / "login.pem").write_bytes(holder.key_pem)
    (place / "login.der").write_bytes(holder.der)
    return place


def loaded(program: str, folder: Path) -> set[str]:
    code = f"{program}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("what", PROGRAMS)
def test_nothing_heavy_is_loaded(what: str, folder: Path) -> None:
    assert sorted(HEAVY & loaded(PROGRAMS[what], folder)) == []


def test_the_names_are_those_of_real_packages(folder: Path) -> None:
    """A name that nothing loads would be tested for in vain."""
    for name in ("pyhanko", "lxml", "asyncio", "click"):
        pytest.importorskip(name)
        assert name in loaded(f"import {name}", folder)
