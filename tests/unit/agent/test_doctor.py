"""The line of ``smartid doctor`` on the agent."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from smartid.agent.browsers import Browser, user_place
from smartid.agent.install import install
from smartid.cli.checkup_agent import agent
from smartid.cli.finding import State


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())


def test_no_browser_knows_it() -> None:
    found = agent()
    assert found.state is State.NOTE
    assert "agent install" in found.remedy


def test_all_is_well() -> None:
    install(user_place(Browser.FIREFOX))
    found = agent()
    assert found.state is State.WELL
    assert "firefox" in found.detail


def test_no_tkinter(monkeypatch: pytest.MonkeyPatch) -> None:
    install(user_place(Browser.CHROMIUM))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert agent().remedy == "sudo apt install python3-tk"


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    install(user_place(Browser.CHROMIUM))
    monkeypatch.delenv("DISPLAY")
    found = agent()
    assert found.state is State.NOTE
    assert "display" in found.detail
