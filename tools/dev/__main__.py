"""Makes the machine ready for a command of ./dev, once, and runs it.

Exit status: the command's own; 2 wrong usage; 3 the machine lacks something that could not be installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.dev import environment
from tools.dev.commands import COMMANDS, Command
from tools.dev.needs import BUILD, READER
from tools.dev.system import SetupError, make_service_folder, provide

_WRONG_USAGE = 2
_NOT_READY = 3
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name and return the exit status."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in {"help", "--help", "-h"}:
        print(_help())
        return 0
    command = next((each for each in COMMANDS if each.name == name), None)
    if command is None:
        print(f"dev: there is no command {name!r}; ./dev help lists them.", file=sys.stderr)
        return _WRONG_USAGE
    try:
        _make_ready(command)
    except SetupError as error:
        print(f"dev: {error}", file=sys.stderr)
        return _NOT_READY
    return command.run(rest)


def _make_ready(command: Command) -> None:
    ready = environment.fresh(command.level)
    provide(command.needs if ready else [*BUILD, *command.needs], command.name)
    if not ready:
        environment.make(command.level)
    if READER[0] in command.needs:
        make_service_folder()


def _help() -> str:
    entries = [(command.name, command.summary) for command in COMMANDS] + [("help", "this list")]
    lines = [f"  {name:<6}  {summary}" for name, summary in entries]
    intro = (
        "The first run of a command installs what it needs: system packages, and Python packages into .venv."
    )
    return "\n".join(["usage: ./dev COMMAND [ARGUMENT]...", "", *lines, "", intro])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
