"""``smartid verify``: verdicts on signed documents, one or a folder full of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.at_time import at_option
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.judge import store_for
from smartid.cli.output import print_json
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from smartid.trust.policy import Policy

REPORTS = {".html", ".json"}
SIGNATURE_BESIDE = ".p7s"

_PATH = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _report(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    if value and value.suffix.lower() not in REPORTS:
        raise WrongUsage("--report writes FILE.html, a page to print, or FILE.json.")
    return value


@click.command()
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("--content", type=_FILE, metavar="FILE", help="What a detached signature is about.")
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of trust anchors and revocation lists; default: the configured store.",
)
@click.option("--policy", "rules", type=_FILE, metavar="FILE", help="Policy file in TOML.")
@at_option
@click.option("--online", is_flag=True, help="Ask for revocation data on the network.")
@click.option(
    "--report",
    callback=_report,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the verdicts to FILE.html, a page to print, or FILE.json.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 1024), metavar="N", help="Processes for many files; default: all cores."
)
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    content: Path | None,
    trust: Path | None,
    rules: Path | None,
    at: datetime | None,
    online: bool,
    report: Path | None,
    jobs: int | None,
) -> int:
    """Verify signed documents: CMS, PDF, XML, ASiC, JWS, or the evidence of a reading.

    The format is told from the bytes. For a folder every file in it is verified, on all cores, and a bad one
    stops nothing. Without --content, the content of a detached X.p7s is the file X beside it. The exit status
    is 0 when every signature is TOTAL-PASSED, 1 otherwise, 2 for a file that cannot be used.
    """
    policy = policy_for(trust, rules, online=online)
    if len(files) == 1 and files[0].is_file():
        return _one(settings, files[0], policy, content=content, at=at, report=report)
    if content:
        raise WrongUsage("--content belongs to one signature; several files were given.")
    from smartid.cli.batch import verify_all  # noqa: PLC0415 - starts processes

    return verify_all(settings, lambda: walk(files), policy, at=at, report=report, jobs=jobs)


def policy_for(trust: Path | None, rules: Path | None, *, online: bool) -> Policy:
    """The policy of the options; --trust goes before the anchors that the file names.

    Raises WrongUsage for a policy file that is broken, EncodingError for a trust store that is.
    """
    from dataclasses import replace  # noqa: PLC0415

    policy = _rules(rules)
    if trust or not policy.anchors:
        policy = replace(policy, anchors=store_for(trust))
    if not online:
        return policy
    from smartid.trust.fetch import HTTPFetcher  # noqa: PLC0415 - the network, only when asked

    return replace(policy, fetcher=HTTPFetcher())


def _rules(file: Path | None) -> Policy:
    from smartid.trust.policy import Policy  # noqa: PLC0415

    if file is None:
        return Policy()
    from smartid.trust.policy_file import load_policy  # noqa: PLC0415 - a TOML reader

    try:
        return load_policy(file)
    except EncodingError as error:
        raise WrongUsage(f"{file}: {error.message}") from error


def _one(
    settings: Settings,
    file: Path,
    policy: Policy,
    *,
    content: Path | None,
    at: datetime | None,
    report: Path | None,
) -> int:
    """Verify one file, print its verdicts and write the report; the exit status."""
    from smartid.cli.answers import print_report  # noqa: PLC0415
    from smartid.signing.verify import verify  # noqa: PLC0415

    try:
        found = verify(file, policy, content=content, at=at)
    except EncodingError as error:
        raise WrongUsage(f"{file}: {error.message}") from error
    if report:
        from smartid.cli.report import write_report  # noqa: PLC0415

        write_report(report, [(file, found)])
    if settings.as_json:
        print_json(found.as_dict())
    else:
        print_report(found)
    return 0 if found.passed else NO


def walk(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Files as they are given; of a folder every file below it, in order, but not the content of an X.p7s."""
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _below(folder: Path) -> Iterator[Path]:
    """Walk without recursion: folders may be deep. What cannot be read is given too, so that it is told."""
    waiting = [_entries(folder)]
    while waiting:
        for item, mode in waiting[-1]:
            if mode is None or (stat.S_ISREG(mode) and not _is_file(f"{item}{SIGNATURE_BESIDE}")):
                yield item
            elif stat.S_ISDIR(mode):
                waiting.append(_entries(item))
                break
        else:
            waiting.pop()


def _entries(folder: Path) -> Iterator[tuple[Path, int | None]]:
    """Give what is in a folder with its mode, in order; the folder itself when it cannot be listed."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - a million names take less room than paths
    except OSError:
        return iter([(folder, None)])
    return ((item, _mode(item)) for item in map(folder.joinpath, names))


def _mode(item: Path) -> int | None:
    """Tell what something is: None when nobody can say, 0 for a link to anything but a file."""
    try:
        mode = item.lstat().st_mode
    except OSError:
        return None
    if not stat.S_ISLNK(mode):
        return mode
    return stat.S_IFREG if _is_file(str(item)) else 0


def _is_file(path: str) -> bool:
    """Tell it without an error, also of a name that is too long for any file."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises some errors
