"""TLS client certificates on a card: openssl, curl and GnuTLS through OpenSC's PKCS#11 module.

The server of the first half is Python's; behind Apache, in the second, a site reads the header that Apache
sets. Both ask ``certificate_login`` who came in.
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.peers.servers import free_port, running
from tests.peers.tls_site import context, of_connection, of_header, site
from tests.peers.wallet import (
    CERTIFICATE_URI,
    KEY_URI,
    KEY_URIS,
    PIN,
    PINS,
    Plugged,
    Wallet,
    library,
    opensc,
    program,
)

pytestmark = pytest.mark.peers_heavy

REQUEST = "GET / HTTP/1.0\r\n\r\n"


@pytest.fixture
def policy(wallet: Wallet) -> Policy:
    return Policy(anchors=TrustStore.from_folder(wallet.trust))


def s_client(card: Plugged, wallet: Wallet, port: int, version: str, purpose: str = "authentication") -> str:
    """GET / with openssl and its engine for PKCS#11. The PIN is read from a file, not from the arguments."""
    library("engines-3/pkcs11.so")
    command = [program("openssl"), "s_client", "-engine", "pkcs11", "-keyform", "engine"]
    command += [
        "-key",
        KEY_URIS[purpose],
        "-pass",
        f"file:{pin_file(card, purpose)}",
        "-cert",
        str(card.certificate(purpose)),
    ]
    command += ["-CAfile", str(wallet.folder / "server.pem"), "-verify_return_error"]
    command += ["-connect", f"localhost:{port}", f"-tls{version.replace('.', '_')}", "-quiet"]
    return _talk(card, command, {"PKCS11_MODULE_PATH": opensc(purpose)})


def curl(card: Plugged, wallet: Wallet, port: int, version: str) -> str:
    """GET / with curl. Its configuration, and the PIN in it, come on standard input."""
    library("engines-3/pkcs11.so")
    settings = {
        "engine": "pkcs11",
        "key-type": "ENG",
        "key": KEY_URI,
        "pass": PIN,
        "cert": str(card.certificate()),
        "cacert": str(wallet.folder / "server.pem"),
        "tls-max": version,
    }
    lines = [f'{name} = "{value}"' for name, value in settings.items()]
    lines += [f"tlsv{version}", "silent", "show-error", "include", f'url = "https://localhost:{port}/"']
    command = [program("curl"), "--config", "-"]
    return _talk(card, command, {"PKCS11_MODULE_PATH": opensc()}, say="\n".join(lines))


def gnutls(card: Plugged, wallet: Wallet, port: int, version: str) -> str:
    """GET / with gnutls-cli, which speaks PKCS#11 itself."""
    command = [program("gnutls-cli"), "--provider", opensc(), "--logfile", "/dev/null"]
    command += ["--x509certfile", CERTIFICATE_URI, "--x509keyfile", KEY_URI]
    command += ["--x509cafile", str(wallet.folder / "server.pem"), "--port", str(port)]
    command += ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "localhost"]
    return _talk(card, command, {"GNUTLS_PIN": PIN})


def _talk(card: Plugged, command: list[str], more: dict[str, str], *, say: str = REQUEST) -> str:
    done = subprocess.run(
        command,
        input=say,
        env={**card.environment, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    print(done.stderr)
    return done.stdout


def pin_file(card: Plugged, purpose: str) -> Path:
    path = card.folder / "pin"
    path.write_text(PINS["signature" if purpose == "signature" else "identity"])
    path.chmod(0o600)
    return path


CLIENTS = [s_client, curl, gnutls]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", ["sara", "sara with RSA"])
def test_a_card_comes_in(
    wallet: Wallet, policy: Policy, client: Callable[..., str], name: str, version: str
) -> None:
    with site(policy, of_connection, context(wallet)) as server:
        said = client(wallet[name], wallet, server.port, version)
    found = {"national_number": "9942400801", "version": f"TLSv{version}"}
    assert json.loads(said[said.index("{") :].splitlines()[0]) == found, server.failures
    assert wallet[name].tries_left == 3


@pytest.mark.parametrize(
    ("name", "purpose", "why"),
    [
        ("rogue", "authentication", "unable to get local issuer certificate"),
        ("leila", "authentication", "revoked"),
        ("hamid", "authentication", "expired"),
        ("sara", "signature", "unsuitable certificate purpose"),
    ],
)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_openssl_in_the_server_refuses(
    wallet: Wallet, policy: Policy, name: str, purpose: str, why: str, version: str
) -> None:
    with site(policy, of_connection, context(wallet)) as server:
        assert "{" not in s_client(wallet[name], wallet, server.port, version, purpose)
    assert why in server.failures[0]


APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/errors
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule ssl_module {modules}/mod_ssl.so
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile {wallet}/server.pem
SSLCertificateKeyFile {wallet}/server.key
SSLCACertificateFile {wallet}/authorities.pem
SSLCARevocationFile {wallet}/authorities.pem
SSLCARevocationCheck chain
SSLVerifyClient require
SSLVerifyDepth 3
SSLSessionTickets off
RequestHeader set X-Client-Certificate "%{{SSL_CLIENT_CERT}}s"
ProxyPass / http://127.0.0.1:{behind}/
"""


@pytest.fixture
def apache(tmp_path: Path, wallet: Wallet, policy: Policy) -> Iterator[int]:
    """The port of an Apache that ends TLS, in front of a site that reads its header."""
    modules = library("apache2/modules")
    with site(policy, of_header) as behind:
        port = free_port()
        values = {"folder": tmp_path, "port": port, "modules": modules, "wallet": wallet.folder}
        (tmp_path / "conf").write_text(APACHE.format_map(values | {"behind": behind.port}))
        command = [program("apache2"), "-f", tmp_path / "conf", "-DFOREGROUND"]
        with running(command, url=f"https://localhost:{port}", answers=lambda: _listens(port)):
            yield port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_site_behind_apache_knows_who_came(wallet: Wallet, apache: int, version: str) -> None:
    said = curl(wallet["sara"], wallet, apache, version)
    assert json.loads(said[said.index("{") :]) == {"national_number": "9942400801"}


@pytest.mark.parametrize("name", ["rogue", "leila", "hamid"])
def test_apache_refuses(wallet: Wallet, apache: int, name: str) -> None:
    assert "{" not in curl(wallet[name], wallet, apache, "1.3")
