"""Secrets that say nothing by accident."""

from __future__ import annotations

from typing import NoReturn


class Mute:
    """A value whose text form shows nothing, and that no pickle takes along."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(•••)"

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise TypeError("Secrets of trustees are not pickled.")
