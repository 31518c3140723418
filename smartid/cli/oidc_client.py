"""``smartid oidc client``: the sites that may ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.group import Group
from smartid.cli.oidc import FOLDER, configuration_of, in_plain_words, toml_value
from smartid.cli.output import note, print_json, print_table, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings

if TYPE_CHECKING:
    from smartid.oidc.clients import Client

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Register the sites that may ask, and list them."""


@command.command("list")
@click.argument("folder", metavar="DIR", type=FOLDER)
@settings_options
@with_settings
def list_clients(settings: Settings, folder: Path) -> None:
    """List the registered sites of the provider in DIR."""
    clients = list(configuration_of(folder).clients.values())
    if settings.as_json:
        print_json({"clients": [_facts(client) for client in clients]})
        return
    rows = [(client.id, client.name, client.method.value, client.redirect_uris[0]) for client in clients]
    print_table(rows, ("Client", "Name", "Method", "First redirect URI"))


@command.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("client_id", metavar="ID")
@click.option("--name", required=True, metavar="TEXT", help="Name that people are shown.")
@click.option("--name-fa", default="", metavar="TEXT", help="The same in Persian.")
@click.option(
    "--redirect", "redirects", multiple=True, required=True, metavar="URI", help="Where answers go."
)
@click.option(
    "--logout-redirect", "logouts", multiple=True, metavar="URI", help="Where logouts may go on to."
)
@click.option("--logout-notice", metavar="URI", help="Told over the back channel when a session ends.")
@click.option("--jwks", type=_FILE, metavar="FILE", help="Public keys of the site, for private_key_jwt.")
@click.option("--public", is_flag=True, help="The site keeps no secret: a page without a server.")
@click.option("--native", is_flag=True, help="An application on a computer; answers go to loopback.")
@click.option(
    "--scope", "scopes", multiple=True, metavar="NAME", help="What it may ask for; default: everything."
)
@click.option("--origin", "origins", multiple=True, metavar="URL", help="Origin of a page without a server.")
@click.option("--require-par", is_flag=True, help="Take pushed requests only.")
@settings_options
@with_settings
def add(settings: Settings, /, *, folder: Path, client_id: str, **options: Any) -> None:
    """Register a site as ID in DIR. A secret is drawn and shown once, unless it has keys or keeps none."""
    from smartid.oidc.clients import new_secret  # noqa: PLC0415

    if options["jwks"] and (options["public"] or options["native"]):
        raise WrongUsage("A site with keys is neither --public nor --native.", remedy="Leave one out.")
    if client_id in configuration_of(folder).clients:
        raise WrongUsage(f"There is a site {client_id} already.", remedy="Take another ID.")
    none = options["public"] or options["native"]
    secret, digest = ("", "") if options["jwks"] or none else new_secret()
    block = _block(client_id, digest, options)
    _append(folder, block)
    if settings.as_json:
        print_json({"client_id": client_id, **({"client_secret": secret} if secret else {})})
        return
    rows = [("client_id", client_id), *([("client_secret", secret)] if secret else [])]
    print_table(rows)
    if secret:
        note("The secret is kept nowhere: write it down now.")
    say(f"Registered in {shown(str(folder))}. A provider that runs reads it at SIGHUP.")


def _block(client_id: str, digest: str, options: dict[str, Any]) -> str:
    """Write the table of a client."""
    method = "private_key_jwt" if options["jwks"] else "client_secret_basic" if digest else "none"
    jwks = str(options["jwks"].resolve()) if options["jwks"] else None
    members = {
        "id": client_id,
        "name": options["name"],
        "name_fa": options["name_fa"],
        "method": method,
        "redirect_uris": options["redirects"],
        "post_logout_redirect_uris": options["logouts"],
        "backchannel_logout_uri": options["logout_notice"],
        "jwks": jwks,
        "secret_sha256": digest,
        "native": options["native"],
        "scopes": ("openid", *options["scopes"]) if options["scopes"] else (),
        "origins": options["origins"],
        "require_par": options["require_par"],
    }
    lines = [f"{name} = {toml_value(value)}" for name, value in members.items() if value]
    return "\n".join(["", "[[clients]]", *lines, ""])


def _append(folder: Path, block: str) -> None:
    """Add the table to the configuration, when the whole is still right."""
    from smartid.files import write_whole  # noqa: PLC0415
    from smartid.oidc.config import FILE, parse_configuration  # noqa: PLC0415

    path = folder / FILE
    text = path.read_bytes().rstrip() + b"\n" + block.encode()
    with in_plain_words("The site cannot be registered"):
        parse_configuration(text, folder)
    write_whole(path, text)


def _facts(client: Client) -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "method": client.method.value,
        "redirect_uris": list(client.redirect_uris),
        "scopes": sorted(client.scopes),
        "require_par": client.require_par,
    }
