"""``smartid oidc init``: the folder of a new provider."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.oidc import FOLDER, toml_value
from smartid.cli.output import print_json, print_table, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = """\
# What each line means: docs/reference/openid-provider.md
issuer = {issuer}
site = {site}
listen = {listen}
trust = "trust"
tls = "tls"
keys = "keys.json"
secret = "secret"
store = "memory"
"""


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--issuer",
    required=True,
    metavar="URL",
    help="Address of the provider: https://HOST or https://HOST:PORT.",
)
@click.option("--site", default="", metavar="NAME", help="Name on its pages; default: the host.")
@click.option(
    "--listen", default="127.0.0.1:8443", show_default=True, metavar="HOST:PORT", help="Where to listen."
)
@settings_options
@with_settings
def command(settings: Settings, *, folder: Path, issuer: str, site: str, listen: str) -> None:
    """Make DIR with a configuration (oidc.toml), signing keys and a secret. Nothing is replaced."""
    from smartid.files import write_whole  # noqa: PLC0415
    from smartid.oidc.config import FILE, parse_configuration  # noqa: PLC0415
    from smartid.oidc.keys import KeyRing  # noqa: PLC0415

    name = site or issuer.partition("://")[2]
    text = _TEMPLATE.format(issuer=toml_value(issuer), site=toml_value(name), listen=toml_value(listen))
    try:
        parse_configuration(text.encode(), folder)
    except EncodingError as error:
        raise WrongUsage(f"--{error.what} is wrong.", remedy=f"Expected: {error.expected}.") from error
    files = {name: folder / name for name in (FILE, "keys.json", "secret")}
    _require_absent(files)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "trust").mkdir(exist_ok=True)
    KeyRing.create(files["keys.json"])
    write_whole(files["secret"], secrets.token_urlsafe(48).encode())
    write_whole(files[FILE], text.encode())
    _tell(settings, folder, files)


def _require_absent(files: Mapping[str, Path]) -> None:
    for path in files.values():
        if path.exists():
            raise WrongUsage(f"{path} is there already.", remedy="Give another folder.")


def _tell(settings: Settings, folder: Path, files: Mapping[str, Path]) -> None:
    if settings.as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in files.values()]})
        return
    place = shown(str(folder))
    print_table([(str(path), _MEANING[name]) for name, path in files.items()])
    say("Next:")
    say(f"  smartid mock trust {place}/trust      to try it with mock cards; else put your anchors there")
    say(f"  smartid mock tls {place}/tls          to try it on this computer; else server.pem and server.key")
    say(f"  smartid oidc client add {place} shop --name Shop --redirect https://shop.example/callback")
    say(f"  smartid oidc serve {place}")


_MEANING = {
    "oidc.toml": "the configuration",
    "keys.json": "signing keys",
    "secret": "makes the subjects: keep a copy in a safe place, and never change it",
}
