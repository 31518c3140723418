"""Write docs/reference/commands.md from the command line itself: ``python -m tools.commands``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from smartid.cli.tree import root

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "commands.md"
HEAD = """\
# Commands

<!-- Generated from the command line itself: python -m tools.commands -->

`smartid [--reader NAME] [--wait SECONDS] [--json] [--debug] COMMAND`. The four options are accepted before
and after the command, by every command; only those that look for a card in a PC/SC reader can wait for one.

Results go to standard output, everything else to standard error. [Exit status](exit-codes.md) tells a script
how it ended; [`--json`](json.md) gives it one document. A PIN is never an argument: it is asked on the
terminal, read from the file descriptor given with `--pin-fd N`, or typed on the reader with `--pin-pad`.
"""


def commands(group: click.Group = root, path: str = "smartid") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    with click.Context(group, info_name=path) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is None:
                raise LookupError(f"{path} {name} is listed and cannot be loaded")
            yield f"{path} {name}", command
            if isinstance(command, click.Group):
                yield from commands(command, f"{path} {name}")


def page() -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: click.Command) -> str:
    level = "#" * len(name.split())
    lines = [f"{level} {name}", ""]
    if not isinstance(command, click.Group):
        lines += [f"`{_usage(name, command)}`", ""]
    lines += [_prose(command), ""]
    rows = [row for parameter in command.params for row in _option(parameter)]
    if rows:
        lines += ["| option | does |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _usage(name: str, command: click.Command) -> str:
    with click.Context(command, info_name=name) as context:
        return " ".join([name, *command.collect_usage_pieces(context)]).rstrip()


def _prose(command: click.Command) -> str:
    """The help text; marks of the terminal's own layout are left out."""
    return inspect.cleandoc(command.help or "").replace("\b\n", "")


def _option(parameter: click.Parameter) -> Iterator[str]:
    if isinstance(parameter, click.Option) and parameter.name not in (
        "reader",
        "wait",
        "as_json",
        "debug",
        "help",
    ):
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        value = f" {parameter.make_metavar(click.Context(root))}" if not parameter.is_flag else ""
        yield f"| `{_cell(names + value)}` | {_says(parameter)} |"


def _says(option: click.Option) -> str:
    default = f" Default: `{option.default}`." if option.show_default else ""
    return _cell(f"{option.help or ''}{default}").strip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
