"""Files and folders of a card, grown from its profile (ISO/IEC 7816-4:2020, 7.2 and 7.3).

Applications that name files from the MF on, without being a DF of a shared MF themselves, bring a tree of
their own, as applets of a multi-application card do: SELECT 3F00 inside such an applet stays inside it.
Files and keys that the image does not hold do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from smartid.iso7816.files import MF, FileControl, LifeCycle, Structure
from smartid.mockcard.applets import names
from smartid.mockcard.image import CardImage
from smartid.profiles.base import (
    AccessMethod,
    Application,
    Condition,
    FileSpec,
    KeySpec,
    ReadMethod,
)

NEVER_NIBBLE = 0x0F


@dataclass(slots=True, eq=False)
class EF:
    """An elementary file, or a key file when ``key`` is set. Its content lies in the image under its name."""

    name: str
    file_id: int
    parent: DF
    spec: FileSpec | None = None
    key: KeySpec | None = None

    @property
    def structure(self) -> Structure:
        """Its file descriptor byte."""
        return self.spec.structure if self.spec else Structure.INTERNAL


@dataclass(slots=True, eq=False)
class DF:
    """A folder: the MF, an application, or a plain DF on a path.

    application  the application it is the root of, None for a plain DF
    """

    file_id: int | None
    parent: DF | None = None
    application: Application | None = None
    folders: dict[int, DF] = field(default_factory=dict)
    files: dict[int, EF] = field(default_factory=dict)
    short_ids: dict[int, EF] = field(default_factory=dict)

    @property
    def root(self) -> DF:
        """The MF of the tree this folder stands in."""
        return self.parent.root if self.parent else self

    def lineage(self) -> Iterator[DF]:
        """This folder, its parent, and so on up to the MF."""
        node: DF | None = self
        while node:
            yield node
            node = node.parent

    def folder(self, file_id: int) -> DF:
        """The child folder of this identifier, made when it is missing."""
        return self.folders.setdefault(file_id, DF(file_id, self))

    def child(self, file_id: int) -> DF | EF | None:
        """The file or folder of this identifier directly in here."""
        return self.files.get(file_id) or self.folders.get(file_id)


class FileSystem:
    """All trees of a card.

    default       what is current after a reset: the shared MF, or the first applet
    applications  application folders in the order of the profile, for SELECT by name
    contactless   the card is read over the air, where some applications want PACE or BAC first
    """

    contactless = False

    def __init__(self, image: CardImage) -> None:
        self.profile = image.profile
        shared = DF(MF)
        self.applications = [
            _grow(application, shared, image)
            for application in self.profile.applications
            if not application.stored_value or names.state(application) in image.files
        ]
        alone = shared.application is None and not shared.folders and self.applications
        self.default = self.applications[0] if alone else shared
        self.master = shared

    def locked(self, folder: DF) -> bool:
        """Whether a folder opens only after PACE or BAC, which this card does not speak yet."""
        applications = (node.application for node in folder.lineage())
        return self.contactless and any(
            application.contactless is not AccessMethod.NONE for application in applications if application
        )

    def named(self, name: bytes) -> list[DF]:
        """Application folders whose AID starts with ``name``, in their order; the exact one comes first."""
        found = [folder for folder in self.applications if _aid(folder).startswith(name) and _aid(folder)]
        return sorted(found, key=lambda folder: _aid(folder) != name)

    def control(self, node: DF | EF, size: int, records: list[bytes] | None) -> FileControl:
        """File control parameters of a file or folder.

        Tag 86 holds three bytes with two nibbles each: read and update, delete and generate, filling; 0
        means always, 1 to 14 a PIN reference, 15 never. For a key, "read" means its use.
        """
        if isinstance(node, DF):
            name = _aid(node) or None
            never = bytes((0xFF, 0xFF, 0xFF))
            return FileControl(
                structure=Structure.DF, file_id=node.file_id, df_name=name, security=never, life_cycle=_LIVE
            )
        return FileControl(
            size=size,
            structure=node.structure,
            record_size=max(map(len, records), default=0) if records is not None else None,
            record_count=len(records) if records is not None else None,
            file_id=node.file_id,
            security=self._attributes(node),
            short_id=node.spec.short_id if node.spec else None,
            life_cycle=_LIVE,
        )

    def _attributes(self, node: EF) -> bytes:
        if node.spec:
            first = self._nibble(node.spec.read) << 4 | self._nibble(node.spec.update)
        else:
            first = self._pin_nibble(node.key.pin if node.key else None) << 4 | NEVER_NIBBLE
        return bytes((first, 0xFF, 0xFF))

    def _nibble(self, condition: Condition) -> int:
        return self._pin_nibble(condition.pin) if condition.allowed else NEVER_NIBBLE

    def _pin_nibble(self, name: str | None) -> int:
        if name is None:
            return 0
        pin = self.profile.pin(name)
        return min(pin.reference & 0x7F, NEVER_NIBBLE) if pin else NEVER_NIBBLE


_LIVE = LifeCycle.ACTIVATED
_FROM_MF = (ReadMethod.PATH, ReadMethod.FULL_PATH)


def _aid(folder: DF) -> bytes:
    application = folder.application
    return application.aid.value if application and application.aid else b""


def _grow(application: Application, shared: DF, image: CardImage) -> DF:
    """Put the folder of an application, its files and its keys in their tree; returns the folder."""
    folder = _place(application, shared)
    folder.application = application
    for spec in (spec for spec in application.files if spec.name in image.files):
        _plant(spec, folder.root if spec.method in _FROM_MF else folder)
    for key in application.keys:
        if key.file_id is not None and key.name in image.keys:
            folder.files[key.file_id] = EF(key.name, key.file_id, folder, key=key)
    return folder


def _place(application: Application, shared: DF) -> DF:
    if application.aid is None:
        return shared
    if application.file_id is not None:
        return shared.folder(application.file_id)
    if any(spec.method in _FROM_MF for spec in application.files):
        return DF(MF)
    return DF(None, shared)


def _plant(spec: FileSpec, start: DF) -> None:
    parent = start
    for step in spec.path[1:] if spec.path[:1] == (MF,) else spec.path:
        parent = parent.folder(step)
    file = EF(spec.name, spec.file_id, parent, spec=spec)
    parent.files[spec.file_id] = file
    if spec.short_id is not None:
        parent.short_ids[spec.short_id] = file
