"""Debian's Apache with ``mod_auth_openidc``: a site that knows nothing of cards and protects a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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
ErrorLog {folder}/error.log
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
"""

WHO = """#!/bin/sh
printf 'Content-Type: text/plain; charset=utf-8\\r\\n\\r\\n'
env | grep -E '^(REMOTE_USER|OIDC_CLAIM_)' | sort
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the server is told.

    require  what mod_auth_openidc asks of the claims, e.g. ``iss:https://…``
    """

    port: int
    issuer: str
    client_id: str
    client_secret: str
    certificate: Path
    key: Path
    authority: Path
    require: str
    scope: str = "openid profile"

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"


class Apache:
    """One server with a folder of its own, running until the end of the ``with`` block."""

    def __init__(self, site: Site) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="apache-")
        self.folder = Path(self._place.name)
        self._lay_out(site)
        with (self.folder / "start.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program(), "-DFOREGROUND", "-f", str(self.folder / "apache.conf")], stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._place.cleanup()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def log(self) -> str:
        """What it complained about."""
        logs = (self.folder / name for name in ("start.log", "error.log"))
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())

    def _lay_out(self, site: Site) -> None:
        for name in ("pages/private", "cache"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "pages/bye").write_text("goodbye")
        (self.folder / "who").write_text(WHO)
        (self.folder / "who").chmod(0o755)
        shutil.copy(site.authority, self.folder / "ca.pem")
        (self.folder / "apache.conf").write_text(self._configuration(site))
        if os.geteuid() == 0:
            # started by root the server gives up its rights, and needs its own files all the same
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user="www-data")

    def _configuration(self, site: Site) -> str:
        return CONFIGURATION.format(
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED),
            folder=self.folder,
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            passphrase=os.urandom(16).hex(),
            **{name: getattr(site, name) for name in site.__dataclass_fields__},
        )


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
