"""Where ``smartid`` starts. What has to be fast is answered before anything else is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command of ``sys.argv`` and return its exit status."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from smartid import __version__  # noqa: PLC0415

        sys.stdout.write(f"smartid {__version__}\n")
        return 0
    if "agent" in arguments:
        from smartid.cli.agent_early import greet_early  # noqa: PLC0415

        greet_early(arguments)
    from smartid.cli.tree import run  # noqa: PLC0415

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
