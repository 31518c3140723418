"""``smartid service simulate``: a far side in the foreground, for developers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from smartid.cli.interrupt import orderly_end
from smartid.cli.output import note, print_json, say
from smartid.cli.settings import Settings, settings_options, with_settings

MODULES = {"switch": "switch", "acquirer": "acquirer", "bank": "bank", "fuel-office": "fuel_office"}


@click.command()
@click.argument("name", type=click.Choice(list(MODULES)))
@click.option("--database", metavar="URL", help="Keep its book there: sqlite:///FILE or postgresql://…")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where it listens; any when 0.")
@click.option(
    "--faults", type=click.IntRange(0), metavar="SEED", help="Let messages be lost, late or doubled."
)
@settings_options
@with_settings
def command(settings: Settings, name: str, *, database: str | None, port: int, faults: int | None) -> None:
    """Run a far side on the loopback until Ctrl-C: a simulator, never the real one.

    Messages are framed by their length in 2 bytes, big-endian.
    """
    from smartid.services.far_side.process import FarSide  # noqa: PLC0415

    with orderly_end(), tempfile.TemporaryDirectory(prefix="smartid-far-side-") as folder:
        book = database or f"sqlite:///{Path(folder) / 'book.db'}"
        module = f"smartid.services.far_side.{MODULES[name]}"
        with FarSide(module, database=book, seed=faults, port=port) as far_side:
            if settings.as_json:
                print_json({"name": name, "port": far_side.port})
            else:
                say(f"{name} 127.0.0.1:{far_side.port}")
                note("Ctrl-C ends it.")
            far_side.wait()
