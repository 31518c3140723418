"""``smartid agent install``, ``uninstall`` and ``status``: what browsers know of the agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from smartid.agent.callers import require_caller
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.output import print_json, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import MOCK, TRACE, file_of
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from smartid.agent.browsers import Place
    from smartid.agent.install import Installed

F = TypeVar("F", bound=Callable[..., object])
_BROWSERS = ("chromium", "chrome", "firefox")


def _callers(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(require_caller(one) for one in value)
    except EncodingError as error:
        raise WrongUsage(f"--allow takes one add-on: {error.expected}.") from None


allow_option = click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="ORIGIN",
    callback=_callers,
    help="Work for this add-on too: chrome-extension://ID/ or the id of a Firefox add-on; may be repeated.",
)


def _place_options(function: F) -> F:
    """Give a command the options that name a place where a browser looks."""
    for option in reversed(_PLACE_OPTIONS):
        function = option(function)
    return function


_PLACE_OPTIONS = (
    click.option(
        "--browser",
        type=click.Choice(_BROWSERS),
        required=True,
        help="The browser that is told about the agent.",
    ),
    click.option("--system", is_flag=True, help="For every user of this machine; wants the rights of root."),
    click.option(
        "--profile",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="For a Chromium or Chrome that is started with --user-data-dir=DIR.",
    ),
)


@click.command()
@_place_options
@allow_option
@click.option(
    "--force", is_flag=True, help="Put the manifest of another program aside; uninstall brings it back."
)
@settings_options
@with_settings
def install(
    settings: Settings,
    *,
    browser: str,
    system: bool,
    profile: Path | None,
    allowed: tuple[str, ...],
    force: bool,
) -> None:
    """Tell a browser where the agent is.

    Writes a manifest named eu.webeid.json and a launcher beside it. A --reader that is given now is used in
    every run; without one the agent takes any reader that holds a card.
    """
    from smartid.agent import install as agent  # noqa: PLC0415

    place = _place(browser, profile, system=system)
    strangers = [one for one in allowed if not place.browser.may_call(one)]
    if strangers:
        raise WrongUsage(f"{strangers[0]} is no add-on of {browser}.")
    try:
        agent.install(place, allowed=allowed, reader=_reader(settings), force=force)
    except agent.ForeignManifest:
        raise WrongUsage(
            f"{place.manifest} belongs to another program.",
            remedy="Put it aside with --force; `smartid agent uninstall` brings it back.",
        ) from None
    _tell(settings, [agent.look(place)])


@click.command()
@_place_options
@settings_options
@with_settings
def uninstall(settings: Settings, *, browser: str, system: bool, profile: Path | None) -> None:
    """Remove what install wrote for a browser, and nothing else."""
    from smartid.agent import install as agent  # noqa: PLC0415

    place = _place(browser, profile, system=system)
    removed = agent.uninstall(place)
    if settings.as_json:
        print_json({"removed": removed, **_document(agent.look(place))})
    else:
        say(f"{browser}: {'removed' if removed else 'the agent is not installed here; nothing was changed'}.")


@click.command()
@settings_options
@with_settings
def status(settings: Settings) -> int:
    """Show which browsers know the agent, whom it works for, and whether it answers.

    Exit status 1 when no browser knows it, or when it does not answer.
    """
    from smartid.agent.browsers import Browser, system_place, user_place  # noqa: PLC0415
    from smartid.agent.install import look  # noqa: PLC0415

    found = [look(place(browser)) for browser in Browser for place in (user_place, system_place)]
    well = _tell(settings, found)
    return 0 if well else NO


def _place(browser: str, profile: Path | None, *, system: bool) -> Place:
    from smartid.agent.browsers import Browser, profile_place, system_place, user_place  # noqa: PLC0415

    which = Browser(browser)
    if profile is None:
        return system_place(which) if system else user_place(which)
    if system or which.is_firefox:
        raise WrongUsage("--profile is for Chromium and Chrome, and not together with --system.")
    return profile_place(which, profile)


def _reader(settings: Settings) -> str | None:
    """The reader that is kept; a browser starts the agent in another folder."""
    for prefix in (MOCK, TRACE):
        if settings.reader and settings.reader.startswith(prefix):
            return f"{prefix}{file_of(settings.reader, prefix).absolute()}"
    return settings.reader


def _tell(settings: Settings, found: list[Installed]) -> bool:
    """Show what stands where; tells whether something is installed and all that is answers."""
    documents = [_document(one) for one in found]
    if settings.as_json:
        print_json({"browsers": documents})
    else:
        for document in documents:
            _say(document)
    ours = [document for document in documents if document["state"] == "ours"]
    return bool(ours) and all(document["version"] for document in ours)


def _document(one: Installed) -> dict[str, object]:
    from smartid.agent.install import version_of  # noqa: PLC0415

    facts: dict[str, object] = {
        "browser": one.place.browser.value,
        "scope": one.place.scope,
        "manifest": str(one.place.manifest),
        "state": one.state,
    }
    if one.state == "ours":
        facts |= {
            "launcher": str(one.place.launcher),
            "callers": list(one.callers),
            "reader": one.reader,
            "test": one.is_test,
            "version": version_of(one.place.launcher, one.callers[0]) if one.callers else None,
        }
    return facts


def _say(facts: dict[str, object]) -> None:
    states = {"absent": "not installed", "ours": "installed", "foreign": "taken by another program"}
    say(f"{facts['browser']} ({facts['scope']}): {states[str(facts['state'])]}")
    if facts["state"] == "absent":
        return
    say(f"    manifest  {shown(str(facts['manifest']))}")
    if facts["state"] == "ours":
        answers = f"answers, version {facts['version']}" if facts["version"] else "does not answer"
        say(f"    launcher  {shown(str(facts['launcher']))}: {answers}")
        mark = "  (TEST: no real card)" if facts["test"] else ""
        say(f"    reader    {shown(str(facts['reader'] or 'any that holds a card'))}{mark}")
        callers = facts["callers"]
        for caller in callers if isinstance(callers, list) else []:
            say(f"    caller    {shown(caller)}")
