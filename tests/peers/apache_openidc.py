"""Debian's Apache with ``mod_auth_openidc``: a site that knows nothing of cards and protects a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.servers import Server, running

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = (
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "ssl",
    "cgid",
    "alias",
    "env",
    "auth_openidc",
)

CONFIGURATION = """
{modules}
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
Mutex file:{folder} default
DefaultRuntimeDir {folder}
ErrorLog /dev/stderr
LogLevel warn
{user}
Listen 127.0.0.1:{port}
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
DocumentRoot {folder}/pages
ScriptSock {folder}/cgid
ScriptAlias /private/who {folder}/who

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI https://localhost:{port}/private/callback
OIDCDefaultLoggedOutURL https://localhost:{port}/bye
OIDCCryptoPassphrase {passphrase}
OIDCScope "{scope}"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCCABundlePath {folder}/ca.pem
OIDCSSLValidateServer On
OIDCCacheType file
OIDCCacheDir {folder}/cache
OIDCPassClaimsAs environment

<Location /private>
    AuthType openid-connect
    Require claim {require}
</Location>

<Location /private/closed>
    AuthType openid-connect
    Require claim {closed}
</Location>
"""

WHO = """#!/bin/sh
printf 'Content-Type: text/plain; charset=utf-8\\r\\n\\r\\n'
env | grep -E '^(REMOTE_USER|OIDC_CLAIM_)' | sort
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the server is told.

    require  what mod_auth_openidc asks of the claims, e.g. ``iss:https://…``
    closed   what it asks for ``/private/closed``
    """

    port: int
    issuer: str
    client_id: str
    client_secret: str
    certificate: Path
    key: Path
    authority: Path
    require: str
    closed: str
    scope: str = "openid profile"

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"


@contextlib.contextmanager
def apache(site: Site) -> Iterator[Server]:
    """Run a server with a folder of its own until the block ends; skips when it is not installed."""
    if why := missing():
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="smartid-apache-") as name:
        folder = Path(name)
        _lay_out(folder, site)
        command = [program(), "-DFOREGROUND", "-f", folder / "apache.conf"]
        with running(command, url=site.origin, answers=lambda: _listens(site.port)) as server:
            yield server


def _lay_out(folder: Path, site: Site) -> None:
    for name in ("pages/private", "cache"):
        (folder / name).mkdir(parents=True)
    (folder / "pages/bye").write_text("goodbye")
    (folder / "pages/private/closed").write_text("a secret")
    (folder / "who").write_text(WHO)
    (folder / "who").chmod(0o755)
    shutil.copy(site.authority, folder / "ca.pem")
    (folder / "apache.conf").write_text(_configuration(folder, site))
    if os.geteuid() == 0:
        # started by root the server gives up its rights, and needs its own files all the same
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user="www-data")


def _configuration(folder: Path, site: Site) -> str:
    return CONFIGURATION.format(
        modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED),
        folder=folder,
        user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
        passphrase=os.urandom(16).hex(),
        **{name: getattr(site, name) for name in site.__dataclass_fields__},
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program() -> str:
    """The server's program, or nothing."""
    return shutil.which("apache2", path="/usr/sbin:/usr/bin") or ""


def missing() -> str:
    """What is not installed here, in words; empty when all is."""
    if not program():
        return "apache2 is absent: apt-get install apache2"
    if not (MODULES / "mod_auth_openidc.so").exists():
        return "mod_auth_openidc is absent: apt-get install libapache2-mod-auth-openidc"
    return ""
