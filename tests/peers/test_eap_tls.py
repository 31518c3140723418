"""Wi-Fi as enterprises have it: eapol_test with a mock card through OpenSC, against FreeRADIUS.

FreeRADIUS finds the path and looks at the list of the citizen CA; then it asks ``smartid auth certificate``,
which looks at everything.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.servers import Server, free_port, running
from tests.peers.wallet import KEY_URIS, PINS, Plugged, Wallet, launcher, library, opensc, program

pytestmark = pytest.mark.peers_heavy

SECRET = "between the access point and the server"
CONFIGURATION = """
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
logdir = {folder}
run_dir = {folder}
name = radiusd
proxy_requests = no
security {{
    allow_vulnerable_openssl = yes
}}
thread pool {{
    start_servers = 1
    max_servers = 2
}}
client local {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
    require_message_authenticator = yes
}}
modules {{
    eap {{
        default_eap_type = tls
        tls-config card {{
            private_key_file = {wallet}/server.key
            certificate_file = {wallet}/server.pem
            ca_file = {wallet}/authorities.pem
            check_crl = yes
            ecdh_curve = "secp384r1:prime256v1"
            tls_min_version = "1.2"
            tls_max_version = "1.3"
            cache {{
                enable = no
            }}
            verify {{
                tmpdir = {folder}/certificates
                client = "{verify}"
            }}
        }}
        tls {{
            tls = card
        }}
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        eap
    }}
    authenticate {{
        eap
    }}
}}
"""
NETWORK = """
pkcs11_engine_path={engine}
pkcs11_module_path={module}
network={{
    key_mgmt=WPA-EAP
    eap=TLS
    identity="anonymous@example.org"
    ca_cert="{wallet}/server.pem"
    client_cert="{certificate}"
    engine=1
    engine_id="pkcs11"
    key_id="{key}"
    pin="{pin}"
    phase1="tls_disable_tlsv1_3={old}"
}}
"""


@pytest.fixture(params=["with smartid", "alone"])
def verify(request: pytest.FixtureRequest, tmp_path: Path, wallet: Wallet) -> str:
    """The command that FreeRADIUS asks about a certificate."""
    if request.param == "alone":
        return "/bin/true"
    trust = wallet.trust
    if request.param == "with smartid trusting others":
        trust = wallet.folder / "forger"
        wallet.forger.write_trust(trust)
    return f"{launcher(tmp_path)} auth certificate --trust {trust} %{{TLS-Client-Cert-Filename}}"


@pytest.fixture
def radius(tmp_path: Path, wallet: Wallet, verify: str) -> Iterator[Server]:
    folder, port = tmp_path / "raddb", free_port()
    (folder / "certificates").mkdir(parents=True, mode=0o700)
    values = {"folder": folder, "wallet": wallet.folder, "secret": SECRET, "port": port, "verify": verify}
    (folder / "radiusd.conf").write_text(CONFIGURATION.format_map(values))
    command = [program("freeradius"), "-f", "-X", "-d", folder]
    with running(command, url=f"127.0.0.1:{port}", answers=lambda: _is_taken(port)) as server:
        yield server


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def connect(
    folder: Path,
    wallet: Wallet,
    card: Plugged,
    server: Server,
    *,
    version: str = "1.3",
    use: str = "authentication",
) -> subprocess.CompletedProcess[str]:
    """Join the network with the card. The file with the PIN is for its owner only."""
    values = {
        "engine": library("engines-3/pkcs11.so"),
        "module": opensc(use),
        "wallet": wallet.folder,
        "certificate": card.certificate(use),
        "key": KEY_URIS[use],
        "pin": PINS["signature" if use == "signature" else "identity"],
        "old": 0 if version == "1.3" else 1,
    }
    network = folder / "network.conf"
    network.touch(mode=0o600)
    network.write_text(NETWORK.format_map(values))
    host, port = server.url.split(":")
    command = [program("eapol_test"), "-c", str(network), "-a", host, "-p", port, "-s", SECRET, "-t", "20"]
    return subprocess.run(
        command, env=card.environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", ["sara", "sara with RSA"])
@pytest.mark.parametrize("verify", ["with smartid"], indirect=True)
def test_a_card_joins(tmp_path: Path, wallet: Wallet, radius: Server, name: str, version: str) -> None:
    done = connect(tmp_path, wallet, wallet[name], radius, version=version)
    assert done.returncode == 0, done.stdout
    assert done.stdout.rstrip().endswith("SUCCESS")
    assert f"Using TLS version TLSv{version}" in done.stdout
    assert "passed external validation" in radius.log.read_text()


@pytest.mark.parametrize(
    ("name", "use", "why"),
    [
        ("rogue", "authentication", "unable to get local issuer certificate"),
        ("leila", "authentication", "certificate revoked"),
        ("hamid", "authentication", "certificate has expired"),
        ("sara", "signature", "unsuitable certificate purpose"),
    ],
)
def test_freeradius_refuses(
    tmp_path: Path, wallet: Wallet, radius: Server, name: str, use: str, why: str
) -> None:
    done = connect(tmp_path, wallet, wallet[name], radius, use=use)
    assert done.returncode != 0
    assert done.stdout.rstrip().endswith("FAILURE")
    assert why in radius.log.read_text()


@pytest.mark.parametrize("verify", ["with smartid"], indirect=True)
def test_a_certificate_for_decipherment_passes_openssl_and_not_smartid(
    tmp_path: Path, wallet: Wallet, radius: Server
) -> None:
    done = connect(tmp_path, wallet, wallet["sara"], radius, use="decipherment")
    assert done.stdout.rstrip().endswith("FAILURE")
    assert "Refused: certificate_purpose" in radius.log.read_text()


@pytest.mark.parametrize("verify", ["with smartid trusting others"], indirect=True)
def test_what_smartid_refuses_freeradius_refuses(tmp_path: Path, wallet: Wallet, radius: Server) -> None:
    done = connect(tmp_path, wallet, wallet["sara"], radius)
    assert done.stdout.rstrip().endswith("FAILURE")
    assert "certificate_untrusted" in radius.log.read_text()
