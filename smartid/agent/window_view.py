"""The widgets of one question. Everything can be done with the keyboard: Tab, Space, Enter, Escape."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from smartid.agent.pin_entry import PINEntry
from smartid.agent.screen import Screen
from smartid.agent.window_text import Typesetter

WIDTH, MARGIN = 500, 22
QUIET = 800
"""Milliseconds without a key before a new window takes any: it may have come up under somebody's fingers."""
_INK, _PAPER, _BAND, _RED, _BLUE, _QUIET = "#1b1f24", "#ffffff", "#e8f0fb", "#b3261e", "#0b57d0", "#4a5560"


class View:
    """One question on the window.

    on_ok, on_cancel  called when the holder decides
    quiet             the window is new: digits and consent are taken after a moment without a key only. A
                      page chooses when it comes up; what was typed for another window must cost no try
    """

    def __init__(
        self,
        root: tk.Tk,
        screen: Screen,
        entry: PINEntry | None,
        *,
        on_ok: Callable[[], None],
        on_cancel: Callable[[], None],
        quiet: bool = True,
    ) -> None:
        self._screen, self._entry = screen, entry
        self._awake, self._alarm = not quiet, ""
        self._on_ok, self._on_cancel = on_ok, on_cancel
        self._type = Typesetter(root, rtl=screen.rtl, width=WIDTH - 2 * MARGIN)
        self._body = tk.Frame(root, bg=_PAPER, width=WIDTH)
        self._body.pack(fill="both", expand=True)
        self._dots = tk.StringVar(root)
        self._ticked = tk.BooleanVar(root, value=False)
        self._inputs: list[tk.Widget] = []
        self._field: tk.Entry | None = None
        self._site()
        self._facts()
        if screen.pin:
            self._pin()
        self._status = self._write(self._body, screen.wrong, ink=_RED, bold=True)
        self._buttons()
        self._bind(root)
        self._stir()
        self.refresh()
        self._inputs[0].focus_force()

    def _write(
        self,
        parent: tk.Misc,
        text: str,
        *,
        ink: str = _INK,
        size: int = 11,
        bold: bool = False,
        paper: str = _PAPER,
    ) -> tk.Label:
        label = self._type.label(parent, text, ink=ink, size=size, bold=bold, paper=paper)
        if text:
            label.pack(fill="x", padx=MARGIN, pady=(6, 0))
        return label

    def _site(self) -> None:
        """Who asks: always at the top, on a band of its own, from left to right."""
        if self._screen.test:
            mark = self._type.label(self._body, self._screen.test, ink=_PAPER, paper=_RED, bold=True)
            mark.configure(anchor="center", pady=4)
            mark.pack(fill="x")
        band = tk.Frame(self._body, bg=_BAND)
        band.pack(fill="x", ipady=8)
        self._write(band, self._screen.asks, paper=_BAND)
        self._type.host(band, self._screen.origin, ink=_INK, paper=_BAND).pack(pady=4)
        if self._screen.origin.ascii:
            small = self._type.font(9)
            tk.Label(
                band,
                text=self._screen.origin.ascii,
                font=small,
                bg=_BAND,
                fg=_QUIET,
                wraplength=WIDTH - 2 * MARGIN,
            ).pack()
        self._write(band, self._screen.warning, ink=_RED, bold=True, paper=_BAND)

    def _facts(self) -> None:
        if self._screen.digest:
            used = self._type.font(10)
            tk.Label(
                self._body,
                text=self._screen.digest,
                font=used,
                bg=_PAPER,
                fg=_INK,
                wraplength=WIDTH - 2 * MARGIN,
            ).pack(pady=(8, 0))
        self._write(self._body, self._screen.gives)
        self._write(self._body, self._screen.holder, bold=True)
        self._write(self._body, self._screen.card, ink=_QUIET)

    def _pin(self) -> None:
        self._write(self._body, self._screen.pin, bold=True)
        if self._entry and not self._entry.request.on_pad:
            field = self._field = tk.Entry(
                self._body,
                textvariable=self._dots,
                state="readonly",
                justify="center",
                width=16,
                font=self._type.font(16),
                fg=_INK,
                relief="solid",
                highlightthickness=3,
                highlightcolor=_BLUE,
                highlightbackground=_PAPER,
            )
            field.bind("<Key>", self._key)
            field.pack(pady=4)
            self._inputs.append(field)
        self._write(self._body, self._screen.tries, ink=_RED if self._screen.last else _QUIET)
        if self._screen.last:
            self._tick()

    def _tick(self) -> None:
        """The box, and behind it the sentence: Tk would put the box to the left of Persian, too."""
        row = tk.Frame(self._body, bg=_PAPER)
        row.pack(fill="x", padx=MARGIN - 3)
        tick = tk.Checkbutton(
            row,
            variable=self._ticked,
            command=self.refresh,
            bg=_PAPER,
            fg=_INK,
            highlightthickness=3,
            highlightcolor=_BLUE,
            highlightbackground=_PAPER,
        )
        sentence = self._type.label(row, self._screen.last, ink=_RED, paper=_PAPER, width=WIDTH - 3 * MARGIN)
        sentence.bind("<Button-1>", lambda _event: tick.invoke())
        for part in (tick, sentence):
            part.pack(side="right" if self._type.rtl else "left")
        self._inputs.append(tick)

    def _buttons(self) -> None:
        row = tk.Frame(self._body, bg=_PAPER)
        row.pack(fill="x", padx=MARGIN, pady=14)
        self._ok = self._button(row, self._screen.ok, self._on_ok)
        cancel = self._button(row, self._screen.cancel, self._on_cancel)
        for button in (self._ok, cancel):
            button.pack(side="right" if self._type.rtl else "left", padx=(0, 8))
        self._inputs += [self._ok, cancel]

    def _button(self, row: tk.Misc, text: str, command: Callable[[], None]) -> tk.Button:
        button = tk.Button(
            row,
            text=self._type.line(text),
            command=command,
            font=self._type.font(11, bold=True),
            width=10,
            highlightthickness=3,
            highlightcolor=_BLUE,
            highlightbackground=_PAPER,
        )
        button.bind("<Return>", lambda _event: button.invoke())
        return button

    def _bind(self, root: tk.Tk) -> None:
        root.bind("<Key>", lambda _event: self._stir())
        root.bind("<Escape>", lambda _event: self._on_cancel())
        root.protocol("WM_DELETE_WINDOW", self._on_cancel)

    def _key(self, event: tk.Event[tk.Misc]) -> str | None:
        """Every key of the PIN field; those that move on are left to Tk."""
        if event.keysym in {"Tab", "ISO_Left_Tab", "Escape"} or self._entry is None:
            return None
        if not self._awake:
            self._stir()
            return "break"
        if event.keysym in {"Return", "KP_Enter"}:
            self._ok.invoke()
        elif event.keysym == "BackSpace":
            self._entry.back()
        elif event.char:
            self._entry.press(event.char)
        self.refresh()
        return "break"

    def _stir(self) -> None:
        """Begin the quiet time anew."""
        if self._alarm:
            self._body.after_cancel(self._alarm)
        self._alarm = "" if self._awake else self._body.after(QUIET, self._wake)

    def _wake(self) -> None:
        self._awake, self._alarm = True, ""
        self.refresh()

    def refresh(self) -> None:
        """Show what was typed, as dots, and whether it can be sent."""
        ready = self._awake
        if self._field:
            self._field.configure(readonlybackground=_PAPER if self._awake else _BAND)
        if self._entry:
            self._entry.agreed = self._ticked.get()
            self._dots.set(self._entry.dots)
            ready = ready and self._entry.is_ready
        self._ok.configure(state="normal" if ready else "disabled")

    def busy(self) -> None:
        """The card works: nothing can be changed but the mind."""
        for one in self._inputs[:-1]:
            one.configure(state="disabled")  # type: ignore[call-arg]
        self._dots.set("")
        self._status.configure(text=self._type.line(self._screen.busy), fg=_BLUE)
        self._status.pack(fill="x", padx=MARGIN, pady=(6, 0))
        self._inputs[-1].focus_force()

    def destroy(self) -> None:
        """Take it off the window, and forget what was typed."""
        self._awake = True
        self._stir()
        if self._entry:
            self._entry.wipe()
        self._body.destroy()
