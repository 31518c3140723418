"""An origin as people can check it: the host, and Persian names as names only where they cannot deceive.

A label in Punycode (RFC 3492 (2003)) is shown in its letters only when it is

* its own canonical Punycode,
* of Persian letters, ASCII digits and hyphens alone: one script, as the "single script" of Unicode Technical
  Standard #39, revision 28, and none with the letters of Latin,
* in the form in which a Persian keyboard writes it: a name with the Arabic yeh or kaf looks the same and is
  another one.

Every other one is shown as it travels, with a warning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from smartid.identity.persian import normalise

_PREFIX = "xn--"
_MAX_LABEL = 63
_ORIGIN = re.compile(r"[a-z]+://(?P<host>.*?)(?::(?P<port>[0-9]+))?")
_PERSIAN = re.compile(r"[\u0621-\u063a\u0641-\u0642\u0644-\u0648\u067e\u0686\u0698\u06a9\u06af\u06cc0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginText:
    """An origin in parts that are shown.

    labels      of the host from left to right, in letters where that is safe
    port        empty for the usual one
    ascii       the host as it travels, empty when it is the same as the labels
    suspicious  a label has foreign letters that could pass for others
    """

    labels: tuple[str, ...]
    port: str
    ascii: str
    suspicious: bool


def origin_text(origin: str) -> OriginText:
    """Take an origin apart (``https://host:port``, checked before)."""
    found = _ORIGIN.fullmatch(origin)
    host, port = (found["host"], found["port"] or "") if found else (origin, "")
    labels = tuple(_letters(label) for label in host.split("."))
    return OriginText(
        labels=labels,
        port=port,
        ascii=host if ".".join(labels) != host else "",
        suspicious=any(label.startswith(_PREFIX) for label in labels),
    )


def _letters(label: str) -> str:
    """A label in its letters when they cannot deceive, else as it travels."""
    if not label.startswith(_PREFIX) or len(label) > _MAX_LABEL:
        return label
    encoded = label.removeprefix(_PREFIX)
    try:
        text = encoded.encode("ascii").decode("punycode")
        canonical = text.encode("punycode").decode("ascii")
    except (UnicodeError, ValueError):
        return label
    return text if canonical == encoded and _is_plain_persian(text) else label


def _is_plain_persian(text: str) -> bool:
    """One script, the way a Persian keyboard writes it, and beginning with a letter."""
    return (
        _PERSIAN.fullmatch(text) is not None
        and text == unicodedata.normalize("NFC", text) == normalise(text, wide=True)
        and unicodedata.bidirectional(text[0]) == "AL"
        and not text.endswith("-")
    )
