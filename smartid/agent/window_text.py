"""Text in a window of Tk: wrapped, aligned, and in Persian letters that join."""

from __future__ import annotations

import tkinter as tk
from tkinter import font

from smartid.agent.origin_text import OriginText
from smartid.agent.shaping import visual, wrapped

_FONTS = ("DejaVu Sans", "Noto Sans Arabic", "Noto Naskh Arabic")
"""Fonts with the Arabic presentation forms, in the order of preference."""
_HOST_SIZES = (18, 16, 14)
_BEH, _BEH_ALONE = "\u0628", "\ufe8f"
_ISOLATE, _POP = "\u2068", "\u2069"


class Typesetter:
    """Writes labels in one language.

    rtl    the language runs from right to left
    width  of a line, in pixels
    """

    def __init__(self, root: tk.Misc, *, rtl: bool, width: int) -> None:
        self.rtl = rtl
        self.side = "e" if rtl else "w"
        self._root, self._width = root, width
        there = set(font.families(root))
        self._family = next((name for name in _FONTS if name in there), "TkDefaultFont")
        probe = self.font(12)
        self._joins_itself = probe.measure(_BEH * 3) != probe.measure(_BEH_ALONE * 3)

    def font(self, size: int, *, bold: bool = False) -> font.Font:
        """A font of this window."""
        weight = "bold" if bold else "normal"
        return font.Font(root=self._root, family=self._family, size=size, weight=weight)  # type: ignore[arg-type]

    def label(
        self,
        parent: tk.Misc,
        text: str,
        *,
        size: int = 11,
        bold: bool = False,
        ink: str,
        paper: str,
        width: int | None = None,
    ) -> tk.Label:
        """A paragraph on the side where the language begins; ``width`` is that of a narrower one."""
        used = self.font(size, bold=bold)
        room = width or self._width
        lines = wrapped(text, lambda line: used.measure(self._drawn(line)) <= room)
        return tk.Label(
            parent,
            text="\n".join(map(self._drawn, lines)),
            font=used,
            fg=ink,
            bg=paper,
            anchor=self.side,  # type: ignore[arg-type]
            justify="right" if self.rtl else "left",
        )

    def line(self, text: str) -> str:
        """One line for a button or a title bar of ours."""
        return self._drawn(text)

    def host(self, parent: tk.Misc, origin: OriginText, *, ink: str, paper: str) -> tk.Label:
        """The host from left to right, whatever its labels are written in; a long one goes on below.

        Its end, which says whose it is, is never cut off and never small.
        """
        labels = [label if label.isascii() else self._label(label) for label in origin.labels]
        parts = [f"{label}." for label in labels[:-1]] + [
            labels[-1] + (f":{origin.port}" if origin.port else "")
        ]
        for size in _HOST_SIZES:
            used = self.font(size, bold=True)
            if used.measure("".join(parts)) <= self._width:
                break
        lines = [""]
        for part in parts:
            if lines[-1] and used.measure(lines[-1] + part) > self._width:
                lines.append("")
            lines[-1] += part
        text = "\n".join(lines)
        return tk.Label(parent, text=text, font=used, fg=ink, bg=paper, wraplength=self._width)

    def _label(self, label: str) -> str:
        return f"{_ISOLATE}{label}{_POP}" if self._joins_itself else visual(label)

    def _drawn(self, text: str) -> str:
        return text if self._joins_itself else visual(text)
