"""The window in which the holder sees who asks for what, and types the PIN.

Tk never holds the PIN: each key goes into a buffer of ours, and the field shows dots.
"""

from __future__ import annotations

import os
import tkinter as tk
from types import TracebackType

from smartid.agent.errand import Errand, Lifeline, wait_for
from smartid.agent.failures import RequestFailed
from smartid.agent.pin_entry import PINEntry
from smartid.agent.question import Question
from smartid.agent.reasons import AgentReason
from smartid.agent.screen import screen_of
from smartid.agent.window_view import WIDTH, View


class PINWindow:
    """Opens at the first question, shows each one, and closes when the request is done."""

    patient = True

    def __init__(self) -> None:
        self._root: tk.Tk | None = None
        self._view: View | None = None
        self._failure: BaseException | None = None

    def attend(self, errand: Errand, lifeline: Lifeline) -> None:
        """Answer the questions of an errand until it is done.

        Raises RequestFailed when the holder cancels, the browser goes away, the time is over, or no window
        can be opened.
        """
        while not errand.result.done() and errand.question is None:
            ready = wait_for((errand.events, lifeline.signals, lifeline.stdin), lifeline.seconds_left)
            _require(errand, lifeline, ready)
        if errand.result.done():
            return
        try:
            self._converse(errand, lifeline)
        except tk.TclError:
            raise RequestFailed(AgentReason.NO_WINDOW, "The display went away.") from None

    def _converse(self, errand: Errand, lifeline: Lifeline) -> None:
        """Run the window until the errand is done or something ends it."""
        root = self._root = _open()
        shown: Question | None = None

        def happened(*_: object) -> None:
            nonlocal shown
            watched = (errand.events, lifeline.signals, lifeline.stdin)
            _require(errand, lifeline, wait_for(watched, 0))
            if errand.result.done():
                root.quit()
            elif errand.question and errand.question is not shown:
                shown = errand.question
                self._show(root, errand, shown)

        def failed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
            self._failure = error
            root.quit()

        root.report_callback_exception = failed
        for descriptor in (errand.events, lifeline.signals, lifeline.stdin):
            root.tk.createfilehandler(descriptor, tk.READABLE, happened)
        root.after(int(lifeline.seconds_left * 1000) + 1, happened)
        root.after_idle(happened)
        root.mainloop()
        if self._failure:
            raise self._failure

    def _show(self, root: tk.Tk, errand: Errand, question: Question) -> None:
        """Put a question on the window, in the place of the one before."""
        entry = PINEntry(question.pin) if question.pin else None

        def agree() -> None:
            if entry is None or entry.is_ready:
                errand.answer(entry.take() if entry else None)
                view.busy()

        def cancel() -> None:
            raise RequestFailed(AgentReason.CANCELLED)

        screen, new = screen_of(question), self._view is None
        if self._view:
            self._view.destroy()
        root.title(screen.title)
        view = self._view = View(root, screen, entry, on_ok=agree, on_cancel=cancel, quiet=new)
        _centre(root)

    def close(self) -> None:
        """Go away, and forget what was typed."""
        if self._view:
            self._view.destroy()
        if self._root:
            self._root.destroy()
        self._view = self._root = None


def _require(errand: Errand, lifeline: Lifeline, ready: set[int]) -> None:
    """Take note of what happened. Raises RequestFailed when there is nobody to wait for."""
    lifeline.require()
    if lifeline.stdin in ready and lifeline.browser_went_away():
        raise RequestFailed(AgentReason.CANCELLED)
    if errand.events in ready:
        os.read(errand.events, 64)


def _open() -> tk.Tk:
    try:
        root = tk.Tk(className="smartid")
    except tk.TclError:
        raise RequestFailed(AgentReason.NO_WINDOW, "No display can be reached.") from None
    root.resizable(width=False, height=False)
    root.attributes("-topmost", True)  # noqa: FBT003 - Tk's signature
    return root


def _centre(root: tk.Tk) -> None:
    root.update_idletasks()
    left = (root.winfo_screenwidth() - WIDTH) // 2
    top = (root.winfo_screenheight() - root.winfo_reqheight()) // 3
    root.geometry(f"{WIDTH}x{root.winfo_reqheight()}+{max(left, 0)}+{max(top, 0)}")
    root.lift()
