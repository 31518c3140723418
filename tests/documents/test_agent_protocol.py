"""The page of the agent protocol names every reason with its code, and every member that is sent."""

from __future__ import annotations

import re
from pathlib import Path

from smartid.agent.failures import RequestFailed
from smartid.agent.messages import _COMMANDS, HASH_SIZES
from smartid.agent.native_host import SECONDS, VERSION
from smartid.agent.reasons import AgentReason

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/agent-protocol.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_]+)` \| `?([A-Z_]*)`? *\|", PAGE, re.M))


def test_every_reason_stands_there_with_its_code() -> None:
    answers = {reason: RequestFailed(reason).as_dict()["error"] for reason in AgentReason}
    expected = {reason.value: answer["code"] for reason, answer in answers.items()}
    expected[AgentReason.CALLER_REFUSED.value] = ""
    assert {name: code for name, code in ROWS.items() if name in expected} == expected


def test_every_member_of_an_error_stands_there() -> None:
    members = RequestFailed(AgentReason.PIN_WRONG, retries_left=2).as_dict()["error"]
    assert [name for name in members if f"| `{name}` |" not in PAGE] == []


def test_every_command_and_argument_stands_there() -> None:
    for name, (arguments, _) in _COMMANDS.items():
        row = re.search(rf"^\| `{name}` \|(.*)\|$", PAGE, re.M)
        assert row
        assert [one for one in arguments if f"`{one}`" not in row[1]] == []
    assert [name for name in HASH_SIZES if name not in PAGE] == []
    assert f'{{"version": "{VERSION}"}}' in PAGE
    assert f"{SECONDS:.0f} seconds" in PAGE
