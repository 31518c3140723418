"""What a reference number means where the card stands: the current application first, then the MF."""

from __future__ import annotations

from collections.abc import Iterator

from smartid.mockcard.answer import Refusal
from smartid.mockcard.channels import Channel
from smartid.mockcard.filesystem import FileSystem
from smartid.profiles.base import Application, Condition, KeySpec, PINSpec


class Scope:
    """Looks up PINs and keys for a channel."""

    def __init__(self, files: FileSystem) -> None:
        self._files = files

    def applications(self, channel: Channel) -> Iterator[Application]:
        """The applications from the current folder up to the MF, then the MF that all share."""
        for folder in (*channel.folder.lineage(), self._files.master):
            if folder.application:
                yield folder.application

    def pin(self, channel: Channel, reference: int) -> PINSpec:
        """The PIN of a reference. Raises Refusal 6A88."""
        for application in self.applications(channel):
            for pin in application.pins:
                if pin.reference == reference:
                    return pin
        raise Refusal(0x6A88)

    def pin_named(self, name: str | None) -> PINSpec:
        """The PIN of a name. Raises Refusal 6985 when nothing unblocks."""
        pin = self._files.profile.pin(name) if name else None
        if pin is None:
            raise Refusal(0x6985)
        return pin

    def keys(self, channel: Channel) -> Iterator[KeySpec]:
        """The keys that can be referred to from the current folder."""
        for application in self.applications(channel):
            yield from application.keys

    def require(self, channel: Channel, condition: Condition) -> None:
        """Raise Refusal 6982 unless the condition is met on this channel."""
        if not condition.allowed or (condition.pin is not None and condition.pin not in channel.verified):
            raise Refusal(0x6982)
