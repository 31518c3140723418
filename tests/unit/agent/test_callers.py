"""Who may call: the published ids of the Web eID add-on and those that were added, written exactly."""

from __future__ import annotations

import pytest

from smartid.agent.callers import BUILT_IN, CHROMIUM, FIREFOX, caller_of, is_allowed, require_caller
from smartid.errors import EncodingError

OWN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"


def test_the_published_ids_are_callers() -> None:
    assert {require_caller(one) for one in (*CHROMIUM, *FIREFOX)} == BUILT_IN
    assert "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/" in BUILT_IN
    assert "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}" in BUILT_IN


@pytest.mark.parametrize(
    "caller", [OWN, "addon@example.org", "@example", "{00000000-0000-4000-8000-000000000000}"]
)
def test_other_add_ons_can_be_added(caller: str) -> None:
    assert not is_allowed(caller)
    assert is_allowed(require_caller(caller), [caller])


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "chrome-extension://*/",
        OWN[:-1],
        OWN + "x",
        OWN.replace("a", "q"),
        OWN.replace("a", "A"),
        OWN.replace("chrome", "moz"),
        OWN.replace("p/", "/"),
        "https://site.example/",
        "",
        "addon",
        "a@b c",
        "a@b\n",
        "{e68418bc}",
        "x" * 90 + "@example",
    ],
)
def test_what_names_no_single_add_on(text: str) -> None:
    with pytest.raises(EncodingError):
        require_caller(text)
    assert caller_of([text]) is None


def test_how_browsers_name_a_caller() -> None:
    assert caller_of([CHROMIUM[0]]) == CHROMIUM[0]
    assert caller_of(["/home/sara/.mozilla/native-messaging-hosts/eu.webeid.json", *FIREFOX]) == FIREFOX[0]
    assert caller_of([]) is None
    assert caller_of([CHROMIUM[0], CHROMIUM[0]]) is None
    assert caller_of(["/a", "/b", *FIREFOX]) is None
    assert not is_allowed(None, [OWN])
