"""The check of ``smartid doctor`` for the agent: can it ask the holder, and does a browser know it."""

from __future__ import annotations

import importlib.util
import os

from smartid.cli.finding import Finding, State

_INSTALL_TK = "sudo apt install python3-tk"


def agent() -> Finding:
    """Whether a browser can reach the card through the agent, and the holder can be asked in a window."""
    from smartid.agent.browsers import Browser, system_place, user_place  # noqa: PLC0415
    from smartid.agent.install import look  # noqa: PLC0415

    found = [look(place(browser)) for browser in Browser for place in (user_place, system_place)]
    known = sorted({one.place.browser.value for one in found if one.state == "ours"})
    if not known:
        detail = "No browser knows the agent; web sites cannot reach the card."
        return Finding("agent", State.NOTE, detail, "smartid agent install --browser chromium")
    if importlib.util.find_spec("_tkinter") is None:
        detail = "tkinter is not installed; the agent cannot ask for a PIN in a window."
        return Finding("agent", State.NOTE, detail, _INSTALL_TK)
    if not os.environ.get("DISPLAY"):
        detail = "There is no display here; the agent can ask for a PIN only where there is one."
        return Finding("agent", State.NOTE, detail)
    return Finding(
        "agent", State.WELL, f"The agent is installed for {', '.join(known)} and can open its window."
    )
