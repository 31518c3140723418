"""Which add-ons the agent works for. Any other gets no answer at all.

A browser names the caller in the arguments of the process:

* Chromium and its family: ``chrome-extension://ID/``, the ID being 32 letters from a to p;
* Firefox: the path of the manifest, then the add-on's id, which is ``{UUID}`` or looks like an address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from smartid.errors import EncodingError

CHROMIUM = (
    "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/",
    "chrome-extension://gnmckgbandlkacikdndelhfghdejfido/",
)
"""The Web eID add-on in the stores of Chrome and of Edge."""
FIREFOX = ("{e68418bc-f2b0-4459-a9ea-3e72b6751b07}",)
"""The Web eID add-on for Firefox."""
BUILT_IN = frozenset((*CHROMIUM, *FIREFOX))

_CHROMIUM_FORM = re.compile(r"chrome-extension://[a-p]{32}/")
_FIREFOX_FORM = re.compile(
    r"\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}"
    r"|(?=.{3,80}\Z)[A-Za-z0-9._-]{0,70}@[A-Za-z0-9._-]{1,70}"
)


def is_chromium(caller: str) -> bool:
    """Whether the text has the form in which Chromium names a caller."""
    return _CHROMIUM_FORM.fullmatch(caller) is not None


def is_firefox(caller: str) -> bool:
    """Whether the text is the id of a Firefox add-on."""
    return _FIREFOX_FORM.fullmatch(caller) is not None


def require_caller(caller: str) -> str:
    """Give the caller back. Raises EncodingError for a text that names no single add-on."""
    if is_chromium(caller) or is_firefox(caller):
        return caller
    expected = "chrome-extension://ID/ (32 letters from a to p), {UUID} or name@place of an add-on"
    raise EncodingError("caller", offset=0, expected=expected, standard="native messaging")


def caller_of(words: Sequence[str]) -> str | None:
    """The caller that the arguments of the process name, None when they name none.

    One word is an origin of Chromium or an id of Firefox; of two the second is an id of Firefox and the first
    the path of its manifest.
    """
    if len(words) == 1 and (is_chromium(words[0]) or is_firefox(words[0])):
        return words[0]
    if len(words) == 2 and is_firefox(words[1]):
        return words[1]
    return None


def is_allowed(caller: str | None, more: Collection[str] = ()) -> bool:
    """Whether the agent works for this caller."""
    return caller is not None and (caller in BUILT_IN or caller in more)
