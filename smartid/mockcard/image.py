"""Everything that a chip keeps without power, as one value and as one JSON file ("smartid card 1").

::

    {"format": "smartid card 1", "profile": NAME, "citizen": ID, "holder": {FIELD: TEXT},
     "files": {NAME: BASE64 or [BASE64, …]}, "data_objects": {NAME: BASE64}, "keys": {NAME: BASE64},
     "pins": {NAME: {"value": DIGITS, "tries_left": NUMBER, "max_tries": NUMBER}},
     "counters": {NAME: NUMBER}, "values": {NAME: NUMBER}}

The file holds the keys and PINs of a mock card in the clear: it is the chip.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from smartid.mockcard import strict_json as strict
from smartid.mockcard.applets import names
from smartid.mockcard.storage import read_file, replace_file
from smartid.profiles.base import CardProfile
from smartid.profiles.registry import PROFILES

FORMAT = "smartid card 1"
MAX_TRIES = 15
"""A try counter is answered in four bits (SW 63CX)."""


@dataclass(slots=True, kw_only=True)
class PINState:
    """A PIN as the chip keeps it: its digits, and how many wrong ones it still takes.

    ``repr`` does not show the digits.
    """

    value: str = field(repr=False)
    tries_left: int
    max_tries: int


@dataclass(slots=True, kw_only=True, repr=False)
class CardImage:
    """The memory of one card.

    profile       what kind of card it is
    citizen       short name of the sample citizen, empty when the holder is nobody of the list
    holder        who the card was made for, as ``Identity.as_dict()`` gives it
    files         content by FileSpec.name: bytes, or the records of a record file
    data_objects  by DataObjectSpec.name: exactly the bytes that GET DATA answers
    keys          private keys by KeySpec.name, PKCS #8 in DER; keys of applets by their names, 16 bytes
    pins          by PINSpec.name
    counters      small numbers that only grow
    values        other numbers the applets keep

    ``repr`` shows no content.
    """

    profile: CardProfile
    citizen: str = ""
    holder: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes | list[bytes]] = field(default_factory=dict)
    data_objects: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    pins: dict[str, PINState] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """The card file's text."""
        document = {
            "format": FORMAT,
            "profile": self.profile.name,
            "citizen": self.citizen,
            "holder": self.holder,
            "files": {name: _content_text(content) for name, content in self.files.items()},
            "data_objects": {name: strict.base64_text(value) for name, value in self.data_objects.items()},
            "keys": {name: strict.base64_text(value) for name, value in self.keys.items()},
            "pins": {name: _pin_object(pin) for name, pin in self.pins.items()},
            "counters": self.counters,
            "values": self.values,
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, *, profiles: Iterable[CardProfile] = PROFILES) -> CardImage:
        """Read a card file's text.

        profiles  where its profile is looked up by name

        Raises EncodingError for anything that ``to_json`` would not write.
        """
        document = strict.load_object(text, _MEMBERS, what="card file")
        if document["format"] != FORMAT:
            raise strict.broken("format", f'"{FORMAT}"')
        profile = {profile.name: profile for profile in profiles}.get(strict.text(document, "profile"))
        if profile is None:
            raise strict.broken("profile", "the name of a known profile")
        return cls(
            profile=profile,
            citizen=strict.text(document, "citizen"),
            holder=strict.mapping(document, "holder", strict.text_value),
            files=strict.mapping(document, "files", _content, known=_file_names(profile)),
            data_objects=strict.mapping(
                document, "data_objects", strict.base64_value, known=_object_names(profile)
            ),
            keys=strict.mapping(document, "keys", strict.base64_value, known=_key_names(profile)),
            pins=strict.mapping(document, "pins", _pin, known=_pin_names(profile)),
            counters=strict.mapping(document, "counters", strict.number_value),
            values=strict.mapping(document, "values", strict.number_value),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the card file in one step, for the owner only. Raises OSError."""
        os.close(replace_file(Path(path), self.to_json().encode()))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, profiles: Iterable[CardProfile] = PROFILES) -> CardImage:
        """Read a card file. Raises NoCard when it is not there, EncodingError when it is none."""
        return cls.from_json(strict.utf8(read_file(Path(path)), what="card file"), profiles=profiles)

    def snapshot(self) -> CardImage:
        """A copy that later changes of this image do not reach."""
        return replace(
            self,
            files={n: c if isinstance(c, bytes) else list(c) for n, c in self.files.items()},
            data_objects=dict(self.data_objects),
            keys=dict(self.keys),
            pins={name: replace(pin) for name, pin in self.pins.items()},
            counters=dict(self.counters),
            values=dict(self.values),
        )

    def restore(self, earlier: CardImage) -> None:
        """Become what ``earlier`` was when it was taken with ``snapshot``."""
        for member in fields(self):
            setattr(self, member.name, getattr(earlier, member.name))

    def __repr__(self) -> str:
        return f"CardImage({self.profile.name}, citizen={self.citizen!r})"


_MEMBERS = frozenset(
    ("format", "profile", "citizen", "holder", "files", "data_objects", "keys", "pins", "counters", "values")
)


def _file_names(profile: CardProfile) -> frozenset[str]:
    files = {file.name for app in profile.applications for file in app.files}
    return frozenset(files.union(*(names.files(app) for app in profile.applications)))


def _object_names(profile: CardProfile) -> frozenset[str]:
    return frozenset(item.name for app in profile.applications for item in app.data_objects)


def _key_names(profile: CardProfile) -> frozenset[str]:
    keys = {key.name for app in profile.applications for key in app.keys}
    return frozenset(keys.union(*(names.keys(app) for app in profile.applications)))


def _pin_names(profile: CardProfile) -> frozenset[str]:
    return frozenset(pin.name for app in profile.applications for pin in app.pins)


def _content_text(content: bytes | list[bytes]) -> str | list[str]:
    if isinstance(content, bytes):
        return strict.base64_text(content)
    return [strict.base64_text(record) for record in content]


def _content(value: Any, where: str) -> bytes | list[bytes]:
    if not isinstance(value, list):
        return strict.base64_value(value, where)
    if len(value) > 254:
        raise strict.broken(where, "at most 254 records")
    records = [strict.base64_value(record, where) for record in value]
    if any(len(record) > 0xFFFF for record in records):
        raise strict.broken(where, "records of at most 65535 bytes")
    return records


def _pin_object(pin: PINState) -> dict[str, str | int]:
    return {"value": pin.value, "tries_left": pin.tries_left, "max_tries": pin.max_tries}


def _pin(value: Any, where: str) -> PINState:
    members = strict.members(value, frozenset(("value", "tries_left", "max_tries")), where)
    digits = strict.text_value(members["value"], where)
    most = strict.number_value(members["max_tries"], where)
    left = strict.number_value(members["tries_left"], where)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 64):
        raise strict.broken(where, "a PIN of 1 to 64 digits")
    if not 0 <= left <= most <= MAX_TRIES or not most:
        raise strict.broken(where, f"tries from 0 to the largest number, which is 1 to {MAX_TRIES}")
    return PINState(value=digits, tries_left=left, max_tries=most)
